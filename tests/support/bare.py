"""The HTTP server with nothing behind it but packages and one playlist, in a process of its own."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from zlib import crc32

import httpx
from starlette.types import Receive, Scope, Send

from insta_stream.api.application import guarded, routes
from insta_stream.api.callers import Access
from insta_stream.delivery import connection, server
from insta_stream.delivery.http import Reply
from insta_stream.delivery.media import Media
from insta_stream.delivery.page import Page, send_page
from insta_stream.delivery.server import Https, run
from insta_stream.delivery.tls import Certificate
from insta_stream.metrics import Metrics

PAGE = Page("#EXTM3U\n" * 400, 1)
LIMIT = 40
IDLE_SECONDS = 4.0
STALLED_SECONDS = 12.0
HANDSHAKE_SECONDS = 1.0
"""Not what a server allows its clients, but what a test has time for."""


class Bare:
    """Packages, files of the web page, and for all else one playlist; /stream/ready.m3u8 is told at once."""

    def __init__(self, root: Path) -> None:
        self._media = Media(root, Metrics())
        self._pages = guarded(routes(root / "static"), Access())
        self._turns = cycle([True, True, False, True, False, False])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith("/media/"):
            await self._media(scope, receive, send)
        elif path == "/stream/broken.m3u8":
            raise ValueError("this playlist is broken")
        elif path.startswith(("/assets/", "/favicon")):
            await self._pages(scope, receive, send)
        elif path.startswith("/status/"):
            await _tell_status(int(path.removeprefix("/status/")), send)
        elif path == "/length":
            await _tell_length(receive, send)
        elif path == "/largest":
            await _tell_largest(receive, send)
        elif path.startswith("/seen"):
            await _tell_what_is_seen(scope, receive, send)
        elif path.startswith("/files/"):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
            await send({"type": "http.response.pathsend", "path": f"/{path.removeprefix('/files/')}"})
        else:
            await send_page(scope, send, PAGE)

    def at_once(self, scope: Scope) -> Reply | None:
        path: str = scope["path"]
        if path == "/stream/broken.m3u8":
            raise ValueError("this playlist is broken")
        is_ready = path == "/stream/ready.m3u8" or (path == "/stream/sometimes.m3u8" and next(self._turns))
        return PAGE.reply(scope) if is_ready else None

    @asynccontextmanager
    async def life(self) -> AsyncIterator[None]:
        yield

    async def dismiss(self) -> None:
        """Nobody listens."""

    async def part(self) -> None:
        """There is nobody to part from."""


async def _tell_length(receive: Receive, send: Send) -> None:
    """Answer with the length of the request's body."""
    text = str(len(await _body(receive))).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": text})


async def _tell_largest(receive: Receive, send: Send) -> None:
    """Read the request's body slowly; answer with the most that had piled up."""
    largest, is_over = 0, False
    while not is_over:
        message = await receive()
        largest, is_over = max(largest, len(message["body"])), not message["more_body"]
        for _ in range(500):
            await asyncio.sleep(0)  # the connection has its turn, and reads if it may
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(largest).encode()})


async def _tell_what_is_seen(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the request, in a header that the answer to a HEAD has, too."""
    seen = what_is_seen(
        scope["method"], scope["raw_path"] + b"?" + scope["query_string"], await _body(receive)
    )
    headers = [(b"content-length", b"4"), (b"x-seen", seen)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"seen"})


def what_is_seen(method: str, target: bytes, body: bytes) -> bytes:
    """Return a request in a line. target: path, question mark, query."""
    return b"%b %b %d %d" % (method.encode(), target, len(body), crc32(body))


async def _body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    is_over = False
    while not is_over:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(pieces)
        pieces.append(message["body"])
        is_over = not message["more_body"]
    return b"".join(pieces)


async def _tell_status(status: int, send: Send) -> None:
    """Answer with a body, whether or not there may be one."""
    headers = [(b"content-length", b"4")] if status != HTTPStatus.OK else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"bo", "more_body": True})
    await send({"type": "http.response.body", "body": b"dy"})


@contextmanager
def bare(root: Path, *pair: Path) -> Iterator[str]:
    """Serve the packages in a folder and give the base URL; stop by process id. The log lies beside it.

    pair: a certificate and its key, for HTTPS.
    """
    log = root.with_suffix(".log").open("wb")
    with log, socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.fileno()
        command = [sys.executable, "-m", "tests.support.bare", str(root), str(number), *map(str, pair)]
        process = subprocess.Popen(command, pass_fds=[number], stderr=log)
        port: int = listener.getsockname()[1]
    base = f"{'https' if pair else 'http'}://127.0.0.1:{port}"
    try:
        httpx.get(f"{base}/", timeout=60, verify=False)  # noqa: S501 - it has loaded everything
        yield base
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


if __name__ == "__main__":
    connection.IDLE_SECONDS = IDLE_SECONDS
    connection.STALLED_SECONDS = STALLED_SECONDS
    server.HANDSHAKE_SECONDS = HANDSHAKE_SECONDS
    root, number, *pair = sys.argv[1:]
    https = Https(Certificate(*map(Path, pair))) if pair else None
    run(Bare(Path(root)), socket.socket(fileno=int(number)), LIMIT, https=https)
