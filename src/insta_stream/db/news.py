"""News: what every process on a database asks for, to know that it is up to date.

One row says how many edits of channels there were, and how many changes of videos, of uploads and of what
somebody may do. An edit is one transaction: it takes the write lock, closes the fence, reads the clock,
decides, writes, and raises that number. So whoever finds the fence open, and then the number that it knows,
knows everything that was decided before it looked; whatever is decided later leaves alone what airs within
the horizon after that. `docs/adr/0034-lease.md` has the reasons.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog
from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Table, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.clock import Clock
from insta_stream.db.channels import channel
from insta_stream.db.checked import is_instant
from insta_stream.db.engine import Database
from insta_stream.db.schema import METADATA
from insta_stream.db.uploads import upload
from insta_stream.db.videos import package, video
from insta_stream.errors import NotReady
from insta_stream.storage.fence import Fence
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, to_seconds

log = structlog.get_logger()

COMMIT_LIMIT = Ticks(2 * TICKS_PER_SECOND)
"""An edit that is not written this long after it read the clock is given up: meanwhile the edge is held, and
a player waits one and a half target durations for a new segment, not longer (RFC 8216 section 6.2.1)."""

_TOO_SLOW = "The database was too slow to save the edit; nothing has changed. Try again."
_DAMAGED = "The database is damaged: it does not say how many edits there were. Restart the server."

_FENCE_SECONDS = 0.002
"""How often an edit tries to close the fence: others have it for microseconds."""

news = Table(
    "news",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("last_deletion", BigInteger, nullable=False),
    Column("library", BigInteger, nullable=False),
    Column("last_forgotten", BigInteger, nullable=False),
    Column("uploads", BigInteger, nullable=False, server_default="0"),
    Column("last_ended", BigInteger, nullable=False, server_default="0"),
    Column("headway", BigInteger, nullable=False, server_default="0"),
    Column("accounts", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("id = 1", name="one_row"),
)
"""revision: rises by one with every edit of any channel. last_deletion: what it was when a channel was last
deleted. library: rises by one with every change of a video or a package. last_forgotten: what it was when the
row of a package was last deleted. uploads: rises by one with every change of an upload's row. last_ended:
what it was when one was last deleted. headway: rises by one whenever it is told how far packages are.
accounts: rises with every change of accounts, tokens, keys and links
that somebody may more or less by; triggers see to that.
"""


class Heard(NamedTuple):
    """What the news was. at: an instant before it was asked for. The others: as in the table."""

    at: Ticks
    revision: int
    last_deletion: int
    library: int
    last_forgotten: int
    uploads: int
    last_ended: int
    headway: int
    accounts: int


_QUESTION = f"SELECT {', '.join(Heard._fields[1:])} FROM news"  # noqa: S608 - our own words


@dataclass(slots=True)
class Writing:
    """The transaction of an edit. now: the instant of its decision, by the database's clock.

    revision: its number, 0 as long as it has changed nothing that is to be told.
    """

    connection: AsyncConnection
    now: Ticks
    revision: int = field(default=0, init=False)

    async def tell(self, *, is_deletion: bool = False) -> int:
        """Raise the number of edits, and return it. is_deletion: of a channel."""
        self.revision = await tell(self.connection, is_deletion=is_deletion)
        return self.revision


class News:
    """Tells news, and asks for it. clock: the database's; for SQLite that is this machine's."""

    def __init__(self, database: Database, fence: Fence, clock: Clock) -> None:
        self._database = database
        self._fence = fence
        self._clock = clock

    async def ask(self) -> Heard | None:
        """Return the news; None while an edit is being stored. Raises NotReady, DiskFull."""
        at = self._clock.now()  # before anything is looked at: what is decided later is not known
        if not self._fence.is_open():
            return None
        return _heard(await self._database.ask(_QUESTION), at)

    @asynccontextmanager
    async def edit(self) -> AsyncIterator[Writing]:
        """Give the transaction of an edit. Nobody lists what it is about to replace until it has ended.

        Raises DiskFull, and NotReady where the database was too slow; then nothing has changed.
        """
        with ExitStack() as afterwards:  # not before the commit has ended, whichever way
            async with self._database.write() as connection:
                await self._close_fence()
                afterwards.callback(self._fence.open)
                writing = Writing(connection, self._clock.now())
                yield writing
                if writing.revision and self._clock.now() - writing.now > COMMIT_LIMIT:
                    raise NotReady(
                        "The database was too slow to save the edit; nothing has changed. Try again."
                    )

    async def _close_fence(self) -> None:
        try:
            async with asyncio.timeout(to_seconds(COMMIT_LIMIT)):
                while not self._fence.close():  # noqa: ASYNC110 - nothing announces it
                    await asyncio.sleep(_FENCE_SECONDS)
        except TimeoutError:
            raise NotReady("Another process does not let the edit be saved. Try again.") from None


async def tell(connection: AsyncConnection, *, is_deletion: bool = False) -> int:
    """Raise the number of edits in a transaction, and return it. is_deletion: of a channel."""
    return await _raised(connection, news.c.revision, news.c.last_deletion if is_deletion else None)


async def tell_library(connection: AsyncConnection, *, is_forgotten: bool = False) -> int:
    """Raise the number of changes of videos and packages in a transaction, and return it.

    is_forgotten: the row of a package is deleted.
    """
    return await _raised(connection, news.c.library, news.c.last_forgotten if is_forgotten else None)


async def tell_uploads(connection: AsyncConnection, *, is_end: bool = False) -> int:
    """Raise the number of changes of uploads in a transaction, and return it. is_end: a row is deleted."""
    return await _raised(connection, news.c.uploads, news.c.last_ended if is_end else None)


async def tell_headway(connection: AsyncConnection) -> int:
    """Say in a transaction that it tells anew how far packages are; return how often that has been told."""
    return await _raised(connection, news.c.headway, None)


async def _raised(connection: AsyncConnection, number: Column[int], mark: Column[int] | None) -> int:
    raised = number + 1
    values = {number.name: raised} if mark is None else {number.name: raised, mark.name: raised}
    statement = update(news).where(is_instant(number)).values(values).returning(number)
    if (told := await connection.scalar(statement)) is None:
        raise NotReady(_DAMAGED)
    return int(told)


async def mend(connection: AsyncConnection) -> None:
    """See that the news can be read, and has counted all that rows say of themselves; before anybody asks."""
    channels = await _latest(connection, channel.c.revision)
    library = max([await _latest(connection, each.c.revision) for each in (video, package)])
    uploads = await _latest(connection, upload.c.revision)
    try:
        known = await heard(connection, Ticks(0))
    except NotReady:
        known = Heard(Ticks(0), -1, 0, -1, 0, -1, 0, 0, 0)
    if known.revision >= channels and known.library >= library and known.uploads >= uploads:
        return
    channels, library = max(channels, known.revision) + 1, max(library, known.library) + 1
    uploads = max(uploads, known.uploads) + 1
    await connection.execute(delete(news))
    values = {"id": 1, "revision": channels, "last_deletion": channels}
    values |= {"library": library, "last_forgotten": library, "uploads": uploads, "last_ended": uploads}
    values |= {"headway": known.headway + 1, "accounts": known.accounts + 1}
    await connection.execute(news.insert(), values)
    log.warning("news_mended")


async def _latest(connection: AsyncConnection, number: Column[int]) -> int:
    return await connection.scalar(select(func.max(number)).where(is_instant(number))) or 0


async def asked(database: Database) -> Heard:
    """Return the news, at which no lease is renewed; for what is asked often. Raises NotReady, DiskFull."""
    return _heard(await database.ask(_QUESTION), Ticks(0))


async def told_of_accounts(connection: AsyncConnection) -> int | None:
    """Return the number of changes of accounts that a transaction sees; None where that cannot be read."""
    return await connection.scalar(select(news.c.accounts).where(is_instant(news.c.accounts)))


async def heard(connection: AsyncConnection, at: Ticks) -> Heard:
    """Return what a transaction sees of the news. Raises NotReady where that cannot be read."""
    row = (await connection.execute(text(_QUESTION))).first()
    return _heard(None if row is None else tuple(row), at)


def _heard(row: tuple[Any, ...] | None, at: Ticks) -> Heard:
    if row is None or not all(type(each) is int for each in row):
        raise NotReady(_DAMAGED)
    return Heard(at, *row)
