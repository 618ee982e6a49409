"""Two processes that read, add one and write: no addition may be lost."""

import asyncio
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from insta_stream.db.engine import Database
from insta_stream.errors import DiskFull, NotReady

COUNT = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import text
from insta_stream.db.engine import Database

async def main() -> None:
    database = Database(Path(sys.argv[1]))
    for _ in range(100):
        async with database.write() as connection:
            value = (await connection.execute(text("SELECT value FROM counter"))).scalar_one()
            await connection.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})
    await database.close()

asyncio.run(main())
"""


async def test_two_processes_lose_no_update(tmp_path: Path) -> None:
    path = tmp_path / "counter.db"
    database = Database(path)
    async with database.write() as connection:
        await connection.exec_driver_sql("CREATE TABLE counter (value INTEGER)")
        await connection.exec_driver_sql("INSERT INTO counter VALUES (0)")
    await database.close()

    children = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", COUNT, str(path)) for _ in range(2)
    ]

    assert [await child.wait() for child in children] == [0, 0]
    counted = sqlite3.connect(path)
    assert counted.execute("SELECT value FROM counter").fetchone() == (200,)
    counted.close()


async def test_a_body_that_raises_is_rolled_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "counter.db")
    async with database.write() as connection:
        await connection.exec_driver_sql("CREATE TABLE counter (value INTEGER NOT NULL)")

    async def insert_twice() -> None:
        async with database.write() as connection:
            await connection.exec_driver_sql("INSERT INTO counter VALUES (1)")
            await connection.exec_driver_sql("INSERT INTO counter VALUES (NULL)")

    with pytest.raises(IntegrityError):
        await insert_twice()
    async with database.read() as connection:
        rows = (await connection.exec_driver_sql("SELECT * FROM counter")).all()
    assert rows == []
    await database.close()


async def _write(database: Database) -> None:
    async with database.write() as connection:
        await connection.exec_driver_sql("CREATE TABLE large (data BLOB)")
        await connection.exec_driver_sql("INSERT INTO large VALUES (zeroblob(1000000))")


async def test_misfortunes_of_the_machine_have_names(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    database = Database(path)
    async with database.read() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout=10")
        await connection.exec_driver_sql("PRAGMA max_page_count=20")  # as a full disk says it
    with pytest.raises(DiskFull):
        await _write(database)

    with closing(sqlite3.connect(path, isolation_level=None)) as another:
        another.execute("BEGIN EXCLUSIVE")
        with pytest.raises(NotReady, match="Another program"):
            await _write(database)
    await database.close()

    nowhere = Database(tmp_path / "gone" / "a.db")
    with pytest.raises(NotReady, match="or the folder gone"):
        await _write(nowhere)
    await nowhere.close()


async def test_a_mistake_in_a_statement_is_nobodys_misfortune(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    with pytest.raises(OperationalError, match="no such table"):
        async with database.read() as connection:
            await connection.exec_driver_sql("SELECT * FROM nowhere")
    await database.close()


def test_no_thread_outlives_a_database_that_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", late.append)
    before = set(threading.enumerate())

    async def fail() -> None:
        nowhere = Database(tmp_path / "gone" / "a.db")
        with pytest.raises(NotReady):
            await _write(nowhere)
        await nowhere.close()

    for _ in range(100):  # a race: one alone is seldom lost
        asyncio.run(fail())
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert late == []
