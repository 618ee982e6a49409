import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.unit.library.packages import COUNT, INSPECTION, opened, package, plan_of, rendition, some_video

from insta_stream.db.news import heard
from insta_stream.errors import Unknown
from insta_stream.ids import VideoId
from insta_stream.library.catalogue import Catalogue
from insta_stream.media.ceilings import caps
from insta_stream.media.ladder import RUNGS
from insta_stream.media.model import Caution
from insta_stream.ticks import Ticks

CEILINGS = caps((RUNGS["720p"], RUNGS["240p"]))


async def test_what_was_written_is_what_is_loaded(tmp_path: Path) -> None:
    row = package(rendition("720p", 3), rendition("240p", COUNT, is_early=True))
    async with opened(tmp_path) as catalogue:
        video = await some_video(catalogue, row)
        changed = replace(
            row,
            attempts=2,
            cautions=(Caution("code", "A sentence."),),
            renditions=(replace(rendition("720p", 4, error="broken"), peak_bps=900_000), row.renditions[1]),
        )
        await catalogue.save(changed)
        await catalogue.rename(video, "another name")
        shown = catalogue.video(video)
    async with opened(tmp_path) as catalogue:
        assert catalogue.video(video) == shown
        assert catalogue.current(video) == changed == catalogue.package(row.id)
        assert await catalogue.documents(row.id) == (INSPECTION, plan_of(row))


@pytest.mark.parametrize(
    "fault",
    [
        "DELETE FROM package WHERE id = ?",
        "UPDATE package SET is_current = 0 WHERE id = ?",
        "UPDATE package SET segment_table = '[[1' WHERE id = ?",
        "UPDATE package SET segment_table = '[]' WHERE id = ?",
        "UPDATE package SET cautions = '[{}]' WHERE id = ?",
        "UPDATE package SET cautions = 'x' WHERE id = ?",
        """UPDATE package SET cautions = '[{"code": 1, "message": null}]' WHERE id = ?""",
        "UPDATE package SET segment_table = '[[1.5, 1440000]]' WHERE id = ?",
        "UPDATE package SET created_at = 'x' WHERE id = ?",
        "UPDATE package SET state = 'x' WHERE id = ?",
        "UPDATE package SET error = x'ff' WHERE id = ?",
        "UPDATE rendition SET published = 'x' WHERE package = ?",
        "UPDATE rendition SET published = 1000 WHERE package = ?",
        "UPDATE rendition SET published = published - 1 WHERE package = ?",
        "UPDATE rendition SET size_bytes = 1.5 WHERE package = ?",
        "UPDATE rendition SET name = 'x' WHERE package = ?",
        *(
            f"UPDATE video SET {change} WHERE id = (SELECT video FROM package WHERE id = ?)"  # noqa: S608
            for change in (
                "name = x'ff'",
                "size_bytes = 'x'",
                "added_at = ''",
                "added_at = 1000000000000000000",
                "deleted_at = 'x'",
                "width = 1.5",
                "frame_rate = 'x'",
                "frame_rate = '1/0'",
                "frame_rate = '0'",
                "released_at = 1",  # it was never deleted, so its file must stay
            )
        ),
    ],
)
async def test_what_cannot_be_read_of_a_video_is_left_out_and_takes_no_other_with_it(
    tmp_path: Path, fault: str
) -> None:
    lost, kept = (package(rendition("240p", COUNT), state="ready") for _ in range(2))
    async with opened(tmp_path) as catalogue:
        for row in (lost, kept):
            await some_video(catalogue, row)
    with closing(sqlite3.connect(tmp_path / "insta-stream.db")) as database, database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute("DROP TRIGGER video_released_after_it_was_deleted")
        assert database.execute(fault, (lost.id,)).rowcount == 1
    async with opened(tmp_path) as catalogue:
        assert [video.id for video in catalogue.all()] == [kept.video]
        assert [video.id for video in catalogue.videos()] == [kept.video]
        assert [row.id for row in catalogue.packages()] == [kept.id]
        assert not catalogue.has(lost.video)
        assert catalogue.playable(lost.video, CEILINGS) is None
        assert catalogue.find(lost.video) is None


async def test_a_deleted_video_of_which_no_package_can_be_read_cannot_come_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        video = await some_video(catalogue, package(rendition("240p", COUNT), state="ready"))
        await catalogue.delete(video, Ticks(7))
    with closing(sqlite3.connect(tmp_path / "insta-stream.db")) as database, database:
        database.execute("UPDATE package SET attempts = 'x'")
    async with opened(tmp_path) as catalogue:
        with pytest.raises(Unknown):
            catalogue.deleted(video)


async def test_a_growing_package_is_news_once_it_may_air(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        row = package(rendition("720p"), rendition("240p", is_early=True), is_airable=False)
        await some_video(catalogue, row)
        news: list[int] = []
        heard: list[VideoId] = []
        catalogue.subscribe(heard.append)
        for published in range(1, COUNT + 1):
            row = replace(
                row,
                is_airable=published >= 3,
                renditions=(row.renditions[0], rendition("240p", published, is_early=True)),
            )
            await catalogue.save(row)
            if heard:
                news.append(published)
                heard.clear()
        assert news == list(range(3, COUNT + 1))
        assert catalogue.playable(row.video, CEILINGS).is_complete  # type: ignore[union-attr]


async def test_lost_segments_are_news(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        row = package(rendition("240p", COUNT, is_early=True), state="ready")
        await some_video(catalogue, row)
        assert catalogue.playable(row.video, CEILINGS) is not None
        heard: list[VideoId] = []
        catalogue.subscribe(heard.append)
        await catalogue.save(replace(row, renditions=(rendition("240p", 5),)))
        assert heard == [row.video]
        assert catalogue.playable(row.video, CEILINGS) is None


async def nothing_against(_: AsyncConnection) -> None:
    """Let something go."""


async def test_another_package_takes_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        old = package(rendition("240p", COUNT), state="ready")
        video = await some_video(catalogue, old)
        new = package(rendition("240p", COUNT), state="ready", is_current=False, video=video)
        await catalogue.add_package(new, INSPECTION, plan_of(new))
        assert catalogue.playable(video, CEILINGS).package == old.id  # type: ignore[union-attr]
        heard: list[VideoId] = []
        catalogue.subscribe(heard.append)
        await catalogue.make_current(new.id)
        assert heard == [video]
        assert catalogue.playable(video, CEILINGS).package == new.id  # type: ignore[union-attr]
        await catalogue.forget(old.id, nothing_against)
        with pytest.raises(Unknown):
            catalogue.package(old.id)
    async with opened(tmp_path) as catalogue:
        assert [row.id for row in catalogue.packages_of(video)] == [new.id]
        assert catalogue.current(video).id == new.id


async def test_a_deleted_video_is_a_tombstone(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        row = package(rendition("240p", COUNT), state="ready")
        video = await some_video(catalogue, row, "gone")
        heard: list[VideoId] = []
        catalogue.subscribe(heard.append)
        await catalogue.delete(video, Ticks(7))
        assert heard == [video]
    async with opened(tmp_path) as catalogue:
        assert list(catalogue.videos()) == []
        assert catalogue.deleted(video).name == "gone"
        assert catalogue.playable(video, CEILINGS) is None
        with pytest.raises(Unknown):
            catalogue.video(video)
        with pytest.raises(Unknown):
            await catalogue.delete(video, Ticks(8))


@asynccontextmanager
async def beside(folder: Path) -> AsyncIterator[tuple[Catalogue, list[VideoId], list[VideoId]]]:
    """Open the catalogue in another process; what it is told, and what it is told of what can air."""
    told: list[VideoId] = []
    airing: list[VideoId] = []
    async with opened(folder) as catalogue:
        catalogue.watch(told.append)
        catalogue.subscribe(airing.append)
        yield catalogue, told, airing


async def caught_up(catalogue: Catalogue) -> None:
    async with catalogue._database.read() as connection:
        news = await heard(connection, Ticks(0))
    await catalogue.catch_up(news)


async def test_what_one_process_changes_the_others_show(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, beside(tmp_path) as (two, told, airing):
        row = package(rendition("240p", 3, is_early=True))
        video = await some_video(one, row)
        assert not two.has(video)
        await caught_up(two)
        assert two.video(video) == one.video(video)
        assert (told, airing) == ([video], [])
        await one.save(replace(row, renditions=(rendition("240p", 5, is_early=True),)))
        await one.rename(video, "another name")
        await caught_up(two)
        assert two.current(video) == one.current(video)
        assert two.video(video).name == "another name"
        assert (told, airing) == ([video] * 2, [video])
        await one.delete(video, Ticks(1))
        await caught_up(two)
        assert not two.has(video)
        assert two.playable(video, CEILINGS) is None
        assert airing == [video] * 2
        await caught_up(two)
        assert len(told) == 3


async def test_every_process_knows_which_package_took_over_and_which_is_forgotten(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as one, beside(tmp_path) as (two, _, airing):
        old = package(rendition("240p", COUNT))
        video = await some_video(one, old)
        new = package(rendition("240p", COUNT), is_current=False, video=video)
        await one.add_package(new, INSPECTION, plan_of(new))
        await caught_up(two)
        assert two.current(video) == old
        await one.make_current(new.id)
        await caught_up(two)
        assert two.current(video).id == new.id
        assert airing == [video]
        await one.forget(old.id, nothing_against)
        await caught_up(two)
        assert [each.id for each in two.packages_of(video)] == [new.id]


async def test_who_changes_something_knows_what_others_have_changed(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, beside(tmp_path) as (two, _, _):
        video = await some_video(one, package(rendition("240p", COUNT)))
        await two.rename(video, "its name")  # it has not heard of the video
        await two.delete(video, Ticks(5))
        with pytest.raises(Unknown):
            await one.rename(video, "too late")
        with pytest.raises(Unknown):
            await one.delete(video, Ticks(9))
        await one.restore(video)
        await caught_up(two)
        assert two.video(video) == one.video(video)
        assert two.video(video).name == "its name"


async def test_what_is_added_while_older_news_is_read_stays(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, beside(tmp_path) as (two, _, _):
        old = package(rendition("240p", COUNT))
        video = await some_video(one, old)
        new = package(rendition("240p", COUNT), is_current=False, video=video)
        await one.add_package(new, INSPECTION, plan_of(new))
        await one.make_current(new.id)
        await caught_up(two)
        await one.forget(old.id, nothing_against)
        async with two._database.read() as connection:
            await heard(connection, Ticks(0))  # as the database is now
            newest = package(rendition("240p", 3), is_current=False, video=video)
            await two.add_package(newest, INSPECTION, plan_of(newest))
            revision, two._revision = two._revision, two._revision - 2
            await two._read_newer(connection)
        assert [each.id for each in two.packages_of(video)] == [new.id, newest.id]
        two._revision = revision
        await caught_up(two)
        assert [each.id for each in two.packages_of(video)] == [new.id, newest.id]


async def test_what_was_left_out_because_it_cannot_be_read_stays_out(tmp_path: Path) -> None:
    async with opened(tmp_path) as one:
        row = package(rendition("240p", COUNT))
        video = await some_video(one, row)
        other = await some_video(one, package(rendition("240p", COUNT)))
        async with one._database.write() as connection:
            await connection.execute(
                text("UPDATE package SET segment_table = '[]' WHERE id = :id"), {"id": row.id}
            )
        async with opened(tmp_path) as two:
            assert not two.has(video)
            await one.rename(video, "another name")
            await one.rename(other, "another name")
            await caught_up(two)
            assert not two.has(video)
            assert two.video(other).name == "another name"
