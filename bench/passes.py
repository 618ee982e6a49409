"""What it costs that not everybody may watch: playlists and segments by a link, and those of a public channel
beside it, against a server where there are neither people nor links.

Two servers that do the same differ by a tenth and more, for as long as they live: so there are several of
each.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx

from bench import clips, signins, stations
from bench.clients import Peer, load
from bench.figures import TIMES, Figure, at_most, ratios
from bench.playlists import compared
from bench.process import SERVER_CORE, need, need_cores, on_core

SECONDS, CONNECTIONS = 1, 32
SERVERS = 4
"""Of each kind, one after the other."""

_Costs = dict[str, dict[str, list[float]]]


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield ratios of processor time for a request."""
    need("wrk")
    need_cores()
    clip = clips.copyable(scratch / "clip.mp4", 20)
    costs: _Costs = {what: {"free": [], "public": [], "link": []} for what in ("playlist", "segment")}
    for number in range(SERVERS):
        with ExitStack() as stack:
            free, (public, by_link) = (
                _playing(scratch / f"{name}-{number}", clip, stack, name) for name in ("free", "shut")
            )
            peers = {"free": free[0], "public": public, "link": by_link}
            _measure(peers, costs["playlist"])
            _measure({name: _segment(peer) for name, peer in peers.items()}, costs["segment"])
    for what, each in costs.items():
        yield from _figures(what, each)


def _measure(peers: dict[str, Peer], costs: dict[str, list[float]]) -> None:
    found = compared(peers, partial(load, seconds=SECONDS, connections=CONNECTIONS))
    for name, rounds in found.items():
        costs[name] += [each.micros for each in rounds]


def _figures(what: str, costs: dict[str, list[float]]) -> Iterator[Figure]:
    yield Figure.of(f"{what}, processor", "µs", costs["free"])
    beside = ratios(costs["public"], costs["free"])
    yield Figure.of(f"public {what} beside people and links, to that without", TIMES, beside, at_most(1.02))
    with_link = ratios(costs["link"], costs["free"])
    yield Figure.of(f"{what} by a link, to that without", TIMES, with_link, at_most(1.15))
    same_server = ratios(costs["link"], costs["public"])
    yield Figure.of(f"{what} by a link, to a public one of the same server", TIMES, same_server)


def _playing(data: Path, clip: Path, stack: ExitStack, name: str) -> list[Peer]:
    """Return the playlists of a server: of a public channel, and by a link, of one that is not."""
    with on_core(SERVER_CORE):
        server, client = stack.enter_context(stations.station(data, "--rungs", "720p"))
    videos = stations.package(client, clip)
    if name == "shut":
        signins.add_admin(client)
    stations.add_channel(client, "bench", videos)
    stations.start(client, "bench")
    peers = [Peer(stations.playlists(client, "bench")[0], server.process.pid)]
    if name == "shut":
        stations.add_channel(client, "kids", videos, playback="link")
        stations.start(client, "kids")
        link = stations.data(client.post("/api/channels/kids/links", json={"label": "bench"}))
        peers.append(Peer(stations.playlists(client, "kids", link["folder"])[0], server.process.pid))
    return peers


def _segment(playlist: Peer) -> Peer:
    """Return the first segment of a playlist, which stays available for the while of a measurement."""
    lines = httpx.get(playlist.url).raise_for_status().text.splitlines()
    uri = next(line for line in lines if line and not line.startswith("#"))
    return Peer(str(httpx.URL(playlist.url).join(uri)), playlist.pid)
