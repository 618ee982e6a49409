"""Time as whole numbers of one unit: 1/720,000 of a second.

The unit divides the frame times of 24, 25, 30, 50 and 60 frames per second and of their 1001 cousins,
90 kHz (MPEG-TS), 48 kHz (audio) and the millisecond, so sums never drift. Convert at the edges only.
Instants count from the Unix epoch; durations are differences of instants.
"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import NewType

Ticks = NewType("Ticks", int)

TICKS_PER_SECOND = 720_000
TICKS_PER_MILLISECOND = 720
TICKS_PER_90KHZ = 8
TICKS_PER_AUDIO_SAMPLE = 15
"""Ticks per sample at 48 kHz."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LATEST = Ticks(8000 * 365 * 86_400 * TICKS_PER_SECOND)
"""No instant is later, and no length longer: a date could not tell it."""


def seconds(value: float | Fraction) -> Ticks:
    """Return `value` seconds, rounded once to the nearest tick."""
    return Ticks(round(Fraction(value) * TICKS_PER_SECOND))


def to_fraction(value: Ticks) -> Fraction:
    """Return the exact number of seconds."""
    return Fraction(value, TICKS_PER_SECOND)


def to_seconds(value: Ticks) -> float:
    """Return seconds as a float, for display and for APIs; never calculate with it."""
    return value / TICKS_PER_SECOND


def from_nanoseconds(value: int) -> Ticks:
    """Return the tick that has begun at `value` nanoseconds (floor: an instant is not early)."""
    return Ticks(value * TICKS_PER_SECOND // 1_000_000_000)


def to_nanoseconds(instant: Ticks) -> int:
    """Return the first nanosecond that is not before an instant; `from_nanoseconds` undoes it."""
    return -(-instant * 1_000_000_000 // TICKS_PER_SECOND)


def to_datetime(instant: Ticks) -> datetime:
    """Return the UTC date and time of an instant, rounded once to the nearest microsecond."""
    microseconds = (instant * 1_000_000 + TICKS_PER_SECOND // 2) // TICKS_PER_SECOND
    return _EPOCH + timedelta(microseconds=microseconds)


def from_datetime(moment: datetime) -> Ticks:
    """Return the instant of an aware `moment`. Raises ValueError when it has no time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    return Ticks(microseconds * TICKS_PER_SECOND // 1_000_000)
