"""HTTPS that the server speaks itself, against plain HTTP: a playlist, a segment, handshakes."""

import re
import secrets
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.support.certificates import make

from bench import clips, stations
from bench.clients import Load, Peer, load
from bench.figures import TIMES, Figure, ratios
from bench.playlists import compared
from bench.process import CLIENT_CORE, SERVER_CORE, cpu_seconds, need, need_cores, on_core
from bench.segments import ADDRESS, SIZE

SECONDS, ROUNDS = 2, 3
PLAYLIST_CONNECTIONS, SEGMENT_CONNECTIONS = 32, 16


@dataclass(frozen=True, slots=True)
class _Pair:
    """A server that has one playlist and one segment."""

    playlist: Peer
    segment: Peer


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield rates and processor times over both, and what a handshake costs."""
    need("wrk", "openssl")
    need_cores()
    clip = clips.copyable(scratch / "clip.mp4", 30)
    made = make(scratch, "certificate")
    trust = ssl.create_default_context(cafile=made.certificate)
    flags = ("--tls-certificate", str(made.certificate), "--tls-key", str(made.key))
    with ExitStack() as stack:
        plain = _on_air(scratch / "plain", clip, stack)
        secure = _on_air(scratch / "secure", clip, stack, *flags, trust=trust)
        for name, peers, connections in (
            ("playlist", (plain.playlist, secure.playlist), PLAYLIST_CONNECTIONS),
            ("segment of 1 MB", (plain.segment, secure.segment), SEGMENT_CONNECTIONS),
        ):
            named = dict(zip(("plain", "secure"), peers, strict=True))
            ask = partial(load, seconds=SECONDS, connections=connections)
            yield from _figures(name, compared(named, ask))
        yield from _handshakes(secure.playlist)


def _on_air(
    data: Path, clip: Path, stack: ExitStack, *flags: str, trust: ssl.SSLContext | None = None
) -> _Pair:
    with on_core(SERVER_CORE):
        station = stations.station(data, "--rungs", "720p", *flags, trust=trust)
        server, client = stack.enter_context(station)
    stations.add_channel(client, "bench", stations.package(client, clip))
    stations.start(client, "bench")
    file = data / "stream" / ADDRESS
    file.parent.mkdir(parents=True)
    file.write_bytes(secrets.token_bytes(SIZE))
    pid = server.process.pid
    playlist = stations.playlists(client, "bench")[0]
    return _Pair(Peer(playlist, pid), Peer(f"{server.url}/media/{ADDRESS}", pid))


def _figures(name: str, found: dict[str, list[Load]]) -> Iterator[Figure]:
    plain, secure = found["plain"], found["secure"]
    yield Figure.of(f"{name}: plain", "requests/s", [each.rate for each in plain])
    yield Figure.of(f"{name}: over TLS", "requests/s", [each.rate for each in secure])
    yield Figure.of(f"{name}: plain, processor per request", "µs", [each.micros for each in plain])
    yield Figure.of(f"{name}: over TLS, processor per request", "µs", [each.micros for each in secure])
    costs = ratios([each.micros for each in secure], [each.micros for each in plain])
    yield Figure.of(f"{name}: over TLS of plain, processor per request", TIMES, costs)


def _handshakes(peer: Peer) -> Iterator[Figure]:
    """Yield what new connections cost, one after the other."""
    found = [_shake_hands(peer) for _ in range(ROUNDS)]
    yield Figure.of("handshakes of one client", "1/s", [each.rate for each in found])
    yield Figure.of("handshake, processor", "µs", [each.micros for each in found])


def _shake_hands(peer: Peer) -> Load:
    where = peer.url.split("/")[2]
    before = cpu_seconds(peer.pid)
    command = ["openssl", "s_time", "-connect", where, "-new", "-time", str(SECONDS)]
    with on_core(CLIENT_CORE):
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(peer.pid) - before
    found = re.search(r"(\d+) connections in (\d+) real seconds", said)
    if found is None or found[1] == "0":
        raise RuntimeError(f"openssl s_time said something else than usual:\n{said}")
    number = int(found[1])
    return Load(number / SECONDS, used / number * 1e6)
