"""The database is locked by another program, for as long as an edit can wait."""

import asyncio
import sqlite3

import httpx
from tests.support.ledger import Ledger
from tests.support.ordeal import watched
from tests.support.station import Station

LOCKED_SECONDS = 10


async def test_viewers_notice_nothing_of_a_locked_database(station: Station, ledger: Ledger) -> None:
    entry, playlist = ledger.of("database locked for 10 s"), station.playlist()
    async with (
        watched(station, entry),
        httpx.AsyncClient(base_url=station.url, timeout=60) as client,
    ):
        database = sqlite3.connect(station.data / "insta-stream.db", isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        entry.times += 1
        skipping = asyncio.create_task(client.post("/api/stream/skip"))
        await asyncio.sleep(LOCKED_SECONDS)
        database.execute("ROLLBACK")
        database.close()
        answer = await skipping  # how long an edit waits is the database's affair; it says how it ended
        assert answer.is_success or (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        assert (await client.post("/api/stream/skip")).is_success
    assert station.playlist() == playlist
