"""A fault while people watch: what it did to them goes into the ledger, and must be nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urljoin

import httpx
from tests.support.audience import Audience
from tests.support.ledger import Entry
from tests.support.station import Station
from tests.support.waiting import eventually

from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist
from insta_stream.ticks import TICKS_PER_SECOND, from_nanoseconds

GONE_SECONDS = 60.0
"""A server that is away for longer counts as gone. How long it really takes depends on the machine."""


@asynccontextmanager
async def watched(station: Station, entry: Entry, *, may_stall: bool = False) -> AsyncIterator[Audience]:
    """Let an audience watch while the block does its worst; then judge what it saw and what is left.

    may_stall: the server is away for a while, so a player may run out of what it has loaded.
    """
    async with Audience(station.url) as audience:
        await audience.has_settled_in()
        audience.player.begin_measuring()
        yield audience
        violations, player = audience.violations, audience.player
        entry.violations += len(violations)
        entry.longest_gap = max(entry.longest_gap, player.longest_gap_seconds)
        entry.stalls += player.stalls
    eventually(lambda: not station.orphans(), 30)
    broken = station.broken_segments()
    entry.violations += len(broken)
    assert not violations, violations
    assert not broken, broken
    assert may_stall or not player.stalls, player


async def recovered(station: Station, began: float) -> float:
    """Wait until a playlist is served that is up to date; return how long that took, in seconds."""
    async with asyncio.timeout(GONE_SECONDS), httpx.AsyncClient(timeout=5) as client:
        while True:
            with suppress(httpx.TransportError):
                if await _is_up_to_date(client, f"{station.url}/stream/stream.m3u8"):
                    return time.monotonic() - began
            await asyncio.sleep(0.02)


async def _is_up_to_date(client: httpx.AsyncClient, url: str) -> bool:
    """Say whether the newest segment ended when the one before it would be replaced, or later."""
    entry = await client.get(url)
    if not entry.is_success:
        return False
    variants = parse(entry.text)
    assert isinstance(variants, MultivariantPlaylist)
    reply = await client.get(urljoin(url, variants.variants[0].uri))
    if not reply.is_success:
        return False
    playlist = parse(reply.text)
    assert isinstance(playlist, MediaPlaylist)
    last = playlist.segments[-1]
    assert last.date_time is not None
    age = from_nanoseconds(time.time_ns()) - last.date_time - last.duration
    return age < playlist.target_duration * TICKS_PER_SECOND * 3 // 2
