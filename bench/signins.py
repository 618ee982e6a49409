"""Signing in, and viewers meanwhile: two hundred strangers a second guess names and passwords.

Each comes from an address of its own, as a proxy that is trusted tells: so no pause for an address or a pair
of name and address turns them away, and every place among those who sign in is taken all the time.

    python -m bench.signins URL SECONDS        guesses, and prints how many were answered with which status
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from tests.support.server import RunningServer

from bench import clips, stations
from bench.figures import TIMES, Figure, at_most, percentile
from bench.process import memory_mib

SECONDS = 20.0
POLLS_PER_SECOND = 50
GUESSES_PER_SECOND = 200
SIGN_INS, ROUNDS = 5, 3

_NAME, _TYPED = "anna", "correct horse battery"


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield what viewers notice of people who sign in, and of strangers who try to."""
    clip = clips.copyable(scratch / "clip.mp4", 20)
    with ExitStack() as stack:
        server, client, playlist = on_air(scratch / "data", clip, stack, "--trust-forwarded")
        add_admin(client)
        yield Figure.of("signing in", "ms", [1000 * _sign_in(server) for _ in range(SIGN_INS)])
        yield from _figures([_flooded(server, playlist) for _ in range(ROUNDS)])


@dataclass(frozen=True, slots=True)
class _Round:
    """quiet, flooded: seconds that a playlist takes, 99 of a hundred. answered: guesses in a second."""

    quiet: float
    flooded: float
    answered: float
    more_mib: float


def _flooded(server: RunningServer, playlist: str) -> _Round:
    quiet = percentile(poll(playlist, SECONDS), 0.99)
    before = memory_mib(server.process.pid)
    command = [sys.executable, "-m", "bench.signins", server.url, str(SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flood:
        flooded = percentile(poll(playlist, SECONDS), 0.99)
        more = memory_mib(server.process.pid) - before
        said, _ = flood.communicate()
    return _Round(quiet, flooded, sum(json.loads(said).values()) / SECONDS, more)


def _figures(rounds: list[_Round]) -> Iterator[Figure]:
    yield Figure.of("quiet: playlist, 99 %", "ms", [1000 * each.quiet for each in rounds])
    yield Figure.of("guesses of strangers that were answered", "1/s", [each.answered for each in rounds])
    yield Figure.of("meanwhile: playlist, 99 %", "ms", [1000 * each.flooded for each in rounds])
    ratios = [each.flooded / each.quiet for each in rounds]
    yield Figure.of("meanwhile: playlist, 99 %, to that when quiet", TIMES, ratios, at_most(2))
    more = [each.more_mib for each in rounds]
    yield Figure.of("meanwhile: memory, more than before", "MiB", more, at_most(200))


def on_air(data: Path, clip: Path, stack: ExitStack, *flags: str) -> tuple[RunningServer, httpx.Client, str]:
    """Return a server, a client of its API, and a playlist of a channel of it that is on the air."""
    server, client = stack.enter_context(stations.station(data, *flags))
    stations.add_channel(client, "bench", stations.package(client, clip))
    stations.start(client, "bench")
    return server, client, stations.playlists(client, "bench")[0]


def add_admin(client: httpx.Client) -> None:
    """Let somebody be able to sign in; the client is signed in then."""
    added = (
        client.post("/api/people", json={"name": "anna", "role": "admin"}).raise_for_status().json()["data"]
    )
    secret = added["invitation"]["path"].partition("#")[2]
    client.put("/api/invitation", json={"secret": secret, "password": _TYPED}).raise_for_status()


def _sign_in(server: RunningServer) -> float:
    """Return how long it takes from an address of its own."""
    began = time.monotonic()
    shown = {"name": _NAME, "password": _TYPED}
    httpx.post(f"{server.url}/api/session", json=shown).raise_for_status()
    return time.monotonic() - began


def poll(url: str, seconds: float) -> list[float]:
    """Ask for a playlist at a steady pace; return the seconds that each answer took."""
    times = []
    with httpx.Client() as client:
        first = time.monotonic()
        for number in range(int(seconds * POLLS_PER_SECOND)):
            time.sleep(max(0.0, first + number / POLLS_PER_SECOND - time.monotonic()))
            began = time.monotonic()
            client.get(url).raise_for_status()
            times.append(time.monotonic() - began)
    return times


async def guess(url: str, seconds: float) -> Counter[int]:
    """Guess at a steady pace, each time from another address, with as little work as can be; return how often
    each status was the answer.
    """
    statuses: Counter[int] = Counter()
    where = urlsplit(url)

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(_guess(number))
        line = await reader.readline()
        statuses[int(line.split()[1])] += 1
        writer.close()

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * GUESSES_PER_SECOND)):
            await asyncio.sleep(began + number / GUESSES_PER_SECOND - time.monotonic())
            group.create_task(one(number))
    return statuses


def _guess(number: int) -> bytes:
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    shown = json.dumps({"name": f"name-{number % 1000}", "password": f"guess number {number}"})
    head = (
        "POST /api/session HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        "connection: close",
    )
    lines = [*head, f"x-forwarded-for: {address}", f"content-length: {len(shown)}", "", shown]
    return "\r\n".join(lines).encode()


if __name__ == "__main__":
    os.nice(10)  # strangers have machines of their own
    print(json.dumps(asyncio.run(guess(sys.argv[1], float(sys.argv[2])))))
