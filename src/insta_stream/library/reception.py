"""Resumable uploads: begun, continued by whoever comes back, inspected, and then videos or refusals.

What must outlive the server is in the database, and how much has come in is the size of the file. So any
process goes on with every upload where its file ends. Whoever inspects one, or lets its video join a
playlist, holds the lock of its file: one process does that, and another one where it was killed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.db.news import Heard
from insta_stream.db.uploads import UploadRow
from insta_stream.errors import InstaStreamError, NotReady, TooMany, Unknown, WrongState
from insta_stream.ids import AccountId, VideoId, new_id
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.inspections import Inspections
from insta_stream.library.names import display_name
from insta_stream.library.part import Checksum, refusals
from insta_stream.library.quotas import Quotas
from insta_stream.library.room import PROMISE_SECONDS, Room, UploadLimits
from insta_stream.library.transfer import Transfer
from insta_stream.library.transfers import Transfers
from insta_stream.library.whole import whole
from insta_stream.library.writer import Writer
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import create
from insta_stream.ticks import Ticks, seconds

log = structlog.get_logger()

MOST_UPLOADS = 10_000
"""Under way at the same time."""

TEND_SECONDS = 10.0
"""How often it is looked for what a process that was killed has left."""


class Reception:
    """All resumable uploads, of all processes. What is not `async` reads memory, or sizes of files: `ask`
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
        settle: Callable[[VideoId, str, AccountId | None], Awaitable[object]],
    ) -> None:
        """Take what it works with. settle: inspects a complete file and makes it a video of its owner's."""
        self._catalogue = catalogue
        self._folder = folder
        self._room = room
        self._limits = limits
        self._quotas = quotas
        self._clock = clock
        self._transfers = Transfers(database, catalogue, folder=folder, room=room, clock=clock)
        self._inspections = Inspections(self._transfers, catalogue, folder, settle)
        self._is_stopped = False
        self.outcomes = self._inspections.outcomes
        self.joined = self._inspections.joined
        self.let_go = self._inspections.let_go

    @property
    def max_bytes(self) -> int:
        """How large a file may be."""
        return self._limits.max_bytes

    async def load(self) -> None:
        """Read what is under way. Nothing goes on before `tend`."""
        await self._transfers.ask()
        for transfer in self._transfers:
            if self._transfers.is_video(transfer.id):
                await self._inspections.see_off(transfer)
            elif not transfer.row.error:
                await self._resume(transfer)

    async def ask(self, id_: VideoId) -> None:
        """Know what there is of an upload at this moment. Raises NotReady, DiskFull."""
        await self._transfers.ask()
        transfer = self.find(id_)
        if transfer is not None and transfer.measure() is None:  # it has ended since
            await self._transfers.ask()

    async def catch_up(self, news: Heard) -> None:
        """Show what other processes have changed. Raises NotReady, DiskFull."""
        await self._transfers.catch_up(news)

    async def tend(self) -> None:
        """See to it, again and again, that what is complete is inspected and what is stale goes away."""
        while True:
            for transfer in self._transfers:
                try:
                    await self._see_to(transfer)
                except (Unknown, WrongState):  # another process was quicker
                    continue
                except InstaStreamError as error:
                    log.warning("upload_not_seen_to", upload=transfer.id, reason=error.message)
                except Exception:  # one upload must not keep the others waiting
                    log.exception("upload_not_seen_to", upload=transfer.id)
            await asyncio.sleep(TEND_SECONDS)

    async def stop(self) -> None:
        """Let nobody write, and inspect no more; all of it goes on at the next start, or elsewhere."""
        self._is_stopped = True
        for transfer in self._transfers:
            await transfer.interrupt(NotReady("The server is stopping; resume when it is back."))
        await self._inspections.stop()

    def kept(self) -> frozenset[VideoId]:
        """Return the uploads whose files are needed; those of which nothing can be read may be."""
        under_way = (transfer.id for transfer in self._transfers if not transfer.row.error)
        return frozenset(under_way) | self._transfers.unreadable

    async def is_kept(self, id_: VideoId) -> bool:
        """Return whether the file of an upload is needed, as the database has it at this moment."""
        await self._transfers.ask()
        return id_ in self.kept()

    def all(self) -> Iterable[Transfer]:
        """Return the uploads that are no videos yet, oldest first; refused ones too."""
        return tuple(
            each
            for each in self._transfers
            if not (self._transfers.is_video(each.id) or each.is_over) and each.is_there
        )

    def find(self, id_: VideoId) -> Transfer | None:
        """Return an upload that is no video yet."""
        return None if self._transfers.is_video(id_) else self._transfers.find(id_)

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
        transfer = self._transfers.find(id_)
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
        if self._is_stopped:
            raise NotReady("The server is stopping; try again when it is back.")
        self._limits.check_size(size_bytes)
        await self._transfers.ask()
        if len(self._transfers) >= MOST_UPLOADS:
            await self._forget_an_empty_one()
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
                if self._is_stopped:
                    raise NotReady("The server is stopping; resume when it is back.")
                yield writer
        except Unknown:
            await self.ask(id_)
            self.get(id_)  # it may have become a video while this one waited
            raise
        finally:
            transfer.measure()
            if transfer.is_complete:
                self._inspections.begin(transfer)

    async def end(self, id_: VideoId) -> None:
        """Remove an upload, whatever it is doing. Raises Unknown, WrongState where it has become a video."""
        await self.ask(id_)
        await self._end(self.get(id_))

    async def _begin(self, row: UploadRow) -> Transfer:
        path = self._folder.part(row.id)
        with refusals():
            held = create(path)
        try:
            transfer = await self._transfers.begin(row, lambda connection: self._check(connection, row))
        except BaseException:
            if self._transfers.find(row.id) is None:
                path.unlink(missing_ok=True)
            raise
        finally:
            held.release()
        log.info("upload_begun", upload=row.id, size_bytes=row.size_bytes)
        return transfer

    async def _check(self, connection: AsyncConnection, row: UploadRow) -> None:
        """Raise TooMany, DiskFull or QuotaReached where an upload may not begin, as a transaction sees it: no
        two processes at once begin the last one.
        """
        if len(self._transfers) >= MOST_UPLOADS:
            raise TooMany(
                f"There are already {MOST_UPLOADS:,} uploads in progress: finish or remove some first."
            )
        for transfer in self._transfers:
            transfer.refresh()
        self._room.check_besides(row.size_bytes)
        await self._quotas.require(connection, row.owner, row.size_bytes)

    async def _resume(self, transfer: Transfer) -> None:
        """Go on with what a former server has left of an upload, if there is anything."""
        try:
            touched = (await asyncio.to_thread(self._folder.part(transfer.id).stat)).st_mtime
        except FileNotFoundError:
            await self._transfers.ask()
            if self.find(transfer.id) is transfer and not transfer.row.error:
                log.warning("upload_lost", upload=transfer.id)
                await self._transfers.erase(transfer.id)
        else:
            transfer.touched_at = seconds(touched)

    async def _see_to(self, transfer: Transfer) -> None:
        if self._transfers.is_video(transfer.id):
            await self._inspections.see_off(transfer)
        elif transfer.row.is_over:
            await self._end(transfer)
        elif transfer.measure() is not None and transfer.is_complete and not transfer.row.error:
            self._inspections.begin(transfer)
        elif self._clock.now() > self.expires_at(transfer) and (transfer.row.error or not transfer.is_busy):
            log.info("upload_expired", upload=transfer.id)
            await self.end(transfer.id)

    async def _end(self, transfer: Transfer) -> None:
        """Remove an upload. Raises Unknown, WrongState, NotReady."""
        held = None if transfer.row.error else await transfer.ended()
        try:
            await self._transfers.ask()
            self.get(transfer.id)  # it may have become a video at the last moment
            await self._remove(transfer.id)
        finally:
            if held is not None:
                held.release()
        log.info("upload_removed", upload=transfer.id)

    @whole
    async def _remove(self, id_: VideoId) -> None:
        await self._transfers.erase(id_)
        await asyncio.to_thread(self._folder.remove_original, id_)
