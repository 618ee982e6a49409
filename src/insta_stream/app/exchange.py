"""The beat at which the processes of a machine tell each other how they are."""

import asyncio
from collections.abc import Callable, Sequence

EVERY_SECONDS = 1.0


async def exchange(parts: Sequence[Callable[[], None]]) -> None:
    """Let each part tell the other processes what is new, and hear them, for ever. A thread does it."""
    while True:
        await asyncio.to_thread(_tell, parts)
        await asyncio.sleep(EVERY_SECONDS)


def _tell(parts: Sequence[Callable[[], None]]) -> None:
    for tell in parts:
        tell()
