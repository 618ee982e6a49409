"""What is told of packages by the process that makes them, and what the others show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.databases import database_at
from tests.unit.library.packages import COUNT, package, rendition

from insta_stream.db.engine import Database
from insta_stream.db.news import asked
from insta_stream.duties import Duties
from insta_stream.library.headway import DONE, Headway
from insta_stream.library.video import Progress
from insta_stream.ticks import Ticks
from insta_stream.work import headway
from insta_stream.work.headway import Telling

ROW = package(rendition("240p", COUNT // 4))


@asynccontextmanager
async def telling(database: Database) -> AsyncIterator[Telling]:
    one, duties = Telling(database), Duties()
    duties.begin("progress of encoding", one.tell)
    yield one
    await duties.stop()


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr(headway, "TELL_SECONDS", 0.01)
    database = await database_at(tmp_path / "insta-stream.db")
    yield database
    await database.close()


async def _shown(database: Database, shown: Headway) -> Progress:
    await shown.catch_up(await asked(database))
    return shown.progress(ROW)


async def test_what_is_told_is_shown_elsewhere_until_it_ends(database: Database) -> None:
    shown, encoding = Headway(database), Progress("ladder", 31.5, 50.0, 2.0, 12.5)
    assert await _shown(database, shown) == Progress("waiting", 25.0)
    async with telling(database) as one:
        one.encodes(ROW.id, encoding)
        one.will_air(ROW.id, Ticks(99))
        await _until_shown(database, shown, encoding)
        assert shown.airable_at(ROW.id) == 99
        one.can_air(ROW.id)
        one.draws(ROW)
        await _until_shown(database, shown, Progress("pictures", 25.0))
        assert shown.airable_at(ROW.id) is None
        one.ends(ROW.id)
        await _until_shown(database, shown, Progress("waiting", 25.0))


async def test_what_has_not_changed_is_the_same_value(database: Database) -> None:
    shown, other = Headway(database), package(rendition("240p", 1))
    async with telling(database) as one:
        one.encodes(ROW.id, Progress("ladder", 31.5))
        await _until_shown(database, shown, Progress("ladder", 31.5))
        before = shown.progress(ROW)
        one.draws(other)
        async with asyncio.timeout(10):
            while shown.progress(other).step != "pictures":
                await _shown(database, shown)
        assert shown.progress(ROW) is before
    assert shown.progress(package(rendition("240p", 1))) is shown.progress(package(rendition("240p", 1)))


async def test_who_takes_the_role_forgets_what_the_one_before_has_told(database: Database) -> None:
    shown = Headway(database)
    async with telling(database) as one:
        one.encodes(ROW.id, Progress("ladder", 31.5))
        await _until_shown(database, shown, Progress("ladder", 31.5))
    async with telling(database):
        await _until_shown(database, shown, Progress("waiting", 25.0))


async def test_what_is_over_is_over_whatever_was_told_of_it(database: Database) -> None:
    shown = Headway(database)
    async with telling(database) as one:
        one.encodes(ROW.id, Progress("ladder", 99.0))
        await _until_shown(database, shown, Progress("ladder", 99.0))
    assert shown.progress(package(rendition("240p", COUNT), state="ready")) is DONE


async def test_what_cannot_be_read_is_as_if_it_had_not_been_told(database: Database) -> None:
    shown = Headway(database)
    async with telling(database) as one:
        one.encodes(ROW.id, Progress("ladder", 31.5))
        await _until_shown(database, shown, Progress("ladder", 31.5))
    async with database.write() as connection:
        await connection.execute(text("UPDATE headway SET percent = 'x'"))
        await connection.execute(text("UPDATE news SET headway = headway + 1"))
    assert await _shown(database, shown) == Progress("waiting", 25.0)


async def _until_shown(database: Database, shown: Headway, progress: Progress) -> None:
    async with asyncio.timeout(10):
        while await _shown(database, shown) != progress:  # noqa: ASYNC110 - it is written by a task
            await asyncio.sleep(0.01)
