"""Programs to measure against, and the one that asks: nginx and wrk."""

import os
import re
import subprocess
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.support.server import free_port
from tests.support.waiting import eventually

from bench.process import CLIENT_CORE, SERVER_CORE, cpu_seconds, on_cores

_NGINX = """
{user} daemon off; worker_processes {processes}; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  sendfile on; keepalive_requests 1000000000; {extra}
  types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""

ORDINARY = "tcp_nopush on; access_log off;"
"""As Debian sets nginx up, but for the access log."""

TUNED = f"{ORDINARY} open_file_cache max=1000;"
UNCORKED = "access_log off;"


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that answers `url`, and its process."""

    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under load: requests per second, processor time of each in µs."""

    rate: float
    micros: float


@contextmanager
def nginx(
    folder: Path,
    root: Path,
    name: str,
    extra: str = ORDINARY,
    *,
    processes: int = 1,
    cores: AbstractSet[int] = frozenset({SERVER_CORE}),
) -> Iterator[Peer]:
    """Run nginx, to send one file. processes: those that answer."""
    port = free_port()
    folder.mkdir(parents=True)
    configuration = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # it would not see the folder as somebody else
    configuration.write_text(
        _NGINX.format(user=user, folder=folder, root=root, port=port, extra=extra, processes=processes)
    )
    with on_cores(cores):
        process = subprocess.Popen(["nginx", "-c", str(configuration)], stderr=subprocess.DEVNULL)  # noqa: S607
    url = f"http://127.0.0.1:{port}/{name}"
    try:
        eventually(lambda: _answers(url))
        yield Peer(url, process.pid)
    finally:
        process.terminate()
        process.wait(10)


def load(
    peer: Peer, *, seconds: int, connections: int, cores: AbstractSet[int] = frozenset({CLIENT_CORE})
) -> Load:
    """Ask a server for one address as fast as it answers. Refusals are an error."""
    before = cpu_seconds(peer.pid)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", peer.url]
    with on_cores(cores):
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(peer.pid) - before
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{peer.url} did not answer all requests:\n{said}")
    return Load(
        float(_found(r"Requests/sec: +([\d.]+)", said)), used / int(_found(r"(\d+) requests in", said)) * 1e6
    )


def _found(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    if found is None:
        raise RuntimeError(f"wrk said something else than usual:\n{said}")
    return found[1]


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False
