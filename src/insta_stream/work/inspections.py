"""Complete files are inspected, and become videos that join playlists, or refusals; what is stale goes away.

Whoever does so holds the lock of the file until that is done, so another one goes on where it was killed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from insta_stream.clock import Clock
from insta_stream.errors import InstaStreamError, NotAVideo, Unknown, WrongState
from insta_stream.ids import AccountId, VideoId
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.reception import Reception
from insta_stream.library.side_by_side import cancel
from insta_stream.library.transfer import Transfer
from insta_stream.library.whole import whole
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import FileLock, lock

log = structlog.get_logger()

TEND_SECONDS = 10.0
"""How often it is looked for what a process that was killed has left."""

_FIRST_PAUSE_SECONDS = 0.001
_LONGEST_PAUSE_SECONDS = 0.1
"""How long it waits to try again to hold a file: whoever has received the last byte is about to let go."""

_MISSING = NotAVideo("The file is missing from the server's disk; upload it again.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an upload that was inspected.

    channel: whose playlist the video is to join, "" for none; `Inspections.joined` must be told. is_video:
    else it was refused.
    """

    video: VideoId
    channel: str
    is_video: bool


class Inspections:
    """Makes videos of complete files. outcomes: what became of those of this process."""

    def __init__(
        self,
        reception: Reception,
        catalogue: Catalogue,
        folder: DataFolder,
        clock: Clock,
        settle: Callable[[VideoId, str, AccountId | None], Awaitable[object]],
    ) -> None:
        """Take what it works with. settle: inspects a complete file and makes it a video of its owner's."""
        self.outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self._reception = reception
        self._transfers = reception.transfers
        self._catalogue = catalogue
        self._folder = folder
        self._clock = clock
        self._settle = settle
        self._joining: dict[VideoId, FileLock | None] = {}

    async def work(self) -> None:
        """See to it, for ever, that what is complete is inspected and what is stale goes away.

        When this is cancelled, others may do so.
        """
        try:
            with self._transfers.watched(self._look_at):
                while True:
                    await self._tend()
                    await asyncio.sleep(TEND_SECONDS)
        finally:
            await self._stop()

    async def joined(self, id_: VideoId) -> None:
        """Take note that a video is in the playlist that it was meant for, or cannot get there."""
        if id_ in self._joining:
            await self._transfers.erase(id_)
            _release(self._joining.pop(id_))

    async def _stop(self) -> None:
        """Inspect no more, and leave it to others to let videos join their playlists."""
        tasks = [transfer.inspection for transfer in self._transfers if transfer.inspection is not None]
        for task in tasks:
            cancel(task)
        await asyncio.gather(*tasks, return_exceptions=True)
        while not self.outcomes.empty():
            self.outcomes.get_nowait()
        while self._joining:
            _release(self._joining.popitem()[1])

    async def _tend(self) -> None:
        for transfer in self._transfers:
            try:
                await self._see_to(transfer)
            except (Unknown, WrongState):  # another process was quicker
                continue
            except InstaStreamError as error:
                log.warning("upload_not_seen_to", upload=transfer.id, reason=error.message)
            except Exception:  # one upload must not keep the others waiting
                log.exception("upload_not_seen_to", upload=transfer.id)

    async def _see_to(self, transfer: Transfer) -> None:
        reception = self._reception
        if self._transfers.is_video(transfer.id):
            await self._see_off(transfer)
        elif transfer.row.is_form:
            await reception.forget_form(transfer)
        elif transfer.row.is_over:
            await reception.end(transfer.id)
        elif transfer.measure() is not None and transfer.is_complete and not transfer.row.error:
            self._begin(transfer)
        elif self._is_stale(transfer):
            log.info("upload_expired", upload=transfer.id)
            await reception.end(transfer.id)

    def _is_stale(self, transfer: Transfer) -> bool:
        is_late = self._clock.now() > self._reception.expires_at(transfer)
        return is_late and bool(transfer.row.error or not transfer.is_busy)

    def _look_at(self, transfer: Transfer) -> None:
        """Inspect an upload at once where it is complete; all else has time."""
        if transfer.is_complete and not self._transfers.is_video(transfer.id):
            self._begin(transfer)

    async def _see_off(self, transfer: Transfer) -> None:
        """Let a video join its playlist where whoever was about to do so has ended."""
        id_ = transfer.id
        if id_ in self._joining or transfer.inspection is not None:
            return
        try:
            held = self._final(id_)
        except (BlockingIOError, FileNotFoundError):  # whoever has it is about to rename it
            return
        await self._transfers.ask()
        if self._transfers.find(id_) is None:
            _release(held)
        elif transfer.row.channel and self._catalogue.has(id_):
            self._await_playlist(transfer, held)
        else:
            await self._transfers.erase(id_)
            _release(held)

    def _final(self, id_: VideoId) -> FileLock | None:
        """Return the lock of the file of an upload that is a video, None where it has none any more.

        Raises BlockingIOError where somebody has it.
        """
        part, original = self._folder.part(id_), self._folder.original(id_)
        for path in (part, original):
            if path.exists():
                if (held := lock(path)) is None:
                    raise BlockingIOError
                if path == part:  # it was killed before that
                    part.replace(original)
                return held
        return None

    def _await_playlist(self, transfer: Transfer, held: FileLock | None) -> None:
        self._joining[transfer.id] = held
        self.outcomes.put_nowait(Outcome(transfer.id, transfer.row.channel, is_video=True))

    def _begin(self, transfer: Transfer) -> None:
        """Inspect a complete file, unless that is being done, or was done."""
        if transfer.is_over or transfer.row.error or transfer.inspection is not None:
            return
        transfer.inspect(self._judge(transfer))

    async def _judge(self, transfer: Transfer) -> None:
        """Make a video of a complete file, or refuse it. What is not the file's fault is tried again."""
        try:
            await self._decide(transfer)
        except Unknown:
            log.info("upload_not_inspected", upload=transfer.id, reason="it was removed")
        except InstaStreamError as error:
            log.warning("upload_not_inspected", upload=transfer.id, reason=error.message)
        except Exception:
            log.exception("upload_inspection_crashed", upload=transfer.id)

    async def _decide(self, transfer: Transfer) -> None:
        """Inspect a file, unless another process has done so."""
        try:
            held = await self._held(transfer)
        except Unknown:
            await self._transfers.ask()
            if self._is_undecided(transfer):
                await self._refuse(transfer.id, _MISSING)
            return
        try:
            await self._transfers.ask()
            if held is not None and self._is_undecided(transfer):
                await self._settled(transfer, held)
        finally:
            if transfer.id not in self._joining:
                _release(held)

    async def _held(self, transfer: Transfer) -> FileLock | None:
        """Return the lock of a file, as soon as nobody else has it; None where it need not be inspected."""
        pause_seconds = _FIRST_PAUSE_SECONDS
        while self._is_undecided(transfer):
            if (held := transfer.locked()) is not None:
                return held
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)
        return None

    def _is_undecided(self, transfer: Transfer) -> bool:
        is_there = self._transfers.find(transfer.id) is transfer
        is_over = transfer.is_over or transfer.row.error or self._transfers.is_video(transfer.id)
        return is_there and not is_over

    async def _settled(self, transfer: Transfer, held: FileLock) -> None:
        try:
            await self._settle(transfer.id, transfer.row.name, transfer.row.owner)
        except NotAVideo as error:
            await self._refuse(transfer.id, error)
        except FileNotFoundError:
            await self._refuse(transfer.id, _MISSING)
        else:
            await self._accept(transfer, held)

    @whole
    async def _accept(self, transfer: Transfer, held: FileLock) -> None:
        if transfer.row.channel:
            self._await_playlist(transfer, held)
        else:
            self.outcomes.put_nowait(Outcome(transfer.id, "", is_video=True))
            await self._transfers.erase(transfer.id)

    @whole
    async def _refuse(self, id_: VideoId, error: NotAVideo) -> None:
        row = await self._transfers.refuse(id_, error)
        try:  # not before: who asks meanwhile is to be told why
            await asyncio.to_thread(self._folder.remove_original, id_)
        finally:
            self.outcomes.put_nowait(Outcome(id_, row.channel, is_video=False))
        log.info("upload_refused", upload=id_, reason=error.message)


def _release(held: FileLock | None) -> None:
    if held is not None:
        held.release()
