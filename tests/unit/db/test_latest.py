"""Knowing what others have changed: one question for all who ask at once."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.databases import database_at

from insta_stream.db import latest as module
from insta_stream.db.latest import Latest
from insta_stream.db.news import Heard
from insta_stream.errors import NotReady


async def test_who_asks_meanwhile_waits_for_a_question_that_begins_later(tmp_path: Path) -> None:
    database, heard, goes_on = await database_at(tmp_path / "insta-stream.db"), list[int](), asyncio.Event()

    async def note(news: Heard) -> None:
        heard.append(news.accounts)
        await goes_on.wait()

    latest = Latest(database, note)
    first = asyncio.create_task(latest.know())
    while not heard:  # noqa: ASYNC110 - the question is answered by a thread
        await asyncio.sleep(0)
    async with database.write() as connection:
        await connection.execute(text("UPDATE news SET accounts = accounts + 1"))
    others = [asyncio.create_task(latest.know()) for _ in range(50)]
    await asyncio.sleep(0)
    goes_on.set()
    await asyncio.gather(first, *others)
    assert heard == [0, 1]
    await database.close()


async def test_a_disk_that_does_not_answer_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: Heard) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "LONGEST_SECONDS", 0.1)
    database = await database_at(tmp_path / "insta-stream.db")
    latest = Latest(database, hang)
    async with asyncio.timeout(30):
        await asyncio.gather(*(latest.know() for _ in range(100)))
    await database.close()


async def test_where_it_cannot_be_known_nobody_is_kept_waiting(tmp_path: Path) -> None:
    database, asked = await database_at(tmp_path / "insta-stream.db"), list[str]()

    async def fail(_: Heard) -> None:
        asked.append("")
        raise ValueError if len(asked) == 1 else NotReady("The database is away.")

    latest = Latest(database, fail)
    await latest.know()
    await latest.know()
    async with database.write() as connection:
        await connection.execute(text("DROP TABLE news"))
    await latest.know()
    assert len(asked) == 2
    await database.close()
