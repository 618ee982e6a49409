"""The numbers of edits and changes: a start mends them where they are damaged, before anybody asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.unit.library.packages import COUNT, package, rendition, some_video

from insta_stream.db.engine import Database
from insta_stream.db.installation import opened, prepare
from insta_stream.db.news import Heard, heard
from insta_stream.library.catalogue import Catalogue
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks


@asynccontextmanager
async def started(folder: DataFolder) -> AsyncIterator[tuple[Database, Catalogue, Heard]]:
    """Open a data folder as a start does."""
    await prepare(folder, 2)
    database = await opened(folder, 2)
    try:
        catalogue = Catalogue(database)
        await catalogue.load()
        async with database.read() as connection:
            yield database, catalogue, await heard(connection, Ticks(0))
    finally:
        await database.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE news SET revision = 'x'",
        "UPDATE news SET library = x'ff'",
        "DELETE FROM news",
        "UPDATE video SET revision = 5000",
    ],
)
async def test_numbers_that_are_damaged_go_on_above_all_that_rows_say(tmp_path: Path, damage: str) -> None:
    folder = DataFolder.under(tmp_path / "data")
    folder.create()
    async with started(folder) as (_, catalogue, _):
        video = await some_video(catalogue, package(rendition("240p", COUNT)))
    async with started(folder) as (database, _, before):
        assert before.library == 1
    async with started(folder) as (database, _, _), database.write() as connection:
        await connection.exec_driver_sql(damage)
    async with started(folder) as (_, catalogue, news):
        assert news.library > max(catalogue.video(video).revision, before.library)
        await catalogue.rename(video, "another name")
        assert catalogue.video(video).revision > news.library
