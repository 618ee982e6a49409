"""Waiting for what is only a matter of time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from insta_stream.errors import NotReady

T = TypeVar("T")

LONGEST_SECONDS = 120.0
PAUSE_SECONDS = 0.5


async def patiently(attempt: Callable[[], Awaitable[T]], *, but_for: str = "") -> T:
    """Return what `attempt` returns, trying again for a while as long as it raises NotReady.

    The first start of an installation makes the slate, and until then a channel on the air cannot take a
    video that still grows; somebody who has just sent a large file must not be told to send it again.
    but_for: the code of what is told at once.
    """
    deadline = asyncio.get_running_loop().time() + LONGEST_SECONDS
    while True:
        try:
            return await attempt()
        except NotReady as error:
            if error.code == but_for or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(PAUSE_SECONDS)
