"""Real servers under measurement: `insta-stream serve`, and how the parts talk to one."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
from tests.support.server import RunningServer, running
from tests.support.upload import await_videos, until_ready, upload

PATIENCE_SECONDS = 900
"""Plenty, for machines that have much else to do; what is measured does not wait like this."""

SMALL = ("--min-free-bytes", "1MB", "--log-level", "error")


@contextmanager
def station(
    data: Path, *flags: str, trust: ssl.SSLContext | None = None
) -> Iterator[tuple[RunningServer, httpx.Client]]:
    """Run a server that has its slate, and a client of its API. trust: in its certificate, if it has one."""
    with (
        running(data, *SMALL, *flags, trust=trust) as server,
        httpx.Client(base_url=server.url, timeout=300, verify=trust or True) as client,
    ):
        until_ready(client, within=PATIENCE_SECONDS)
        yield server, client


def package(client: httpx.Client, *paths: Path) -> list[str]:
    """Upload files, wait until they are packaged whole, and return the ids of the videos."""
    ids = [str(data(upload(client, path))["id"]) for path in paths]
    await_videos(client, state="ready", within=PATIENCE_SECONDS)
    return ids


def add_channel(client: httpx.Client, slug: str, videos: list[str], **settings: Any) -> None:
    """Make a channel that plays some videos, off the air."""
    data(client.post("/api/channels", json={"slug": slug, "title": slug, **settings}))
    data(client.post(f"/api/channels/{slug}/playlist", json={"videos": videos}))


def start(client: httpx.Client, slug: str) -> None:
    """Put a channel on the air."""
    data(client.post(f"/api/channels/{slug}/stream/start"))


def data(reply: httpx.Response) -> Any:
    """Return what a reply of the API carries. Raises RuntimeError for refusals."""
    if not reply.is_success:
        raise RuntimeError(f"{reply.request.method} {reply.request.url}: {reply.status_code} {reply.text}")
    return reply.json()["data"]


def playlists(client: httpx.Client, slug: str, folder: str = "") -> list[str]:
    """Return the addresses of a channel's media playlists. folder: of a link, "" for none."""
    entry = client.get(f"{folder}/stream/{slug}/stream.m3u8")
    if not entry.is_success:
        raise RuntimeError(f"channel {slug}: {entry.status_code} {entry.text}")
    uris = [line for line in entry.text.splitlines() if line and not line.startswith("#")]
    return [urljoin(str(entry.url), uri) for uri in uris]
