"""Channels in the database."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from sys import intern
from typing import Any

import structlog
from sqlalchemy import Row, RowMapping, bindparam, delete, exists, not_, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.channels import naming
from insta_stream.channels.absent import Absent
from insta_stream.channels.channel import Broadcast, Channel, Playback
from insta_stream.db import channels as tables
from insta_stream.db.checked import checked, instant, is_instant
from insta_stream.errors import InstaStreamError, Unknown
from insta_stream.ids import BroadcastId, ChannelSlug, EntryId, PackageId, VideoId
from insta_stream.media.ceilings import Ceiling, capped
from insta_stream.media.ladder import LADDER, RUNGS, Rung
from insta_stream.ticks import LATEST, TICKS_PER_SECOND, Ticks
from insta_stream.timeline import codec
from insta_stream.timeline.program import Program
from insta_stream.timeline.restore import lifted
from insta_stream.timeline.run import Run
from insta_stream.timeline.table import SegmentTable
from insta_stream.timeline.timeline import Timeline

log = structlog.get_logger()

LONG_BEFORE = 86_400 * TICKS_PER_SECOND
"""A channel of which nothing can be read counts from so long before its creation: above all that it can have
listed, also when it was restored a few times (`timeline.restore.LIFT`)."""

UNREADABLE = -1
"""The number of no edit."""

AT_ONCE = 64
"""Channels that are read together: until they are made of it, what is read takes as much memory again."""

Tables = Callable[[PackageId], SegmentTable]
"""Gives the segment table of any package that a run names, of deleted videos too."""


_NEW = upsert(tables.program)
_KEEP_PROGRAM = _NEW.on_conflict_do_update(
    set_={"body": _NEW.excluded.body}, where=tables.program.c.body != _NEW.excluded.body
)
"""Adds programs; one that is there under the hash of another text was damaged, and is mended."""


_ECHO = upsert(tables.echo)
_KEEP_LONGER = _ECHO.on_conflict_do_update(
    set_={"until": _ECHO.excluded.until}, where=tables.echo.c.until < _ECHO.excluded.until
)
"""Adds echoes; a package may be named by several channels that are deleted."""


async def load_all(connection: AsyncConnection, segments: Tables, fresh: Timeline) -> tuple[Channel, ...]:
    """Return every channel. One that cannot be read is broken, and takes no other with it.

    fresh: the timeline of one of which not even the playlist can be read; its epoch does not matter.
    """
    slugs = list(await connection.scalars(select(tables.channel.c.slug)))
    programs, found = _Programs(segments), []
    for place in range(0, len(slugs), AT_ONCE):
        found += await _load(connection, slugs[place : place + AT_ONCE], programs, fresh)
    return tuple(found)


async def load(connection: AsyncConnection, slug: ChannelSlug, segments: Tables, fresh: Timeline) -> Channel:
    """Return one channel, which may be broken. Raises Unknown when it is not there (any more)."""
    found = await _load(connection, [slug], _Programs(segments), fresh)
    if not found:
        raise Unknown(f"There is no channel “{slug}”.", code="unknown_channel")
    return found[0]


async def revision(connection: AsyncConnection, slug: ChannelSlug) -> int:
    """Return the number of a channel's last edit, UNREADABLE where nobody can tell. Raises Unknown when it is
    not there (any more).
    """
    found = await connection.scalar(select(tables.channel.c.revision).where(tables.channel.c.slug == slug))
    if found is None:
        raise Unknown(f"There is no channel “{slug}”.", code="unknown_channel")
    return found if type(found) is int else UNREADABLE


async def changed(connection: AsyncConnection, since: int) -> dict[ChannelSlug, int]:
    """Return the channels that were edited since there were so many edits, with the number of the last."""
    query = select(tables.channel.c.slug, tables.channel.c.revision).where(tables.channel.c.revision > since)
    return {ChannelSlug(row.slug): row.revision for row in await connection.execute(query)}


async def names(connection: AsyncConnection) -> frozenset[ChannelSlug]:
    """Return the names of all channels."""
    return frozenset(map(ChannelSlug, await connection.scalars(select(tables.channel.c.slug))))


async def next_number(connection: AsyncConnection) -> int:
    """Return the number of a new channel: above all others, so that none of them has to change."""
    taken = (await connection.execute(select(tables.channel.c.number))).scalars()
    return max((_number(each, 0) for each in taken), default=0) + 1


async def insert(connection: AsyncConnection, channel: Channel) -> None:
    """Add a channel that has not been on the air."""
    await connection.execute(tables.channel.insert(), {"slug": channel.slug, **_columns(channel)})


async def update(connection: AsyncConnection, before: Channel, after: Channel) -> None:
    """Write what an edit has changed; the database refuses one that airs what was just deleted."""
    row = tables.channel.update().where(tables.channel.c.slug == after.slug)
    await connection.execute(row.values(_columns(after)))
    stored = {run.starts_at: run for run in before.timeline.runs}
    wanted = {run.starts_at: run for run in after.timeline.runs}
    gone = [{"at": start} for start, run in stored.items() if wanted.get(start) != run]
    fresh = [run for start, run in wanted.items() if stored.get(start) != run]
    if gone:
        await _delete_runs(connection, after.slug, gone)
    if fresh:
        await _insert_runs(connection, after.slug, fresh, stored)


async def lift(connection: AsyncConnection, channel: Channel, taken_at: Ticks, now: Ticks) -> None:
    """Let a start of a channel that cannot be read exceed all that it can have listed by `taken_at`. What
    cannot be read stays as it is.
    """
    of_channel = tables.channel.c.slug == channel.slug
    created_at = Ticks(channel.created_at - max(0, taken_at - now))
    text = await connection.scalar(select(tables.channel.c.timeline).where(of_channel))
    try:
        known = codec.timeline_from_json(text or "", ())
    except Exception:  # noqa: BLE001 - its numbers count from its creation
        values: dict[str, Any] = {"created_at": created_at}
    else:
        values = {"timeline": codec.state_to_json(lifted(known, taken_at, now))}
    await connection.execute(tables.channel.update().where(of_channel).values(values))


async def forget_runs(connection: AsyncConnection, slug: ChannelSlug) -> None:
    """Delete what a channel has aired and will air, readable or not."""
    await connection.execute(delete(tables.run).where(tables.run.c.channel == slug))


async def remove(connection: AsyncConnection, slug: ChannelSlug) -> None:
    """Delete a channel and its runs."""
    await connection.execute(delete(tables.channel).where(tables.channel.c.slug == slug))


async def load_echoes(connection: AsyncConnection) -> dict[PackageId, Ticks]:
    """Return until when players of deleted channels may ask for which packages, where that can be read."""
    echoes = {}
    for row in (await connection.execute(select(tables.echo))).mappings():
        try:
            echo = checked(tables.echo, row)
        except ValueError as error:  # nobody keeps what is needed for a minute from going some day
            log.warning("echo_broken", reason=str(error))
        else:
            echoes[PackageId(echo["package"])] = Ticks(echo["until"])
    return echoes


async def add_echoes(connection: AsyncConnection, echoes: Mapping[PackageId, Ticks]) -> None:
    """Write until when players of a channel that is deleted may ask for which packages."""
    if echoes:
        rows = [{"package": package, "until": until} for package, until in echoes.items()]
        await connection.execute(_KEEP_LONGER, rows)


async def drop_echoes(connection: AsyncConnection, now: Ticks) -> None:
    """Delete the echoes that are over, and what cannot be read."""
    until = tables.echo.c.until
    await connection.execute(delete(tables.echo).where(or_(until <= now, not_(is_instant(until)))))


async def drop_unused_programs(connection: AsyncConnection) -> None:
    """Delete the programs that no run names any more."""
    is_used = exists().where(tables.run.c.program == tables.program.c.key)
    await connection.execute(delete(tables.program).where(not_(is_used)))


async def _delete_runs(connection: AsyncConnection, slug: ChannelSlug, runs: list[dict[str, Ticks]]) -> None:
    run = tables.run
    await connection.execute(
        delete(run).where(run.c.channel == slug, run.c.starts_at == bindparam("at")), runs
    )


async def _insert_runs(
    connection: AsyncConnection, slug: ChannelSlug, runs: Iterable[Run], stored: Mapping[Ticks, Run]
) -> None:
    """Add runs. stored: those that there were, by their starts; one that goes on under another name, or is
    cut, is history that may name what is gone.
    """
    programs: dict[str, str] = {}
    named: dict[str, frozenset[PackageId]] = {}
    rows = []
    for run in runs:
        text = codec.program_to_json(run.program)
        key = codec.program_key(text)
        programs[key] = text
        known = stored.get(run.starts_at)
        if known is None or known.program != run.program:
            named[key] = frozenset(slot.package for slot in run.program.slots)
        body = codec.run_to_json(run, key)
        rows.append({"channel": slug, "starts_at": run.starts_at, "program": key, "body": body})
    await connection.execute(_KEEP_PROGRAM, [{"key": key, "body": body} for key, body in programs.items()])
    if named:
        await naming.name(connection, named)
    await connection.execute(tables.run.insert(), rows)


async def _load(
    connection: AsyncConnection, slugs: list[ChannelSlug], programs: "_Programs", fresh: Timeline
) -> list[Channel]:
    """Return those of these channels that there are."""
    query = select(tables.channel).where(tables.channel.c.slug.in_(slugs))
    rows = (await connection.execute(query)).mappings().all()
    runs = await _rows_of_runs(connection, slugs)
    return [_channel(row, runs.get(row["slug"], []), programs, fresh) for row in rows]


async def _rows_of_runs(
    connection: AsyncConnection, slugs: list[ChannelSlug]
) -> dict[ChannelSlug, list[Row[Any]]]:
    """Return the rows of runs of some channels, in order of time.

    text: of the program, None where that is lost.
    """
    query = select(tables.run, tables.program.c.body.label("text")).join(tables.program, isouter=True)
    query = query.where(tables.run.c.channel.in_(slugs))
    runs: dict[ChannelSlug, list[Row[Any]]] = defaultdict(list)
    for row in await connection.execute(query.order_by(tables.run.c.channel, tables.run.c.starts_at)):
        runs[ChannelSlug(row.channel)].append(row)
    return runs


class _Programs:
    """Reads runs; equal programs are one object."""

    def __init__(self, segments: Tables) -> None:
        self._segments = segments
        self._known: dict[str, Program] = {}

    def run(self, row: Row[Any]) -> Run:
        """Return the run of a row. Raises what says why it cannot be read."""
        if row.program not in self._known:
            self._known[row.program] = self._program(row.text)
        return codec.run_from_json(row.body, self._known)

    def _program(self, text: str) -> Program:
        named = codec.program_packages(text)
        return codec.program_from_json(text, {package: self._segments(package) for package in named})


def _columns(channel: Channel) -> dict[str, Any]:
    return {
        "number": channel.number,
        "title": channel.title,
        "rungs": _names(channel.rungs),
        "slate": channel.slate,
        "window_seconds": channel.window_seconds,
        "created_at": channel.created_at,
        "timeline": codec.state_to_json(channel.timeline),
        "broadcast_rungs": {
            each.id: [ceiling._asdict() for ceiling in each.rungs] for each in channel.broadcasts.values()
        },
        "added_at": channel.added_at,
        "undo": channel.undo,
        "absent": channel.absent,
        "playback": channel.playback,
        "revision": channel.revision,
        "effective_at": channel.effective_at,
    }


def _channel(row: RowMapping, runs: Iterable[Row[Any]], programs: _Programs, fresh: Timeline) -> Channel:
    """Return a channel; where what is stored of it cannot be read, one that says so and is off."""
    try:
        return _whole(row, [programs.run(each) for each in runs])
    except Exception as error:  # whatever it is, the others must air
        log.exception("channel_broken", channel=row["slug"])
        reason = error.message if isinstance(error, InstaStreamError) else "The log has details."
        return _broken(row, f"This channel's stored data cannot be read. {reason}", fresh)


def _whole(row: RowMapping, runs: list[Run]) -> Channel:
    checked(tables.channel, row)
    if row["window_seconds"] < 1 or not row["rungs"]:
        raise ValueError("its window has no length, or there is no rung")
    timeline = codec.timeline_from_json(row["timeline"], runs)
    if {run.broadcast for run in runs} != {each.id for each in timeline.broadcasts}:
        raise ValueError("its broadcasts and what has aired in them do not belong together")
    if timeline.state != "off" and not timeline.broadcasts:
        raise ValueError("it is on air without a broadcast")
    declared = {BroadcastId(id_): _ceilings(rungs) for id_, rungs in row["broadcast_rungs"].items()}
    broadcasts = {
        each.id: Broadcast(each.id, declared[each.id], each.started_at) for each in timeline.broadcasts
    }
    undo = row["undo"]
    return Channel(
        slug=ChannelSlug(row["slug"]),
        number=row["number"],
        title=row["title"],
        rungs=_rungs(row["rungs"]),
        slate=None if row["slate"] is None else VideoId(intern(row["slate"])),
        window_seconds=row["window_seconds"],
        created_at=Ticks(row["created_at"]),
        timeline=timeline,
        broadcasts=broadcasts,
        added_at=_added(row["added_at"]),
        undo=None if undo is None else codec.entries(undo),
        absent=tuple(_absent(entry, after) for entry, after in row["absent"]),
        playback=Playback(row["playback"]),
        revision=row["revision"],
        effective_at=row["effective_at"],
    )


def _added(stored: Mapping[str, Any]) -> dict[EntryId, Ticks]:
    """Return when entries were added: one instant for all that were added together."""
    instants: dict[Ticks, Ticks] = {}
    known = ((EntryId(intern(entry)), instant(at)) for entry, at in stored.items())
    return {entry: instants.setdefault(at, at) for entry, at in known}


def _absent(pair: tuple[str, str], after: str | None) -> Absent:
    (entry,) = codec.entries([pair])
    return Absent(entry, None if after is None else EntryId(intern(after)))


def _broken(row: RowMapping, reason: str, fresh: Timeline) -> Channel:
    """Return what can be told of a channel: off the air, with its playlist if that can be read."""
    timeline, created_at = _off(row, fresh), _created_at(row)
    return Channel(
        slug=ChannelSlug(row["slug"]),
        number=_number(row["number"], 0),
        title=row["title"] if isinstance(row["title"], str) else row["slug"],
        rungs=_readable_rungs(row["rungs"]),
        slate=VideoId(row["slate"]) if isinstance(row["slate"], str) else None,
        window_seconds=_number(row["window_seconds"], 60),
        created_at=created_at,
        timeline=timeline,
        broadcasts={},
        added_at=dict.fromkeys((entry.id for entry in timeline.entries), created_at),
        broken=reason,
        playback=_playback(row["playback"]),
        revision=_number(row["revision"], 0),
    )


def _playback(stored: object) -> Playback:
    """Return who may watch; where nobody can read that, as few as there may be."""
    return next((each for each in Playback if each == stored), Playback.SIGNED_IN)


def _created_at(row: RowMapping) -> Ticks:
    """Return when a channel was created; where nobody can read that, so long ago that its numbers are new."""
    return Ticks(_number(row["created_at"], 0))


def _number(stored: object, otherwise: int) -> int:
    return stored if isinstance(stored, int) and 0 < stored <= LATEST else otherwise


def _readable_rungs(stored: object) -> tuple[Rung, ...]:
    names = stored if isinstance(stored, list) else []
    return tuple(rung for rung in LADDER if rung.name in names) or LADDER


def _off(row: RowMapping, fresh: Timeline) -> Timeline:
    """Return the timeline of a channel that is to begin anew, above all numbers that it can have used."""
    try:
        known = codec.timeline_from_json(row["timeline"], ())
    except Exception:  # noqa: BLE001 - as above
        return replace(fresh, epoch=Ticks(_created_at(row) - LONG_BEFORE))
    return replace(known, broadcasts=(), state="off", held=None, directed_at=None)


def _names(rungs: Iterable[Rung]) -> list[str]:
    return [rung.name for rung in rungs]


def _rungs(names: Iterable[str]) -> tuple[Rung, ...]:
    return _same(tuple(RUNGS[name] for name in names))


def _ceilings(stored: Iterable[str | Mapping[str, Any]]) -> tuple[Ceiling, ...]:
    """Return what a broadcast declares; older versions wrote the names of rungs, whose caps were declared."""
    return _same(tuple(capped(RUNGS[each]) if isinstance(each, str) else Ceiling(**each) for each in stored))


@lru_cache(maxsize=1024)
def _same(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return one tuple for all that are equal: channels have few different ones."""
    return values
