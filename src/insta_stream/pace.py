"""How fast each of many may ask: so many times a minute, and as many at once after a minute of silence."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

MOST = 20_000
"""Of whom it is known how often they asked. Those who have not asked for longest are forgotten first, which
lets them ask anew.
"""

_MINUTE = 60.0


class Debts(Protocol):
    """Knows up to when each has spent what it may, in seconds that only rise."""

    def until(self, who: str) -> float:
        """Return up to when somebody has spent, 0.0 where nothing is known."""

    def note(self, who: str, until: float) -> None:
        """Let somebody have spent up to then."""


class OwnDebts:
    """Those that this process alone knows. most: of how many."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._until: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def until(self, who: str) -> float:
        """Return up to when somebody has spent, 0.0 where nothing is known."""
        return self._until.get(who, 0.0)

    def note(self, who: str, until: float) -> None:
        """Let somebody have spent up to then, and be the last to be forgotten."""
        self._until[who] = until
        self._until.move_to_end(who)
        if len(self._until) > self._most:
            self._until.popitem(last=False)


MakeDebts = Callable[[str], Debts]
"""Returns those of a purpose, of 16 letters at most."""


def own_debts(purpose: str) -> Debts:
    """Return those that this process alone knows."""
    del purpose
    return OwnDebts()


class Pace:
    """Counts. Call it from the event loop only.

    Each request puts off, by the time that one may take, the moment from which there is a whole minute to
    spend: one number for each who asks (the generic cell rate algorithm, ITU-T I.371).

    per_minute: at least 1. debts: those of all processes that count together. now: seconds that only rise.
    """

    def __init__(
        self, per_minute: int, debts: Debts | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_minute = per_minute
        self._each = _MINUTE / per_minute
        self._now = now
        self._debts = OwnDebts() if debts is None else debts

    def wait(self, who: str) -> int:
        """Take note of a request; return how many seconds are to pass before the next, 0 where it may be."""
        now, known = self._now(), self._debts.until(who)
        before = known if now < known <= now + _MINUTE else now  # beyond that it is of another start
        after = before + self._each
        if after > now + _MINUTE:
            self._debts.note(who, before)  # what is refused counts for nothing
            return math.ceil(after - now - _MINUTE)
        self._debts.note(who, after)
        return 0
