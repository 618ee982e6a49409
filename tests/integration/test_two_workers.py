"""Whichever of two workers is asked, and whichever made an edit: all viewers are shown the same."""

import json
import os
import signal
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.events import page
from tests.support.pinned import connections, get, owner_of
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


def test_both_say_the_same_of_the_server(pair: Pair) -> None:
    path = media_path(pair[0])

    def are_counted_once() -> bool:
        for number, connection in enumerate(pair):
            for player in ("one of both", *(f"{player} of {number}" for player in range(5))):
                connection.request("GET", path, headers={"user-agent": player})
                connection.getresponse().read()
        counts = {health(connection)["viewers"] for connection in pair}
        return counts in ({11}, {12})  # perhaps with the player of the tests before

    eventually(are_counted_once, 60)
    one, two = map(numbers, pair)
    assert all(two[name] >= value for name, value in one.items())
    eventually(lambda: told(pair[0])["latest"] and told(pair[0]) == told(pair[1]), 30)
    assert told(pair[0])["state"] == "ok"
    assert [each["freshness"] is not None for each in health(pair[1])["channels"]] == [True]


def test_no_counter_falls_when_a_worker_is_killed_and_its_part_is_gone(
    server: RunningServer, pair: Pair
) -> None:
    path = media_path(pair[0])
    for connection in pair:
        get(connection, path)
    before = numbers(pair[0])
    killed, *_ = workers = server.workers()
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: len(server.workers()) == 2 and server.workers() != workers)
    for _ in range(5):
        with connections(server.url, server.workers()) as found:
            for connection in found.values():
                now = numbers(connection)
                fallen = {name: (value, now[name]) for name, value in before.items() if now[name] < value}
                assert not fallen
                before = now
    assert any(before.values())


def numbers(connection: HTTPConnection) -> dict[str, float]:
    """Return the counters that a worker tells."""
    lines = get(connection, "/metrics").decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs if name.partition("{")[0].endswith("_total")}


def health(connection: HTTPConnection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(get(connection, "/api/health"))["data"]
    return found


def told(connection: HTTPConnection) -> dict[str, Any]:
    """Return what does not change while it is asked for."""
    return {name: health(connection)[name] for name in ("state", "checks", "errors", "latest", "disk")}


def test_events_of_one_tell_of_an_edit_made_on_the_other_within_the_horizon(server: RunningServer) -> None:
    with (
        connections(server.url, server.workers()) as found,
        page(server.url, "channels") as studio,
    ):
        near = eventually(lambda: owner_of(studio.socket.socket.getsockname()[1], found))
        (maker,) = (connection for pid, connection in found.items() if pid != near)
        studio.hear_until(lambda values: "channels" in values)
        for title in ("Four", "Five"):
            ask(maker, "PATCH", "/api/channels/main", {"title": title})
            made_at = time.monotonic()
            studio.hear_until(lambda values, title=title: values["channels"]["channels"][0]["title"] == title)  # type: ignore[misc]
            assert time.monotonic() - made_at < HORIZON_SECONDS


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
