"""A real server is edited, killed and watched: what a viewer is promised must hold all the time.

INSTA_STREAM_SOAK_SECONDS makes the watching longer than CI has time for.
"""

import asyncio
import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.depth import by_depth
from tests.support.director import Director
from tests.support.once import made_once
from tests.support.recorder import record
from tests.support.server import RunningServer, free_port, running
from tests.support.upload import await_videos, start, upload

from insta_stream.check.watch import check

SOAK = float(os.environ.get("INSTA_STREAM_SOAK_SECONDS", by_depth("12", "60")))
FLAGS = ("--rungs", by_depth("360p,240p", "720p,360p,240p"))

PACKAGED_WITHIN = 900
"""Seconds. Encoding gives way to whatever else the machine does, the rest of a suite above all."""

pytestmark = pytest.mark.timeout(PACKAGED_WITHIN + 300)

WINDOW_SECONDS = 60
FOLLOWED_SECONDS = 4
"""For so long a player that has read all there was follows what comes."""

STEPPED = Path(__file__).parents[1] / "support" / "clock_step"

WIDE, FILM = by_depth(("640x360", "640x268"), ("1280x720", "1280x536"))
PICTURE = by_depth("smptehdbars", "testsrc2")

CLIPS = {
    "odd-length": (f"{PICTURE}=size={WIDE}:rate=30000/1001", by_depth(2.51, 6.01), True),
    "film": (f"{PICTURE}=size={FILM}:rate=24000/1001,hue=h=90", by_depth(4.3, 12.3), True),
    "very-short": (f"{PICTURE}=size=640x360:rate=25,hue=h=180", 0.5, True),
    "silent": ("smptehdbars=size=640x360:rate=50", by_depth(2.2, 3), False),
    "portrait": (f"{PICTURE}=size=360x640:rate=30,hue=h=270", by_depth(3, 9), True),
    "copied": (f"{PICTURE}=size=640x360:rate=25,hue=h=45", by_depth(3.24, 5.24), True),
    "copied-too": (f"{PICTURE}=size=640x360:rate=25,hue=h=135", by_depth(2.24, 3.24), True),
}

FOR_COPYING = ("-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-profile:v", "main", "-bf", "0")
FOR_COPYING += ("-b:v", "300k", "-maxrate", "500k", "-bufsize", "500k", "-ar", "48000", "-ac", "2")


def _clip(ffmpeg: Path, path: Path, picture: str, seconds: float, has_sound: bool) -> Path:
    sound = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"] if has_sound else []
    command = [str(ffmpeg), "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", picture, *sound]
    command += ["-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    command += FOR_COPYING if path.stem.startswith("copied") else ()
    subprocess.run([*command, str(path)], check=True)
    return path


@pytest.fixture(scope="session")
def packaged(shared: Path, bundled_ffmpeg: Path) -> Path:
    """A data folder whose main channel has clips of every awkward length, rate and shape, packaged."""

    def make(folder: Path) -> None:
        folder.mkdir()
        clips = [_clip(bundled_ffmpeg, folder / f"{name}.mp4", *facts) for name, facts in CLIPS.items()]
        with running(folder / "data", *FLAGS) as server, httpx.Client(base_url=server.url) as client:
            for clip in clips:
                assert upload(client, clip).status_code == 200
            await_videos(client, state="ready", within=PACKAGED_WITHIN)

    return made_once(shared / "mixed", make) / "data"


@pytest.fixture
def prepared(packaged: Path, tmp_path: Path) -> Path:
    """A copy of it, whose channel is off the air."""
    return shutil.copytree(packaged, tmp_path / "data")


@pytest.fixture(scope="module")
def established(packaged: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose channel has been on the air for long: its window is full.

    It was put on the air, and then the clock went on while the server was away.
    """
    folder = tmp_path_factory.mktemp("established")
    data, step = shutil.copytree(packaged, folder / "data"), folder / "step"
    step.write_text("0")
    env = {"PYTHONPATH": str(STEPPED), "CLOCK_STEP": str(step)}
    with running(data, *FLAGS, env=env) as server:
        start(server)
    step.write_text(str(2 * WINDOW_SECONDS))
    with running(data, *FLAGS, env=env) as server:
        yield server


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(prepared: Path, port: int) -> Iterator[RunningServer]:
    with running(prepared, *FLAGS, port=port) as server:
        start(server)
        yield server


def stream(server: RunningServer) -> str:
    return f"{server.url}/stream/stream.m3u8"


@pytest.mark.slow
async def test_no_edit_at_any_moment_breaks_a_rule(server: RunningServer) -> None:
    seed = random.randrange(2**32)  # noqa: S311
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    async with httpx.AsyncClient(base_url=server.url, timeout=120) as client:
        videos = [video["id"] for video in (await client.get("/api/videos")).json()["data"]]
        director = Director(client, videos, random.Random(seed))  # noqa: S311
        watching = asyncio.create_task(check(stream(server), seconds=SOAK, tolerate_restart=False))
        await director.edit_for(SOAK)
        report = await watching
    print(director.moves, director.refused)  # noqa: T201
    assert report.is_good, report.as_text()
    assert report.segments > SOAK / 2
    assert len(director.moves) >= 3, "how many there were is up to the machine, but some were made"


@pytest.mark.slow
async def test_a_server_that_is_killed_contradicts_nothing_it_said_before(prepared: Path, port: int) -> None:
    edited, watched = by_depth((3, 15), (8, 30))
    with running(prepared, *FLAGS, port=port) as server:
        videos = start(server)
        async with httpx.AsyncClient(base_url=server.url, timeout=120) as client:
            watching = asyncio.create_task(check(stream(server), seconds=watched, tolerate_restart=True))
            await Director(client, videos, random.Random(7)).edit_for(edited, stops=False)  # noqa: S311
        await asyncio.to_thread(server.kill)  # with its worker, which would answer while the next one starts
        with running(prepared, *FLAGS, port=port) as again:
            async with httpx.AsyncClient(base_url=again.url, timeout=120) as client:
                status = (await client.get("/api/stream/status")).json()["data"]
                assert status["isStreaming"]
                await Director(client, videos, random.Random(8)).edit_for(edited, stops=False)  # noqa: S311
                report = await watching
                await client.post("/api/stream/stop")
    assert report.is_good, report.as_text()
    assert report.broadcasts == 1


@pytest.mark.each_ffmpeg
@pytest.mark.parametrize("codec", ["copy", "decode"])
def test_ffmpeg_follows_over_item_boundaries_without_a_complaint(
    established: RunningServer, ffmpeg_path: Path, codec: str
) -> None:
    """It begins near the start of the window, which is longer than the loop, and reads on until it waits."""
    how = ["-c", "copy"] if codec == "copy" else []
    length = str(WINDOW_SECONDS + FOLLOWED_SECONDS)
    command = [str(ffmpeg_path), "-nostdin", "-hide_banner", "-loglevel", "warning", "-live_start_index", "2"]
    command += ["-i", stream(established), "-map", "0:p:0:v", "-map", "0:p:0:a", *how, "-t", length]
    command += ["-f", "mpegts", "-y", "/dev/null"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    complaints = re.findall(r".*(?:corrupt|[Ee]rror|missing|[Ii]nvalid|skipping).*", done.stderr)
    assert complaints == []


@pytest.mark.each_ffmpeg
def test_the_medias_clock_of_ffmpeg_follows_the_walls(established: RunningServer, ffmpeg_path: Path) -> None:
    """What is copied would open otherwise than what is encoded, and mislead it: see `hls.opening`."""
    recording = record(ffmpeg_path, stream(established), first=2, seconds=WINDOW_SECONDS)
    heard = len(recording.sounds) * 1024 / 48_000
    assert heard == pytest.approx(recording.seconds, rel=0.01)
    assert recording.longest_step < 0.2
