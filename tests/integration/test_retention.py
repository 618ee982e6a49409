"""A real server deletes a video that airs, while players watch: they miss nothing, and it goes in the end."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from tests.support.command import must
from tests.support.server import RunningServer, running
from tests.support.waiting import eventually

from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist
from insta_stream.ticks import TICKS_PER_SECOND

WATCHED_SECONDS = 20
BUSY = {"PLAYLIST-SLOW", "SEG-SLOW"}
"""Warnings about speed say more about the machine that runs the tests."""

CAREFUL = 1.0
"""A request that is made this long before a segment may go is answered before it does."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data = tmp_path_factory.mktemp("retention") / "data"
    with running(data, "--rungs", "240p", "--min-free-bytes", "1MB", "--window-seconds", "12") as server:
        yield server


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def videos(client: httpx.Client, bundled_ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two videos, packaged, in the main playlist, on the air."""
    folder = tmp_path_factory.mktemp("clips")
    ids = []
    for seconds in (6, 8):
        path = folder / f"{seconds}.mp4"
        source = ["-f", "lavfi", "-i", f"smptehdbars=s=320x180:r=25:d={seconds}"]
        command = [str(bundled_ffmpeg), "-v", "error", *source, "-pix_fmt", "yuv420p", str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        with path.open("rb") as file:
            ids.append(data_of(client.post("/api/upload", files={"video": (path.name, file)}))["id"])
    eventually(lambda: all(each["state"] == "ready" for each in data_of(client.get("/api/videos"))), 240)
    data_of(client.post("/api/stream/start"))
    return ids


def data_of(reply: httpx.Response) -> Any:
    assert reply.is_success, reply.text
    return reply.json().get("data")


def order(client: httpx.Client) -> list[str]:
    return [each["id"] for each in data_of(client.get("/api/playlist"))["playlist"]]


def test_a_deleted_video_is_shown_can_come_back_and_is_accounted_for(
    client: httpx.Client, server: RunningServer, videos: list[str]
) -> None:
    entries = data_of(client.get("/api/channels/main/playlist"))["playlist"]
    before = data_of(client.get("/api/storage"))
    data_of(client.delete(f"/api/videos/{videos[0]}"))
    eventually(lambda: order(client) == videos[1:])
    (deleted,) = data_of(client.get("/api/videos/deleted"))
    assert deleted["video"]["id"] == videos[0]
    assert deleted["goneAt"] > deleted["deletedAt"]
    after = data_of(client.get("/api/storage"))
    moved = deleted["video"]["diskUseBytes"]
    assert after["deletedBytes"] == before["deletedBytes"] + moved
    assert after["originalsBytes"] + after["packagesBytes"] + moved == (
        before["originalsBytes"] + before["packagesBytes"]
    )
    assert f"insta_stream_disk_deleted_bytes {float(after['deletedBytes'])}" in client.get("/metrics").text
    planned = data_of(client.get("/api/retention"))["deletions"]
    released = next(each for each in planned if each["kind"] == "video")
    assert (released["dueAt"], released["isDue"], released["reason"]) == (deleted["goneAt"], False, "deleted")
    shown = must("retention", "--url", server.url, COLUMNS="300")
    assert "The video is in the bin and can be restored until then." in shown
    assert data_of(client.post(f"/api/videos/{videos[0]}/restore"))["id"] == videos[0]
    eventually(lambda: order(client) == videos)
    again = data_of(client.get("/api/channels/main/playlist"))["playlist"]
    assert [each["entry"] for each in again] == [each["entry"] for each in entries]
    assert client.post(f"/api/videos/{videos[0]}/restore").json()["code"] == "not_deleted"
    assert client.post(f"/api/videos/{'f' * 32}/restore").json()["code"] == "unknown_video"


def test_a_video_that_airs_is_deleted_and_no_player_misses_a_segment(
    client: httpx.Client, server: RunningServer, videos: list[str]
) -> None:
    package = server.data / "stream" / poster(client, videos[0]).split("/")[2]
    eventually(lambda: any(package.name in uri for uri, _ in listed(client)), 60)
    options = ["--seconds", str(WATCHED_SECONDS), "--json"]
    checker = subprocess.Popen(
        [sys.executable, "-m", "insta_stream", "check", *options, server.url],
        stdout=subprocess.PIPE,
        text=True,
    )
    told: dict[str, float] = {}

    def is_gone() -> bool:
        """Ask for everything that a player may ask for; say whether the video's files are gone."""
        told.update(listed(client))
        wanted = [uri for uri, until in told.items() if time.monotonic() < until - CAREFUL]
        assert [client.head(uri).status_code for uri in wanted] == [200] * len(wanted)
        assert client.post("/api/retention", json={"withDeleted": "yes"}).status_code == 422
        data_of(client.post("/api/retention", json={"withDeleted": True}))
        return not package.exists()

    data_of(client.delete(f"/api/videos/{videos[0]}"))
    assert not is_gone()
    assert client.post(f"/api/videos/{videos[0]}/restore").json()["code"] == "gone_for_good"
    assert not (server.data / "uploads" / videos[0]).exists()
    eventually(is_gone, 120)
    assert data_of(client.get("/api/storage"))["deletedBytes"] == 0
    report, _ = checker.communicate(timeout=60)
    # At its end it reads the oldest segments again, long after a player would: `is_gone` knows how long.
    broken = {finding["code"] for finding in json.loads(report)["findings"]}
    assert broken - BUSY <= {"SEG-EXPIRED"}, report


def poster(client: httpx.Client, video: str) -> str:
    address: str = data_of(client.get(f"/api/videos/{video}"))["posterUrl"]
    return address


def listed(client: httpx.Client) -> Iterator[tuple[str, float]]:
    """Yield every segment that a playlist lists, and until when a player may ask for it (monotonic clock)."""
    now = time.monotonic()
    entry = parse(client.get("/stream/stream.m3u8").text)
    assert isinstance(entry, MultivariantPlaylist)
    for variant in entry.variants:
        address = urljoin("/stream/stream.m3u8", variant.uri)
        playlist = parse(client.get(address).text)
        assert isinstance(playlist, MediaPlaylist)
        length = sum(segment.duration for segment in playlist.segments)
        for segment in playlist.segments:
            until = now + (segment.duration + length) / TICKS_PER_SECOND
            yield urljoin(address, segment.uri), until
