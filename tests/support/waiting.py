"""Waiting for what nobody announces: other processes, files, servers."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

LONG = 150.0
"""Seconds: what a machine under heavy load may need. Only a failure waits so long."""

T = TypeVar("T")


async def until(is_so: Callable[[], bool], seconds: float = LONG) -> None:
    """Let the event loop run until something is so."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - files and processes set no event
            await asyncio.sleep(0.01)


def eventually(ask: Callable[[], T | None], within_seconds: float = LONG) -> T:
    """Return the first answer that is neither None nor False."""
    deadline = time.monotonic() + within_seconds
    while True:
        if (answer := ask()) is not None and answer is not False:
            return answer
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
