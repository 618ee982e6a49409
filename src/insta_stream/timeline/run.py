"""A run: an immutable stretch of a channel's timeline. Its segments are numbered when it is committed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from insta_stream.ids import BroadcastId, EntryId, PackageId
from insta_stream.ticks import Ticks
from insta_stream.timeline.program import Program, Slot


class Position(NamedTuple):
    """A place in the playlist: segment number `segment` of what `entry` names."""

    entry: EntryId
    segment: int


class Segment(NamedTuple):
    """One segment on the timeline.

    number: its number in its package. discontinuity: its discontinuity sequence number, its own tag included.
    is_tagged: EXT-X-DISCONTINUITY stands before it.
    """

    msn: int
    starts_at: Ticks
    duration: Ticks
    slot: Slot
    number: int
    discontinuity: int
    is_tagged: bool

    @property
    def ends_at(self) -> Ticks:
        """The instant at which it has aired and may be listed."""
        return Ticks(self.starts_at + self.duration)

    @property
    def package(self) -> PackageId:
        """The package that holds its bytes."""
        return self.slot.package

    @property
    def renditions(self) -> tuple[str, ...]:
        """For each rung of the channel (best first) the rendition that serves it."""
        return self.slot.renditions


@dataclass(frozen=True, slots=True)
class Run:
    """A program on the clock, from `starts_at` on.

    first_msn, first_discontinuity: numbers of its first segment. joined: its first segment goes on where
    the run before it ended, so it is not tagged. enter: flat index of its first segment in the program.
    ends_at: an instant on a segment border, later than starts_at; None as long as it repeats for ever.
    slate_then: on a run of the slate that waits for a video, the position that is waited for. _lead: how far
    into the program it begins. _tags: how many discontinuities the program has opened by then.
    """

    broadcast: BroadcastId
    starts_at: Ticks
    first_msn: int
    first_discontinuity: int
    joined: bool
    program: Program
    enter: int
    ends_at: Ticks | None = None
    slate_then: Position | None = None
    _lead: Ticks = field(init=False, repr=False, compare=False)
    _tags: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lap, number, _ = self.program.place(self.enter)
        object.__setattr__(self, "_lead", self.program.offset(self.enter))
        object.__setattr__(self, "_tags", self.program.tags_through(lap, number))

    def start(self, k: int) -> Ticks:
        """Return the instant at which its segment `k` (0 is the first) begins, were it never cut."""
        return Ticks(self.starts_at + self.program.offset(self.enter + k) - self._lead)

    def number_at(self, instant: Ticks) -> int:
        """Return which of its segments (0 is the first) holds an instant, not earlier than its start."""
        offset = Ticks(instant - self.starts_at + self._lead)
        return self.program.index_at(offset) - self.enter

    @property
    def count(self) -> int | None:
        """Number of segments, or None as long as it repeats for ever."""
        return None if self.ends_at is None else self.number_at(self.ends_at)

    def holds(self, instant: Ticks) -> bool:
        """Tell whether it airs at an instant."""
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)

    def segment(self, k: int) -> Segment:
        """Return its segment `k` (0 is the first)."""
        return next(self.segments(k, k + 1))

    def segments(self, first: int, stop: int) -> Iterator[Segment]:
        """Yield its segments `first` to `stop` - 1 (0 is its first)."""
        if first >= stop:
            return
        program, k, starts_at = self.program, first, self.start(first)
        lap, number, segment = program.place(self.enter + k)
        discontinuity = self.first_discontinuity - self._tags + program.tags_through(lap, number)
        is_tagged = segment == program.slots[number].first and program.is_tagged(number)
        is_tagged = is_tagged if k else not self.joined
        while True:
            slot = program.slots[number]
            for n, duration in slot.table.durations(segment, min(slot.last + 1, segment + stop - k)):
                yield Segment(self.first_msn + k, starts_at, duration, slot, n, discontinuity, is_tagged)
                starts_at, k, is_tagged = Ticks(starts_at + duration), k + 1, False
            if k >= stop:
                return
            number = (number + 1) % len(program.slots)
            segment, is_tagged = program.slots[number].first, program.is_tagged(number)
            discontinuity += is_tagged

    def position(self, segment: Segment) -> Position | None:
        """Return which place of the playlist one of its segments stands for; None for a slate that waits for
        none.
        """
        if segment.slot.is_slate:
            return self.slate_then
        return Position(segment.slot.entry, segment.number)
