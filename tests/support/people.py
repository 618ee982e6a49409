"""Accounts in a real database, as one server of several sees them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import insert
from tests.support.databases import database_at

from insta_stream.access.credentials import Credentials
from insta_stream.access.directory import Directory
from insta_stream.access.passwords import Passwords
from insta_stream.access.people import People
from insta_stream.access.playback import PlaybackLinks
from insta_stream.access.role import Role
from insta_stream.access.roster import Roster
from insta_stream.access.sessions import Browser, Sessions, Tickets
from insta_stream.access.tokens import Tokens
from insta_stream.db.accounts import AccountRow
from insta_stream.db.channels import channel
from insta_stream.db.engine import Database
from insta_stream.duties import Duties
from insta_stream.ids import ChannelSlug

KIDS, NEWS = ChannelSlug("kids"), ChannelSlug("news")
PASSWORD = "correct horse battery"
HERE = Browser("192.0.2.7", "Firefox on Linux")


class Site:
    """One server. Its passwords are quick to check, and as quick to guess."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.roster = Roster()
        self.directory = Directory(self.database, self.roster)
        self.passwords = Passwords()
        self.passwords._hash = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
        self.people = People(self.database, self.directory, self.roster)
        self.tokens = Tokens(self.database, self.directory, self.roster.issued)
        self.links = PlaybackLinks(self.database, self.directory, self.roster.passes)
        self.credentials = Credentials(self.database, self.directory, self.passwords)
        self.sessions = Sessions(self.database, self.directory, self.roster, self.passwords)

    async def add(
        self,
        name: str = "anna",
        role: Role = Role.ADMIN,
        channels: frozenset[ChannelSlug] | None = None,
    ) -> AccountRow:
        """Add somebody who has chosen the password."""
        row, invitation = await self.people.add(name, "", role, channels)
        await self.credentials.accept(invitation.secret, PASSWORD)
        return self.people.get(row.id)

    async def sign_in(
        self, name: str = "anna", password: str = PASSWORD, code: str = "", browser: Browser = HERE
    ) -> Tickets:
        """Sign somebody in."""
        return await self.sessions.sign_in(name, password, code, browser, is_remembered=True)

    def is_open_to(self, tickets: Tickets) -> bool:
        """Return whether what a browser was given opens anything."""
        return self.roster.signed_in(tickets.access) is not None

    async def close(self) -> None:
        self.passwords.close()
        await self.database.close()


@asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    """Give a server with two channels."""
    made = Site(await database_at(folder / "insta-stream.db"))
    async with made.database.write() as connection:
        for number, slug in enumerate((KIDS, NEWS), 1):
            await connection.execute(insert(channel).values(channel_values(slug, number)))
    await made.directory.start()
    yield made
    await made.close()


@asynccontextmanager
async def another(folder: Path) -> AsyncIterator[Site]:
    """Give another server on the same database. Set `LOOK_SECONDS` before."""
    made = Site(Database(folder / "insta-stream.db"))
    await made.directory.start()
    duties = Duties()
    made.directory.begin(duties)
    yield made
    await duties.stop()
    await made.close()


def channel_values(slug: str, number: int) -> dict[str, object]:
    """Return the row of a channel that was never on the air."""
    return {
        "slug": slug,
        "title": slug,
        "rungs": [],
        "window_seconds": 60,
        "created_at": 1,
        "timeline": "",
        "broadcast_rungs": [],
        "added_at": {},
        "number": number,
    }
