"""The mark of a backup: a database that has it comes from one, or its clock was brought back, and nothing was
served from it yet.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.checked import instant
from insta_stream.db.schema import METADATA
from insta_stream.errors import NotReady
from insta_stream.ticks import Ticks

restored = Table(
    "restored",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("taken_at", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)


async def mark(connection: AsyncConnection, taken_at: Ticks) -> None:
    """Mark a database: it says what was at `taken_at`, by its server's clock. A mark that is later stays."""
    known = await connection.scalar(select(restored.c.taken_at)) or 0
    await connection.execute(delete(restored))
    await connection.execute(restored.insert(), {"id": 1, "taken_at": max(known, taken_at)})


async def taken_at(connection: AsyncConnection) -> Ticks | None:
    """Return how far the clock had got by which this database was made; None where it is no restored one.

    Raises NotReady where that cannot be read: what was listed by then may not be listed again.
    """
    known = await connection.scalar(select(restored.c.taken_at))
    try:
        return None if known is None else instant(known)
    except ValueError as error:
        raise NotReady(
            "The database is damaged: the time of its backup is missing. Restore a backup into a new folder."
        ) from error


async def unmark(connection: AsyncConnection) -> None:
    """Take the mark away: from here on this database knows all that is served."""
    await connection.execute(delete(restored))
