"""The same services for commands, which open the database themselves, beside a server or without one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from insta_stream.access.audit_log import AuditLog
from insta_stream.access.credentials import Credentials
from insta_stream.access.directory import Directory
from insta_stream.access.passwords import Passwords
from insta_stream.access.people import People
from insta_stream.access.roster import Roster
from insta_stream.access.sessions import Sessions
from insta_stream.db.engine import Database


@dataclass(frozen=True, slots=True)
class Office:
    """What manages people."""

    people: People
    credentials: Credentials
    sessions: Sessions
    audit_log: AuditLog
    database: Database


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Office]:
    """Give the services on a database, brought up to this version. Raises WrongState, NotReady, DiskFull."""
    database, roster, passwords = Database(path), Roster(), Passwords()
    directory = Directory(database, roster)
    try:
        await database.upgrade()
        await directory.start()
        yield Office(
            People(database, directory, roster),
            Credentials(database, directory, passwords),
            Sessions(database, directory, roster, passwords),
            AuditLog(database),
            database,
        )
    finally:
        passwords.close()
        await database.close()
