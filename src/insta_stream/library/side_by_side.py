"""Doing several things at once, all of them to the end or none."""

import asyncio
from collections.abc import Coroutine, Iterable


def cancel(task: asyncio.Task[None]) -> None:
    """Cancel a task, but not again while it winds up: it would no longer wait for what it has ended."""
    if not task.cancelling():
        task.cancel()


async def together(parts: Iterable[Coroutine[None, None, None]]) -> None:
    """Wait for all parts. When one fails, or this is cancelled, the others are cancelled and waited for.

    Raises what the first one raised, as it is; a TaskGroup would wrap it.
    """
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            cancel(task)
        await asyncio.gather(*tasks, return_exceptions=True)
