"""Channels on air, up to ten thousand: what they cost while nobody watches, and how fast each answers.

A real server on a real data folder. The channels are put into its database while it is down, by its own
services, in a process of its own.

    python -m bench.crowd DATA FIRST STOP       adds channels FIRST to STOP - 1 to a data folder
"""

import asyncio
import http.client
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from tests.support.libraries import open_library
from tests.support.server import RunningServer, running

from bench import clips, stations, watching
from bench.figures import Figure, at_most, percentile
from bench.process import cpu_seconds, memory_mib
from insta_stream.channels import channels
from insta_stream.channels.defaults import Defaults
from insta_stream.channels.playlist import PlaylistManager
from insta_stream.channels.stream import StreamManager
from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.ids import ChannelSlug
from insta_stream.media.ladder import RUNGS
from insta_stream.storage.fence import Fence
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.reserve import Reserve
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

COUNTS = (1, 100, 1_000, 10_000)
IDLE_SECONDS, LONG_IDLE_SECONDS = 15.0, 65.0
"""The long one holds one of the tidyings that come every minute."""

ENTRIES = 10
RUNG = "240p"
DEFAULTS = Defaults((RUNGS[RUNG],), window_seconds=60, target_seconds=2, horizon=Ticks(TICKS_PER_SECOND))


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield costs by number of channels."""
    data = scratch / "data"
    films = [clips.foreign(scratch / f"film-{number}.mp4", 10 + number) for number in range(3)]
    with stations.station(data, "--rungs", RUNG) as (_, client):
        stations.package(client, *films)
    present = 0
    for count in COUNTS:
        command = [sys.executable, "-m", "bench.crowd", str(data), str(present), str(count)]
        subprocess.run(command, check=True)
        present = count
        began = time.monotonic()
        with running(data, *stations.SMALL, "--rungs", RUNG) as server:
            is_most = count == COUNTS[-1]
            yield Figure.of(f"{count:,} channels: start of the server", "s", time.monotonic() - began)
            yield from _figures(server, count, is_most=is_most)


def _figures(server: RunningServer, count: int, *, is_most: bool) -> Iterator[Figure]:
    pid = server.process.pid
    time.sleep(3)  # what a start leaves to do is no part of idling
    seconds = LONG_IDLE_SECONDS if is_most else IDLE_SECONDS
    used, began = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    share = 100 * (cpu_seconds(pid) - used) / (time.monotonic() - began)
    yield Figure.of(f"{count:,} channels: idle", "% of a core", share, at_most(1) if is_most else None)
    memory = memory_mib(pid)
    yield Figure.of(f"{count:,} channels: memory", "MiB", memory, at_most(286) if is_most else None)
    times = _latencies(server.url, count)
    for share_of_all, name in ((0.5, "median"), (0.99, "99 %"), (1.0, "slowest")):
        found = 1000 * percentile(times, share_of_all)
        yield Figure.of(f"{count:,} channels: playlist of each once, {name}", "ms", found)
    if is_most:
        yield from watching.measure(server.url, count)


def _latencies(url: str, count: int) -> list[float]:
    """Ask every channel for its entry and its playlist, one by one; return the seconds of the latter."""
    times = []
    with closing(http.client.HTTPConnection(urlsplit(url).netloc)) as connection:
        for number in range(count):
            folder = f"/stream/channel-{number}"
            entry = watching.ask(connection, f"{folder}/stream.m3u8").decode()
            uri = entry.splitlines()[-1]
            began = time.monotonic()
            text = watching.ask(connection, f"{folder}/{uri}")
            times.append(time.monotonic() - began)
            if b"#EXTINF" not in text:
                raise RuntimeError(f"channel-{number} lists nothing")
    return times


async def fill(data: Path, first: int, stop: int) -> None:
    """Add channels that play the library's videos by turns, and put them on the air."""
    clock = Clock()
    async with open_library(data, ladder=DEFAULTS.rungs) as library:
        database = Database(DataFolder.under(data).database)
        folder = DataFolder.under(data)
        parts = await channels.opened(database, Fence(folder.fence), library, clock, DEFAULTS)
        playlists = PlaylistManager(parts.shown, parts.editor, library, clock)
        streams = StreamManager(parts.shown, parts.editor, playlists, clock, Reserve(folder.reserve))
        films = [video.id for video in library.videos()]
        for number in range(first, stop):
            slug = ChannelSlug(f"channel-{number}")
            await parts.registry.create(slug, f"Channel {number}")
            await playlists.add(slug, [films[(number + place) % len(films)] for place in range(ENTRIES)])
            await streams.start(slug)
        await database.close()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    os.nice(5)
    asyncio.run(fill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
