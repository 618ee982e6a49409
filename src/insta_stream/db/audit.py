"""Entries of the audit log. Triggers in the database see to it that none is changed, and none deleted that is
not older than what is kept.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Integer,
    Select,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.checked import checked
from insta_stream.db.document import Document
from insta_stream.db.schema import METADATA
from insta_stream.ids import AccountId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

audit_entry = Table(
    "audit_entry",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("count", Integer, nullable=False),
    Column("action", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("account", String(32), index=True),
    Column("name", String(255), nullable=False),
    Column("token", String(32)),
    Column("token_name", String(255), nullable=False),
    Column("session", String(32)),
    Column("address", String(64), nullable=False),
    Column("device", String(64), nullable=False),
    Column("things", Document, nullable=False),
    Column("before", Document(none_as_null=True)),
    Column("after", Document(none_as_null=True)),
    Column("status", Integer, nullable=False),
    Column("code", String(64), nullable=False),
    sqlite_autoincrement=True,
)
"""Nothing refers to another table: entries outlive what they are about. No id is given twice."""

audit_rule = Table(
    "audit_rule",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("days", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""For how many days entries are kept, 0 for ever: the triggers read it."""

PRUNED_AT_ONCE = 1000
"""In one transaction, for which every other writer waits."""

_DAY = 86_400 * TICKS_PER_SECOND

Kind = Literal["person", "token", "server_token", "anyone", "nobody", "command"]
"""server_token: the one in the settings. anyone: on a server on which everyone may do everything. nobody: has
shown nothing. command: `insta-stream` on the machine itself.
"""

Details = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, as it was then.

    account: a person's, also of the owner of a token. name: what that person types to sign in, or the user of
    the machine who ran a command. address: from where, "" for here.
    """

    kind: Kind
    account: AccountId | None = None
    name: str = ""
    token: str | None = None
    token_name: str = ""
    session: str | None = None
    address: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """What something was done to. kind: "channel", "video", "person" and so on. name: as it was then, ""
    where it has none.
    """

    kind: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry. at: by the machine's clock; of several, when the last was. count: how many were alike; of
    these, before is that of the first, and after that of the last.

    before, after: what changed, None where nobody told. status: of the reply, as in HTTP. code: why it was
    refused, "" where it was not. id: rises; 0 before the database has given one.
    """

    at: Ticks
    action: str
    actor: Actor
    things: tuple[Thing, ...] = ()
    before: Details | None = None
    after: Details | None = None
    status: int = 200
    code: str = ""
    count: int = 1
    id: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are wanted: those before one, of an account, of an action, from one instant to another.
    None for any.
    """

    before: int | None = None
    account: AccountId | None = None
    action: str | None = None
    begin: Ticks | None = None
    end: Ticks | None = None


async def insert_entries(connection: AsyncConnection, rows: Iterable[EntryRow]) -> None:
    """Add entries, in this order."""
    values = [
        {
            "at": row.at,
            "count": row.count,
            "action": row.action,
            "kind": row.actor.kind,
            "account": row.actor.account,
            "name": row.actor.name,
            "token": row.actor.token,
            "token_name": row.actor.token_name,
            "session": row.actor.session,
            "address": row.actor.address,
            "device": row.actor.device,
            "things": [[thing.kind, thing.id, thing.name] for thing in row.things],
            "before": row.before,
            "after": row.after,
            "status": row.status,
            "code": row.code,
        }
        for row in rows
    ]
    if values:
        await connection.execute(insert(audit_entry), values)


async def load_entries(
    connection: AsyncConnection, wanted: Wanted, limit: int, on_broken: Callable[[str, Exception], None]
) -> list[EntryRow]:
    """Return at most `limit` entries, the newest first: by id, or where a time is given by that, for then the
    index finds them. on_broken: is told of one that cannot be read, by its id; those behind it are read.
    """
    entries: list[EntryRow] = []
    while len(entries) < limit:
        missing = limit - len(entries)
        rows = (await connection.execute(statement(wanted, missing))).mappings().all()
        for row in rows:
            try:
                entries.append(_entry(row))
            except (TypeError, ValueError) as error:
                on_broken(str(row["id"]), error)
        if len(rows) < missing:
            break
        wanted = replace(wanted, before=rows[-1]["id"])
    return entries


def statement(wanted: Wanted, limit: int) -> Select[Any]:
    """Return what finds entries."""
    id_, at = audit_entry.c.id, audit_entry.c.at
    is_timed = wanted.begin is not None or wanted.end is not None
    order = (at.desc(), id_.desc()) if is_timed else (id_.desc(),)
    query = select(audit_entry).order_by(*order).limit(limit)
    if wanted.account is not None:
        query = query.where(audit_entry.c.account == wanted.account)
    if wanted.action is not None:
        query = query.where(audit_entry.c.action == wanted.action)
    if wanted.begin is not None:
        query = query.where(at >= wanted.begin)
    if wanted.end is not None:
        query = query.where(at < wanted.end)
    if wanted.before is not None and is_timed:
        last = select(at).where(id_ == wanted.before).scalar_subquery()
        query = query.where(at <= last, (at < last) | (id_ < wanted.before))
    elif wanted.before is not None:
        query = query.where(id_ < wanted.before)
    return query


def _entry(row: Mapping[Any, Any]) -> EntryRow:
    read = checked(audit_entry, row)
    for name in ("before", "after"):
        if not isinstance(read[name], dict | None):
            raise TypeError(f"audit_entry.{name} is no object")
    names = ("kind", "account", "name", "token", "token_name", "session", "address", "device")
    actor = Actor(**{name: read.pop(name) for name in names})
    things = tuple(Thing(*map(str, each)) for each in read.pop("things"))
    return EntryRow(**read, actor=actor, things=things)


async def write_rule(connection: AsyncConnection, days: int) -> None:
    """Say for how many days entries are kept, 0 for ever."""
    await connection.execute(update(audit_rule).values(days=days))


async def prunable_until(connection: AsyncConnection, now: Ticks) -> Ticks | None:
    """Return before when entries may be forgotten now, None where all are kept.

    That is a day of them at a time: of a clock that is years ahead, nobody can tell at once that it is wrong.
    """
    days = await connection.scalar(select(audit_rule.c.days)) or 0
    oldest = await _oldest(connection, now)
    if days <= 0 or not oldest:
        return None
    return Ticks(min(now - days * _DAY, oldest[0][1] + _DAY))


async def prune_entries(connection: AsyncConnection, now: Ticks, until: Ticks) -> int:
    """Forget entries from before `until`, PRUNED_AT_ONCE at most; return how many.

    They go in the order in which they were written, to the first that stays: what was written while the clock
    was behind is not older than what was written before it.
    """
    old = takewhile(lambda each: each[1] < until, await _oldest(connection, now))
    gone = [id_ for id_, _ in old]
    await connection.execute(delete(audit_entry).where(audit_entry.c.id.in_(gone)))
    return len(gone)


async def _oldest(connection: AsyncConnection, now: Ticks) -> list[tuple[int, Ticks]]:
    """Return the first entries by id, with their times, but for those whose age nobody knows: of a clock that
    was ahead, and damaged ones.
    """
    found = await connection.execute(oldest_statement(now))
    return [(row.id, Ticks(row.at)) for row in found if isinstance(row.at, int)]


def oldest_statement(now: Ticks) -> Select[Any]:
    """Return what finds the first entries that are not from the future."""
    at = audit_entry.c.at
    return select(audit_entry.c.id, at).where(at <= now).order_by(audit_entry.c.id).limit(PRUNED_AT_ONCE)
