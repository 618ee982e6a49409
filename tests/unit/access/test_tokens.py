"""Tokens in a real database, as two servers on it see them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, text
from structlog.testing import capture_logs
from tests.support.databases import database_at
from tests.support.people import KIDS, NEWS, channel_values
from tests.support.waiting import until

from insta_stream.access import directory as module
from insta_stream.access import tokens
from insta_stream.access.directory import Directory
from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.access.roster import Roster
from insta_stream.access.tokens import Tokens
from insta_stream.backup.content import prepare
from insta_stream.db.channels import channel
from insta_stream.db.engine import Database
from insta_stream.db.snapshot import copy
from insta_stream.db.tokens import TokenRow, load_tokens
from insta_stream.duties import Duties
from insta_stream.errors import Unauthorized, Unknown, WrongState
from insta_stream.ids import AccountId, ChannelSlug
from insta_stream.ticks import seconds

CAMERA = Principal(frozenset({Permission.LIBRARY_UPLOAD, Permission.CHANNEL_AIR}), frozenset({KIDS, NEWS}))
ADMIN = Principal(frozenset({Permission.CHANNELS_MANAGE}), None)


class Side:
    """One of two servers."""

    def __init__(self, database: Database) -> None:
        self.database = database
        roster = Roster()
        self.issued = roster.issued
        self.directory = Directory(self.database, roster)
        self.tokens = Tokens(self.database, self.directory, self.issued)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Side]:
    side = Side(await database_at(tmp_path / "insta-stream.db"))
    async with side.database.write() as connection:
        for number, slug in enumerate((KIDS, NEWS), 1):
            await connection.execute(insert(channel).values(channel_values(slug, number)))
    await side.directory.start()
    yield side
    await side.database.close()


@pytest.fixture
async def there(
    here: Side,  # noqa: ARG001 - which makes the tables
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Side]:
    """Another server on the same database, which looks often."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "NOTE_SECONDS", 0.0)
    side = Side(Database(tmp_path / "insta-stream.db"))
    duties = Duties()
    side.directory.begin(duties)
    yield side
    await duties.stop()
    await side.database.close()


async def test_what_one_server_makes_and_revokes_the_other_sees(here: Side, there: Side) -> None:
    row, secret = await here.tokens.issue("camera", CAMERA)
    await here.tokens.issue("helper", ADMIN, seconds(60))
    assert here.issued.opened_by(secret) == replace(CAMERA, token=row.id)
    await until(lambda: [each.name for each in there.tokens.all()] == ["helper", "camera"])
    assert there.issued.opened_by(secret) == replace(CAMERA, token=row.id)
    await here.tokens.revoke(row.id)
    assert here.issued.opened_by(secret) is None
    await until(lambda: there.issued.opened_by(secret) is None)
    with pytest.raises(Unknown):
        await there.tokens.revoke(row.id)


async def test_what_was_read_before_a_token_was_revoked_does_not_bring_it_back(
    here: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, secret = await here.tokens.issue("camera", CAMERA)
    was_read, goes_on = asyncio.Event(), asyncio.Event()

    async def load_slowly(*given: Any) -> list[TokenRow]:
        monkeypatch.setattr(module, "load_tokens", load_tokens)
        rows = await load_tokens(*given)
        was_read.set()
        await goes_on.wait()
        return rows

    monkeypatch.setattr(module, "load_tokens", load_slowly)
    slow = asyncio.create_task(here.directory.read())
    await was_read.wait()
    revoked = asyncio.create_task(here.tokens.revoke(row.id))
    await asyncio.wait([revoked], timeout=0.3)  # it waits for the other, and would be over otherwise
    goes_on.set()
    await asyncio.gather(slow, revoked)
    assert here.issued.opened_by(secret) is None


async def test_its_last_use_is_written_down(here: Side, there: Side) -> None:
    _, secret = await here.tokens.issue("camera", CAMERA)
    await until(lambda: there.issued.opened_by(secret) is not None)
    await until(lambda: there.tokens.all()[0].used_at is not None)


async def test_a_channel_that_is_deleted_takes_its_grant_along(here: Side) -> None:
    row, secret = await here.tokens.issue("camera", CAMERA)
    async with here.database.write() as connection:
        await connection.execute(delete(channel).where(channel.c.slug == KIDS))
    await here.directory.read()
    assert here.issued.opened_by(secret) == replace(CAMERA, channels=frozenset({NEWS}), token=row.id)


async def test_a_token_with_no_channel_left_does_not_get_all_of_them(here: Side) -> None:
    row, secret = await here.tokens.issue("camera", CAMERA)
    async with here.database.write() as connection:
        await connection.execute(delete(channel))
    await here.directory.read()
    assert here.issued.opened_by(secret) == replace(CAMERA, channels=frozenset(), token=row.id)


async def test_no_token_is_made_for_what_was_deleted_since_it_was_looked_up(here: Side) -> None:
    gone = Principal(CAMERA.permissions, frozenset({KIDS, ChannelSlug("gone")}))
    with pytest.raises(Unknown, match="no channel “gone”") as caught:
        await here.tokens.issue("camera", gone)
    assert caught.value.code == "unknown_channel"
    with pytest.raises(Unauthorized):
        await here.tokens.issue("camera", CAMERA, owner=AccountId("0" * 32))
    assert here.tokens.all() == ()


async def test_nothing_that_is_stored_opens_anything(here: Side, tmp_path: Path) -> None:
    _, secret = await here.tokens.issue("camera", CAMERA)
    stored = b"".join(map(Path.read_bytes, tmp_path.glob("*")))  # noqa: ASYNC240 - three small files
    assert b"camera" in stored
    assert secret.removeprefix("ist_").encode() not in stored


@pytest.mark.parametrize("damage", ["permissions = 'x'", "created_at = 'x'", "expires_at = 'never'"])
async def test_a_row_that_cannot_be_read_opens_nothing_and_the_others_do(here: Side, damage: str) -> None:
    row, secret = await here.tokens.issue("camera", CAMERA)
    helper, other = await here.tokens.issue("helper", ADMIN)
    async with here.database.write() as connection:
        await connection.execute(text(f"UPDATE api_token SET {damage} WHERE id = '{row.id}'"))  # noqa: S608
    with capture_logs() as logs:
        await here.directory.read()
    assert [(entry["event"], entry["id"]) for entry in logs] == [("row_broken", row.id)]
    assert here.issued.opened_by(secret) is None
    assert here.issued.opened_by(other) == replace(ADMIN, token=helper.id)


async def test_a_database_that_cannot_be_read_changes_nothing_and_is_read_again(
    here: Side, there: Side
) -> None:
    row, secret = await here.tokens.issue("camera", CAMERA)
    await until(lambda: there.issued.opened_by(secret) is not None)
    async with here.database.write() as connection:
        await connection.execute(text("ALTER TABLE api_token RENAME TO elsewhere"))
        await connection.execute(text("UPDATE news SET accounts = accounts + 1"))  # or nobody would read it
    with capture_logs() as logs:
        await until(lambda: any(entry.get("duty") == "news of accounts" for entry in logs))
    assert there.issued.opened_by(secret) == replace(CAMERA, token=row.id)
    async with here.database.write() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO api_token"))
    await here.tokens.revoke(row.id)
    await until(lambda: there.issued.opened_by(secret) is None)


async def test_a_copy_to_restore_from_has_none(here: Side, tmp_path: Path) -> None:
    await here.tokens.issue("helper", ADMIN)
    path = tmp_path / "copy.db"

    async def copied() -> list[str]:
        side = Side(Database(path))
        await side.directory.start()
        await side.database.close()
        return [each.name for each in side.tokens.all()]

    await asyncio.to_thread(copy, tmp_path / "insta-stream.db", path)
    assert await copied() == ["helper"]
    await prepare(path, seconds(1))
    assert await copied() == []


async def test_there_are_not_endlessly_many(here: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST", 1)
    await here.tokens.issue("camera", CAMERA)
    with pytest.raises(WrongState, match="revoke some"):
        await here.tokens.issue("helper", ADMIN)
