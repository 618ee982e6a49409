import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from insta_stream.db import channels, installation, profile, restored, uploads, videos
from insta_stream.db.engine import Database
from insta_stream.db.schema import METADATA
from insta_stream.errors import WrongState

UPGRADE = """
import asyncio, sys
from pathlib import Path
from insta_stream.db.engine import Database

async def main() -> None:
    database = Database(Path(sys.argv[1]))
    await database.upgrade()
    await database.close()

asyncio.run(main())
"""


async def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    tables = (
        videos.video,
        channels.channel,
        profile.profile,
        restored.restored,
        uploads.upload,
        installation.installation,
    )
    assert {table.metadata for table in tables} == {METADATA}  # every table is imported
    database = Database(tmp_path / "insta-stream.db")
    await database.upgrade()

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_three_processes_upgrade_at_once(tmp_path: Path) -> None:
    path = tmp_path / "insta-stream.db"
    children = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, str(path)) for _ in range(3)
    ]
    assert [await child.wait() for child in children] == [0, 0, 0]


async def test_an_upgraded_database_is_left_as_it_is(tmp_path: Path) -> None:
    database = Database(tmp_path / "insta-stream.db")
    await database.upgrade()
    await database.upgrade()
    await database.close()


async def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "insta-stream.db"
    database = Database(path)
    await database.upgrade()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(WrongState, match="newer version") as refusal:
        await database.upgrade()
    assert refusal.value.code == "newer_data"
    await database.close()
