"""Clients that read one byte a second: one costs the others nothing, and neither do very many."""

import asyncio
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urljoin

import httpx
import pytest
from tests.support.ledger import Ledger
from tests.support.ordeal import recovered, watched
from tests.support.station import Station
from tests.support.waiting import until

READERS = 1200
"""More than a process may usually have open files (1,024)."""

IDLE_SECONDS = 30
"""How long a connection is kept on which nothing is asked."""


@pytest.fixture
def many_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[1], 4096), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def segment_path(station: Station) -> str:
    """Return the path of a segment that is listed now."""
    url = f"{station.url}/stream/stream.m3u8"
    for _ in range(2):
        listed = httpx.get(url).text.split()
        url = urljoin(url, next(line for line in reversed(listed) if not line.startswith("#")))
    return httpx.URL(url).path


@pytest.mark.usefixtures("many_files")
async def test_slow_readers_cost_other_viewers_nothing(station: Station, ledger: Ledger) -> None:
    entry = ledger.of(f"{READERS} clients that read a byte a second")
    request = f"GET {segment_path(station)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with ExitStack() as open_sockets:
        async with watched(station, entry) as audience:
            readers = [open_sockets.enter_context(_ask(station.port, request)) for _ in range(READERS)]
            entry.times += READERS
            before = audience.player.segments
            reading = asyncio.create_task(_read_slowly(readers))
            entry.recoveries.append(await recovered(station, time.monotonic()))
            assert entry.recoveries[0] < IDLE_SECONDS / 2, "somebody new had to wait until others were gone"
            await until(lambda: audience.player.segments >= before + 3)
            reading.cancel()


def _ask(port: int, request: bytes) -> socket.socket:
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", port))
    reader.sendall(request)
    reader.setblocking(False)
    return reader


async def _read_slowly(readers: list[socket.socket]) -> None:
    while True:
        for reader in readers:
            try:
                reader.recv(1)
            except BlockingIOError:
                continue  # its answer is on its way
        await asyncio.sleep(1)
