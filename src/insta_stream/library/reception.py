"""Resumable uploads: begun, continued by whoever comes back, inspected, and then videos or refusals.

What must outlive the server is in the database, and how much has come in is the size of the file. So a server
that was killed goes on with every upload where its file ends, and inspects again what it was inspecting.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import structlog

from insta_stream.clock import Clock
from insta_stream.db import uploads as rows
from insta_stream.db.engine import Database
from insta_stream.db.uploads import UploadRow
from insta_stream.errors import InstaStreamError, NotAVideo, NotReady, TooMany, Unknown, WrongState
from insta_stream.ids import AccountId, VideoId, new_id
from insta_stream.library import part
from insta_stream.library.buffers import Buffers
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.names import display_name
from insta_stream.library.part import Checksum
from insta_stream.library.quotas import Quotas
from insta_stream.library.room import PROMISE_SECONDS, Room, UploadLimits
from insta_stream.library.side_by_side import cancel
from insta_stream.library.transfer import Transfer, Writer
from insta_stream.library.whole import whole
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks, seconds

log = structlog.get_logger()

MOST_UPLOADS = 10_000
"""Under way at the same time."""

TEND_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an upload that was inspected.

    channel: whose playlist the video is to join, "" for none; `Reception.joined` must be told. is_video: else
    it was refused.
    """

    video: VideoId
    channel: str
    is_video: bool


class Reception:
    """All resumable uploads. What is not `async` reads memory, or the size of one file."""

    def __init__(
        self,
        *,
        database: Database,
        catalogue: Catalogue,
        folder: DataFolder,
        room: Room,
        limits: UploadLimits,
        quotas: Quotas,
        clock: Clock,
        settle: Callable[[VideoId, str, AccountId | None], Awaitable[object]],
    ) -> None:
        """Take what it works with. settle: inspects a complete file and makes it a video of its owner's."""
        self.outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self._database = database
        self._catalogue = catalogue
        self._folder = folder
        self._room = room
        self._limits = limits
        self._quotas = quotas
        self._clock = clock
        self._settle = settle
        self._buffers = Buffers()
        self._transfers: dict[VideoId, Transfer] = {}
        self._joining: dict[VideoId, UploadRow] = {}
        self._unreadable: set[VideoId] = set()
        self._inspections: dict[VideoId, asyncio.Task[None]] = {}
        self._is_stopped = False

    @property
    def max_bytes(self) -> int:
        """How large a file may be."""
        return self._limits.max_bytes

    async def load(self) -> None:
        """Read what was under way when the last server ended. Nothing goes on before `tend`."""
        async with self._database.read() as connection:
            found = await rows.load_uploads(connection, self._say_broken)
        for row in found:
            if self._catalogue.has(row.id) and row.channel:
                self._await_playlist(row)
            elif self._catalogue.has(row.id) or not await self._resume(row):
                await self._erase(row.id)

    async def tend(self) -> None:
        """See to it, again and again, that what is complete is inspected and what is stale goes away."""
        while True:
            for transfer in tuple(self._transfers.values()):
                try:
                    await self._see_to(transfer)
                except InstaStreamError as error:
                    log.warning("upload_not_seen_to", upload=transfer.id, reason=error.message)
                except Exception:  # one upload must not keep the others waiting
                    log.exception("upload_not_seen_to", upload=transfer.id)
            await asyncio.sleep(TEND_SECONDS)

    async def stop(self) -> None:
        """Let nobody write, and inspect no more; all of it goes on at the next start."""
        self._is_stopped = True
        for transfer in tuple(self._transfers.values()):
            await transfer.interrupt(NotReady("The server is stopping; resume when it is back."))
        tasks = tuple(self._inspections.values())
        for task in tasks:
            cancel(task)
        await asyncio.gather(*tasks, return_exceptions=True)

    def kept(self) -> frozenset[VideoId]:
        """Return the uploads whose files are needed; those of which nothing can be read may be."""
        under_way = (transfer.id for transfer in self._transfers.values() if not transfer.row.error)
        return frozenset(under_way) | self._unreadable

    def all(self) -> Iterable[Transfer]:
        """Return the uploads that are no videos yet, oldest first; refused ones too."""
        return tuple(each for each in tuple(self._transfers.values()) if not self._catalogue.has(each.id))

    def find(self, id_: VideoId) -> Transfer | None:
        """Return an upload that is no video yet."""
        return None if self._catalogue.has(id_) else self._transfers.get(id_)

    def get(self, id_: VideoId) -> Transfer:
        """Return an upload that is no video yet. Raises Unknown, WrongState where it has become one."""
        if self._catalogue.has(id_):
            raise WrongState("This upload is complete; it is a video now.", code="upload_complete")
        if id_ not in self._transfers:
            raise Unknown(
                "There is no such upload: it was removed or has expired. Start a new one.",
                code="unknown_upload",
            )
        return self._transfers[id_]

    def channel_awaited(self, id_: VideoId) -> str:
        """Return the channel whose playlist an upload has yet to join, "" for none."""
        transfer = self._transfers.get(id_)
        row = transfer.row if transfer is not None else self._joining.get(id_)
        return row.channel if row is not None and not row.error else ""

    def expires_at(self, transfer: Transfer) -> Ticks:
        """Return when an upload is removed if nothing more comes."""
        return Ticks((transfer.row.refused_at or transfer.touched_at) + self._limits.expiry)

    async def begin(
        self,
        name: str,
        size_bytes: int,
        *,
        channel: str = "",
        metadata: str = "",
        owner: AccountId | None = None,
    ) -> Transfer:
        """Begin an upload. channel: the slug of the one whose playlist the video joins. owner: who sends it.

        Raises TooLarge, TooMany, DiskFull, QuotaReached, NotReady; then nothing is left.
        """
        if self._is_stopped:
            raise NotReady("The server is stopping; try again when it is back.")
        if len(self._transfers) >= MOST_UPLOADS and not await self._forget_an_empty_one():
            raise TooMany(
                f"There are already {MOST_UPLOADS:,} uploads in progress: finish or remove some first."
            )
        self._limits.check_size(size_bytes)
        self._room.check_besides(size_bytes)
        row = UploadRow(
            id=VideoId(new_id()),
            name=display_name(name),
            channel=channel,
            metadata=metadata,
            size_bytes=size_bytes,
            created_at=self._clock.now(),
            owner=owner,
        )
        return await self._begin(row)

    async def _forget_an_empty_one(self) -> bool:
        """Remove the oldest upload of which nothing has come in a while; return whether there was one."""
        latest = self._clock.now() - seconds(PROMISE_SECONDS)
        for transfer in tuple(self._transfers.values()):
            if not transfer.received and not transfer.is_busy and transfer.touched_at < latest:
                await self.end(transfer.id)
                return True
        return False

    @asynccontextmanager
    async def receive(
        self, id_: VideoId, offset: int, size_bytes: int | None, checksum: Checksum | None = None
    ) -> AsyncIterator[Writer]:
        """Give a writer for an upload's next bytes, when all that can be known before they come is right.

        size_bytes: how many will come, None where nobody says. Raises Unknown, WrongState ("wrong_offset",
        "upload_complete"), TooLarge, DiskFull, NotReady; and BadRequest ("superseded") when another request
        takes over.
        """
        transfer = self.get(id_)
        try:
            async with transfer.writer(offset, size_bytes, checksum) as writer:
                if self._is_stopped:
                    raise NotReady("The server is stopping; resume when it is back.")
                yield writer
        finally:
            if transfer.is_complete:
                self._inspect(transfer)

    async def end(self, id_: VideoId) -> None:
        """Remove an upload, whatever it is doing. Raises Unknown, WrongState where it has become a video."""
        transfer = self.get(id_)
        transfer.is_over = True
        await transfer.interrupt(Unknown("This upload was removed.", code="unknown_upload"))
        if task := self._inspections.get(id_):
            cancel(task)
            await asyncio.wait([task])
            self.get(id_)  # it may have become a video at the last moment
        await self._remove(transfer)
        log.info("upload_removed", upload=id_)

    async def joined(self, id_: VideoId) -> None:
        """Take note that a video is in the playlist that it was meant for, or cannot get there."""
        if self._joining.pop(id_, None) is not None:
            await self._erase(id_)

    @whole
    async def _begin(self, row: UploadRow) -> Transfer:
        path = self._folder.part(row.id)
        with part.refusals():
            part.create(path)
        try:
            async with self._database.write() as connection:
                await self._quotas.require(connection, row.owner, row.size_bytes)
                await rows.insert_upload(connection, row)
        except BaseException:
            path.unlink()
            raise
        transfer = self._hold(row)
        log.info("upload_begun", upload=row.id, size_bytes=row.size_bytes)
        return transfer

    def _say_broken(self, id_: str, error: Exception) -> None:
        """Say that what is stored of an upload cannot be read. Nobody can go on with it; its file stays."""
        self._unreadable.add(VideoId(id_))
        log.error("row_broken", table="upload", id=id_, reason=str(error))

    def _hold(self, row: UploadRow) -> Transfer:
        transfer = Transfer(row, self._folder, self._room, self._clock, self._buffers)
        transfer.look()
        self._transfers[row.id] = transfer
        return transfer

    async def _resume(self, row: UploadRow) -> bool:
        """Hold what a former server has left of an upload; say whether there is anything."""
        if row.error:
            self._hold(row)
            return True
        try:
            touched = (await asyncio.to_thread(self._folder.part(row.id).stat)).st_mtime
        except FileNotFoundError:
            log.warning("upload_lost", upload=row.id)
            return False
        self._hold(row).touched_at = seconds(touched)
        return True

    def _await_playlist(self, row: UploadRow) -> None:
        self._joining[row.id] = row
        self.outcomes.put_nowait(Outcome(row.id, row.channel, is_video=True))

    async def _see_to(self, transfer: Transfer) -> None:
        if transfer.is_complete and not transfer.row.error:
            self._inspect(transfer)
        elif not transfer.is_busy and self._clock.now() > self.expires_at(transfer):
            log.info("upload_expired", upload=transfer.id)
            await self.end(transfer.id)

    def _inspect(self, transfer: Transfer) -> None:
        """Inspect a complete file, unless that is being done, or was done."""
        id_ = transfer.id
        if self._is_stopped or transfer.is_over or transfer.row.error or id_ in self._inspections:
            return
        task = self._inspections[id_] = asyncio.create_task(self._judge(transfer))
        task.add_done_callback(lambda _: self._inspections.pop(id_))

    async def _judge(self, transfer: Transfer) -> None:
        """Make a video of a complete file, or refuse it. What is not the file's fault is tried again."""
        try:
            await self._decide(transfer)
        except InstaStreamError as error:
            log.warning("upload_not_inspected", upload=transfer.id, reason=error.message)
        except Exception:
            log.exception("upload_inspection_crashed", upload=transfer.id)

    async def _decide(self, transfer: Transfer) -> None:
        try:
            await self._settle(transfer.id, transfer.row.name, transfer.row.owner)
        except NotAVideo as error:
            await self._refuse(transfer, error.message)
        except FileNotFoundError:
            await self._refuse(transfer, "The file is missing from the server's disk; upload it again.")
        else:
            await self._accept(transfer)

    @whole
    async def _accept(self, transfer: Transfer) -> None:
        row = self._transfers.pop(transfer.id).row
        if row.channel:
            self._await_playlist(row)
        else:
            self.outcomes.put_nowait(Outcome(row.id, "", is_video=True))
            await self._erase(row.id)

    @whole
    async def _refuse(self, transfer: Transfer, reason: str) -> None:
        row = replace(transfer.row, error=reason, refused_at=self._clock.now())
        async with self._database.write() as connection:
            await rows.refuse_upload(connection, row)
        transfer.row = row  # before its file is gone: who asks meanwhile is to be told why
        try:
            await asyncio.to_thread(self._folder.remove_original, row.id)
        finally:
            self.outcomes.put_nowait(Outcome(row.id, row.channel, is_video=False))
        log.info("upload_refused", upload=row.id, reason=reason)

    @whole
    async def _remove(self, transfer: Transfer) -> None:
        await self._erase(transfer.id)
        self._transfers.pop(transfer.id, None)
        self._room.owe(transfer.id, 0)
        await asyncio.to_thread(self._folder.remove_original, transfer.id)

    @whole
    async def _erase(self, id_: VideoId) -> None:
        async with self._database.write() as connection:
            await rows.delete_upload(connection, id_)
