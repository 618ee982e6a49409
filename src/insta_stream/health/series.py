"""Numbers over the last day: fine for an hour, coarse before that, in a few kilobytes each."""

import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isnan, nan

from insta_stream.ticks import TICKS_PER_SECOND, Ticks

FINE = Ticks(10 * TICKS_PER_SECOND)
FINE_POINTS = 360
COARSE = Ticks(60 * TICKS_PER_SECOND)
COARSE_POINTS = 1440
FINE_BYTES = 8 + 4 * FINE_POINTS
SERIES_BYTES = FINE_BYTES + 8 + 4 * COARSE_POINTS


@dataclass(frozen=True, slots=True)
class Point:
    """The worst value of a step that began at `at`: the highest, or where little is bad, the lowest."""

    at: Ticks
    value: float


Worst = Callable[[float, float], float]
"""Picks one of two values: `max` or `min`."""


class Ring:
    """The last `count` steps of one length. A step without a value is left out."""

    def __init__(self, step: Ticks, count: int, worst: Worst) -> None:
        self._step = step
        self._worst = worst
        self._values = array("f", [nan]) * count
        self._last = -1
        """The newest step that has a value, counted from the epoch."""

    def put(self, at: Ticks, value: float) -> None:
        """Add a value; of a step the worst counts. What is older than the newest step is left out."""
        step = at // self._step
        count = len(self._values)
        if step < self._last:
            return
        if self._last >= 0:  # else all of them are empty
            for skipped in range(max(self._last + 1, step - count + 1), step + 1):
                self._values[skipped % count] = nan
        self._last = step
        before = self._values[step % count]
        self._values[step % count] = value if isnan(before) else self._worst(before, value)

    def points(self, since: Ticks, until: Ticks) -> Iterator[Point]:
        """Yield the steps that begin in [since, until), oldest first."""
        count = len(self._values)
        first = max(-(-since // self._step), self._last - count + 1, 0)
        for step in range(first, min(self._last + 1, -(-until // self._step))):
            if not isnan(value := self._values[step % count]):
                yield Point(Ticks(step * self._step), value)

    def dump(self) -> bytes:
        """Return what it holds, the same on every machine."""
        values = array("f", self._values)
        if sys.byteorder == "big":
            values.byteswap()
        return self._last.to_bytes(8, "little", signed=True) + values.tobytes()

    def load(self, data: bytes, now: Ticks) -> None:
        """Take what a ring of this kind held, unless some of it is from later than `now`."""
        last = int.from_bytes(data[:8], "little", signed=True)
        values = array("f", data[8:])
        if len(values) != len(self._values):
            raise ValueError(f"{len(values)} steps instead of {len(self._values)}")
        if sys.byteorder == "big":
            values.byteswap()
        if last * self._step <= now:
            self._values, self._last = values, last


class Series:
    """One number: a point each 10 s of the last hour, and each minute of the day before."""

    def __init__(self, worst: Worst = max) -> None:
        self._fine = Ring(FINE, FINE_POINTS, worst)
        self._coarse = Ring(COARSE, COARSE_POINTS, worst)

    def put(self, at: Ticks, value: float) -> None:
        """Add the value at an instant; instants do not fall."""
        self._fine.put(at, value)
        self._coarse.put(at, value)

    def dump(self) -> bytes:
        """Return what it holds, in SERIES_BYTES."""
        return self._fine.dump() + self._coarse.dump()

    def load(self, data: bytes, now: Ticks) -> None:
        """Take what a series of this kind held. Raises ValueError where that is not what `dump` gave."""
        self._fine.load(data[:FINE_BYTES], now)
        self._coarse.load(data[FINE_BYTES:], now)

    def points(self, since: Ticks, now: Ticks) -> tuple[Point, ...]:
        """Return the points from `since` on, oldest first."""
        border = (now - FINE * FINE_POINTS) // COARSE * COARSE + COARSE
        fine = self._fine.points(Ticks(max(since, border)), Ticks(now + FINE))
        return (*self._coarse.points(since, Ticks(border)), *fine)
