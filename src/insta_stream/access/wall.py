"""What the machine's clock shows. Whatever ends for people ends by it, and not by the clock that channels go
by, which may be far ahead.
"""

import time

from insta_stream.ticks import Ticks, from_nanoseconds


def wall_clock() -> Ticks:
    """Return the present instant."""
    return from_nanoseconds(time.time_ns())
