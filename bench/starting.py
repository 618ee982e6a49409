"""From the call that starts a channel to the first complete answer: all its playlists, with segments.

And from the moment at which the server's worker is killed to the next answer.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from tests.support.server import RunningServer

from bench import clips, stations
from bench.figures import Figure, at_most

ROUNDS, KILLS = 20, 5


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield milliseconds; a channel of its own in each round, with the whole ladder."""
    clip = clips.copyable(scratch / "clip.mp4", 20)
    with stations.station(scratch / "data") as (server, client):
        videos = stations.package(client, clip)
        for number in range(ROUNDS):
            stations.add_channel(client, f"bench-{number}", videos)
        times = [_start(client, f"bench-{number}") for number in range(ROUNDS)]
        gaps = [_kill(server, stations.playlists(client, "bench-0")[0]) for _ in range(KILLS)]
    answered, complete = ([1000 * each[place] for each in times] for place in (0, 1))
    yield Figure.of("start is answered", "ms", answered)
    yield Figure.of("all five playlists list segments", "ms", complete, at_most(50))
    yield Figure.of("worker is killed: a playlist is answered again", "s", gaps, at_most(5))


def _start(client: httpx.Client, slug: str) -> tuple[float, float]:
    """Return the seconds until the start was answered, and until every playlist was there."""
    began = time.monotonic()
    stations.start(client, slug)
    answered = time.monotonic() - began
    for url in stations.playlists(client, slug):
        reply = client.get(url)
        if "#EXTINF" not in reply.text:
            raise RuntimeError(f"{url} lists nothing: {reply.status_code} {reply.text}")
    return answered, time.monotonic() - began


def _kill(server: RunningServer, playlist: str) -> float:
    """Kill the worker; return the seconds until the next one answers."""
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    began = time.monotonic()
    while True:
        time.sleep(0.01)
        try:
            if httpx.get(playlist, timeout=30).is_success and worker not in server.workers():
                return time.monotonic() - began
        except httpx.TransportError:
            continue
