"""Writes down what commands change in a data folder: no request tells the audit log of it."""

import getpass
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from insta_stream.access.action import Action
from insta_stream.errors import InstaStreamError

if TYPE_CHECKING:
    from insta_stream.access.act import Act
    from insta_stream.db.engine import Database

_DONE, _REFUSED, _FAILED = 200, 400, 500


@asynccontextmanager
async def witnessed(database: "Database", action: Action | None) -> AsyncIterator["Act"]:
    """Give an act, and write it down when the block ends, also where it is refused. action: None for what
    changes nothing.
    """
    from insta_stream.access.act import Act  # noqa: PLC0415 - half a second for no other command
    from insta_stream.access.audit_log import AuditLog  # noqa: PLC0415
    from insta_stream.db.audit import Actor  # noqa: PLC0415

    act, status = Act(Actor("command", name=_user()), action), _DONE
    try:
        yield act
    except InstaStreamError as refusal:
        act.code, status = refusal.code, _REFUSED
        raise
    except BaseException:
        # Also where it is interrupted: it may have changed something, and has not succeeded.
        act.code, status = "internal", _FAILED
        raise
    finally:
        if entry := act.entry(status):
            await AuditLog(database).record(entry)


def _user() -> str:
    """Return whose command it is, "" where the system knows no name."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # the latter up to Python 3.12
        return ""
    caller = os.environ.get("SUDO_USER", user)
    return user if caller == user else f"{caller} as {user}"
