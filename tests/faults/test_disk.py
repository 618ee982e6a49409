"""The disk is full, or the data folder may not be written to any more; viewers go on watching."""

import asyncio
import random
import secrets
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from tests.faults.conftest import go_on_air
from tests.support.apart import BOUND_BY_PERMISSIONS, may_mount, on_small_disk
from tests.support.ledger import Ledger
from tests.support.operator import Operator
from tests.support.ordeal import watched
from tests.support.server import free_port
from tests.support.station import FLAGS, Station
from tests.support.upload import await_videos
from tests.support.waiting import eventually, until

SIZE_MEGABYTES = 64


@pytest.fixture
def small(data: Path, tmp_path: Path) -> Iterator[Station]:
    """A server on a file system of its own, which is small."""
    place = tmp_path / "small"
    place.mkdir()
    with Station(place, prefix=on_small_disk(place, SIZE_MEGABYTES, data)) as station:
        go_on_air(station)
        yield station


def await_packaged(station: Station) -> None:
    with httpx.Client(base_url=station.url, timeout=60) as client:
        await_videos(client, state="ready")


def fill(folder: Path) -> Path:
    """Take all the room that is left, to the last byte."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def another() -> dict[str, str]:
    """Return a channel that there is not yet."""
    return {"slug": f"x{secrets.token_hex(4)}", "title": "Another"}


@pytest.mark.skipif(not may_mount(), reason="no mounts are allowed here")
async def test_a_full_disk_refuses_what_needs_room_and_nothing_else(
    small: Station, clip: Path, ledger: Ledger
) -> None:
    entry, operator = ledger.of("full disk"), Operator(small, clip, random.Random(1))  # noqa: S311
    async with watched(small, entry) as audience:
        ballast = fill(small.seen)
        entry.times += 1
        async with httpx.AsyncClient(base_url=small.url, timeout=60) as client:
            assert await operator.upload() is None
            long = {"videos": operator.orders[0] * 200}
            answers = [await client.put("/api/channels/main/playlist", json=long) for _ in range(8)]
            refused = [answer for answer in answers if not answer.is_success]  # SQLite had a little room left
            assert {(each.status_code, each.json()["code"]) for each in refused} == {(507, "disk_full")}
            before = audience.player.segments
            await until(lambda: audience.player.segments >= before + 3)
            ballast.unlink()
            await operator.reorder()
            assert len(operator.orders) == 1
        assert await operator.upload() is not None
        await asyncio.to_thread(await_packaged, small)
    operator.check_nothing_is_lost()
    assert list((small.seen / "uploads").glob("*.part")) == []


@pytest.mark.skipif(not may_mount(), reason="no mounts are allowed here")
def test_a_channel_is_operated_while_the_disk_is_full(small: Station) -> None:
    deeds = ("pause", "resume", "skip", "stop", "start", "stop")
    with httpx.Client(base_url=small.url, timeout=60) as client:
        videos = [video["id"] for video in client.get("/api/videos").json()["data"]]
        long = {"videos": videos * 500}
        for deed in deeds:
            fill(small.seen)
            eventually(lambda: client.put("/api/channels/main/playlist", json=long).status_code == 507)
            answer = client.post(f"/api/channels/main/stream/{deed}")
            assert answer.is_success, answer.text
            assert (small.seen / "reserve").stat().st_size > 0
        assert client.get("/api/channels/main/stream/status").json()["data"]["state"] == "off"
        for remove in (
            partial(client.post, "/api/channels/main/playlist/current/0"),
            partial(client.delete, f"/api/videos/{videos[0]}"),
            partial(client.delete, "/api/playlist"),
            partial(client.post, "/api/retention", json={"withDeleted": True}),
        ):
            fill(small.seen)
            eventually(lambda: client.post("/api/channels", json=another()).status_code == 507)
            answer = remove()
            assert answer.is_success, answer.text
        assert [video["id"] for video in client.get("/api/videos").json()["data"]] == videos[1:]


@pytest.mark.skipif(not may_mount(), reason="no mounts are allowed here")
def test_a_server_starts_on_a_full_disk(data: Path, tmp_path: Path) -> None:
    with Station(data) as station:
        go_on_air(station)
    place = tmp_path / "small"
    place.mkdir()
    full = ("sh", "-c", 'cat /dev/zero > "$0/ballast"; exec "$@"', str(place))
    with Station(place, prefix=(*on_small_disk(place, SIZE_MEGABYTES, data), *full)) as station:
        assert httpx.get(f"{station.url}/stream/stream.m3u8", timeout=30).is_success
        assert httpx.post(f"{station.url}/api/stream/stop", timeout=30).is_success


@pytest.fixture
def bound(data: Path) -> Iterator[Station]:
    """A server for which the permissions of files hold, even where root runs it."""
    with Station(data, prefix=BOUND_BY_PERMISSIONS) as station:
        go_on_air(station)
        yield station


def protect(data: Path) -> list[Path]:
    """Let nobody write into any folder of a data folder; return the folders."""
    folders = [data, *(path for path in data.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    return folders


@pytest.mark.deep
async def test_a_folder_that_becomes_read_only_costs_viewers_nothing(
    bound: Station, clip: Path, ledger: Ledger
) -> None:
    entry, operator = ledger.of("read-only data folder"), Operator(bound, clip, random.Random(1))  # noqa: S311
    async with watched(bound, entry) as audience:
        folders = protect(bound.data)
        entry.times += 1
        assert await operator.upload() is None
        before = audience.player.segments
        await until(lambda: audience.player.segments >= before + 3)
        for folder in folders:
            folder.chmod(0o700)
        assert await operator.upload() is not None
        await asyncio.to_thread(await_packaged, bound)
    operator.check_nothing_is_lost()


def test_a_server_does_not_start_where_it_may_not_write(data: Path) -> None:
    protect(data)
    command = [*BOUND_BY_PERMISSIONS, sys.executable, "-m", "insta_stream", "serve", "--data", str(data)]
    command += ["--port", str(free_port()), *FLAGS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    (sentence,) = done.stderr.strip().splitlines()
    assert "is not writable" in sentence
