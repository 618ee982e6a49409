"""Python's garbage collector, kept from holding viewers up.

By itself it looks for cycles among what was made since its last look, as soon as more was made than has
vanished. Where each answer takes the place of an earlier one that hardly ever comes, and all that is new
piles up: with ten thousand watched channels 190,000 objects, and nobody is answered while it goes through
them. So it is told to look four times a second and more often where much is new, and what it has seen is set
aside (`gc.freeze`). That goes as ever when nobody refers to it; a cycle among it stays until all is looked
at, which is when there is twice as much, and that lasts.
"""

import asyncio
import gc
import sys
import time

import structlog

log = structlog.get_logger()

PERIOD_SECONDS = 0.25
SHORTEST_PERIOD_SECONDS = 0.02

LOOK_SECONDS = 0.002
"""No look shall take longer, since nobody is answered meanwhile: where one did, the next ones come sooner."""

GROWTH = 2.0
"""Ten thousand channels take half as much again when all have viewers, and that is no garbage."""

LEAST_GROWTH = 300_000
"""So many blocks of memory more, some 25 MB, are not worth a look at all, however few there were."""

MEASURING_SECONDS = 2.0
"""How often it is measured how much there is. With ten thousand channels that takes ten times as long as a
look at what is new.
"""

LASTING_SECONDS = 10.0
"""What takes memory for less than that, such as a long list on its way to a client, goes by itself."""


class Garbage:
    """Looks for garbage, a little at a time. kept: blocks of memory in use when all had been looked at."""

    def __init__(self) -> None:
        self.kept = 0
        self._grown_since: float | None = None

    def set_aside(self) -> None:
        """Take what there is for what stays."""
        _look()
        self.kept = sys.getallocatedblocks()  # takes 0.2 ms; to count the objects takes up to 60

    async def collect(self) -> None:
        """Look for ever."""
        period, measured_at = PERIOD_SECONDS, time.monotonic()
        while True:
            await asyncio.sleep(period)
            began = time.thread_time()
            _look()
            period = next_period(period, time.thread_time() - began)
            if time.monotonic() - measured_at >= MEASURING_SECONDS:
                measured_at = time.monotonic()
                self.look_at_all_where_it_has_grown()

    def look_at_all_where_it_has_grown(self) -> None:
        """Free what has piled up among what was set aside, where that has become much more for a while.

        Not sooner: it holds everybody up, and in a worker unshares what its supervisor loaded for all.
        """
        before, now = sys.getallocatedblocks(), time.monotonic()
        if before < max(GROWTH * self.kept, self.kept + LEAST_GROWTH):
            self._grown_since = None
            return
        if self._grown_since is None:
            self._grown_since = now
        if now - self._grown_since < LASTING_SECONDS:
            return
        self._grown_since = None
        gc.unfreeze()
        self.set_aside()
        log.info("all_garbage_collected", blocks=before, kept=self.kept)


def next_period(period: float, took: float) -> float:
    """Return in how many seconds to look again, after a period at whose end the look took so many."""
    wanted = period * LOOK_SECONDS / max(took, 1e-6)
    return min(max(wanted, SHORTEST_PERIOD_SECONDS), PERIOD_SECONDS)


def _look() -> None:
    gc.collect()
    gc.freeze()
