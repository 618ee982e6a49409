"""Where uploads arrive: as many as there are processes, on one database and one data folder.

Run as a program, this is another process, which sends to an upload, or inspects one, until it is ended.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from tests.support.databases import database_at
from tests.unit.library.packages import COUNT, package, rendition, some_video

from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.db.news import asked
from insta_stream.errors import InstaStreamError
from insta_stream.ids import AccountId, VideoId
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.forms import Forms
from insta_stream.library.quotas import Quotas
from insta_stream.library.reception import Reception
from insta_stream.library.room import Room, UploadLimits
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import seconds
from insta_stream.work.inspections import Inspections

PIECE = 70_001


class Desk:
    """One process's share. settled: what it inspected. may_settle: lets it go on. refusal: what it says then.

    clock: the wall clock of this desk. inspections: done while it `works`.
    """

    def __init__(self, folder: DataFolder, database: Database, limits: UploadLimits, clock: Clock) -> None:
        self.folder = folder
        self.database = database
        self.catalogue = Catalogue(database)
        self.room = Room(folder, limits.min_free_bytes)
        self.quotas = Quotas(database, limits)
        self.working: asyncio.Task[None] | None = None
        self.settled: list[VideoId] = []
        self.may_settle = asyncio.Event()
        self.may_settle.set()
        self.refusal: Exception | None = None
        self.reception = Reception(
            database=database,
            catalogue=self.catalogue,
            folder=folder,
            room=self.room,
            limits=limits,
            quotas=self.quotas,
            clock=clock,
        )
        self.forms = Forms(self.reception, folder=folder, limits=limits, quotas=self.quotas, clock=clock)
        self.inspections = Inspections(self.reception, self.catalogue, folder, clock, self._settle)

    async def _settle(self, id_: VideoId, name: str, _owner: AccountId | None) -> None:
        self.settled.append(id_)
        await self.may_settle.wait()
        if self.refusal is not None:
            raise self.refusal
        await some_video(self.catalogue, package(rendition("240p", COUNT), video=id_), name)
        self.folder.part(id_).replace(self.folder.original(id_))

    async def start(self) -> None:
        """Do what a library does when it starts."""
        await self.catalogue.load()
        await self.reception.load()

    def work(self) -> None:
        """Begin to inspect what is complete."""
        self.working = asyncio.create_task(self.inspections.work())

    async def rest(self) -> None:
        """Inspect no more."""
        if self.working is not None:
            self.working.cancel()
            await asyncio.gather(self.working, return_exceptions=True)

    async def hear(self) -> None:
        """Hear the news, for ever; as `Shown` does it."""
        while True:
            await asyncio.sleep(0.02)
            news = await asked(self.database)
            await self.catalogue.catch_up(news)
            await self.reception.catch_up(news)

    async def begin(self, size_bytes: int, channel: str = "", owner: AccountId | None = None) -> VideoId:
        return (await self.reception.begin("a film", size_bytes, channel=channel, owner=owner)).id

    async def send(self, id_: VideoId, at: int, data: bytes, checksum: Any = None) -> None:
        async with self.reception.receive(id_, at, len(data), checksum) as writer:
            for start in range(0, len(data), PIECE):
                await writer.write(data[start : start + PIECE])
            await writer.finish()

    async def send_form(self, *pieces: bytes, announced: int = 0, channel: str = "") -> VideoId:
        """Send a file in one request."""
        async with self.forms.receive(announced, channel=channel, owner=None) as writer:
            for piece in pieces:
                await writer.write(piece)
        return writer.id

    async def stall_form(
        self, data: bytes, *, stalled: asyncio.Event, announced: int = 0, owner: AccountId | None = None
    ) -> None:
        """Send some bytes of a file that comes in one request, and then no more."""
        async with self.forms.receive(announced, channel="", owner=owner) as writer:
            await writer.write(data)
            await writer._flush()
            stalled.set()
            await asyncio.Event().wait()

    async def stall(self, id_: VideoId, at: int, data: bytes, *, stalled: asyncio.Event) -> None:
        """Send some bytes that are written, and then no more."""
        async with self.reception.receive(id_, at, None) as writer:
            await writer.write(data)
            await writer._flush()
            stalled.set()
            await asyncio.Event().wait()

    async def offset(self, id_: VideoId) -> int:
        """Return how far an upload is, as a HEAD asks for it."""
        await self.reception.ask(id_)
        return self.reception.get(id_).look()


@asynccontextmanager
async def opened(
    root: Path,
    limits: UploadLimits | None = None,
    clock: Clock | None = None,
    *,
    works: bool = True,
) -> AsyncIterator[Desk]:
    """Give the desk of one more process. works: it inspects what is complete."""
    folder = DataFolder.under(root)
    folder.create()
    limits = limits or UploadLimits(max_bytes=1 << 40, min_free_bytes=0, expiry=seconds(60))
    desk = Desk(folder, await database_at(folder.database), limits, clock or Clock())
    await desk.start()
    hearing = asyncio.create_task(desk.hear())
    if works:
        desk.work()
    try:
        yield desk
    finally:
        await desk.rest()
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await desk.reception.stop()
        await desk.database.close()


async def _work(root: Path, deed: str, id_: VideoId, at: int, size_bytes: int) -> None:
    async with opened(root, works=deed == "inspect") as desk:
        if deed == "inspect":
            desk.may_settle.clear()
            await _say_when(lambda: desk.settled == [id_])
            await asyncio.Event().wait()
        stalled, data = asyncio.Event(), b"y" * size_bytes
        if deed == "form":
            sending = asyncio.create_task(desk.stall_form(data, stalled=stalled))
        else:
            sending = asyncio.create_task(desk.stall(id_, at, data, stalled=stalled))
        await _say_when(stalled.is_set)
        try:
            await sending
        except InstaStreamError as error:
            _say(error.code)


async def _say_when(is_so: Any) -> None:
    while not is_so():  # noqa: ASYNC110 - nothing announces it
        await asyncio.sleep(0.01)
    _say("there")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    where, what, upload, begin, count = sys.argv[1:]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(_work(Path(where), what, VideoId(upload), int(begin), int(count)))
