"""Playlists against nginx: the same bytes, one core for each server, one for the client."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx

from bench import clips, stations
from bench.clients import TUNED, Load, Peer, load, nginx
from bench.figures import TIMES, Figure, Target, at_least, ratios
from bench.process import SERVER_CORE, need, need_cores, on_core

ROUNDS, SECONDS, CONNECTIONS = 5, 2, 32


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield rates and processor times."""
    need("nginx", "wrk")
    need_cores()
    with ExitStack() as stack:
        clip = clips.copyable(scratch / "clip.mp4", 30)
        with on_core(SERVER_CORE):
            station = stations.station(scratch / "data", "--rungs", "720p")
            server, client = stack.enter_context(station)
        videos = stations.package(client, clip)
        stations.add_channel(client, "bench", videos)
        stations.start(client, "bench")
        url = stations.playlists(client, "bench")[0]
        (root := scratch / "www").mkdir()
        (root / "list.m3u8").write_bytes(httpx.get(url, headers={"accept-encoding": "identity"}).content)
        file = partial(nginx, root=root, name="list.m3u8")
        peers = {
            "ours": Peer(url, server.process.pid),
            "nginx": stack.enter_context(file(scratch / "ordinary")),
            "tuned": stack.enter_context(file(scratch / "tuned", extra=TUNED)),
            "logging": stack.enter_context(
                file(scratch / "logging", extra=f"tcp_nopush on; access_log {scratch}/access.log;")
            ),
        }
        found = compared(peers, partial(load, seconds=SECONDS, connections=CONNECTIONS))
    yield from figures(found, at_least(0.5))
    rates = {name: [each.rate for each in rounds] for name, rounds in found.items()}
    yield Figure.of("nginx with open_file_cache, of nginx", TIMES, ratios(rates["tuned"], rates["nginx"]))
    yield Figure.of("nginx with its access log, of nginx", TIMES, ratios(rates["logging"], rates["nginx"]))


def compared(peers: dict[str, Peer], ask: Callable[[Peer], Load]) -> dict[str, list[Load]]:
    """Return what the peers did in rounds that take turns; what comes before the first is not counted."""
    found: dict[str, list[Load]] = {name: [] for name in peers}
    for number in range(ROUNDS + 1):
        for name, peer in peers.items():
            result = ask(peer)
            if number > 0:
                found[name].append(result)
    return found


def figures(found: dict[str, list[Load]], target: Target) -> Iterator[Figure]:
    """Yield our figures, nginx's, and how they compare."""
    ours, others = found["ours"], found["nginx"]
    yield Figure.of("ours", "requests/s", [each.rate for each in ours])
    yield Figure.of("nginx", "requests/s", [each.rate for each in others])
    rates = ratios([each.rate for each in ours], [each.rate for each in others])
    yield Figure.of("ours of nginx, requests/s", TIMES, rates, target)
    yield Figure.of("ours, processor per request", "µs", [each.micros for each in ours])
    yield Figure.of("nginx, processor per request", "µs", [each.micros for each in others])
    costs = ratios([each.micros for each in others], [each.micros for each in ours])
    yield Figure.of("ours of nginx, requests per second of processor", TIMES, costs, target)
