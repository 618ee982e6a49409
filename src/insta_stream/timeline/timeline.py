"""The timeline: everything the pure core knows of a channel. A value; edits make new ones."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal, NamedTuple

from insta_stream.errors import Unknown
from insta_stream.ids import BroadcastId, EntryId, VideoId
from insta_stream.ticks import Ticks
from insta_stream.timeline.run import Position, Run, Segment

State = Literal["off", "on", "paused"]

NEVER = Ticks(0)
"""Earlier than every edit."""


class Entry(NamedTuple):
    """A video's place in the playlist."""

    id: EntryId
    video: VideoId


class WindowChange(NamedTuple):
    """From the instant `since` (of the newest listed segment's end) on, playlists reach `length` back."""

    since: Ticks
    length: Ticks


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What lies between a start and the next stop.

    starts_at: start of its first segment. started_at: when it was asked for; what aired before is back-fill.
    ends_at: when its last segment ends, once it is stopped. windows: its window lengths in order; the first
    counts from starts_at.
    """

    id: BroadcastId
    starts_at: Ticks
    started_at: Ticks
    windows: tuple[WindowChange, ...]
    ends_at: Ticks | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A channel's runs, order and state.

    epoch: the channel's creation, from which its numbers count; a restore moves it back. horizon: how far
    ahead of the clock the timeline is frozen. target: target duration, whole seconds. window: how far
    playlists of the next broadcast reach back. entries: the playlist. runs: in order of time; those of one
    broadcast adjoin. broadcasts: in order of time, those that have runs. held: while paused, where the
    channel goes on; while off, where the next broadcast begins (None: at the top). directed_at: the last cut
    at which somebody chose what airs (skip, jump, resume, removal of what aired). committed_at: the clock of
    the last edit; a clock that is earlier holds at it.
    """

    epoch: Ticks
    horizon: Ticks
    target: Ticks
    window: Ticks
    entries: tuple[Entry, ...] = ()
    runs: tuple[Run, ...] = ()
    broadcasts: tuple[Broadcast, ...] = ()
    state: State = "off"
    held: Position | None = None
    directed_at: Ticks | None = None
    committed_at: Ticks = NEVER

    @property
    def broadcast(self) -> Broadcast | None:
        """The broadcast on the air, or None while off."""
        return None if self.state == "off" else self.broadcasts[-1]

    def find(self, broadcast: BroadcastId) -> Broadcast:
        """Return a broadcast by its id. Raises Unknown."""
        for candidate in reversed(self.broadcasts):
            if candidate.id == broadcast:
                return candidate
        raise Unknown(f"there is no broadcast {broadcast}")

    def run_before(self, instant: Ticks) -> int:
        """Return the index in `runs` of the last run that began at or before an instant, or -1."""
        return bisect_right(self.runs, instant, key=_starts_at) - 1

    def run_at(self, instant: Ticks) -> Run | None:
        """Return the run that airs at an instant, or None when none does."""
        index = self.run_before(instant)
        return self.runs[index] if index >= 0 and self.runs[index].holds(instant) else None

    def segment_at(self, instant: Ticks) -> tuple[Run, Segment] | None:
        """Return the segment that airs at an instant, with its run, or None when none does."""
        run = self.run_at(instant)
        return None if run is None else (run, run.segment(run.number_at(instant)))

    def last(self) -> Segment | None:
        """Return the very last segment of the last run. Needs a timeline that is off; None if nothing ever
        aired.
        """
        run = self.runs[-1] if self.runs else None
        return None if run is None or run.count is None else run.segment(run.count - 1)


def _starts_at(run: Run) -> Ticks:
    return run.starts_at
