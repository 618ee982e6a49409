"""How fast each of many may ask: so many times a minute, and as many at once after a minute of silence."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

MOST = 20_000
"""Of whom it is known how often they asked. Those who have not asked for longest are forgotten first, which
lets them ask anew.
"""

_MINUTE = 60.0


class Pace:
    """Counts in this process alone. Call it from the event loop only.

    Each request puts off, by the time that one may take, the moment from which there is a whole minute to
    spend: one number for each who asks (the generic cell rate algorithm, ITU-T I.371).

    per_minute: at least 1. now: seconds that only rise.
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._each = _MINUTE / per_minute
        self._now = now
        self._spent_until: OrderedDict[str, float] = OrderedDict()

    def wait(self, who: str) -> int:
        """Take note of a request; return how many seconds are to pass before the next, 0 where it may be."""
        now, known = self._now(), self._spent_until
        before = max(now, known.pop(who, now))
        after = before + self._each
        if after > now + _MINUTE:
            known[who] = before  # what is refused counts for nothing
            return math.ceil(after - now - _MINUTE)
        known[who] = after
        if len(known) > MOST:
            known.popitem(last=False)
        return 0
