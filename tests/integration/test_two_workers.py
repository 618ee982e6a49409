"""Whichever of two workers is asked, and whichever made an edit: all viewers are shown the same."""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.pinned import connections, get
from tests.support.seeds import plant
from tests.support.server import RunningServer, running
from tests.support.waiting import eventually

from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist

HORIZON_SECONDS = 1.0

Pair = tuple[HTTPConnection, HTTPConnection]


@pytest.fixture(scope="module")
def server(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with two workers, whose main channel plays two videos."""
    data = plant(tmp_path_factory.mktemp("two") / "data", "240p", make_clips(shared, seconds=6, count=2))
    flags = ("--rungs", "240p", "--min-free-bytes", "0", "--workers", "2")
    with running(data, *flags) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        eventually(lambda: len(server.workers()) == 2)
        videos = [video["id"] for video in client.get("/api/videos").json()["data"]]
        client.post("/api/channels/main/playlist", json={"videos": videos}).raise_for_status()
        client.post("/api/stream/start").raise_for_status()
        yield server


@pytest.fixture
def pair(server: RunningServer) -> Iterator[Pair]:
    """A connection to each of the workers."""
    with connections(server.url, server.workers()) as found:
        first, second = found.values()
        yield first, second


def media_path(connection: HTTPConnection) -> str:
    """Return the address of the main channel's media playlist."""
    lines = get(connection, "/stream/stream.m3u8").decode().splitlines()
    uri = next(line for line in lines if line and not line.startswith("#"))
    return uri if uri.startswith("/") else f"/stream/{uri}"


def test_at_an_equal_edge_the_playlists_of_both_are_equal_byte_for_byte(pair: Pair) -> None:
    maker, other = pair
    path, equal, edges = media_path(maker), 0, set[int]()
    for wanted in (2, 5):
        ends_at = time.monotonic() + 60
        while len(edges) < wanted:
            assert time.monotonic() < ends_at, "the edge does not move"
            one, two = get(maker, path), get(other, path)
            if edge(one) == edge(two):
                assert one == two
                equal += 1
                edges.add(edge(one))
            time.sleep(0.05)
        if wanted == 2:
            ask(maker, "POST", "/api/stream/skip")  # what was listed stays, and both go on with the next
    assert b"#EXT-X-DISCONTINUITY\n" in one
    assert equal > len(edges)


def test_an_edit_made_on_one_is_shown_by_the_other_within_the_horizon(pair: Pair) -> None:
    maker, other = pair
    for title in ("One", "Two", "Three"):
        ask(maker, "PATCH", "/api/channels/main", {"title": title})
        eventually(lambda title=title: title_of(other) == title, HORIZON_SECONDS)  # type: ignore[misc]


def title_of(connection: HTTPConnection) -> str:
    return str(json.loads(get(connection, "/api/channels/main"))["data"]["title"])


def ask(connection: HTTPConnection, method: str, path: str, body: object = None) -> None:
    connection.request(method, path, json.dumps(body), {"content-type": "application/json"})
    reply = connection.getresponse()
    said = reply.read()
    assert reply.status == 200, said


def edge(body: bytes) -> int:
    playlist = parse(body.decode())
    assert isinstance(playlist, MediaPlaylist)
    return playlist.next_msn
