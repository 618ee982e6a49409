"""A program: slots in order, repeated for ever. Every question is answered by arithmetic.

Segments of a program have a *flat index*: 0 is the first segment of the first slot, `count` is the same
segment one lap later. No question costs more than a few bisections, however long the program and however
many laps.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

from insta_stream.ids import SLATE_ENTRY, EntryId, PackageId, VideoId
from insta_stream.ticks import Ticks
from insta_stream.timeline.table import SegmentTable


@dataclass(frozen=True, slots=True)
class Slot:
    """Segments `first` to `last` (inclusive) of a package, aired for one playlist entry.

    renditions: for each rung of the channel (best first) the rendition that serves it.
    """

    entry: EntryId
    video: VideoId
    package: PackageId
    table: SegmentTable
    renditions: tuple[str, ...]
    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last < self.table.count:
            raise ValueError("a slot needs at least one segment of its table")

    @property
    def count(self) -> int:
        """Number of segments."""
        return self.last - self.first + 1

    @property
    def length(self) -> Ticks:
        """Duration of all its segments together."""
        if self.count == self.table.count:
            return self.table.length
        return Ticks(self.table.start(self.last + 1) - self.table.start(self.first))

    @property
    def is_slate(self) -> bool:
        """Whether it is no item of the playlist."""
        return self.entry == SLATE_ENTRY

    def follows(self, other: "Slot", last: int, first: int) -> bool:
        """Tell whether segment `first` of this slot needs no tag after segment `last` of the other."""
        return (
            first == last + 1
            and self.entry == other.entry
            and self.package == other.package
            and self.renditions == other.renditions
        )


@dataclass(frozen=True, slots=True)
class Program:
    """Slots that air one after the other, then again from the first. There is at least one."""

    slots: tuple[Slot, ...]
    _first: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _start: tuple[Ticks, ...] = field(init=False, repr=False, compare=False)
    _tags: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.slots:
            raise ValueError("a program needs at least one slot")
        firsts = accumulate((slot.count for slot in self.slots), initial=0)
        starts = accumulate((slot.length for slot in self.slots), initial=0)
        before = (self.slots[-1], *self.slots)
        tagged = (
            not slot.follows(a, a.last, slot.first) for a, slot in zip(before, self.slots, strict=False)
        )
        object.__setattr__(self, "_first", tuple(firsts))
        object.__setattr__(self, "_start", tuple(map(Ticks, starts)))
        object.__setattr__(self, "_tags", tuple(accumulate(map(int, tagged), initial=0)))

    @property
    def count(self) -> int:
        """Number of segments of one lap."""
        return self._first[-1]

    @property
    def length(self) -> Ticks:
        """Duration of one lap."""
        return self._start[-1]

    def length_of(self, number: int) -> Ticks:
        """Return the duration of a slot."""
        return Ticks(self._start[number + 1] - self._start[number])

    @property
    def is_slate(self) -> bool:
        """Whether nothing of it is an item of the playlist."""
        return all(slot.is_slate for slot in self.slots)

    def place(self, index: int) -> tuple[int, int, int]:
        """Return where a flat index lies: lap, slot number in the lap, segment number in the package."""
        lap, rest = divmod(index, self.count)
        number = bisect_right(self._first, rest) - 1
        return lap, number, self.slots[number].first + rest - self._first[number]

    def index(self, lap: int, slot: int, segment: int) -> int:
        """Return the flat index of segment number `segment` of slot number `slot`; undoes `place`."""
        return lap * self.count + self._first[slot] + segment - self.slots[slot].first

    def offset(self, index: int) -> Ticks:
        """Return when the segment at a flat index begins, counted from the start of lap 0."""
        lap, number, segment = self.place(index)
        slot = self.slots[number]
        within = slot.table.start(segment) - slot.table.start(slot.first)
        return Ticks(lap * self.length + self._start[number] + within)

    def index_at(self, offset: Ticks) -> int:
        """Return the flat index of the segment that holds `offset`; a border belongs to what it opens."""
        lap, rest = divmod(offset, self.length)
        number = bisect_right(self._start, rest) - 1
        slot = self.slots[number]
        segment = slot.table.at(Ticks(rest - self._start[number] + slot.table.start(slot.first)))
        return self.index(lap, number, segment)

    def tags_through(self, lap: int, number: int) -> int:
        """Return how many discontinuities are opened up to the beginning of a slot in a lap, its own too."""
        return lap * self._tags[-1] + self._tags[number + 1]

    def is_tagged(self, number: int) -> bool:
        """Tell whether the first segment of a slot opens a discontinuity after the slot before it."""
        return self._tags[number + 1] > self._tags[number]
