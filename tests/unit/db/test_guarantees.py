"""What must never be is refused by the database, whoever writes, and by its name."""

from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from tests.support.databases import database_at
from tests.unit.library.packages import COUNT, opened, package, rendition, some_video

from insta_stream.db.engine import Database
from insta_stream.db.guarantees import GUARANTEES, MET, violated
from insta_stream.errors import NotReady

CHANNEL = """
    INSERT INTO channel (slug, title, rungs, window_seconds, created_at, timeline, broadcast_rungs, added_at,
                         revision, number)
    VALUES ('main', 'Main', '[]', 60, 1, '', '{}', '{}', 7, 1)
"""
PROGRAM = "INSERT INTO program VALUES ('key', '[]')"
RUN = "INSERT INTO run (channel, starts_at, program, body) VALUES ('main', {at}, 'key', '{body}')"
FIRST, SECOND = (RUN.format(at=at, body='{"first_msn": 5}') for at in (1, 2))
NEWS = "UPDATE news SET revision = 9, library = 9, uploads = 9"


async def test_a_number_of_a_channel_means_one_segment(tmp_path: Path) -> None:
    await refused("run_first_msn_once", tmp_path, CHANNEL, PROGRAM, FIRST, SECOND)
    await done(tmp_path, RUN.format(at=3, body="x"), RUN.format(at=4, body="x"))  # what cannot be read


async def test_numbers_of_changes_never_fall(tmp_path: Path) -> None:
    await refused("channel_revision_rises", tmp_path, CHANNEL, "UPDATE channel SET revision = 6")
    await refused("news_revision_rises", tmp_path, NEWS, "UPDATE news SET revision = 8")
    await refused("news_library_rises", tmp_path, "UPDATE news SET library = 8")
    await refused("news_uploads_rises", tmp_path, "UPDATE news SET uploads = 8")
    await done(tmp_path, "UPDATE news SET revision = 'x'", "UPDATE news SET revision = 3")  # it is mended


async def test_a_video_has_one_package_that_airs_and_is_deleted_before_it_is_gone_for_good(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as catalogue:
        video = await some_video(catalogue, package(rendition("240p", COUNT)))
        other = package(rendition("240p", COUNT), video=video)
        with pytest.raises(NotReady, match=MET):
            await catalogue.add_package(other, *await catalogue.documents(catalogue.current(video).id))
        assert len(catalogue.packages_of(video)) == 1
    path = tmp_path / "insta-stream.db"
    await refused("video_released_after_it_was_deleted", path.parent, "UPDATE video SET released_at = 5")


async def refused(name: str, folder: Path, *statements: str) -> None:
    """See that the last one of these statements is refused, by a name."""
    await done(folder, *statements[:-1])
    with (
        structlog.testing.capture_logs() as logs,
        pytest.raises(NotReady, match=MET),
    ):
        await done(folder, statements[-1])
    assert [(line["event"], line["reason"]) for line in logs] == [("guarantee_kept", GUARANTEES[name])]


async def done(folder: Path, *statements: str) -> None:
    database = await database_at(folder / "insta-stream.db")
    try:
        async with database.write() as connection:
            for statement in statements:
                await connection.exec_driver_sql(statement)
    finally:
        await database.close()


async def test_every_guarantee_is_in_the_database_and_every_other_refusal_a_mistake(tmp_path: Path) -> None:
    database: Database = await database_at(tmp_path / "insta-stream.db")
    async with database.read() as connection:
        query = text("SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger')")
        names: set[Any] = set((await connection.scalars(query)).all())
    await database.close()
    assert GUARANTEES.keys() <= names
    mistakes = ("FOREIGN KEY constraint failed", "UNIQUE constraint failed: video.id", "no such table: x")
    assert [violated(each) for each in mistakes] == [""] * 3
