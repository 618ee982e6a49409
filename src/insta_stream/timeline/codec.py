"""A timeline as JSON: programs by content, runs by row, and the rest as one document.

A program is large and shared by many runs, so it is stored once, under the hash of its text. Segment tables
are not part of it: a package is immutable, so its identity names its table.

Names that are read are interned: thousands of channels play the same videos, and an entry is named by the
playlist, by programs and by when it was added. Each name is in memory once, and not for each mention.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from sys import intern
from typing import Any

from insta_stream.ids import BroadcastId, EntryId, PackageId, VideoId
from insta_stream.ticks import Ticks
from insta_stream.timeline.program import Program, Slot
from insta_stream.timeline.run import Position, Run
from insta_stream.timeline.table import SegmentTable
from insta_stream.timeline.timeline import Broadcast, Entry, Timeline, WindowChange
from insta_stream.timeline.typed import typed


def program_to_json(program: Program) -> str:
    """Return the canonical text of a program: equal programs, equal texts."""
    slots = [(s.entry, s.video, s.package, s.renditions, s.first, s.last) for s in program.slots]
    return _dump(slots)


def program_from_json(text: str, tables: Mapping[PackageId, SegmentTable]) -> Program:
    """Return the program of a text.

    Raises KeyError when the table of one of its packages is missing, TypeError and ValueError for damage.
    """
    return Program(
        tuple(
            typed(
                Slot(
                    entry=EntryId(intern(entry)),
                    video=VideoId(intern(video)),
                    package=PackageId(intern(package)),
                    table=tables[package],
                    renditions=_renditions(tuple(renditions)),
                    first=first,
                    last=last,
                )
            )
            for entry, video, package, renditions, first, last in json.loads(text)
        )
    )


def program_packages(text: str) -> frozenset[PackageId]:
    """Return the packages whose tables `program_from_json` needs."""
    return frozenset(PackageId(slot[2]) for slot in json.loads(text))


def program_key(text: str) -> str:
    """Return the content hash of a program's text: 64 hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def run_to_json(run: Run, key: str) -> str:
    """Return a run as text, its program named by `key`."""
    return _dump(
        {
            "broadcast": run.broadcast,
            "starts_at": run.starts_at,
            "first_msn": run.first_msn,
            "first_discontinuity": run.first_discontinuity,
            "joined": run.joined,
            "program": key,
            "enter": run.enter,
            "ends_at": run.ends_at,
            "slate_then": run.slate_then,
        }
    )


def run_from_json(text: str, programs: Mapping[str, Program]) -> Run:
    """Return the run of a text. Raises KeyError when its program is missing, TypeError and ValueError for
    damage.
    """
    row = json.loads(text)
    key = row.pop("program")
    run = Run(
        **row
        | {
            "broadcast": BroadcastId(intern(row["broadcast"])),
            "program": programs[key],
            "slate_then": _position(row["slate_then"]),
        }
    )
    typed(run, but="program")
    if run.enter < 0 or run.first_msn < 0 or run.first_discontinuity < 0:
        raise ValueError("a run counts from 0")
    return run


def state_to_json(timeline: Timeline) -> str:
    """Return everything of a timeline except its runs."""
    return _dump(
        {
            "epoch": timeline.epoch,
            "horizon": timeline.horizon,
            "target": timeline.target,
            "window": timeline.window,
            "entries": timeline.entries,
            "broadcasts": [
                [b.id, b.starts_at, b.started_at, b.windows, b.ends_at] for b in timeline.broadcasts
            ],
            "state": timeline.state,
            "held": timeline.held,
            "directed_at": timeline.directed_at,
            "committed_at": timeline.committed_at,
        }
    )


def timeline_from_json(state: str, runs: Iterable[Run]) -> Timeline:
    """Return the timeline of a state's text and its runs, in order of time.

    Raises TypeError, ValueError and KeyError for damage.
    """
    row = json.loads(state)
    timeline = Timeline(
        **row
        | {
            "entries": entries(row["entries"]),
            "state": intern(row["state"]),
            "broadcasts": tuple(_broadcast(*broadcast) for broadcast in row["broadcasts"]),
            "held": _position(row["held"]),
            "runs": tuple(runs),
        }
    )
    typed(timeline, but="runs")
    if min(timeline.target, timeline.window) <= 0 or timeline.horizon < 0:
        raise ValueError("a timeline has a target duration and a window, and a horizon that is not past")
    return timeline


def entries(pairs: Iterable[tuple[str, str]]) -> tuple[Entry, ...]:
    """Return entries that were written as pairs of entry and video."""
    return tuple(Entry(EntryId(intern(entry)), VideoId(intern(video))) for entry, video in pairs)


@lru_cache(maxsize=1024)
def _renditions(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the same tuple for equal ones: there are few, and each slot of each program has one."""
    return tuple(map(intern, names))


def _broadcast(
    broadcast: BroadcastId,
    starts_at: Ticks,
    started_at: Ticks,
    windows: list[list[Ticks]],
    ends_at: Ticks | None,
) -> Broadcast:
    changes = tuple(WindowChange(since, length) for since, length in windows)
    return Broadcast(BroadcastId(intern(broadcast)), starts_at, started_at, changes, ends_at)


def _position(value: list[Any] | None) -> Position | None:
    if value is None:
        return None
    entry, segment = value
    return Position(EntryId(intern(entry)), segment)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
