"""The database: SQLite behind SQLAlchemy Core, with transactions that lose no update.

Python's sqlite3 opens no transaction for a SELECT, so read-modify-write in two processes loses updates
without an error. Hence the recipe below: the driver starts no transactions of its own, readers say BEGIN,
and writers say BEGIN IMMEDIATE, which takes the write lock before the first read.
`tests/integration/test_db.py` shows the loss.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
import structlog
from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from insta_stream.db.guarantees import GUARANTEES, MET, RACES, violated
from insta_stream.db.upgrade import upgrade
from insta_stream.errors import DiskFull, NotReady

log = structlog.get_logger()

# FULL: a commit is on the disk when it returns, so a power failure takes back nothing that was answered or
# shown to players. It costs one fsync (0.2 ms on an SSD); NORMAL would save it.
# The first one first: to change the journal waits, too, where several processes open a new database at once.
_PRAGMAS = ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


_PRIMARY_CODE = 0xFF
"""The bits of SQLite's result codes that say what kind of error it is (https://sqlite.org/rescode.html)."""


def _set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def product() -> str:
    """Return which database it is, and its version."""
    return f"SQLite {sqlite3.sqlite_version}"


class _Connection(aiosqlite.Connection):
    """A connection whose thread can be waited for.

    aiosqlite forgets the thread of a connection that could not be opened, and SQLAlchemy that of one that it
    gives up; a thread that outlives the event loop cannot report to it, and writes that to standard error.

    endings: where it notes that its thread is about to end, until it has.
    """

    def __init__(self, path: Path, endings: set[asyncio.Future[Any]]) -> None:
        super().__init__(partial(sqlite3.connect, path), iter_chunk_size=64)
        self._thread.daemon = True  # as SQLAlchemy has it: what is left open does not keep a process alive
        self._endings = endings

    def stop(self) -> asyncio.Future[Any] | None:
        ending: asyncio.Future[Any] | None = super().stop()
        if ending:
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
        return ending


def _engine(path: Path, endings: set[asyncio.Future[Any]]) -> AsyncEngine:
    async def connect() -> aiosqlite.Connection:
        return await _Connection(path, endings)

    engine = create_async_engine(
        "sqlite+aiosqlite://",
        async_creator=connect,
        poolclass=AsyncAdaptedQueuePool,
        hide_parameters=True,  # hashes of passwords and keys would stand in errors, and in the log
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


@contextmanager
def refusals(*, is_told: bool = True) -> Iterator[None]:
    """Translate the misfortunes of a machine: DiskFull, or NotReady where it is something else.

    is_told: in the log.
    """
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:
        cause = error.orig if isinstance(error, DatabaseError) else error
        refusal = _refusal(cause) if isinstance(cause, sqlite3.Error) else None
        if refusal is None:
            raise
        if isinstance(cause, sqlite3.IntegrityError):
            _say_kept(violated(str(cause)), error)
        elif is_told:
            log.warning("database_refused", reason=str(cause))
        raise refusal from error


def _say_kept(guarantee: str, error: Exception) -> None:
    if guarantee in RACES:
        log.warning("guarantee_kept", reason=GUARANTEES[guarantee])
    else:
        log.error("guarantee_kept", reason=GUARANTEES[guarantee], exc_info=error)


def _refusal(cause: sqlite3.Error) -> DiskFull | NotReady | None:
    """Return what an error means; None for a mistake in a statement."""
    if isinstance(cause, sqlite3.IntegrityError):
        return NotReady(MET) if violated(str(cause)) else None
    match getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE:
        case sqlite3.SQLITE_FULL:
            return DiskFull()
        case sqlite3.SQLITE_BUSY:
            return NotReady("Another program is using the database. Try again.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN:
            return NotReady(f"The database is not usable ({cause}): is the disk full, or the folder gone?")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return NotReady(
                f"The database is damaged ({cause}): stop the server, and restore a backup into a new folder."
            )
    return None


class Database:
    """Gives connections in a transaction: `read()` sees one snapshot, `write()` is alone until it ends.

    Keep both short and await nothing else inside them: an open reader stops WAL checkpoints, and a writer
    stops all other writers. A body that raises is rolled back. Both raise DiskFull, and NotReady where
    another program holds the database or its folder is gone or cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._endings: set[asyncio.Future[Any]] = set()
        self._asking: _Connection | None = None
        self._one_asks = asyncio.Lock()
        self._reader = _engine(path, self._endings)
        self._writer = self._reader.execution_options(write=True)
        # SQLite's own waiting is a sleep with growing pauses; inside one process a lock is fairer and
        # quicker.
        self._one_writer = asyncio.Lock()

    async def upgrade(self) -> None:
        """Bring the tables up to this version. Several processes may do so at once: one does, the others
        wait.

        Raises WrongState ("newer_data") when a newer version of Insta-Stream has written the database.
        """
        async with self.write() as connection:
            await connection.run_sync(upgrade)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction that sees one snapshot and must not write."""
        with refusals():
            async with self._reader.begin() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that holds the write lock; a body that raises is rolled back."""
        with refusals():
            async with self._one_writer, self._writer.begin() as connection:
                yield connection

    async def ask(self, question: str) -> tuple[Any, ...] | None:
        """Return the first row of a SELECT, None where there is none. Raises NotReady.

        For what is asked several times in a second: it takes a tenth of what `read` does, and what cannot be
        answered fills no log.
        """
        with refusals(is_told=False):
            async with self._one_asks:
                try:
                    if self._asking is None:
                        connection = _Connection(self._path, self._endings)
                        await connection
                        self._asking = connection
                    rows = [tuple(row) for row in await self._asking.execute_fetchall(question)]
                    return rows[0] if rows else None
                except sqlite3.Error:
                    await self._stop_asking()
                    raise

    async def _stop_asking(self) -> None:
        connection, self._asking = self._asking, None
        if connection is not None:
            await connection.close()

    async def close(self) -> None:
        """Close the connections, and wait for their threads."""
        await self._stop_asking()
        await self._reader.dispose()
        if self._endings:
            await asyncio.wait(self._endings)
