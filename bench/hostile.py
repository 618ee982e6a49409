"""Strangers who mean harm to a server that people sign in to, and viewers meanwhile.

    python -m bench.hostile URL KIND SECONDS        does harm, and prints what became of its connections

None of them has shown anything. They go on for as long as is measured, each kind by itself.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.server import RunningServer

from bench import clips
from bench.figures import TIMES, Figure, at_most, percentile
from bench.process import cpu_seconds, memory_mib
from bench.signins import add_admin, on_air, poll

SECONDS = 10.0
ROUNDS = 3
SLOW_CLIENTS = 2000
HEADS_PER_SECOND = 100
BODIES_PER_SECOND = 20
PIECE = 16 * 1024

_ENDLESS_HEAD = b"GET /api/channels HTTP/1.1\r\nHost: 127.0.0.1\r\n"
_ENDLESS_BODY = (
    b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
_CHUNK = b"%x\r\n%b\r\n" % (PIECE, b" " * PIECE)

_Harm = Callable[[str, int, float, Counter[str]], Coroutine[Any, Any, None]]


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield what viewers notice of each kind, and what it costs in memory."""
    clip = clips.copyable(scratch / "clip.mp4", 20)
    with ExitStack() as stack:
        server, client, playlist = on_air(scratch / "data", clip, stack, "--rungs", "720p")
        add_admin(client)
        for name, text in KINDS.items():
            yield from _figures(server, playlist, name, text)


@dataclass(frozen=True, slots=True)
class _Round:
    """quiet, disturbed: seconds that a playlist takes, 99 of a hundred. share: of a core, in per cent."""

    quiet: float
    disturbed: float
    share: float
    more_mib: float
    said: dict[str, int]


def _round(server: RunningServer, playlist: str, name: str) -> _Round:
    quiet = percentile(poll(playlist, SECONDS), 0.99)
    pid = server.process.pid
    before = memory_mib(pid)
    command = [sys.executable, "-m", "bench.hostile", server.url, name, str(SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as harm:
        assert harm.stdout is not None
        harm.stdout.readline()  # all are there
        used, began = cpu_seconds(pid), time.monotonic()
        disturbed = percentile(poll(playlist, SECONDS), 0.99)
        share = 100 * (cpu_seconds(pid) - used) / (time.monotonic() - began)
        more = memory_mib(pid) - before
        return _Round(quiet, disturbed, share, more, json.loads(harm.stdout.read()))


def _figures(server: RunningServer, playlist: str, name: str, text: str) -> Iterator[Figure]:
    rounds = [_round(server, playlist, name) for _ in range(ROUNDS)]
    yield Figure.of(f"{text}: connections", "", [each.said["opened"] for each in rounds])
    yield Figure.of(f"{text}: hung up on", "", [each.said["ended"] for each in rounds])
    yield Figure.of(f"{text}: quiet, playlist, 99 %", "ms", [1000 * each.quiet for each in rounds])
    yield Figure.of(f"{text}: meanwhile, playlist, 99 %", "ms", [1000 * each.disturbed for each in rounds])
    ratios = [each.disturbed / each.quiet for each in rounds]
    yield Figure.of(f"{text}: meanwhile, to that when quiet", TIMES, ratios, at_most(2))
    yield Figure.of(f"{text}: processor of the server", "% of a core", [each.share for each in rounds])
    yield Figure.of(
        f"{text}: memory, more than before", "MiB", [each.more_mib for each in rounds], at_most(100)
    )


async def trickle(host: str, port: int, seconds: float, counts: Counter[str]) -> None:
    """Send a head that never ends, a byte a second, from very many clients at once."""
    clients = [await _opened(host, port, counts) for _ in range(SLOW_CLIENTS)]
    for _, writer in clients:
        writer.write(_ENDLESS_HEAD)
    print("ready", flush=True)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for number, (reader, writer) in enumerate(clients):
            if reader.at_eof() or writer.is_closing():
                counts["ended"] += 1
                writer.close()
                clients[number] = await _opened(host, port, counts)
            else:
                writer.write(b"x")
        await asyncio.sleep(1)


async def heads(host: str, port: int, seconds: float, counts: Counter[str]) -> None:
    """Send heads without end, as fast as they are taken, from many new clients a second."""
    headers = b"".join(b"x-%d: %b\r\n" % (number, b"a" * 1000) for number in range(16))
    await _at_a_pace(HEADS_PER_SECOND, seconds, lambda: _flood(host, port, _ENDLESS_HEAD, headers, counts))


async def bodies(host: str, port: int, seconds: float, counts: Counter[str]) -> None:
    """Send bodies without end, as fast as they are taken, from some new clients a second."""
    await _at_a_pace(BODIES_PER_SECOND, seconds, lambda: _flood(host, port, _ENDLESS_BODY, _CHUNK, counts))


HARMS: Mapping[str, _Harm] = {"trickle": trickle, "heads": heads, "bodies": bodies}
KINDS = {
    "trickle": f"{SLOW_CLIENTS:,} clients, a byte a second of a head each",
    "heads": f"{HEADS_PER_SECOND} endless heads a second",
    "bodies": f"{BODIES_PER_SECOND} endless bodies a second",
}


async def _at_a_pace(per_second: int, seconds: float, one: Callable[[], Coroutine[Any, Any, None]]) -> None:
    print("ready", flush=True)
    ends = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        while time.monotonic() < ends:
            group.create_task(one())
            await asyncio.sleep(1 / per_second)


async def _flood(host: str, port: int, head: bytes, piece: bytes, counts: Counter[str]) -> None:
    """Send pieces until the server hangs up."""
    _, writer = await _opened(host, port, counts)
    with suppress(ConnectionError):
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
    counts["ended"] += 1
    writer.close()


async def _opened(
    host: str, port: int, counts: Counter[str]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    counts["opened"] += 1
    return await asyncio.open_connection(host, port)


async def do(url: str, kind: str, seconds: float) -> Counter[str]:
    """Do harm for a while; return how many connections were opened, and on how many the server hung up."""
    counts: Counter[str] = Counter(opened=0, ended=0)
    where = urlsplit(url)
    assert where.hostname is not None
    assert where.port is not None
    await HARMS[kind](where.hostname, where.port, seconds, counts)
    return counts


if __name__ == "__main__":
    os.nice(10)  # strangers have machines of their own
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 2 * SLOW_CLIENTS), most))
    print(json.dumps(asyncio.run(do(sys.argv[1], sys.argv[2], float(sys.argv[3])))))
