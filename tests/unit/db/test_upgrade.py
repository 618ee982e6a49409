import asyncio
import io
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Connection, insert, select, text
from tests.support import stock
from tests.support.older import WITHOUT_ACCESS, WITHOUT_SHARED_UPLOADS
from tests.support.people import KIDS, channel_values
from tests.unit.library.packages import COUNT, opened, package, rendition, some_video

from insta_stream.db import (
    accounts,
    channels,
    installation,
    news,
    profile,
    restored,
    sessions,
    tokens,
    uploads,
    videos,
)
from insta_stream.db.engine import Database
from insta_stream.db.schema import METADATA
from insta_stream.db.upgrade import _config
from insta_stream.errors import NotReady, WrongState
from insta_stream.ids import PackageId, VideoId
from insta_stream.media.ceilings import Rates
from insta_stream.media.ladder import RUNGS
from insta_stream.ticks import Ticks

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


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
async def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    tables = (
        videos.video,
        channels.channel,
        profile.profile,
        restored.restored,
        uploads.upload,
        installation.installation,
        tokens.api_token,
        accounts.account,
        sessions.session,
        news.news,
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


def test_each_migration_follows_the_one_with_the_number_before() -> None:
    scripts = list(ScriptDirectory.from_config(_config()).walk_revisions())[::-1]
    numbers = [f"{number:04}" for number in range(1, len(scripts) + 1)]
    assert [script.revision for script in scripts] == numbers
    assert [script.down_revision for script in scripts] == [None, *numbers[:-1]]
    assert [Path(script.path).name[1:5] for script in scripts] == numbers


TOKEN = """
INSERT INTO api_token (id, name, digest, permissions, every_channel, created_at)
VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'camera',
        'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', '["x:y"]', false, 1)
"""
OLD_RESTORED = "CREATE TABLE restored (id INTEGER PRIMARY KEY CHECK (id = 1), taken_at BIGINT NOT NULL)"
DELETED = """
INSERT INTO video (id, name, size_bytes, added_at, is_hidden, deleted_at, width, height, frame_rate,
                   video_codec, audio_codec)
VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'a', 1, 1, 0, :deleted_at, 1, 1, '25', 'h264', 'aac')
"""


@pytest.mark.parametrize(("steps", "at"), [("0002", "0004"), ("0003", "0003"), ("0003", "0005")])
@pytest.mark.parametrize("deleted_at", [None, 5])
async def test_databases_of_when_the_fourth_came_before_the_third_go_on(
    tmp_path: Path, steps: str, at: str, deleted_at: int | None
) -> None:
    """steps: up to which they had the others; at: what they say, as they had the fourth, too."""
    path = tmp_path / "insta-stream.db"
    database = Database(path)

    def as_it_was(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, at if at == "0005" else steps)
        connection.execute(text(DELETED), {"deleted_at": deleted_at})
        if at == "0005":
            return
        connection.execute(text(OLD_RESTORED))
        connection.execute(text("INSERT INTO restored VALUES (1, 7)"))
        connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": at})

    async with database.write() as connection:
        await connection.run_sync(as_it_was)
    await database.upgrade()
    async with database.read() as connection:
        (video,) = await videos.load_videos(connection)
        if at != "0005":
            assert await restored.taken_at(connection) == 7
        version = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    await database.close()
    assert version == "0020"
    if at == "0004":
        assert (video.released_at, video.has_original) == (deleted_at, deleted_at is None)


def test_the_migrations_are_such_as_postgresql_takes() -> None:
    config, said = _config(), io.StringIO()
    scripts = ScriptDirectory.from_config(config)

    def steps(present: object, _: object) -> object:
        return scripts._upgrade_revs("head", present)  # type: ignore[arg-type]

    with EnvironmentContext(config, scripts, fn=steps, as_sql=True) as context:  # type: ignore[arg-type]
        context.configure(dialect_name="postgresql", output_buffer=said, target_metadata=METADATA)
        context.run_migrations()
    truths = {
        column.name
        for table in METADATA.tables.values()
        for column in table.columns
        if isinstance(column.type, Boolean)
    }
    assert "has_original" in truths
    for name in truths:
        assert not re.search(rf"\b{name}\s*=\s*[01'\"]", said.getvalue()), name
        assert not re.search(rf"\b{name}\s+BOOLEAN\s+DEFAULT\s+[01'\"]", said.getvalue()), name
    assert "has_original=false" in said.getvalue()


PROGRAMS = {
    "one": b'[["e", "v", "p1", ["240p"], 0, 4]]',
    "two": b'[["e", "v", "p1", ["240p"], 0, 4], ["f", "w", "p2", [], 0, 4], ["g", "w", "p1", [], 0, 4]]',
    "of what is lost": b'[["e", "v", "p1", ["240p"], 0, 4], ["e", "v", "lost", [], 0, 4]]',
    "no JSON": b"[",
    "no text": b"\xff\xfe",
    "no list": b"7",
    "no slots": b"[[1], {}]",
}


async def test_which_packages_programs_name_is_read_off_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "insta-stream.db"
    stock.stocked(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(WITHOUT_SHARED_UPLOADS)
        connection.executescript(
            """DROP TABLE program_package; DROP INDEX run_starts_at_channel_index;
            DELETE FROM rendition; DELETE FROM package; DELETE FROM video;
            UPDATE alembic_version SET version_num = '0015'"""
        )
    stock.keep(path, [(VideoId("v"), PackageId("p1")), (VideoId("w"), PackageId("p2"))])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE rendition SET published = 0")  # what is gone is named all the same
        rows = "INSERT INTO program VALUES (?, CAST(? AS TEXT))"
        connection.executemany(rows, PROGRAMS.items())
    database = Database(path)
    await database.upgrade()
    async with database.read() as connection_:
        found = (await connection_.execute(select(channels.program_package))).all()
    await database.close()
    named = {key: {row.package for row in found if row.program == key} for key in PROGRAMS}
    assert named.pop("one") == named.pop("of what is lost") == {"p1"}
    assert set(map(frozenset, named.values())) == {frozenset({"p1", "p2"})}  # damage may be of anything


async def test_api_tokens_of_an_older_version_go_on(tmp_path: Path) -> None:
    database = Database(tmp_path / "insta-stream.db")
    token = tokens.TokenRow("a" * 32, "camera", "d" * 64, frozenset({"x:y"}), frozenset({KIDS}), Ticks(1))

    def as_it_was(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        connection.execute(insert(channels.channel).values(channel_values(KIDS, 1)))
        connection.execute(text(TOKEN))
        connection.execute(insert(tokens.api_token_channel).values(token=token.id, channel=KIDS))

    async with database.write() as connection:
        await connection.run_sync(as_it_was)
    await database.upgrade()
    async with database.read() as connection:
        assert await tokens.load_tokens(connection, lambda *_: None) == [token]
    await database.close()


async def test_renditions_of_older_versions_are_not_measured(tmp_path: Path) -> None:
    path = tmp_path / "insta-stream.db"
    async with opened(tmp_path) as catalogue:
        video = await some_video(catalogue, package(rendition("240p", COUNT), state="ready"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(WITHOUT_ACCESS)
        connection.execute("DROP INDEX channel_number_once")
        connection.execute("ALTER TABLE channel DROP COLUMN number")
        connection.execute("ALTER TABLE rendition DROP COLUMN peak_bps")
        connection.execute("UPDATE alembic_version SET version_num = '0005'")
    async with opened(tmp_path) as catalogue:
        (row,) = catalogue.current(video).renditions
        assert (row.published, row.size_bytes, row.peak_bps) == (COUNT, COUNT * 1000, 0)
        need = catalogue.need(video)
        assert need is not None
        cap = RUNGS["240p"]
        assert need.rates == {"240p": Rates(cap.peak_bps, cap.average_bps)}


async def test_a_database_that_does_not_say_its_version_is_damaged(tmp_path: Path) -> None:
    database = Database(tmp_path / "insta-stream.db")
    await database.upgrade()
    async with database.write() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(NotReady, match="it has no version"):
        await database.upgrade()
    await database.close()


@pytest.mark.parametrize("taken_at", ["x", 10**18, -5])
async def test_a_mark_of_a_backup_that_cannot_be_read_is_damage(tmp_path: Path, taken_at: object) -> None:
    database = Database(tmp_path / "insta-stream.db")
    await database.upgrade()
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO restored VALUES (1, :at)"), {"at": taken_at})
    with pytest.raises(NotReady, match="the time of its backup is missing"):
        async with database.read() as connection:
            await restored.taken_at(connection)
    await database.close()
