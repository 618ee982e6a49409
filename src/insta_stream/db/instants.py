"""The instants in the database: how late the latest one is, and where they belong when a clock had run ahead.

What channels air is not here: a timeline is brought back by `timeline.restore`, at the next start.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.channels import channel, echo
from insta_stream.db.checked import instant, is_instant
from insta_stream.db.restored import taken_at
from insta_stream.db.uploads import upload
from insta_stream.db.videos import package, video
from insta_stream.ticks import LATEST, TICKS_PER_SECOND, Ticks

HAPPENED: tuple[Column[Any], ...] = (
    video.c.added_at,
    video.c.deleted_at,
    video.c.released_at,
    package.c.created_at,
    upload.c.created_at,
    upload.c.refused_at,
    channel.c.created_at,
)
"""Columns that say when something happened. Channels have more, one for each entry: `channel.added_at`."""

LONGEST_ECHO = Ticks(3 * 86_400 * TICKS_PER_SECOND)
"""For how long players of a deleted channel may ask for its packages: two windows, of a day at most, and
something."""


async def latest(connection: AsyncConnection) -> Ticks:
    """Return the latest instant at which something happened; 0 where nothing did.

    Timelines of channels that begin anew at the next start do not count.
    """
    columns = (select(func.max(column)).where(is_instant(column)) for column in HAPPENED)
    known = [await connection.scalar(query) for query in columns]
    known += [at for added in await connection.scalars(select(channel.c.added_at)) for _, at in _dates(added)]
    if await taken_at(connection) is None:
        known.append(await committed(connection))
    return Ticks(max((each for each in known if each is not None), default=0))


async def committed(connection: AsyncConnection) -> Ticks:
    """Return when the last edit of any channel was; 0 where none can be read."""
    return max(map(_committed, await connection.scalars(select(channel.c.timeline))), default=Ticks(0))


async def bring_back(connection: AsyncConnection, now: Ticks, ahead: Ticks) -> int:
    """Move what happened later than `now`, by a clock that was `ahead`; return how many instants those are.

    Everything keeps its age and its order, so that what is deleted after a while is so neither at once nor
    never.
    """
    rows = [(column, row) for column in HAPPENED for row in await _rows(connection, column)]
    playlists = (await connection.execute(select(channel.c.slug, channel.c.added_at))).all()
    known = [*(at for _, (_, at) in rows), *(at for row in playlists for _, at in _dates(row.added_at))]
    places = moved(known, now, ahead)
    for column, (key, at) in rows:
        if at in places:
            await connection.execute(_set(column, key, places[at]))
    for slug, added in playlists:
        if any(at in places for _, at in _dates(added)):
            changed = added | {entry: places.get(at, at) for entry, at in _dates(added)}
            await connection.execute(_set(channel.c.added_at, slug, changed))
    last = Ticks(now + LONGEST_ECHO)
    await connection.execute(update(echo).where(echo.c.until > last).values(until=last))
    return sum(at in places for at in known)


def moved(instants: Iterable[Ticks], now: Ticks, ahead: Ticks) -> dict[Ticks, Ticks]:
    """Return where those of the instants belong that are later than `now`: `ahead` earlier.

    None comes to lie before one that it followed, whatever the clock was when that was written.
    """
    places: dict[Ticks, Ticks] = {}
    before: Ticks | None = None
    for at in sorted(set(instants)):
        if at <= now:
            before = at
        else:
            place = Ticks(at - ahead)
            before = places[at] = place if before is None else max(place, Ticks(before + 1))
    return places


async def _rows(connection: AsyncConnection, column: Column[Any]) -> Iterable[tuple[str, Ticks]]:
    """Return the keys of the rows of a table that have an instant in a column, with it."""
    query = select(*column.table.primary_key, column).where(is_instant(column))
    return [(row[0], Ticks(row[1])) for row in await connection.execute(query)]


def _set(column: Column[Any], key: str, value: object) -> Any:
    (name,) = column.table.primary_key
    return update(column.table).where(name == key).values({column.name: value})


def _dates(added: object) -> list[tuple[str, Ticks]]:
    """Return when entries were added, as far as that can be read."""
    pairs = added.items() if isinstance(added, dict) else ()
    return [(entry, Ticks(at)) for entry, at in pairs if type(at) is int and 0 <= at <= LATEST]


def _committed(timeline: str) -> Ticks:
    try:
        return instant(json.loads(timeline)["committed_at"])
    except (ValueError, TypeError, KeyError):  # a broken channel
        return Ticks(0)
