"""Several workers on one socket and one data folder: what each further one brings, and what it takes.

Client and servers share two cores here, so the rates of two workers are held down by whoever asks; the
processor time of each request says what as many cores of their own would bring.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import httpx
from tests.support.pinned import connections, get
from tests.support.server import RunningServer
from tests.support.waiting import eventually

from bench import clips, stations
from bench.clients import Peer, load, nginx
from bench.figures import TIMES, Figure, at_least, at_most, ratios
from bench.playlists import compared
from bench.process import CORES, memory_mib, need, need_cores, on_cores

SECONDS = 2
CONNECTIONS = (32, 1_000)
EDITS = 50
HORIZON_SECONDS = 1.0


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield rates, processor times, memory, and how soon one worker shows an edit of another."""
    need("nginx", "wrk")
    need_cores()
    clip = clips.copyable(scratch / "clip.mp4", 30)
    with ExitStack() as stack:
        one, two, three = (_on_air(scratch / f"{n}", clip, n, stack) for n in (1, 2, 3))
        yield from _memory(*(server for server, _ in (one, two, three)))
        root = scratch / "www"
        root.mkdir()
        (root / "list.m3u8").write_bytes(
            httpx.get(two[1].url, headers={"accept-encoding": "identity"}).content
        )
        other = stack.enter_context(nginx(scratch / "nginx", root, "list.m3u8", processes=2, cores=CORES))
        peers = {"one": one[1], "two": two[1], "nginx": other}
        for count in CONNECTIONS:
            yield from _rates(peers, count)
        with connections(two[0].url, two[0].workers()) as found:
            yield from _edits(*found.values())


def _on_air(data: Path, clip: Path, workers: int, stack: ExitStack) -> tuple[RunningServer, Peer]:
    """Return a server with so many workers, and its playlist."""
    with on_cores(CORES):
        station = stations.station(data, "--rungs", "720p", "--workers", f"{workers}")
        server, client = stack.enter_context(station)
    eventually(lambda: len(server.workers()) == workers)
    stations.add_channel(client, "bench", stations.package(client, clip))
    stations.start(client, "bench")
    return server, Peer(stations.playlists(client, "bench")[0], server.process.pid)


def _memory(*servers: RunningServer) -> Iterator[Figure]:
    """servers: with one worker more each."""
    first, *_, last = (memory_mib(server.process.pid) for server in servers)
    further = (last - first) / (len(servers) - 1)
    yield Figure.of("a server with one worker", "MiB", first)
    yield Figure.of("each further worker", "MiB", further)
    yield Figure.of("each further worker, of a server with one", TIMES, further / first, at_most(0.5))


def _rates(peers: dict[str, Peer], count: int) -> Iterator[Figure]:
    found = compared(peers, partial(load, seconds=SECONDS, connections=count, cores=CORES))
    rates = {name: [each.rate for each in rounds] for name, rounds in found.items()}
    costs = {name: [each.micros for each in rounds] for name, rounds in found.items()}
    among = f"{count:,} connections"
    yield Figure.of(f"one worker, {among}", "requests/s", rates["one"])
    yield Figure.of(f"two workers, {among}", "requests/s", rates["two"])
    yield Figure.of(f"nginx with two processes, {among}", "requests/s", rates["nginx"])
    yield Figure.of(f"two workers of one, {among}, requests/s", TIMES, ratios(rates["two"], rates["one"]))
    yield Figure.of(
        f"two workers of one, {among}, requests per second on two cores of their own",
        TIMES,
        [2 * each for each in ratios(costs["one"], costs["two"])],
        at_least(1.8),
    )
    yield Figure.of(f"two workers of nginx, {among}, requests/s", TIMES, ratios(rates["two"], rates["nginx"]))
    yield Figure.of(
        f"two workers of nginx, {among}, requests per second of processor",
        TIMES,
        ratios(costs["nginx"], costs["two"]),
        at_least(1.0),
    )


def _edits(maker: HTTPConnection, other: HTTPConnection) -> Iterator[Figure]:
    """Edit with one worker, and ask the other until it shows that."""
    took = [_seconds_until_shown(maker, other, f"Title {number}") for number in range(EDITS)]
    name = "an edit of one worker shown by the other"
    yield Figure.of(name, "ms", [1e3 * each for each in took])
    yield Figure.of(f"{name}, the slowest of {EDITS}", "ms", 1e3 * max(took), at_most(1e3 * HORIZON_SECONDS))


def _seconds_until_shown(maker: HTTPConnection, other: HTTPConnection, title: str) -> float:
    body = json.dumps({"title": title})
    maker.request("PATCH", "/api/channels/bench", body, {"content-type": "application/json"})
    maker.getresponse().read()
    begun = time.monotonic()
    while json.loads(get(other, "/api/channels/bench"))["data"]["title"] != title:
        time.sleep(0.001)
    return time.monotonic() - begun
