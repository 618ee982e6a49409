"""The bytes of one upload: a file whose size is the offset, and at most one writer anywhere.

A client that comes back may find that its old connection still holds the upload: the newcomer wins, because a
dead connection sends nothing. What the old one had not written yet is dropped, at most a second's worth, so
that the offset that the newcomer was told still holds.

What comes in one request has one writer from its first byte to its last, and nobody can go on with it.

Whoever does anything with the file holds its lock, which ends with the process. Whoever waits for that
changes the upload's row, and the process that has the lock hears of it in the news.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

from insta_stream.clock import Clock
from insta_stream.db.uploads import UploadRow
from insta_stream.errors import BadRequest, InstaStreamError, NotReady, TooLarge, Unknown, WrongState
from insta_stream.ids import VideoId
from insta_stream.library.buffers import Buffers
from insta_stream.library.part import Appended, Checksum, Verified, refusals
from insta_stream.library.room import Room, UploadLimits
from insta_stream.library.side_by_side import cancel
from insta_stream.library.writer import Claim, FormWriter, Writer
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import FileLock, lock

PATIENCE_SECONDS = 30.0
"""How long somebody waits for another process that writes: one that is stopped, or whose disk hangs."""

_LOOK_SECONDS = 0.02
"""How often whoever waits tries again."""


class Others(Protocol):
    """What an upload needs of those who work on it elsewhere."""

    async def ask(self) -> None:
        """Hear what they have changed. Raises NotReady, DiskFull."""

    async def call(self, id_: VideoId, *, is_over: bool = False) -> int:
        """Tell whoever writes an upload to give way, by a change of its row, whose number is returned.

        is_over: for good. Raises Unknown, NotReady, DiskFull.
        """


class Transfer:
    """One upload. received: bytes in its file when it was last looked at. is_over: nobody may write now.
    inspection: what makes a video of it, in this process. decided: it is a video, refused or removed.
    """

    def __init__(
        self,
        row: UploadRow,
        others: Others,
        *,
        folder: DataFolder,
        room: Room,
        clock: Clock,
        buffers: Buffers,
    ) -> None:
        self.row = row
        self.received = 0
        self.touched_at = row.created_at
        self.is_over = row.is_over
        self.inspection: asyncio.Task[None] | None = None
        self.decided = asyncio.Event()
        self._folder = folder
        self._part = folder.part(row.id)
        self._room = room
        self._clock = clock
        self._buffers = buffers
        self._others = others
        self._writer: Writer | None = None

    @property
    def id(self) -> VideoId:
        """The upload's id, and that of the video it becomes."""
        return self.row.id

    @property
    def is_complete(self) -> bool:
        """Every byte is there, or was, before the file was refused."""
        return not self.row.is_form and self.received >= self.row.size_bytes

    @property
    def is_busy(self) -> bool:
        """Somebody is sending, or inspecting, whichever process hears it."""
        if self._writer is not None or (held := self.locked()) is None:
            return True
        held.release()
        return False

    @property
    def is_there(self) -> bool:
        """There is a file; how much is in it is noted unless this process writes it. Any thread may ask."""
        return self._writer is not None or self.measure() is not None

    def look(self) -> int:
        """Return the offset: the size of the file. Raises Unknown where somebody has removed that."""
        if (size := self.measure()) is None:
            raise _missing()
        self.progress(size)
        return size

    def refresh(self) -> None:
        """Take note of how much is in the file, where that is there."""
        if (size := self.measure()) is not None:
            self.progress(size)

    def measure(self) -> int | None:
        """Take note of the size of the file, and return it; None where that is gone."""
        try:
            size = self._part.stat().st_size if not self.row.error else self.row.size_bytes
        except FileNotFoundError:
            return None
        self._note(size)
        return size

    def progress(self, received: int) -> None:
        """Take note of how much is in the file."""
        self._note(received)
        self._room.owe(self.id, 0 if self.is_over else self.row.size_bytes - received, received)

    def heed(self, row: UploadRow) -> None:
        """Take note of what some process has written of this upload, and give way where one asks for that."""
        self.row = row
        self.is_over = self.is_over or row.is_over
        if row.error:
            self.decided.set()
        if self._writer is not None and (row.is_over or row.revision > self._writer.since):
            self._writer.stop(_removed() if row.is_over else _superseded())
        if row.is_over and self.inspection is not None:
            cancel(self.inspection)

    def vanish(self) -> None:
        """Give way for good: another process has removed this upload."""
        self.heed(replace(self.row, is_over=True, revision=self.row.revision + 1))

    def inspect(self, work: Coroutine[None, None, None]) -> None:
        """Let it be inspected whether this is a video, in this process."""
        self.inspection = asyncio.create_task(work)
        self.inspection.add_done_callback(self._note_inspected)

    def _note_inspected(self, _: asyncio.Task[None]) -> None:
        self.inspection = None

    def locked(self) -> FileLock | None:
        """Return the lock of the file; None where somebody has it. Raises Unknown where the file is gone."""
        try:
            return lock(self._part)
        except FileNotFoundError:
            raise _missing() from None

    @asynccontextmanager
    async def writer(
        self, offset: int, size_bytes: int | None, checksum: Checksum | None
    ) -> AsyncIterator[Writer]:
        """Give the one who may write from `offset` on; whoever is writing now, in any process, must stop.

        size_bytes: how much will come, None where nobody says. Raises WrongState ("wrong_offset"), TooLarge
        and DiskFull at once, NotReady where another process does not stop, and in the block whatever somebody
        stops it with.
        """
        self._check(offset, size_bytes)
        held, since = await self._newest(offset, size_bytes)
        try:
            target = self._target(offset, checksum)
            left = self.row.size_bytes - offset
            writer = Writer(target, left, self._buffers, self._write, since)
            async with self._written_by(writer):
                yield writer
        finally:
            if held is not None:
                held.release()

    @asynccontextmanager
    async def form(self, limits: UploadLimits, claim: Claim) -> AsyncIterator[FormWriter]:
        """Give who writes all of it, in one request; whoever calls this holds the file.

        Raises in the block whatever somebody stops it with.
        """
        target = Appended(self._part, 0)
        writer = FormWriter(self.row, target, self._buffers, self._write, limits, claim)
        async with self._written_by(writer):
            yield writer

    @asynccontextmanager
    async def _written_by(self, writer: Writer) -> AsyncIterator[None]:
        self._writer = writer
        self._buffers.writers += 1
        try:
            async with writer.until_stopped():
                yield
        finally:
            await writer.settled()  # the next one must not write beside a thread
            self._buffers.writers -= 1
            self._writer = None
            writer.is_over.set()

    async def interrupt(self, reason: InstaStreamError) -> None:
        """Make whoever is writing in this process stop with `reason`, and wait until they have."""
        while self._writer is not None:
            self._writer.stop(reason)
            await self._writer.is_over.wait()

    async def ended(self) -> FileLock | None:
        """Make whoever does anything with the file stop for good, in any process, and return its lock.

        None where there is no file (any more). Raises Unknown, NotReady, DiskFull.
        """
        self.is_over = True
        await self.interrupt(_removed())
        if self.inspection is not None:
            cancel(self.inspection)
            await asyncio.wait([self.inspection])
        waiting = _Waiting(lambda: self._others.call(self.id, is_over=True))
        while self._part.exists():
            if (held := self.locked()) is not None:
                return held
            await waiting.go_on()
            await self._others.ask()
        return None

    async def _newest(self, offset: int, size_bytes: int | None) -> tuple[FileLock | None, int]:
        """Return the lock of the file, and the change of the row up to which its holder is the newcomer.

        None where nothing is left to write: a file that is complete may be held by whoever inspects it.
        """
        since = self.row.revision
        waiting = _Waiting(lambda: self._others.call(self.id))
        while True:
            await self.interrupt(_superseded())
            self._check(offset, size_bytes)  # what was being written at that moment may have arrived
            if self.row.revision > max(since, waiting.called):
                raise _superseded()
            if (held := self.locked()) is not None or offset == self.row.size_bytes:
                return held, max(since, waiting.called)
            await waiting.go_on()
            await self._others.ask()

    def _note(self, received: int) -> None:
        if received != self.received:
            self.received = received
            self.touched_at = max(self.touched_at, self._clock.now())

    def _check(self, offset: int, size_bytes: int | None) -> None:
        if self.is_over:
            raise WrongState("This upload was removed.", code="upload_removed")
        if self.row.is_form:
            raise WrongState("This file comes in one request: it cannot be resumed.", code="not_resumable")
        if offset != (present := self.look()):
            raise WrongState(f"This upload continues at byte {present}, not {offset}.", code="wrong_offset")
        left = self.row.size_bytes - present
        if size_bytes is not None and size_bytes > left:
            raise TooLarge(f"Only {left} bytes of this upload are still to come.", code="beyond_length")
        self._room.check(left)

    def _target(self, offset: int, checksum: Checksum | None) -> Appended:
        if checksum is None:
            return Appended(self._part, offset)
        return Verified(self._part, offset, self._folder.unchecked(self.id), checksum)

    def _write(self, step: Callable[[], None], target: Appended, size_bytes: int) -> None:
        """Do a step of writing in this thread, and take note of where it got."""
        self._room.check(size_bytes)
        try:
            with refusals():
                step()
        finally:
            self.progress(target.received)
            self.touched_at = self._clock.now()


class _Waiting:
    """Waits for another process to let go of a file, and calls it first. called: the change that says so."""

    def __init__(self, call: Callable[[], Awaitable[int]]) -> None:
        self.called = 0
        self._call = call
        self._ends_at = asyncio.get_running_loop().time() + PATIENCE_SECONDS

    async def go_on(self) -> None:
        """Wait a little. Raises NotReady where that has been long enough."""
        if not self.called:
            self.called = await self._call()
        elif asyncio.get_running_loop().time() > self._ends_at:
            raise NotReady("Another process is still busy with this upload. Try again.")
        await asyncio.sleep(_LOOK_SECONDS)


def _superseded() -> BadRequest:
    return BadRequest("Another request is already sending this upload.", code="superseded")


def _removed() -> Unknown:
    return Unknown("This upload was removed.", code="unknown_upload")


def _missing() -> Unknown:
    return Unknown("The file of this upload is missing. Start a new one.", code="unknown_upload")
