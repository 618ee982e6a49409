"""What a look at one part of the server found, and since when it has been so."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from insta_stream.ticks import Ticks

State = Literal["ok", "degraded", "starting", "failing"]
"""degraded: it goes on, but somebody should look. starting: send no viewer here yet; it is a matter of
time, and nobody need look. failing: send no viewer here.
"""

_WORST_LAST: tuple[State, ...] = ("ok", "degraded", "starting", "failing")


@dataclass(frozen=True, slots=True)
class Finding:
    """message: what is so, a sentence. remedy: what to do about it, a sentence; "" where nothing need be."""

    state: State
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A finding about the part called `name`. since: when its state became what it is."""

    name: str
    finding: Finding
    since: Ticks


Probe = Callable[[], Awaitable[Finding]]
"""Looks at one part; where it raises, the part is failing."""


def worst(checks: tuple[Check, ...]) -> State:
    """Return the state of the whole; before the first look nobody knows whether it works."""
    return max((check.finding.state for check in checks), key=_WORST_LAST.index, default="starting")
