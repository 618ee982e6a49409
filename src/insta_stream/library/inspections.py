"""Complete files are inspected, and become videos that join playlists, or refusals: by one process each.

It holds the lock of the file until that is done, so another one goes on where it was killed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from insta_stream.errors import InstaStreamError, NotAVideo, Unknown
from insta_stream.ids import AccountId, VideoId
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.side_by_side import cancel
from insta_stream.library.transfer import Transfer
from insta_stream.library.transfers import Transfers
from insta_stream.library.whole import whole
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import FileLock, lock

log = structlog.get_logger()

_MISSING = "The file is missing from the server's disk; upload it again."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an upload that was inspected.

    channel: whose playlist the video is to join, "" for none; `Reception.joined` must be told. is_video: else
    it was refused.
    """

    video: VideoId
    channel: str
    is_video: bool


class Inspections:
    """Makes videos of complete files. outcomes: what became of those of this process."""

    def __init__(
        self,
        transfers: Transfers,
        catalogue: Catalogue,
        folder: DataFolder,
        settle: Callable[[VideoId, str, AccountId | None], Awaitable[object]],
    ) -> None:
        """Take what it works with. settle: inspects a complete file and makes it a video of its owner's."""
        self.outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self._transfers = transfers
        self._catalogue = catalogue
        self._folder = folder
        self._settle = settle
        self._joining: dict[VideoId, FileLock | None] = {}
        self._is_stopped = False

    async def stop(self) -> None:
        """Inspect no more."""
        self._is_stopped = True
        tasks = [transfer.inspection for transfer in self._transfers if transfer.inspection is not None]
        for task in tasks:
            cancel(task)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def see_off(self, transfer: Transfer) -> None:
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

    def begin(self, transfer: Transfer) -> None:
        """Inspect a complete file, unless that is being done, or was done."""
        if self._is_stopped or transfer.is_over or transfer.row.error or transfer.inspection is not None:
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
        """Inspect a file, unless another process does so, or has."""
        try:
            held = transfer.locked()
        except Unknown:
            await self._transfers.ask()
            if self._is_awaited(transfer):
                await self._refuse(transfer.id, _MISSING)
            return
        try:
            if held is not None:
                await self._transfers.ask()
                if self._is_awaited(transfer):
                    await self._settled(transfer, held)
        finally:
            if transfer.id not in self._joining:
                _release(held)

    def _is_awaited(self, transfer: Transfer) -> bool:
        is_there = self._transfers.find(transfer.id) is transfer
        is_over = transfer.is_over or transfer.row.error or self._transfers.is_video(transfer.id)
        return is_there and not is_over

    async def _settled(self, transfer: Transfer, held: FileLock) -> None:
        try:
            await self._settle(transfer.id, transfer.row.name, transfer.row.owner)
        except NotAVideo as error:
            await self._refuse(transfer.id, error.message)
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
    async def _refuse(self, id_: VideoId, reason: str) -> None:
        row = await self._transfers.refuse(id_, reason)
        try:  # not before: who asks meanwhile is to be told why
            await asyncio.to_thread(self._folder.remove_original, id_)
        finally:
            self.outcomes.put_nowait(Outcome(id_, row.channel, is_video=False))
        log.info("upload_refused", upload=id_, reason=reason)

    async def joined(self, id_: VideoId) -> None:
        """Take note that a video is in the playlist that it was meant for, or cannot get there."""
        if id_ in self._joining:
            await self._transfers.erase(id_)
            _release(self._joining.pop(id_))

    def let_go(self) -> None:
        """Leave it to others to let videos join their playlists; nobody may be doing so here any more."""
        while self._joining:
            _release(self._joining.popitem()[1])


def _release(held: FileLock | None) -> None:
    if held is not None:
        held.release()
