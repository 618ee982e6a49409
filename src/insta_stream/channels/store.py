"""Channels in the database."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.channels.absent import Absent
from insta_stream.channels.channel import Broadcast, Channel
from insta_stream.db import channels as tables
from insta_stream.errors import Unknown
from insta_stream.ids import ChannelSlug, EntryId, PackageId, VideoId
from insta_stream.media.ladder import RUNGS, Rung
from insta_stream.ticks import Ticks
from insta_stream.timeline import codec
from insta_stream.timeline.program import Program
from insta_stream.timeline.run import Run
from insta_stream.timeline.table import SegmentTable
from insta_stream.timeline.timeline import Entry

Tables = Callable[[PackageId], SegmentTable]
"""Gives the segment table of any package that a run names, of deleted videos too."""


async def load_all(connection: AsyncConnection, segments: Tables) -> tuple[Channel, ...]:
    """Return every channel."""
    runs = await _runs(connection, segments)
    rows = (await connection.execute(select(tables.channel))).mappings().all()
    return tuple(_channel(row, runs.get(row["slug"], [])) for row in rows)


async def load(connection: AsyncConnection, slug: ChannelSlug, segments: Tables) -> Channel:
    """Return one channel. Raises Unknown when it is not there (any more)."""
    found = await connection.execute(select(tables.channel).where(tables.channel.c.slug == slug))
    row = found.mappings().first()
    if row is None:
        raise Unknown(f"There is no channel “{slug}”.", code="unknown_channel")
    runs = await _runs(connection, segments, slug)
    return _channel(row, runs.get(slug, []))


async def insert(connection: AsyncConnection, channel: Channel) -> None:
    """Add a channel that has not been on the air."""
    await connection.execute(tables.channel.insert(), {"slug": channel.slug, **_columns(channel)})


async def update(connection: AsyncConnection, before: Channel, after: Channel) -> None:
    """Write what an edit has changed."""
    row = tables.channel.update().where(tables.channel.c.slug == after.slug)
    await connection.execute(row.values(_columns(after)))
    stored = {run.starts_at: run for run in before.timeline.runs}
    wanted = {run.starts_at: run for run in after.timeline.runs}
    gone = [{"at": start} for start, run in stored.items() if wanted.get(start) != run]
    fresh = [run for start, run in wanted.items() if stored.get(start) != run]
    if gone:
        await _delete_runs(connection, after.slug, gone)
    if fresh:
        await _insert_runs(connection, after.slug, fresh)


async def remove(connection: AsyncConnection, slug: ChannelSlug) -> None:
    """Delete a channel and its runs."""
    await connection.execute(delete(tables.channel).where(tables.channel.c.slug == slug))


async def load_echoes(connection: AsyncConnection) -> dict[PackageId, Ticks]:
    """Return until when players of deleted channels may ask for which packages."""
    rows = await connection.execute(select(tables.echo))
    return {PackageId(row.package): Ticks(row.until) for row in rows}


async def save_echoes(connection: AsyncConnection, echoes: Mapping[PackageId, Ticks]) -> None:
    """Write until when players of deleted channels may ask for which packages; what was written goes."""
    await connection.execute(delete(tables.echo))
    if echoes:
        rows = [{"package": package, "until": until} for package, until in echoes.items()]
        await connection.execute(tables.echo.insert(), rows)


async def drop_unused_programs(connection: AsyncConnection) -> None:
    """Delete the programs that no run names any more."""
    used = select(tables.run.c.program)
    await connection.execute(delete(tables.program).where(tables.program.c.key.not_in(used)))


async def _delete_runs(connection: AsyncConnection, slug: ChannelSlug, runs: list[dict[str, Ticks]]) -> None:
    run = tables.run
    await connection.execute(
        delete(run).where(run.c.channel == slug, run.c.starts_at == bindparam("at")), runs
    )


async def _insert_runs(connection: AsyncConnection, slug: ChannelSlug, runs: Iterable[Run]) -> None:
    programs: dict[str, str] = {}
    rows = []
    for run in runs:
        text = codec.program_to_json(run.program)
        key = codec.program_key(text)
        programs[key] = text
        body = codec.run_to_json(run, key)
        rows.append({"channel": slug, "starts_at": run.starts_at, "program": key, "body": body})
    stored = [{"key": key, "body": body} for key, body in programs.items()]
    await connection.execute(upsert(tables.program).on_conflict_do_nothing(), stored)
    await connection.execute(tables.run.insert(), rows)


async def _runs(
    connection: AsyncConnection, segments: Tables, slug: ChannelSlug | None = None
) -> dict[ChannelSlug, list[Run]]:
    """Return the runs of one channel, or of all, in order of time; equal programs are one object."""
    query = select(tables.run, tables.program.c.body.label("text")).join(tables.program)
    if slug is not None:
        query = query.where(tables.run.c.channel == slug)
    programs: dict[str, Program] = {}
    runs: dict[ChannelSlug, list[Run]] = defaultdict(list)
    for row in await connection.execute(query.order_by(tables.run.c.channel, tables.run.c.starts_at)):
        if row.program not in programs:
            programs[row.program] = _program(row.text, segments)
        runs[ChannelSlug(row.channel)].append(codec.run_from_json(row.body, programs))
    return runs


def _program(text: str, segments: Tables) -> Program:
    named = codec.program_packages(text)
    return codec.program_from_json(text, {package: segments(package) for package in named})


def _columns(channel: Channel) -> dict[str, Any]:
    return {
        "title": channel.title,
        "rungs": _names(channel.rungs),
        "slate": channel.slate,
        "window_seconds": channel.window_seconds,
        "created_at": channel.created_at,
        "timeline": codec.state_to_json(channel.timeline),
        "broadcast_rungs": {each.id: _names(each.rungs) for each in channel.broadcasts.values()},
        "added_at": channel.added_at,
        "undo": channel.undo,
        "absent": channel.absent,
    }


def _channel(row: RowMapping, runs: list[Run]) -> Channel:
    timeline = codec.timeline_from_json(row["timeline"], runs)
    rungs = row["broadcast_rungs"]
    broadcasts = {
        each.id: Broadcast(each.id, _rungs(rungs[each.id]), each.started_at) for each in timeline.broadcasts
    }
    undo = row["undo"]
    return Channel(
        slug=ChannelSlug(row["slug"]),
        title=row["title"],
        rungs=_rungs(row["rungs"]),
        slate=row["slate"],
        window_seconds=row["window_seconds"],
        created_at=Ticks(row["created_at"]),
        timeline=timeline,
        broadcasts=broadcasts,
        added_at={EntryId(entry): Ticks(at) for entry, at in row["added_at"].items()},
        undo=None if undo is None else tuple(Entry(EntryId(e), VideoId(v)) for e, v in undo),
        absent=tuple(Absent(Entry(*entry), after) for entry, after in row["absent"]),
    )


def _names(rungs: Iterable[Rung]) -> list[str]:
    return [rung.name for rung in rungs]


def _rungs(names: Iterable[str]) -> tuple[Rung, ...]:
    return tuple(RUNGS[name] for name in names)
