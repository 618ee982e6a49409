"""Clients of resumable uploads: tus-js-client in Node, and tus by hand for what no client does."""

import base64
import json
import socket
import struct
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from hatch_build import find_node
from tests.support.server import RunningServer

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-enough-length"
ACCESS = {"Authorization": f"Bearer {TOKEN}"}
TUS = {"Tus-Resumable": "1.0.0"}
BODY = {**TUS, "Content-Type": "application/offset+octet-stream"}


def padded(clip: Path, path: Path, size: int) -> Path:
    """Write a copy of an MP4 clip that is `size` bytes long and plays as the clip does."""
    data = clip.read_bytes()
    free = size - len(data)
    path.write_bytes(data + struct.pack(">I4s", free, b"free") + _noise(free - 8))
    return path


def _noise(size: int) -> bytes:
    block = b"".join(sha256(n.to_bytes(4)).digest() for n in range(4096))
    return (block * (size // len(block) + 1))[:size]


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def metadata(**said: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())


def begin(client: httpx.Client, size: int, **said: str) -> str:
    """Begin an upload; return its path."""
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata(**said)}
    reply = client.post("/api/uploads", headers=headers)
    assert reply.status_code == 201, reply.text
    return reply.headers["location"]


def offset(client: httpx.Client, path: str) -> int:
    """Return how much the server has."""
    reply = client.head(path, headers=TUS)
    assert reply.status_code == 200, reply.status_code
    assert reply.headers["cache-control"] == "no-store"
    return int(reply.headers["upload-offset"])


def append(client: httpx.Client, path: str, at: int, data: bytes, **headers: str) -> httpx.Response:
    """Send bytes, over a connection of their own: a refusal that comes before the body ends it."""
    said = {**BODY, "Connection": "close", "Upload-Offset": str(at), **headers}
    return client.patch(path, content=data, headers=said)


def js_client(server: str, file: Path, *, token: str = TOKEN, **options: Any) -> subprocess.Popen[str]:
    """Start tus-js-client; it goes on for a minute and a half when the server is away."""
    said = {
        "modules": str(ROOT / "web" / "package.json"),
        "endpoint": f"{server}/api/uploads",
        "file": str(file),
        "headers": {"Authorization": f"Bearer {token}"},
        **options,
    }
    node, _ = find_node()
    script = Path(__file__).with_name("tus_upload.mjs")
    return subprocess.Popen([node, str(script), json.dumps(said)], stdout=subprocess.PIPE, text=True)


def js_result(client: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for tus-js-client, and return its last word."""
    said, _ = client.communicate(timeout=120)
    result: dict[str, Any] = json.loads(said.splitlines()[-1])
    return result


def half_sent(server: RunningServer, path: str, at: int, data: bytes, size: int) -> socket.socket:
    """Begin a PATCH of `size` bytes of which only `data` is sent; return its connection."""
    head = {
        **BODY,
        "Host": urlsplit(server.url).netloc,
        **ACCESS,
        "Upload-Offset": str(at),
        "Content-Length": str(size),
    }
    return raw(server.url, f"PATCH {path} HTTP/1.1", head, data)


def raw(url: str, line: str, headers: dict[str, str], data: bytes = b"") -> socket.socket:
    """Send a request, or the beginning of one, and return its connection."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sendall(f"{line}\r\n{text}\r\n".encode() + data)
    return connection


def status(connection: socket.socket) -> int:
    """Wait for the answer on a connection; return its status, 0 where it was broken off instead."""
    try:
        answer = connection.recv(4096)
    except ConnectionResetError:  # not all that was sent had been read
        return 0
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer.split()[1])
