"""Segments of 1 MB against nginx: the same bytes, one core for each server, one for the client."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import stations
from bench.clients import UNCORKED, Peer, load, nginx
from bench.figures import TIMES, Figure, at_least, ratios
from bench.playlists import compared, figures
from bench.process import SERVER_CORE, need, need_cores, on_core

SECONDS, CONNECTIONS = 2, 16
SIZE = 1 << 20
ADDRESS = f"{'ab' * 16}/720p/0.ts"


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield rates and processor times."""
    need("nginx", "wrk")
    need_cores()
    data = scratch / "data"
    file = data / "stream" / ADDRESS
    with ExitStack() as stack:
        with on_core(SERVER_CORE):
            server, _ = stack.enter_context(stations.station(data, "--rungs", "240p"))
        file.parent.mkdir(parents=True)  # not before: such a folder would be of another installation
        file.write_bytes(secrets.token_bytes(SIZE))
        peers = {
            "ours": Peer(f"{server.url}/media/{ADDRESS}", server.process.pid),
            "nginx": stack.enter_context(nginx(scratch / "ordinary", data / "stream", ADDRESS)),
            "uncorked": stack.enter_context(nginx(scratch / "uncorked", data / "stream", ADDRESS, UNCORKED)),
        }
        found = compared(peers, partial(load, seconds=SECONDS, connections=CONNECTIONS))
    yield from figures(found, at_least(1.0))
    ours, uncorked = found["ours"], found["uncorked"]
    rates = ratios([each.rate for each in ours], [each.rate for each in uncorked])
    yield Figure.of("ours of nginx without tcp_nopush, requests/s", TIMES, rates)
    yield Figure.of(
        "nginx without tcp_nopush, processor per request", "µs", [each.micros for each in uncorked]
    )
