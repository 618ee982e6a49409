"""Uploads: begun, continued by whoever comes back or whole in one request, and then videos or refusals.

What must outlive the server is in the database, and how much has come in is the size of the file. So any
process goes on with every resumable upload where its file ends. Whoever has received the last byte tells the
others, since one of them inspects it (`work`).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.db.news import Heard
from insta_stream.db.uploads import UploadRow
from insta_stream.errors import InstaStreamError, NotReady, TooMany, Unknown, WrongState
from insta_stream.ids import AccountId, VideoId, new_id
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.names import display_name
from insta_stream.library.part import Checksum, refusals
from insta_stream.library.quotas import Quotas
from insta_stream.library.room import PROMISE_SECONDS, Room, UploadLimits
from insta_stream.library.transfer import Transfer
from insta_stream.library.transfers import Transfers
from insta_stream.library.whole import whole
from insta_stream.library.writer import Writer
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import FileLock, create, lock
from insta_stream.ticks import Ticks, seconds

log = structlog.get_logger()

MOST_UPLOADS = 10_000
"""Under way at the same time."""


class Reception:
    """All uploads, of all processes. What is not `async` reads memory, or sizes of files: `ask`
    first where one process may just have begun or ended what another one is asked for.
    """

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
    ) -> None:
        self._catalogue = catalogue
        self._folder = folder
        self._room = room
        self._limits = limits
        self._quotas = quotas
        self._clock = clock
        self.is_stopped = False
        self.transfers = Transfers(database, catalogue, folder=folder, room=room, clock=clock)

    @property
    def max_bytes(self) -> int:
        """How large a file may be."""
        return self._limits.max_bytes

    async def load(self) -> None:
        """Read what is under way, and remove files that nobody goes on with; what somebody holds stays."""
        await self.transfers.ask()
        for transfer in self.transfers:
            if transfer.row.is_form:
                await self.forget_form(transfer)
            elif not (transfer.row.error or self.transfers.is_video(transfer.id)):
                await self._resume(transfer)
        await asyncio.to_thread(self._folder.remove_unchecked)
        for id_ in self._folder.parts():
            if self._catalogue.has(id_) or id_ not in self.kept():
                await self._tidy_up(id_)

    async def ask(self, id_: VideoId) -> None:
        """Know what there is of an upload at this moment. Raises NotReady, DiskFull."""
        await self.transfers.ask()
        transfer = self.find(id_)
        if transfer is not None and transfer.measure() is None:  # it has ended since
            await self.transfers.ask()

    async def catch_up(self, news: Heard) -> None:
        """Show what other processes have changed. Raises NotReady, DiskFull."""
        await self.transfers.catch_up(news)

    async def part(self) -> None:
        """Let nobody begin or go on; only what comes in one request may still end."""
        self.is_stopped = True
        for transfer in self.transfers:
            if not transfer.row.is_form:
                await transfer.interrupt(NotReady("The server is stopping; resume when it is back."))

    async def stop(self) -> None:
        """Let nobody write. What is resumable goes on at the next start, or elsewhere."""
        await self.part()
        for transfer in self.transfers:
            await transfer.interrupt(NotReady("The server is stopping; send the file again when it is back."))

    def kept(self) -> frozenset[VideoId]:
        """Return the uploads whose files are needed; those of which nothing can be read may be."""
        under_way = (transfer.id for transfer in self.transfers if not transfer.row.error)
        return frozenset(under_way) | self.transfers.unreadable

    def all(self) -> Iterable[Transfer]:
        """Return the uploads that are no videos yet, oldest first; refused ones too."""
        return tuple(
            each
            for each in self.transfers
            if not (self.transfers.is_video(each.id) or each.is_over) and each.is_there
        )

    def find(self, id_: VideoId) -> Transfer | None:
        """Return an upload that is no video yet."""
        return None if self.transfers.is_video(id_) else self.transfers.find(id_)

    def get(self, id_: VideoId) -> Transfer:
        """Return an upload that is no video yet. Raises Unknown, WrongState where it has become one."""
        if self._catalogue.has(id_):
            raise WrongState("This upload is complete; it is a video now.", code="upload_complete")
        if (transfer := self.find(id_)) is None:
            raise Unknown(
                "There is no such upload: it was removed or has expired. Start a new one.",
                code="unknown_upload",
            )
        return transfer

    def channel_awaited(self, id_: VideoId) -> str:
        """Return the channel whose playlist an upload has yet to join, "" for none."""
        transfer = self.transfers.find(id_)
        return transfer.row.channel if transfer is not None and not transfer.row.error else ""

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
        row = UploadRow(
            id=VideoId(new_id()),
            name=display_name(name),
            channel=channel,
            metadata=metadata,
            size_bytes=size_bytes,
            created_at=self._clock.now(),
            owner=owner,
        )
        transfer, held = await self.add(row)
        held.release()
        return transfer

    async def add(self, row: UploadRow) -> tuple[Transfer, FileLock]:
        """Add an upload, and return it with its file, which is held. Raises what `begin` raises."""
        if self.is_stopped:
            raise NotReady("The server is stopping; try again when it is back.")
        self._limits.check_size(row.size_bytes)
        await self.transfers.ask()
        if len(self.transfers) >= MOST_UPLOADS:
            await self._forget_an_empty_one()
        path = self._folder.part(row.id)
        with refusals():
            held = create(path)
        try:
            transfer = await self.transfers.begin(row, lambda connection: self._check(connection, row))
        except BaseException:
            if self.transfers.find(row.id) is None:
                path.unlink(missing_ok=True)
            held.release()
            raise
        log.info("upload_begun", upload=row.id, size_bytes=row.size_bytes)
        return transfer, held

    async def _forget_an_empty_one(self) -> None:
        """Remove the oldest upload of which nothing has come in a while, if there is one."""
        latest = self._clock.now() - seconds(PROMISE_SECONDS)
        for transfer in self.all():
            if not transfer.received and transfer.touched_at < latest and not transfer.is_busy:
                await self.end(transfer.id)
                return

    @asynccontextmanager
    async def receive(
        self, id_: VideoId, offset: int, size_bytes: int | None, checksum: Checksum | None = None
    ) -> AsyncIterator[Writer]:
        """Give a writer for an upload's next bytes, when all that can be known before they come is right.

        size_bytes: how many will come, None where nobody says. Raises Unknown, WrongState ("wrong_offset",
        "upload_complete"), TooLarge, DiskFull, NotReady; and BadRequest ("superseded") when another request
        takes over.
        """
        await self.ask(id_)
        transfer = self.get(id_)
        try:
            async with transfer.writer(offset, size_bytes, checksum) as writer:
                if self.is_stopped:
                    raise NotReady("The server is stopping; resume when it is back.")
                yield writer
        except Unknown:
            await self.ask(id_)
            self.get(id_)  # it may have become a video while this one waited
            raise
        finally:
            transfer.measure()
            if transfer.is_complete and offset < transfer.row.size_bytes:
                with suppress(InstaStreamError):  # it is found a little later
                    await self.transfers.call(id_)

    async def forget_form(self, transfer: Transfer) -> None:
        """Remove an upload whose request has ended before all of it was there, unless somebody holds it."""
        try:
            if (held := transfer.locked()) is None:
                return
        except Unknown:  # whoever removed it was killed before its row went, or it has become a video
            held = None
        try:
            await self.transfers.ask()
            if self.transfers.find(transfer.id) is transfer and transfer.row.is_form:
                await self.remove(transfer.id)
                log.info("unfinished_upload_removed", video=transfer.id)
        finally:
            if held is not None:
                held.release()

    async def end(self, id_: VideoId) -> None:
        """Remove an upload, whatever it is doing. Raises Unknown, WrongState where it has become a video."""
        await self.ask(id_)
        await self._end(self.get(id_))

    @whole
    async def remove(self, id_: VideoId) -> None:
        """Forget an upload and its file, which nobody else holds."""
        await self.transfers.erase(id_)
        await asyncio.to_thread(self._folder.remove_original, id_)

    async def _check(self, connection: AsyncConnection, row: UploadRow) -> None:
        """Raise TooMany, DiskFull or QuotaReached where an upload may not begin, as a transaction sees it: no
        two processes at once begin the last one.
        """
        if len(self.transfers) >= MOST_UPLOADS:
            raise TooMany(
                f"There are already {MOST_UPLOADS:,} uploads in progress: finish or remove some first."
            )
        for transfer in self.transfers:
            transfer.refresh()
        self._room.check_besides(row.size_bytes)
        await self._quotas.require_place(connection, row.owner)
        await self._quotas.require(connection, row.owner, row.size_bytes)

    async def _tidy_up(self, id_: VideoId) -> None:
        """Finish or undo what a process that ended has interrupted; what somebody holds is left alone."""
        part = self._folder.part(id_)
        with suppress(FileNotFoundError):  # its process has ended it
            if held := lock(part):
                await self.transfers.ask()  # it may have been begun since
                if self._catalogue.has(id_):
                    part.replace(self._folder.original(id_))
                elif id_ not in self.kept():
                    log.info("unfinished_upload_removed", video=id_)
                    part.unlink()
                held.release()

    async def _resume(self, transfer: Transfer) -> None:
        """Go on with what a former server has left of an upload, if there is anything."""
        try:
            touched = (await asyncio.to_thread(self._folder.part(transfer.id).stat)).st_mtime
        except FileNotFoundError:
            await self.transfers.ask()
            if self.find(transfer.id) is transfer and not transfer.row.error:
                log.warning("upload_lost", upload=transfer.id)
                await self.transfers.erase(transfer.id)
        else:
            transfer.touched_at = seconds(touched)

    async def _end(self, transfer: Transfer) -> None:
        """Remove an upload. Raises Unknown, WrongState, NotReady."""
        held = None if transfer.row.error else await transfer.ended()
        try:
            await self.transfers.ask()
            self.get(transfer.id)  # it may have become a video at the last moment
            await self.remove(transfer.id)
        finally:
            if held is not None:
                held.release()
        log.info("upload_removed", upload=transfer.id)
