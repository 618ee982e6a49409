"""Numbers of channels: television software and people remember them."""

import asyncio
import sqlite3
from contextlib import closing

from alembic import command
from sqlalchemy import Connection, text
from tests.unit.channels.conftest import Desk, Studio

from insta_stream.db import restored
from insta_stream.db.engine import Database
from insta_stream.db.upgrade import _config


def numbers(desk: Desk) -> dict[str, int]:
    return {channel.slug: channel.number for channel in desk.channels.all()}


async def test_a_number_stays_whatever_becomes_of_other_channels(studio: Studio) -> None:
    async with studio.open() as desk:
        for slug in ("news", "kids", "music"):
            await desk.registry.create(slug, slug)
        assert numbers(desk) == {"main": 1, "news": 2, "kids": 3, "music": 4}
        await desk.registry.delete("news")
        await desk.registry.create("films", "Films")
        await desk.registry.update("kids", title="Children")
        assert numbers(desk) == {"main": 1, "kids": 3, "music": 4, "films": 5}
        kept = numbers(desk)
    async with studio.open() as desk:
        assert numbers(desk) == kept
        async with desk.database.write() as connection:
            await restored.mark(connection, studio.clock.now())
    async with studio.open() as desk:
        assert numbers(desk) == kept


async def test_channels_that_are_made_at_once_have_numbers_of_their_own(desk: Desk) -> None:
    await asyncio.gather(*(desk.registry.create(f"c{n}", "C") for n in range(8)))
    assert sorted(numbers(desk).values()) == list(range(1, 10))


async def test_a_damaged_number_keeps_nobody_from_making_channels(studio: Studio) -> None:
    async with studio.open():
        pass
    with closing(sqlite3.connect(studio.path)) as database, database:
        database.execute("UPDATE channel SET number = 'x'")
    async with studio.open() as desk:
        assert (await desk.registry.create("news", "News")).number == 1


CHANNEL = """
INSERT INTO channel (slug, title, rungs, window_seconds, created_at, timeline, broadcast_rungs, added_at)
VALUES (:slug, 'x', '[]', 60, :created_at, '', '{}', '{}')
"""


async def test_channels_of_before_are_numbered_by_their_age(studio: Studio) -> None:
    database = Database(studio.path)

    def as_it_was(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        for slug, created_at in (("zoo", 1), ("b", 3), ("a", 3), ("c", 2)):
            connection.execute(text(CHANNEL), {"slug": slug, "created_at": created_at})

    async with database.write() as connection:
        await connection.run_sync(as_it_was)
    await database.upgrade()
    async with database.read() as connection:
        found = await connection.execute(text("SELECT slug FROM channel ORDER BY number"))
        assert list(found.scalars()) == ["zoo", "c", "a", "b"]
    await database.close()
