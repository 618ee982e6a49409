"""The bytes of one resumable upload: a file whose size is the offset, and at most one writer.

A client that comes back may find that its old connection still holds the upload: the newcomer wins, because a
dead connection sends nothing. What the old one had not written yet is dropped, at most a second's worth, so
that the offset that the newcomer was told still holds.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from insta_stream.clock import Clock
from insta_stream.db.uploads import UploadRow
from insta_stream.errors import BadRequest, InstaStreamError, TooLarge, Unknown, WrongState
from insta_stream.ids import VideoId
from insta_stream.library.buffers import Buffers
from insta_stream.library.part import Appended, Checksum, Verified, refusals
from insta_stream.library.room import Room
from insta_stream.storage.folder import DataFolder

FLUSH_SECONDS = 1.0
"""Bytes that come slowly wait no longer than that for the disk."""


class Transfer:
    """One upload. received: bytes in its file when it was last looked at. is_over: nobody may write now."""

    def __init__(
        self, row: UploadRow, folder: DataFolder, room: Room, clock: Clock, buffers: Buffers
    ) -> None:
        self.row = row
        self.received = 0
        self.touched_at = row.created_at
        self.is_over = False
        self._folder = folder
        self._room = room
        self._clock = clock
        self._buffers = buffers
        self._writer: Writer | None = None

    @property
    def id(self) -> VideoId:
        """The upload's id, and that of the video it becomes."""
        return self.row.id

    @property
    def is_complete(self) -> bool:
        """Every byte is there, or was, before the file was refused."""
        return self.received >= self.row.size_bytes

    @property
    def is_busy(self) -> bool:
        """Somebody is sending."""
        return self._writer is not None

    def look(self) -> int:
        """Return the offset: the size of the file. Raises Unknown where somebody has removed that."""
        try:
            size = self._folder.part(self.id).stat().st_size if not self.row.error else self.row.size_bytes
        except FileNotFoundError as error:
            raise Unknown(
                "The file of this upload is missing. Start a new one.", code="unknown_upload"
            ) from error
        self.progress(size)
        return size

    def progress(self, received: int) -> None:
        """Take note of how much is in the file."""
        self.received = received
        self._room.owe(self.id, self.row.size_bytes - received, received)

    @asynccontextmanager
    async def writer(
        self, offset: int, size_bytes: int | None, checksum: Checksum | None
    ) -> AsyncIterator["Writer"]:
        """Give the one who may write from `offset` on; whoever is writing now must stop.

        size_bytes: how much will come, None where nobody says. Raises WrongState ("wrong_offset"), TooLarge
        and DiskFull at once, and in the block whatever somebody stops it with.
        """
        self._check(offset, size_bytes)
        await self.interrupt(BadRequest("Another request is already sending this upload.", code="superseded"))
        self._check(offset, size_bytes)  # what was being written at that moment may have arrived
        target = self._target(offset, checksum)
        writer = self._writer = Writer(target, self.row.size_bytes - offset, self._buffers, self._write)
        self._buffers.writers += 1
        try:
            async with writer.until_stopped():
                yield writer
        finally:
            await writer.settled()  # the next one must not write beside a thread
            self._buffers.writers -= 1
            self._writer = None
            writer.is_over.set()

    async def interrupt(self, reason: InstaStreamError) -> None:
        """Make whoever is writing stop with `reason`, and wait until they have."""
        while self._writer is not None:
            self._writer.stop(reason)
            await self._writer.is_over.wait()

    def _check(self, offset: int, size_bytes: int | None) -> None:
        if self.is_over:
            raise WrongState("This upload was removed.", code="upload_removed")
        if offset != (present := self.look()):
            raise WrongState(f"This upload continues at byte {present}, not {offset}.", code="wrong_offset")
        left = self.row.size_bytes - present
        if size_bytes is not None and size_bytes > left:
            raise TooLarge(f"Only {left} bytes of this upload are still to come.", code="beyond_length")
        self._room.check(left)

    def _target(self, offset: int, checksum: Checksum | None) -> Appended:
        part = self._folder.part(self.id)
        if checksum is None:
            return Appended(part, offset)
        return Verified(part, offset, self._folder.unchecked(self.id), checksum)

    def _write(self, step: Callable[[], None], target: Appended, size_bytes: int) -> None:
        """Do a step of writing in this thread, and take note of where it got."""
        self._room.check(size_bytes)
        try:
            with refusals():
                step()
        finally:
            self.progress(target.received)
            self.touched_at = self._clock.now()


class Writer:
    """Writes the body of one request, in a thread and in large pieces.

    Ends with `finish`, where the body is whole, or with `keep`, where it broke off; else what it still holds
    is dropped. is_over: nothing of it is left.
    """

    def __init__(
        self,
        target: Appended,
        most_bytes: int,
        buffers: Buffers,
        write: Callable[[Callable[[], None], Appended, int], None],
    ) -> None:
        self.is_over = asyncio.Event()
        self._target = target
        self._left = most_bytes
        self._buffers = buffers
        self._write = write
        self._buffer = bytearray()
        self._flushed_at = _now()
        self._writing: asyncio.Future[None] | None = None
        self._lease: asyncio.Timeout | None = None
        self._stopped_by: InstaStreamError | None = None

    @asynccontextmanager
    async def until_stopped(self) -> AsyncIterator[None]:
        """Let the block run until somebody calls `stop`; it then ends with their reason."""
        try:
            async with asyncio.timeout(None) as self._lease:
                yield
        except TimeoutError:
            if self._stopped_by is None:
                raise
            raise self._stopped_by from None
        finally:
            self._lease = None

    def stop(self, reason: InstaStreamError) -> None:
        """Make the block end with `reason` as soon as it waits for something."""
        if self._lease is not None and self._stopped_by is None:
            self._stopped_by = reason
            self._lease.reschedule(_now())

    async def settled(self) -> None:
        """Wait for the thread, and tidy up."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await asyncio.to_thread(self._target.drop)

    async def write(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLarge ("beyond_length"), DiskFull, NotReady."""
        if len(piece) > self._left:
            raise TooLarge("More bytes arrived than the upload's length allows.", code="beyond_length")
        self._left -= len(piece)
        self._buffer += piece
        if len(self._buffer) >= self._buffers.bytes_each or _now() - self._flushed_at > FLUSH_SECONDS:
            await self._flush()

    async def finish(self) -> None:
        """Write the rest; the bytes are safe when this returns. Raises Damaged, and nothing of it is kept."""
        await self._flush()
        await self._in_thread(partial(self._target.settle, is_last=self._left == 0), 0)

    async def keep(self) -> None:
        """Write what came before the request broke off."""
        await self._flush()
        await self._in_thread(partial(self._target.break_off, is_last=self._left == 0), 0)

    async def _flush(self) -> None:
        data, self._buffer = self._buffer, bytearray()
        self._flushed_at = _now()
        if data:
            await self._in_thread(partial(self._target.write, data), len(data))

    async def _in_thread(self, step: Callable[[], None], size_bytes: int) -> None:
        write = asyncio.to_thread(self._write, step, self._target, size_bytes)
        self._writing = asyncio.ensure_future(write)
        await asyncio.shield(self._writing)


def _now() -> float:
    return asyncio.get_running_loop().time()
