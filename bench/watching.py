"""Viewers of many channels, one of each, in a process of their own; and what else is asked for meanwhile.

python -m bench.watching URL COUNT SECONDS       prints how many seconds each answer took, as JSON
"""

import http.client
import json
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from urllib.parse import urlsplit

from bench.figures import Figure, at_most, percentile

POLLS_PER_SECOND = 1000
"""Each of ten thousand viewers asks every ten seconds, as often as one must to be counted."""

CONNECTIONS = 200
"""That many requests are under way at once, at most: who finds none free waits, and that counts."""

ALONE_SECONDS = 600.0
"""Ten minutes: whatever the server does now and then is done meanwhile."""

BESIDE_SECONDS = 20.0
READERS = 4
SLOWEST_MS = 50

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class _Viewers:
    """Asks for playlists, and waits for none. times: seconds from when each was due to its answer."""

    def __init__(self, connections: list[socket.socket], requests: list[bytes]) -> None:
        self.times: list[float] = []
        self._requests = requests
        self._idle = deque(connections)
        self._due: deque[float] = deque()
        self._asked: dict[socket.socket, tuple[float, bytes]] = {}
        self._count = 0
        self._selector = selectors.DefaultSelector()
        for each in connections:
            each.setblocking(False)
            self._selector.register(each, selectors.EVENT_READ)

    def watch(self, seconds: float) -> None:
        """Ask at a steady pace, and hear the last answers."""
        first, rounds = time.monotonic(), 0
        while (now := time.monotonic()) < first + seconds or self._due or self._asked:
            while (due := first + rounds / POLLS_PER_SECOND) <= min(now, first + seconds):
                self._due.append(due)
                rounds += 1
            self._ask()
            for key, _ in self._selector.select(max(0.0, min(due - time.monotonic(), 0.1))):
                assert isinstance(key.fileobj, socket.socket), "only those are registered"
                self._hear(key.fileobj)

    def _ask(self) -> None:
        while self._due and self._idle:
            connection = self._idle.popleft()
            self._asked[connection] = (self._due.popleft(), b"")
            connection.sendall(self._requests[self._count % len(self._requests)])
            self._count += 1

    def _hear(self, connection: socket.socket) -> None:
        due, before = self._asked[connection]
        reply = before + connection.recv(1 << 16)
        self._asked[connection] = (due, reply)
        if not _is_whole(reply):
            return
        if not reply.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(reply[:200].decode("latin-1"))
        del self._asked[connection]
        self._idle.append(connection)
        self.times.append(time.monotonic() - due)


def _is_whole(reply: bytes) -> bool:
    head, end, body = reply.partition(_HEAD_END)
    if not end:
        return False
    return len(body) >= int(head.lower().partition(_LENGTH)[2].partition(b"\r\n")[0])


def watch(url: str, count: int, seconds: float) -> list[float]:
    """Ask the channels for their playlists by turns; return how many seconds after its time each came."""
    where = urlsplit(url)
    requests = list(_requests(where.netloc, count))
    with ExitStack() as stack:
        address = (where.hostname or "", where.port or 80)
        connections = [
            stack.enter_context(closing(socket.create_connection(address))) for _ in range(CONNECTIONS)
        ]
        viewers = _Viewers(connections, requests)
        viewers.watch(seconds)
    return viewers.times


def _requests(netloc: str, count: int) -> Iterator[bytes]:
    """Yield the request for a playlist of each channel."""
    with closing(http.client.HTTPConnection(netloc)) as connection:
        for number in range(count):
            folder = f"/stream/channel-{number}"
            path = f"{folder}/{ask(connection, f'{folder}/stream.m3u8').decode().splitlines()[-1]}"
            yield f"GET {path} HTTP/1.1\r\nhost: {netloc}\r\n\r\n".encode()


def ask(connection: http.client.HTTPConnection, path: str, body: bytes | None = None) -> bytes:
    """Return what is at a path, or the answer to a body. Raises RuntimeError for refusals."""
    kind = {} if body is None else {"content-type": "application/json"}
    connection.request("GET" if body is None else "POST", path, body, kind)
    reply = connection.getresponse()
    content = reply.read()
    if reply.status != http.client.OK:
        raise RuntimeError(f"{path}: {reply.status} {content[:200].decode('latin-1')}")
    return content


def measure(url: str, count: int) -> Iterator[Figure]:
    """Yield what viewers wait for while they are alone, and while others ask for much."""
    name = f"{count:,} channels, each with a viewer"
    yield from _figures(name, _watched(url, count, ALONE_SECONDS, None))
    for what, work in BESIDE.items():
        yield from _figures(f"{name}, meanwhile {what}", _watched(url, count, BESIDE_SECONDS, work))


Work = Callable[[http.client.HTTPConnection], object]
"""Asks for something over a connection."""


def _pages(connection: http.client.HTTPConnection) -> None:
    following: str | None = "channels.json"
    while following:
        following = json.loads(ask(connection, f"/stream/{following}"))["next"]


BESIDE: Mapping[str, Work] = {
    "all pages of channels.json": _pages,
    "the guide as XMLTV": partial(ask, path="/guide.xml"),
    "the list for TV apps": partial(ask, path="/channels.m3u"),
    "the list of the API": partial(ask, path="/api/channels"),
    "the guide of one channel": partial(ask, path="/api/channels/channel-0/guide"),
    "the clean-up": partial(ask, path="/api/retention", body=b"{}"),
}
"""What READERS clients ask for again and again."""


def _watched(url: str, count: int, seconds: float, work: Work | None) -> list[float]:
    command = [sys.executable, "-m", "bench.watching", url, str(count), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as viewers, ThreadPoolExecutor(READERS) as readers:
        asked = [readers.submit(_read, url, viewers, work) for _ in range(READERS) if work]
        said, _ = viewers.communicate()
        for each in asked:
            each.result()
    times: list[float] = json.loads(said)
    return times


def _read(url: str, viewers: subprocess.Popen[bytes], work: Work) -> None:
    """Ask as long as there are viewers."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc)) as connection:
        while viewers.poll() is None:
            work(connection)


def _figures(name: str, times: list[float]) -> Iterator[Figure]:
    yield Figure.of(f"{name}: 99.9 %", "ms", 1000 * percentile(times, 0.999))
    yield Figure.of(f"{name}: slowest", "ms", 1000 * max(times), at_most(SLOWEST_MS))


if __name__ == "__main__":
    print(json.dumps(watch(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))))
