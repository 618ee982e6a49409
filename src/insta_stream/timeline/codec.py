"""A timeline as JSON: programs by content, runs by row, and the rest as one document.

A program is large and shared by many runs, so it is stored once, under the hash of its text. Segment tables
are not part of it: a package is immutable, so its identity names its table.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from insta_stream.ids import BroadcastId, EntryId, PackageId, VideoId
from insta_stream.ticks import Ticks
from insta_stream.timeline.program import Program, Slot
from insta_stream.timeline.run import Position, Run
from insta_stream.timeline.table import SegmentTable
from insta_stream.timeline.timeline import Broadcast, Entry, Timeline, WindowChange


def program_to_json(program: Program) -> str:
    """Return the canonical text of a program: equal programs, equal texts."""
    slots = [(s.entry, s.video, s.package, s.renditions, s.first, s.last) for s in program.slots]
    return _dump(slots)


def program_from_json(text: str, tables: Mapping[PackageId, SegmentTable]) -> Program:
    """Return the program of a text. Raises KeyError when the table of one of its packages is missing."""
    return Program(
        tuple(
            Slot(EntryId(entry), VideoId(video), package, tables[package], tuple(renditions), first, last)
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
    """Return the run of a text. Raises KeyError when its program is missing."""
    row = json.loads(text)
    key = row.pop("program")
    return Run(**row | {"program": programs[key], "slate_then": _position(row["slate_then"])})


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
    """Return the timeline of a state's text and its runs, in order of time."""
    row = json.loads(state)
    return Timeline(
        **row
        | {
            "entries": tuple(Entry(EntryId(entry), VideoId(video)) for entry, video in row["entries"]),
            "broadcasts": tuple(_broadcast(*broadcast) for broadcast in row["broadcasts"]),
            "held": _position(row["held"]),
            "runs": tuple(runs),
        }
    )


def _broadcast(
    broadcast: BroadcastId,
    starts_at: Ticks,
    started_at: Ticks,
    windows: list[list[Ticks]],
    ends_at: Ticks | None,
) -> Broadcast:
    changes = tuple(WindowChange(since, length) for since, length in windows)
    return Broadcast(broadcast, starts_at, started_at, changes, ends_at)


def _position(value: list[Any] | None) -> Position | None:
    return None if value is None else Position(*value)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
