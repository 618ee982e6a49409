"""Python's garbage collector, kept from holding viewers up.

By itself it looks for cycles among what was made since its last look, as soon as more was made than has
vanished. Where each answer takes the place of an earlier one that hardly ever comes, and all that is new
piles up: with ten thousand watched channels 190,000 objects, and nobody is answered while it goes through
them. So it is told to look four times a second, at the little that is new, and what it has seen is set aside
(`gc.freeze`). That goes as ever when nobody refers to it; a cycle among it stays until all is looked at,
which is when there is half as much again.
"""

import asyncio
import gc
import sys

import structlog

log = structlog.get_logger()

PERIOD_SECONDS = 0.25

GROWTH = 1.5
LEAST_GROWTH = 300_000
"""So many blocks of memory more, some 25 MB, are not worth a look at all, however few there were."""


class Garbage:
    """Looks for garbage, a little at a time. kept: blocks of memory in use when all had been looked at."""

    def __init__(self) -> None:
        self.kept = 0

    def set_aside(self) -> None:
        """Take what there is for what stays."""
        _look()
        self.kept = sys.getallocatedblocks()  # takes 0.1 ms; to count the objects takes up to 60

    async def collect(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(PERIOD_SECONDS)
            _look()
            self.look_at_all_where_it_has_grown()

    def look_at_all_where_it_has_grown(self) -> None:
        """Free what has piled up among what was set aside, where that has become much more.

        Not sooner: it holds everybody up, and in a worker unshares what its supervisor loaded for all.
        """
        before = sys.getallocatedblocks()
        if before < max(GROWTH * self.kept, self.kept + LEAST_GROWTH):
            return
        gc.unfreeze()
        self.set_aside()
        log.info("all_garbage_collected", blocks=before, kept=self.kept)


def _look() -> None:
    gc.collect()
    gc.freeze()
