"""Every upload there is, whichever process began it: in memory as the database has it.

Other processes begin, refuse and end uploads, too; the news tells of it. Who asks for one upload hears first
what has changed (`ask`), since a client may come from another process this very moment.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.clock import Clock
from insta_stream.db import uploads as rows
from insta_stream.db.engine import Database
from insta_stream.db.news import Heard, asked, heard, tell_uploads
from insta_stream.db.uploads import UploadRow
from insta_stream.errors import NotAVideo, Unknown
from insta_stream.ids import VideoId
from insta_stream.library.buffers import Buffers
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.room import Room
from insta_stream.library.transfer import Transfer
from insta_stream.library.whole import whole
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks

log = structlog.get_logger()

Check = Callable[[AsyncConnection], Awaitable[None]]
"""Looks, in a transaction, whether something may be done, and raises what forbids it."""


@dataclass(slots=True)
class _Change:
    """A transaction that changes a row of an upload. revision: its number. row, ended: what is known once it
    is stored.
    """

    connection: AsyncConnection
    revision: int
    row: UploadRow | None = None
    ended: VideoId | None = None

    async def add(self, row: UploadRow) -> None:
        """Add an upload."""
        self.row = replace(row, revision=self.revision)
        await rows.insert_upload(self.connection, self.row)

    async def put(self, row: UploadRow) -> None:
        """Write what has changed of an upload."""
        self.row = replace(row, revision=self.revision)
        await rows.update_upload(self.connection, self.row)

    async def end(self, id_: VideoId) -> None:
        """Remove an upload."""
        self.ended = id_
        await rows.delete_upload(self.connection, id_)


class Transfers:
    """The rows of uploads, oldest first, and what is done with them; one stays until its video has joined its
    playlist. unreadable: uploads of which nothing can be read; their files stay.
    """

    def __init__(
        self, database: Database, catalogue: Catalogue, *, folder: DataFolder, room: Room, clock: Clock
    ) -> None:
        self.unreadable: set[VideoId] = set()
        self._database = database
        self._catalogue = catalogue
        self._room = room
        self._clock = clock
        self._make = partial(Transfer, others=self, folder=folder, room=room, clock=clock, buffers=Buffers())
        self._held: dict[VideoId, Transfer] = {}
        self._watchers: list[Callable[[Transfer], None]] = []
        self._revision = rows.EVERY
        catalogue.watch(self._note_video)

    def __iter__(self) -> Iterator[Transfer]:
        """Return those there are at this moment. Any thread may ask."""
        return iter(tuple(self._held.values()))

    def __len__(self) -> int:
        return len(self._held)

    def find(self, id_: VideoId) -> Transfer | None:
        """Return an upload; None where nothing is known of it."""
        return self._held.get(id_)

    def is_video(self, id_: VideoId) -> bool:
        """Return whether an upload has become a video, whatever became of that."""
        return self._catalogue.find(id_) is not None

    @contextmanager
    def watched(self, callback: Callable[[Transfer], None]) -> Iterator[None]:
        """Call back with each upload whose row was added or changed, by whichever process, in the block."""
        self._watchers.append(callback)
        try:
            yield
        finally:
            self._watchers.remove(callback)

    async def ask(self) -> None:
        """Hear what other processes have changed, of videos as well. Raises NotReady, DiskFull."""
        news = await asked(self._database)
        await self._catalogue.catch_up(news)
        await self.catch_up(news)

    async def catch_up(self, news: Heard) -> None:
        """Show what other processes have changed. Raises NotReady, DiskFull."""
        if news.uploads > self._revision:
            async with self._database.read() as connection:
                await self._read_newer(connection)

    @whole
    async def begin(self, row: UploadRow, check: Check) -> Transfer:
        """Add an upload whose file is there. Raises what `check` raises."""
        async with self._change() as change:
            await check(change.connection)
            await change.add(row)
        return self._known(row.id)

    @whole
    async def refuse(self, id_: VideoId, error: NotAVideo) -> UploadRow:
        """Write down that an upload is no video, and why. Raises Unknown."""
        async with self._change() as change:
            known = self._known(id_).row
            row = replace(known, error=error.message, code=error.code, refused_at=self._clock.now())
            await change.put(row)
        return row

    @whole
    async def rename(self, id_: VideoId, name: str) -> None:
        """Give an upload its name. Raises Unknown."""
        async with self._change() as change:
            await change.put(replace(self._known(id_).row, name=name))

    @whole
    async def grow(self, id_: VideoId, size_bytes: int, check: Check, *, is_form: bool = True) -> None:
        """Write how large a file in one request is to be at least; or is, where its request has ended.

        Raises Unknown, and what `check` raises.
        """
        async with self._change() as change:
            await check(change.connection)
            await change.put(replace(self._known(id_).row, size_bytes=size_bytes, is_form=is_form))

    @whole
    async def call(self, id_: VideoId, *, is_over: bool = False) -> int:
        """See `Others.call`."""
        async with self._change() as change:
            row = self._known(id_).row
            await change.put(replace(row, is_over=row.is_over or is_over))
        return change.revision

    @whole
    async def erase(self, id_: VideoId) -> None:
        """Forget an upload."""
        async with self._change(is_end=True) as change:
            await change.end(id_)

    def _known(self, id_: VideoId) -> Transfer:
        if (transfer := self._held.get(id_)) is None:
            raise Unknown("This upload was removed.", code="unknown_upload")
        return transfer

    @asynccontextmanager
    async def _change(self, *, is_end: bool = False) -> AsyncIterator[_Change]:
        """Give a transaction in which what is known is as the database has it. is_end: a row is deleted."""
        async with self._database.write() as connection:
            await self._read_newer(connection)
            change = _Change(connection, await tell_uploads(connection, is_end=is_end))
            yield change
        if change.revision <= self._revision:
            return  # it was read already, and perhaps what came after it
        self._revision = change.revision
        if change.row is not None:
            self._show(change.row)
        if change.ended is not None:
            self._forget(change.ended)

    async def _read_newer(self, connection: AsyncConnection) -> None:
        """Know what others have changed since, as a transaction sees it."""
        news, since = await heard(connection, Ticks(0)), self._revision
        if news.uploads <= since:
            return
        found = await rows.load_uploads(connection, self._say_broken, since)
        there = await rows.upload_ids(connection) if news.last_ended > since else None
        if news.uploads <= self._revision:
            return  # somebody has read more, meanwhile
        self._revision = news.uploads
        for row in found:
            self._show(row)
        if there is not None:
            for id_ in tuple(self._held.keys() - there):
                self._drop(id_)

    def _show(self, row: UploadRow) -> None:
        transfer = self._held.get(row.id)
        if transfer is None:
            transfer = self._held[row.id] = self._make(row)
        elif row.revision > transfer.row.revision:
            transfer.heed(row)
        transfer.refresh()
        for watcher in self._watchers:
            watcher(transfer)

    def _drop(self, id_: VideoId) -> None:
        """Know no more of an upload that another process has ended; who writes it here gives way."""
        transfer = self._held[id_]
        self._forget(id_)
        transfer.vanish()

    def _forget(self, id_: VideoId) -> None:
        if (transfer := self._held.pop(id_, None)) is not None:
            transfer.is_over = True
            transfer.decided.set()
            self._room.owe(id_, 0)

    def _note_video(self, id_: VideoId) -> None:
        if (transfer := self._held.get(id_)) is not None:
            transfer.decided.set()

    def _say_broken(self, id_: str, error: Exception) -> None:
        """Say that what is stored of an upload cannot be read. Nobody can go on with it; its file stays."""
        if id_ not in self.unreadable:
            log.error("row_broken", table="upload", id=id_, reason=str(error))
        self.unreadable.add(VideoId(id_))
