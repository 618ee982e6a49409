"""The rhythm of a picture track: which constant rate fits its frames, and whether they keep it already."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor
from statistics import median_low

from insta_stream.media.ladder import MAX_FRAME_RATE

STANDARD_RATES = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
)
"""Rates at which videos air; the time of each frame is a whole number of ticks."""

_EXACT = Fraction(1, 400)
"""How far a measured rate may be from a standard one to be it: so coarse are timestamps in milliseconds."""

_MOST_REPEATS = 5
_REGULAR = Fraction(1, 10)
"""Part by which an interval may differ from the usual one."""

_TOLERATED = Fraction(1, 100)
"""Part of the intervals that may be irregular before the rate counts as variable."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """own_rate: measured, frames per second. rate: the standard rate to air at.

    is_constant: every frame is within a quarter of a frame of its place at `rate`, and no place is empty.
    is_variable: more than one in a hundred intervals differs from the usual one by over a tenth.
    """

    own_rate: Fraction
    rate: Fraction
    is_constant: bool
    is_variable: bool


def airing_rate(own_rate: Fraction) -> Fraction:
    """Return the standard rate for frames that come at `own_rate`.

    The smallest that is the same or shows each frame two to five times; above the cap, the largest that
    drops frames evenly; else the nearest.
    """
    for repeats in range(1, _MOST_REPEATS + 1):
        nearest = _nearest(own_rate * repeats)
        if is_same(nearest, own_rate * repeats):
            return nearest
    if own_rate > MAX_FRAME_RATE:
        even = [rate for rate in STANDARD_RATES if is_same(rate * round(own_rate / rate), own_rate)]
        return min(even, key=lambda rate: _unevenness(own_rate, rate), default=STANDARD_RATES[-1])
    return _nearest(own_rate)


def measure(times: Sequence[int], time_base: Fraction) -> Cadence | None:
    """Judge the frames shown at `times` (ascending, in units of `time_base`); None for a single one."""
    intervals = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    if not intervals:
        return None
    usual = median_low(intervals)
    tolerance = _tolerance(usual, time_base)
    regular = [interval for interval in intervals if abs(interval - usual) <= tolerance]
    own_rate = len(regular) / (sum(regular) * time_base)
    rate = airing_rate(own_rate)
    return Cadence(
        own_rate.limit_denominator(100_000) or own_rate,
        rate,
        is_constant=_keeps(times, time_base, rate),
        is_variable=len(intervals) - len(regular) > len(intervals) * _TOLERATED,
    )


def is_same(rate: Fraction, other: Fraction) -> bool:
    """Tell whether two rates differ by no more than coarse timestamps explain."""
    return abs(rate - other) <= _EXACT * rate


def _unevenness(own_rate: Fraction, rate: Fraction) -> tuple[int, Fraction]:
    """Return how many frames become one, and how far that misses."""
    drop = round(own_rate / rate)
    return drop, abs(rate * drop - own_rate)


def _nearest(rate: Fraction) -> Fraction:
    return min(STANDARD_RATES, key=lambda standard: abs(standard - rate))


def _tolerance(usual: int, time_base: Fraction) -> int:
    """Return by how much a regular interval may differ from the usual one."""
    millisecond = 1 / (1000 * time_base)  # the resolution of Matroska and FLV
    return floor(max(usual * _REGULAR, millisecond))


def _keeps(times: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    # Whole numbers only: |time - k * step| <= step / 4, with step = over / under units of time_base.
    over, under = (1 / (rate * time_base)).as_integer_ratio()
    first = times[0]
    return all(4 * abs((time - first) * under - k * over) <= over for k, time in enumerate(times))
