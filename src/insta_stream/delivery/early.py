"""Waiting for a playlist whose first segment is on its way.

A channel that starts again right after it was stopped has nothing to list for a moment. Players wait for an
answer, but most of them give up at a 503.
"""

import asyncio
from collections.abc import Awaitable, Callable

from insta_stream.clock import Clock
from insta_stream.delivery.page import Page
from insta_stream.delivery.view import Early
from insta_stream.ticks import Ticks, seconds, to_seconds

CLOCK_GRAIN_SECONDS = 0.005

HELD_SECONDS = 0.05
"""How often a request looks whether the edge goes on that is held; usually that takes milliseconds."""


async def listed(clock: Clock, look: Callable[[], Awaitable[Page]]) -> Page:
    """Return the playlist that `look` finds, once it lists something. Raises Refusal or Unknown."""
    began = clock.now()
    while True:
        try:
            return await look()
        except Early as early:
            wait = _until_listed(early, clock.now())
            if clock.now() + wait > began + early.patience:
                raise
        await asyncio.sleep(to_seconds(wait))


def _until_listed(early: Early, now: Ticks) -> Ticks:
    """Return after how long it is worth while to look again."""
    if early.listed_at is None or early.listed_at < now:
        return seconds(HELD_SECONDS)
    return Ticks(early.listed_at - now + seconds(CLOCK_GRAIN_SECONDS))
