"""The segment table: how one video is divided, the same for all its renditions."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, groupby

from insta_stream.ticks import Ticks


@dataclass(frozen=True, slots=True)
class SegmentTable:
    """Durations of segments 0, 1, 2, ..., kept as stretches of equal ones.

    stretches: (number of segments, duration of each in ticks), so that a two-hour film divided into equal
    parts takes two pairs, not 3,600 numbers. All counts and durations are positive.
    """

    stretches: tuple[tuple[int, Ticks], ...]
    _first: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _start: tuple[Ticks, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.stretches or any(count < 1 or duration < 1 for count, duration in self.stretches):
            raise ValueError("a segment table needs at least one segment, and positive durations")
        counts = accumulate((count for count, _ in self.stretches), initial=0)
        lengths = accumulate((count * duration for count, duration in self.stretches), initial=0)
        object.__setattr__(self, "_first", tuple(counts))
        object.__setattr__(self, "_start", tuple(map(Ticks, lengths)))

    @classmethod
    def of(cls, durations: Iterable[Ticks]) -> "SegmentTable":
        """Return the table of these durations, in order."""
        return cls(tuple((len(list(equal)), duration) for duration, equal in groupby(durations)))

    @property
    def count(self) -> int:
        """Number of segments."""
        return self._first[-1]

    @property
    def length(self) -> Ticks:
        """Duration of all segments together."""
        return self._start[-1]

    def start(self, number: int) -> Ticks:
        """Return where segment `number` begins; `start(count)` is the length."""
        if not 0 <= number <= self.count:
            raise IndexError(number)
        stretch = min(bisect_right(self._first, number) - 1, len(self.stretches) - 1)
        return Ticks(self._start[stretch] + (number - self._first[stretch]) * self.stretches[stretch][1])

    def duration(self, number: int) -> Ticks:
        """Return the duration of segment `number`."""
        if not 0 <= number < self.count:
            raise IndexError(number)
        return self.stretches[bisect_right(self._first, number) - 1][1]

    def durations(self, first: int, stop: int) -> Iterator[tuple[int, Ticks]]:
        """Yield the numbers `first` to `stop` - 1, each with its duration. Raises IndexError."""
        if not 0 <= first <= stop <= self.count:
            raise IndexError(first, stop)
        stretch = bisect_right(self._first, first) - 1
        while first < stop:
            duration, after = self.stretches[stretch][1], min(stop, self._first[stretch + 1])
            for number in range(first, after):
                yield number, duration
            first, stretch = after, stretch + 1

    def at(self, offset: Ticks) -> int:
        """Return the number of the segment that holds `offset`; a border belongs to what it opens."""
        if not 0 <= offset < self.length:
            raise IndexError(offset)
        stretch = bisect_right(self._start, offset) - 1
        return self._first[stretch] + (offset - self._start[stretch]) // self.stretches[stretch][1]

    def __iter__(self) -> Iterator[Ticks]:
        for count, duration in self.stretches:
            yield from (duration for _ in range(count))
