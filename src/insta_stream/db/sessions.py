"""Rows of sessions, of the keys that sign what browsers hold, and of sign-ins that failed."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.checked import checked
from insta_stream.db.schema import METADATA
from insta_stream.ids import AccountId
from insta_stream.ticks import Ticks

session = Table(
    "session",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("account", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("generation", Integer, nullable=False),
    Column("is_remembered", Boolean, nullable=False),
    Column("device", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

signing_key = Table(
    "signing_key",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("secret", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

failed_sign_in = Table(
    "failed_sign_in",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

MOST_FAILURES = 100_000
"""Keys under which signing in failed, that are kept for longer than an hour."""

Purpose = Literal["session", "tv"]
"""session: what browsers hold. tv: the addresses for TV apps."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A browser that is signed in.

    generation: of its refresh token, of which there is a new one at each use; used_at: when that was.
    """

    id: str
    account: AccountId
    generation: int
    is_remembered: bool
    device: str
    address: str
    created_at: Ticks
    used_at: Ticks
    expires_at: Ticks
    ended_at: Ticks | None = None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A secret of this installation. secret: 64 hexadecimal digits."""

    id: str
    purpose: Purpose
    secret: str = field(repr=False)
    created_at: Ticks


async def insert_session(connection: AsyncConnection, row: SessionRow) -> None:
    """Add a session."""
    await connection.execute(insert(session).values(asdict(row)))


async def find_session(connection: AsyncConnection, id_: str) -> SessionRow | None:
    """Return a session, also one that has ended. Raises ValueError where it cannot be read."""
    row = (await connection.execute(select(session).where(session.c.id == id_))).mappings().first()
    return None if row is None else SessionRow(**checked(session, row))


async def load_sessions(connection: AsyncConnection, account: AccountId, now: Ticks) -> list[SessionRow]:
    """Return the sessions of an account that have not ended, the last used first."""
    lives = (session.c.account == account) & session.c.ended_at.is_(None) & (session.c.expires_at > now)
    rows = await connection.execute(select(session).where(lives).order_by(session.c.used_at.desc()))
    return [SessionRow(**checked(session, row)) for row in rows.mappings()]


async def load_ended(connection: AsyncConnection, since: Ticks) -> frozenset[str]:
    """Return the sessions that were ended since then."""
    ended = select(session.c.id).where(session.c.ended_at >= since)
    return frozenset((await connection.scalars(ended)).all())


async def renew_session(
    connection: AsyncConnection, id_: str, generation: int, now: Ticks, expires_at: Ticks
) -> None:
    """Let a session have another refresh token."""
    values = {"generation": generation, "used_at": now, "expires_at": expires_at}
    await connection.execute(update(session).where(session.c.id == id_).values(values))


async def end_sessions(
    connection: AsyncConnection,
    now: Ticks,
    *,
    account: AccountId,
    only: str | None = None,
    but: str | None = None,
) -> int:
    """End sessions of an account: `only` this one, or all `but` one; return how many."""
    of_it = (session.c.account == account) & session.c.ended_at.is_(None)
    if only is not None:
        of_it &= session.c.id == only
    if but is not None:
        of_it &= session.c.id != but
    return (await connection.execute(update(session).where(of_it).values(ended_at=now))).rowcount


async def prune_sessions(connection: AsyncConnection, before: Ticks) -> None:
    """Forget sessions that ended before then, or whose time was up."""
    is_over = (session.c.ended_at < before) | (session.c.expires_at < before)
    await connection.execute(delete(session).where(is_over))


async def load_keys(connection: AsyncConnection, on_broken: Callable[[str, Exception], None]) -> list[KeyRow]:
    """Return every key, newest first. on_broken: is told of one that cannot be read, by its id."""
    newest_first = signing_key.c.created_at.desc(), signing_key.c.id
    keys = []
    for row in (await connection.execute(select(signing_key).order_by(*newest_first))).mappings():
        try:
            key = KeyRow(**checked(signing_key, row))
            bytes.fromhex(key.secret)
            keys.append(key)
        except ValueError as error:
            on_broken(row["id"], error)
    return keys


async def insert_key(connection: AsyncConnection, row: KeyRow) -> None:
    """Add a key."""
    await connection.execute(insert(signing_key).values(asdict(row)))


async def delete_keys(connection: AsyncConnection, ids: Iterable[str]) -> None:
    """Forget keys."""
    await connection.execute(delete(signing_key).where(signing_key.c.id.in_(list(ids))))


async def replace_keys(connection: AsyncConnection, row: KeyRow) -> None:
    """Let a key be the only one of its purpose, also where one that was there cannot be read."""
    await connection.execute(delete(signing_key).where(signing_key.c.purpose == row.purpose))
    await insert_key(connection, row)


async def load_failures(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, tuple[int, Ticks]]:
    """Return how often signing in failed under each of these keys, and when last; nothing for never."""
    rows = await connection.execute(select(failed_sign_in).where(failed_sign_in.c.key.in_(list(keys))))
    return {key: (count, Ticks(last_at)) for key, count, last_at in rows}


async def write_failure(connection: AsyncConnection, key: str, count: int, last_at: Ticks) -> None:
    """Write down how often signing in failed under a key."""
    values = {"count": count, "last_at": last_at}
    statement = insert_or(failed_sign_in).values(key=key, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))


async def forget_failures(connection: AsyncConnection, keys: Iterable[str]) -> None:
    """Let nothing have failed under these keys."""
    await connection.execute(delete(failed_sign_in).where(failed_sign_in.c.key.in_(list(keys))))


async def prune_failures(connection: AsyncConnection, before: Ticks) -> None:
    """Forget what failed before then, and all but the newest MOST_FAILURES: who has many addresses could fill
    the disk.
    """
    await connection.execute(delete(failed_sign_in).where(failed_sign_in.c.last_at < before))
    newest = failed_sign_in.c.last_at.desc()
    first_over = select(failed_sign_in.c.last_at).order_by(newest).offset(MOST_FAILURES).limit(1)
    if (limit := await connection.scalar(first_over)) is not None:
        await connection.execute(delete(failed_sign_in).where(failed_sign_in.c.last_at <= limit))
