"""The server's clock: the wall clock without its jumps.

Playlists are a function of `now`, so a `now` that jumps would retract or skip segments that players rely on.
The clock runs on the monotonic clock, anchored once to the wall clock, and is led back to a wall clock that
was moved (by NTP, by an operator) by running a little faster or slower, never by a jump. It does not jump
back over a restart either: it says in advance how far it may get, and begins no earlier the next time.

All processes of a machine that serve one data folder have the same clock: what it is ahead of the monotonic
one is a number that they share, and that one of them leads (`storage.offset`).
"""

import time
from collections.abc import Callable, MutableSequence
from dataclasses import dataclass, field

from insta_stream.ticks import Ticks, from_nanoseconds


def _running_ns() -> int:
    """Return nanoseconds of a clock that no one sets and that, on Linux, goes on in suspend."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock)


SLEW = 20
"""One part in SLEW: the most by which the clock runs fast or slow while it is led back (5 %)."""


FAR_SECONDS = 3600
"""A drift that is not waited for: to lead an hour back takes most of a day (`SLEW`), and a year twenty."""


RESERVE_NS = 500_000_000
"""How far ahead the clock reserves time: less than a restart takes, so that none begins ahead of the wall."""


SLEW_EVERY_NS = 10_000_000
"""How often the clock is compared with the wall at most; between, it costs one reading."""

LONGEST_STRETCH_NS = 1_000_000_000
"""At once no more is made good than in so long a time: a process may have been stopped for minutes."""


@dataclass(slots=True)
class Offset:
    """How far clocks are ahead of the monotonic one, in nanoseconds: one number for all who share it.

    page: holds it. is_new: nobody has it yet. leads: this process is the one that changes it.
    """

    page: MutableSequence[int] | memoryview = field(default_factory=lambda: [0])
    is_new: bool = True
    leads: bool = True


@dataclass(slots=True)
class Clock:
    """Gives `now` in ticks since the Unix epoch: monotonic, and slewed to the wall clock.

    not_before_ns: where it begins at the earliest, where the offset is new. reserve: is given, before it
    happens, an instant that the clock may reach before it asks again; keep the last one for the next
    `not_before_ns`. Any thread may ask: what the clock remembers is values that are replaced whole.
    """

    wall_ns: Callable[[], int] = time.time_ns
    monotonic_ns: Callable[[], int] = _running_ns
    not_before_ns: int = 0
    reserve: Callable[[int], None] = lambda _: None
    offset: Offset = field(default_factory=Offset)
    _last: int = field(init=False, default=0)
    _slewed_at: int = field(init=False)
    _reserved: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._slewed_at = self.monotonic_ns()
        if self.offset.is_new:
            self.offset.page[0] = max(self.wall_ns(), self.not_before_ns) - self._slewed_at

    def now(self) -> Ticks:
        """Return the present instant; it never falls and never jumps while the process lives."""
        monotonic = self.monotonic_ns()
        if monotonic - self._slewed_at >= SLEW_EVERY_NS and self.offset.leads:
            self._slew(monotonic)
        present = self._last = max(self._last, monotonic + self.offset.page[0])
        if present > self._reserved:
            self._reserved = present + RESERVE_NS
            self.reserve(self._reserved)
        return from_nanoseconds(present)

    def drift_seconds(self) -> float:
        """Return how far the wall clock is ahead of this clock: not zero while it is being led back."""
        return (self.wall_ns() - self.monotonic_ns() - self.offset.page[0]) / 1e9

    def _slew(self, monotonic: int) -> None:
        """Lead the clock a little nearer to the wall."""
        offset = self.offset.page[0]
        allowance = min(monotonic - self._slewed_at, LONGEST_STRETCH_NS) // SLEW
        drift = self.wall_ns() - monotonic - offset
        self.offset.page[0] = offset + max(-allowance, min(allowance, drift))
        self._slewed_at = monotonic


_UNITS = ((31_557_600, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))


def span(seconds: float) -> str:
    """Return a length of time in words, in whole units of which there are two at least: "400 days"."""
    size, name = next((unit for unit in _UNITS if abs(seconds) >= 2 * unit[0]), _UNITS[-1])
    return f"{round(abs(seconds) / size)} {name}"
