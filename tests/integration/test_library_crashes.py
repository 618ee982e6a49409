"""The server or its FFmpeg is killed in the middle of the work: nothing is lost, nothing is made twice."""

import asyncio
import random
import sqlite3
import sys
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.depth import by_depth
from tests.support.libraries import (
    NAMES,
    decoded_frames,
    make_clip,
    make_short_slate,
    open_library,
    segments,
    settled,
)
from tests.support.processes import about, kill, naming
from tests.support.waiting import until

from insta_stream.hls import mpegts
from insta_stream.storage.folder import DataFolder
from insta_stream.work import slate

ROOT = Path(__file__).resolve().parents[2]
SECONDS = by_depth(14, 24)
GOALS = by_depth((4, 8), (4, 8, 12, 16))
"""Published segments of both rungs, at which the server is killed."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", SECONDS, picture="smptebars")


@pytest.fixture(autouse=True)
def _short_slate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slate, "make_slate", make_short_slate)


def ffmpegs(root: Path) -> list[int]:
    """Return the processes that work in an attempt in this data folder, or whose command line names one."""
    return [pid for pid in naming(root) if b"attempt-" in about(pid)]


def published(root: Path) -> Iterator[Path]:
    """Return the segments of the clip: the slate has one."""
    return (root / "stream").glob("????????????????????????????????/*/*.ts")


def has_published(root: Path, count: int) -> bool:
    return sum(1 for _ in published(root)) >= count


async def _start(root: Path, *clip: Path) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.support.libraries", str(root), *map(str, clip))
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL)


async def test_a_killed_server_goes_on_where_it_was(tmp_path: Path, clip: Path) -> None:
    chance = random.Random(20)  # noqa: S311 - no secret
    arguments: tuple[Path, ...] = (clip,)
    kept: dict[Path, int] = {}
    for goal in GOALS:
        server = await _start(tmp_path, *arguments)
        arguments = ()
        await until(partial(has_published, tmp_path, goal))
        await asyncio.sleep(chance.uniform(0, 0.2))
        server.kill()
        await server.wait()
        await until(lambda: not ffmpegs(tmp_path))
        now = {path: path.stat().st_ino for path in published(tmp_path)}
        assert now.items() >= kept.items()  # it did not begin anew
        for path in now:
            assert mpegts.read(path.read_bytes()).starts_with_idr  # no half segment has its final name
        kept = now

    server = await _start(tmp_path)
    assert await server.wait() == 0
    assert {path: path.stat().st_ino for path in kept} == kept
    async with open_library(tmp_path) as library:
        (video,) = library.videos()
        assert (video.state, video.cautions) == ("ready", ())
        assert video.package is not None
        for name in NAMES:
            files = segments(DataFolder.under(tmp_path), video.package, name)
            assert decoded_frames(files) == SECONDS * 25
            _assert_seamless(files)
    assert list((tmp_path / "stream" / ".work").iterdir()) == []


def _assert_seamless(files: list[Path]) -> None:
    """No player notices where a job went on: pictures, sound and counters go on from segment to segment."""
    facts = [mpegts.read(path.read_bytes()) for path in files]
    for before, after in pairwise(facts):
        assert before.video is not None
        assert after.video is not None
        assert before.video.end_pts == after.video.first_pts
        assert (before.video.last_cc + 1) % 16 == after.video.first_cc
        assert before.audio is not None
        assert after.audio is not None
        assert before.audio.end_pts == after.audio.first_pts
        assert (before.audio.last_cc + 1) % 16 == after.audio.first_cc


@pytest.mark.deep
async def test_a_killed_ffmpeg_is_started_again(tmp_path: Path, clip: Path) -> None:
    async with open_library(tmp_path) as library:
        video = await library.adopt(clip, "a")
        for goal in by_depth((6,), (6, 14)):
            await until(partial(has_published, tmp_path, goal))
            kept = {path: path.stat().st_ino for path in published(tmp_path)}
            for process in ffmpegs(tmp_path):
                kill(process)
        video = await settled(library, video.id)
        assert (video.state, video.cautions) == ("ready", ())
        assert {path: path.stat().st_ino for path in kept} == kept
        assert video.package is not None
        assert decoded_frames(segments(DataFolder.under(tmp_path), video.package, NAMES[0])) == SECONDS * 25


async def test_a_file_that_ends_the_server_three_times_is_given_up(tmp_path: Path, clip: Path) -> None:
    server = await _start(tmp_path, clip)
    await until(partial(_is_begun, tmp_path))
    server.kill()
    await server.wait()
    database = sqlite3.connect(tmp_path / "insta-stream.db")
    with database:
        database.execute("UPDATE package SET attempts = 3")
    database.close()

    async with open_library(tmp_path) as library:
        (video,) = library.videos()
        video = await settled(library, video.id)
        assert (video.state, video.airable) == ("failed", False)
        assert video.error == "The server crashed 3 times in a row while encoding this video."
        await library.repackage(video.id)
        assert library.get(video.id).state == "packaging"


def _is_begun(root: Path) -> bool:
    """Say whether the clip is to be packaged, as the database has it."""
    try:
        database = sqlite3.connect(f"file:{root}/insta-stream.db?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return False  # not made yet
    query = "SELECT count(*) FROM package JOIN video ON video = video.id WHERE NOT is_hidden"
    try:
        return database.execute(query).fetchone() == (1,)
    except sqlite3.OperationalError:
        return False
    finally:
        database.close()
