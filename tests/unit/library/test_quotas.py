"""What each person may take of the disk, in a real database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.support.databases import database_at
from tests.unit.library.packages import INSPECTION, package, plan_of, rendition

from insta_stream.clock import Clock
from insta_stream.db import uploads, videos
from insta_stream.db.accounts import AccountRow, account, insert_account
from insta_stream.db.engine import Database
from insta_stream.db.news import asked
from insta_stream.errors import QuotaReached, TooMany
from insta_stream.ids import AccountId, VideoId
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.forms import Forms
from insta_stream.library.published import emptied
from insta_stream.library.quotas import Quotas
from insta_stream.library.reception import Reception
from insta_stream.library.room import Room, UploadLimits
from insta_stream.library.writer import FormWriter
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks

ANNA, BOB = AccountId("a" * 32), AccountId("b" * 32)
QUOTA = 1000


class Desk:
    """Where Anna and Bob upload to a data folder; all of them may take QUOTA."""

    def __init__(self, folder: DataFolder, database: Database) -> None:
        limits = UploadLimits(max_bytes=1 << 40, min_free_bytes=0, quota_bytes=QUOTA, uploads_each=5)
        self.folder = folder
        self.database = database
        self.limits = limits
        self.room = Room(folder, 0)
        self.quotas = Quotas(database, limits)
        self.sending: list[asyncio.Task[None]] = []
        self.catalogue = Catalogue(database)
        self.reception = Reception(
            database=database,
            catalogue=self.catalogue,
            folder=folder,
            room=self.room,
            limits=limits,
            quotas=self.quotas,
            clock=Clock(),
        )
        self.forms = Forms(self.reception, folder=folder, limits=limits, quotas=self.quotas, clock=Clock())

    async def begin(self, size_bytes: int, owner: AccountId | None = ANNA) -> VideoId:
        return (await self.reception.begin("a film", size_bytes, owner=owner)).id

    async def has_video(
        self, size_bytes: int, owner: AccountId | None = ANNA, packed_bytes: int = 0
    ) -> VideoId:
        row = package(replace(rendition("720p"), size_bytes=packed_bytes))
        video = videos.VideoRow(
            id=row.video,
            name="a film",
            size_bytes=size_bytes,
            added_at=Ticks(0),
            is_hidden=False,
            deleted_at=None,
            width=1280,
            height=720,
            frame_rate="25",
            video_codec="h264",
            audio_codec="",
            owner=owner,
        )
        await self.catalogue.add(video, row, INSPECTION, plan_of(row))
        return video.id

    async def used(self, owner: AccountId = ANNA) -> int:
        found = await self.quotas.usage()
        alone = await self.quotas.usage(owner)
        assert alone.get(owner) == found.get(owner)
        return found[owner].bytes if owner in found else 0

    async def form(self, announced: int, owner: AccountId | None = ANNA) -> "Form":
        """Begin to send a file in one request."""
        form = Form(self.forms, announced, owner)
        self.sending.append(form.task)
        await asyncio.wait([form.task, form.begun], return_when=asyncio.FIRST_COMPLETED)
        if form.task.done():
            await form.task
        return form


class Form:
    """A file on its way in one request, until it is to be aborted, or to end."""

    def __init__(self, forms: Forms, announced: int, owner: AccountId | None) -> None:
        self.begun: asyncio.Future[FormWriter] = asyncio.get_running_loop().create_future()
        self._may_end = asyncio.Event()
        self.task = asyncio.create_task(self._send(forms, announced, owner))

    async def _send(self, forms: Forms, announced: int, owner: AccountId | None) -> None:
        async with forms.receive(announced, channel="", owner=owner) as writer:
            self.begun.set_result(writer)
            await self._may_end.wait()

    async def write(self, data: bytes) -> None:
        writer = await self.begun
        await writer.write(data)
        await writer._flush()

    async def abort(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def finish(self) -> None:
        self._may_end.set()
        await self.task


@asynccontextmanager
async def opened(root: Path) -> AsyncIterator[Desk]:
    folder = DataFolder.under(root)
    folder.create()
    database = await database_at(folder.database)
    async with database.write() as connection:
        for id_, name in ((ANNA, "anna"), (BOB, "bob")):
            await insert_account(connection, AccountRow(id_, name, "", "operator", None, Ticks(0)))
    try:
        yield (desk := Desk(folder, database))
    finally:
        for task in desk.sending:
            task.cancel()
        await asyncio.gather(*desk.sending, return_exceptions=True)
        await database.close()


async def test_what_somebody_takes_is_counted_until_it_is_gone(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        film = await desk.has_video(100, packed_bytes=70)
        await desk.has_video(5, BOB, packed_bytes=1)
        await desk.has_video(9, None, packed_bytes=9)
        assert (await desk.used(), await desk.used(BOB)) == (170, 6)
        await desk.catalogue.delete(film, Ticks(1))
        assert await desk.used() == 170  # it is in the bin
        with pytest.raises(QuotaReached):
            await desk.begin(QUOTA - 169)
        await desk.catalogue.release(film, Ticks(2))
        assert await desk.used() == 70  # until what was made of it is gone, too
        await desk.catalogue.save(emptied(desk.catalogue.current(film)))
        assert await desk.used() == 0


async def test_uploads_count_as_announced_until_they_are_over_and_no_file_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        id_ = await desk.begin(400)
        assert await desk.used() == 400
        async with desk.database.write() as connection:
            await connection.execute(update(uploads.upload).values(id="f" * 32))
        film = await desk.has_video(300)
        async with desk.database.write() as connection:
            await connection.execute(update(uploads.upload).values(id=film))
        assert await desk.used() == 300  # it has become a video, and awaits its playlist
        async with desk.database.write() as connection:
            await connection.execute(update(uploads.upload).values(id=id_, error="no", refused_at=1))
        assert await desk.used() == 300
        other = await desk.begin(10)
        await desk.reception.end(other)
        assert await desk.used() == 300


async def test_of_two_at_once_only_one_is_the_last_that_fits(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        begun = await asyncio.gather(*(desk.begin(600) for _ in range(4)), return_exceptions=True)
        assert [type(each) for each in begun if not isinstance(each, str)] == [QuotaReached] * 3
        assert len(list(desk.folder.parts())) == 1  # nothing of the others is left
        async with desk.database.read() as connection:
            assert len((await connection.execute(select(uploads.upload))).all()) == 1
        assert desk.room.promised_bytes == 600
        await desk.begin(QUOTA, BOB)
        await desk.begin(QUOTA * 9, None)


async def test_forms_count_with_all_others(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        form = await desk.form(600)
        assert await desk.used() == 600
        with pytest.raises(QuotaReached):
            await desk.begin(401)
        with pytest.raises(QuotaReached):
            await desk.form(401)
        await form.abort()
        assert await desk.used() == 0
        results = await asyncio.gather(desk.form(600), desk.begin(600), return_exceptions=True)
        assert sum(isinstance(each, QuotaReached) for each in results) == 1


async def test_a_form_that_says_nothing_of_its_size_is_stopped_where_it_is_too_much(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        form = await desk.form(0)
        await form.write(b"x" * 300)
        assert await desk.used() == 300
        await desk.begin(500)
        writer = await form.begun
        await writer.write(b"x" * 300)
        with pytest.raises(QuotaReached):
            await form.finish()
        assert await desk.used() == 500
        assert len(list(desk.folder.parts())) == 1


async def test_a_form_that_grows_counts_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        form = await desk.form(0)
        for more in (600, QUOTA - 601):
            await form.write(b"x" * more)
        assert await desk.used() == QUOTA - 1
        writer = await form.begun
        await writer.write(b"x")
        before = (await asked(desk.database)).uploads
        await form.finish()
        assert await desk.used() == QUOTA
        assert (await asked(desk.database)).uploads == before + 1  # whoever waits for it waits for one commit


@pytest.mark.parametrize(("own", "fits"), [(None, QUOTA), (0, 10**9), (300, 300), (5000, 5000)])
async def test_a_quota_of_ones_own_goes_before_that_of_the_settings(
    tmp_path: Path, own: int | None, fits: int
) -> None:
    async with opened(tmp_path) as desk:
        async with desk.database.write() as connection:
            await connection.execute(update(account).where(account.c.id == ANNA).values(quota_bytes=own))
        await desk.reception.end(await desk.begin(fits))
        if own != 0:
            with pytest.raises(QuotaReached, match="Delete videos"):
                await desk.begin(fits + 1)
        assert desk.quotas.effective(own) == (fits if own != 0 else None)


async def test_nobody_has_more_uploads_at_once_than_allowed(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        begun = [await desk.begin(1) for _ in range(4)]
        form = await desk.form(1)
        with pytest.raises(TooMany, match="already have 5 uploads") as refusal:
            await desk.begin(1)
        assert refusal.value.code == "too_many_uploads"
        with pytest.raises(TooMany):
            await desk.form(1)
        await desk.begin(1, BOB)
        await form.write(b"xx")  # it is one of them already
        await desk.reception.end(begun[0])
        await desk.begin(1)
