"""What it costs that not everybody may watch: playlists and segments by a link, and those of a public channel
beside it, against a server where there are neither people nor links.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx

from bench import clips, signins, stations
from bench.clients import Load, Peer, load
from bench.figures import TIMES, Figure, at_most, ratios
from bench.playlists import compared
from bench.process import SERVER_CORE, need, need_cores, on_core

SECONDS, CONNECTIONS = 2, 32


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield ratios of processor time for a request."""
    need("wrk")
    need_cores()
    clip = clips.copyable(scratch / "clip.mp4", 20)
    with ExitStack() as stack:
        free, (public, by_link) = (_playing(scratch / name, clip, stack, name) for name in ("free", "shut"))
        yield from _compared("playlist", free[0], public, by_link)
        yield from _compared("segment", *map(_segment, (free[0], public, by_link)))


def _compared(what: str, free: Peer, public: Peer, by_link: Peer) -> Iterator[Figure]:
    peers = {"free": free, "public": public, "link": by_link}
    found = compared(peers, partial(load, seconds=SECONDS, connections=CONNECTIONS))
    costs = {name: _costs(rounds) for name, rounds in found.items()}
    yield Figure.of(f"{what}, processor", "µs", costs["free"])
    beside = ratios(costs["public"], costs["free"])
    yield Figure.of(f"public {what} beside people and links, to that without", TIMES, beside, at_most(1.02))
    with_link = ratios(costs["link"], costs["free"])
    yield Figure.of(f"{what} by a link, to that without", TIMES, with_link, at_most(1.15))


def _costs(rounds: list[Load]) -> list[float]:
    return [each.micros for each in rounds]


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
