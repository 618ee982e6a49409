"""A real server declares what its playlist has, and keeps it when something else is added."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from tests.support.once import made_once
from tests.support.seeds import plant
from tests.support.server import running
from tests.support.waiting import eventually

from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist, Variant
from insta_stream.media.ladder import RUNGS
from insta_stream.ticks import TICKS_PER_SECOND

NAMES = "360p,240p"
CLIPS = {
    "quiet": "color=c=teal:size=640x360:rate=24",
    "busy": "color=c=gray:size=640x360:rate=24,noise=alls=100:allf=t",
    "fast": "color=c=teal:size=640x360:rate=60",
}


@pytest.fixture
def client(shared: Path, bundled_ffmpeg: Path, tmp_path: Path) -> Iterator[httpx.Client]:
    clips = [_clip(bundled_ffmpeg, shared / f"{name}.mp4", picture) for name, picture in CLIPS.items()]
    data = plant(tmp_path / "data", NAMES, clips)
    with running(data, "--rungs", NAMES) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def _clip(ffmpeg: Path, path: Path, picture: str) -> Path:
    command = [str(ffmpeg), "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", picture, "-t", "2"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p"]
    return made_once(path, lambda unfinished: subprocess.run([*command, str(unfinished)], check=True))


def packages(client: httpx.Client) -> dict[str, tuple[str, str]]:
    """Return the id and the package of each clip."""
    found = client.get("/api/videos").json()["data"]
    return {
        each["name"].removesuffix(".mp4"): (each["id"], each["previewUrl"].split("/")[-2]) for each in found
    }


def put(client: httpx.Client, *videos: str) -> None:
    client.put("/api/channels/main/playlist", json={"videos": videos}).raise_for_status()


def declared(client: httpx.Client) -> dict[int, Variant]:
    playlist = parse(client.get("/stream/stream.m3u8").raise_for_status().text)
    assert isinstance(playlist, MultivariantPlaylist)
    return {each.height or 0: each for each in playlist.variants}


def listed(client: httpx.Client, height: int = 360) -> MediaPlaylist:
    variant = declared(client)[height]
    playlist = parse(client.get(urljoin("/stream/stream.m3u8", variant.uri)).raise_for_status().text)
    assert isinstance(playlist, MediaPlaylist)
    return playlist


def renditions(client: httpx.Client, package: str) -> set[str]:
    """Return the renditions that serve the upper rung while this package is listed."""
    addresses = [segment.uri.split("/")[-3:-1] for segment in listed(client).segments]
    return {rendition for of, rendition in addresses if of == package}


def busiest(client: httpx.Client, height: int) -> int:
    """Return the rate of the busiest segment that a rung lists, bits per second."""
    rates = []
    for segment in listed(client, height).segments:
        reply = client.head(urljoin("/stream/main/broadcast/rung.m3u8", segment.uri)).raise_for_status()
        rates.append(int(reply.headers["content-length"]) * 8 * TICKS_PER_SECOND // segment.duration)
    return max(rates)


def test_a_broadcast_declares_what_it_begins_with_and_keeps_that(client: httpx.Client) -> None:
    known = packages(client)
    (quiet, quiet_package), (busy, busy_package), (fast, fast_package) = (known[name] for name in CLIPS)
    put(client, quiet)
    client.post("/api/stream/start").raise_for_status()
    before = declared(client)
    assert before[360].bandwidth < RUNGS["360p"].peak_bps * 0.6
    assert before[360].frame_rate == 30
    assert renditions(client, quiet_package) == {"360p"}

    put(client, quiet, busy, fast)
    for package in (busy_package, fast_package):
        client.post("/api/stream/skip").raise_for_status()
        assert eventually(lambda package=package: renditions(client, package) or None) == {"240p"}
        for height, variant in before.items():
            assert busiest(client, height) <= variant.bandwidth
    assert declared(client) == before

    put(client, busy, fast)
    client.post("/api/stream/stop").raise_for_status()
    client.post("/api/stream/start").raise_for_status()
    after = declared(client)
    assert after[360].uri != before[360].uri
    assert after[360].bandwidth > before[360].bandwidth
    assert after[360].frame_rate == 60
    assert eventually(lambda: renditions(client, busy_package) or None) == {"360p"}
    for height, variant in after.items():
        assert busiest(client, height) <= variant.bandwidth
