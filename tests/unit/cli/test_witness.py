"""What commands do, in a real audit log."""

import asyncio
from pathlib import Path

import pytest
from tests.support.databases import database_at

from insta_stream.access.action import Action
from insta_stream.access.audit_log import AuditLog
from insta_stream.cli.witness import witnessed
from insta_stream.db.audit import Wanted
from insta_stream.errors import Unknown


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unknown("There is nobody.", code="unknown_person"), 400, "unknown_person"),
        (PermissionError("not yours"), 500, "internal"),
        (asyncio.CancelledError(), 500, "internal"),
    ],
    ids=repr,
)
async def test_a_command_that_did_not_get_to_its_end_has_not_succeeded(
    tmp_path: Path, error: BaseException, status: int, code: str
) -> None:
    database = await database_at(tmp_path / "insta-stream.db")
    with pytest.raises(type(error)):
        async with witnessed(database, Action.BACKUP_RESTORE):
            raise error
    (entry,) = await AuditLog(database).page(Wanted(), 2)
    assert (entry.actor.kind, entry.status, entry.code) == ("command", status, code)
    await database.close()
