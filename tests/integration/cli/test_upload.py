"""`insta-stream upload` against a server that it loses, and that it is stopped in the middle of."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.command import insta_stream, must
from tests.support.gate import gate
from tests.support.server import free_port, running
from tests.support.tus import digest, padded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills the server's workers, found in /proc")

FLAGS = ("--rungs", "240p", "--min-free-bytes", "1MB")


@pytest.fixture(scope="module")
def clip(shared: Path) -> Path:
    return make_clips(shared, seconds=3, count=1)[0]


@pytest.fixture
def film(tmp_path: Path, clip: Path) -> Path:
    """A video of 20 MB, in a folder of its own."""
    (tmp_path / "films").mkdir()
    return padded(clip, tmp_path / "films" / "film.mp4", 20_000_000)


def began(film: Path, **access: str) -> subprocess.Popen[str]:
    """Start the command in the background."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("INSTA_STREAM_")}
    command = [sys.executable, "-m", "insta_stream", "upload", str(film)]
    return subprocess.Popen(
        command, env={**clean, **access}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_after_ctrl_c_the_same_command_goes_on(tmp_path: Path, film: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    with running(tmp_path / "data", *FLAGS) as server:
        with gate(urlsplit(server.url).port or 0, 12_000_000) as way:
            access = {**cache, "INSTA_STREAM_URL": way.url}
            sending = began(film, **access)
            assert way.is_shut.wait(60)
            sending.send_signal(signal.SIGINT)
            _, said = sending.communicate(timeout=60)
            assert sending.returncode == 130
            assert "The same command resumes" in said
            (part,) = (server.data / "uploads").glob("*.part")
            way.open()
            assert part.stem in must("upload", str(film), **access)  # the same upload
        assert digest(part.with_suffix("")) == digest(film)
        playlist = httpx.get(f"{server.url}/api/playlist").json()["data"]["playlist"]
        assert [video["id"] for video in playlist] == [part.stem]
        assert list((tmp_path / "cache").rglob("*"))[-1].is_dir()  # nothing is remembered any more


@pytest.mark.deep
def test_a_server_that_is_killed_and_comes_back_is_waited_for(tmp_path: Path, film: Path) -> None:
    port = free_port()
    with gate(port, 12_000_000) as way:
        access = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "INSTA_STREAM_URL": way.url}
        with running(tmp_path / "data", *FLAGS, port=port) as server:
            sending = began(film, **access)
            assert way.is_shut.wait(60)
            server.kill()
        way.open()
        with running(tmp_path / "data", *FLAGS, port=port) as server:
            said, complaints = sending.communicate(timeout=120)
            assert sending.returncode == 0, complaints
            assert "Trying again" in complaints
            assert digest(server.data / "uploads" / said.split()[-1]) == digest(film)


def test_folders_and_patterns_refusals_and_the_library(tmp_path: Path, film: Path, clip: Path) -> None:
    films = film.parent
    (films / "letter.mp4").write_text("Dear Sir or Madam")
    (films / "notes.txt").write_text("not sent")
    (films / "another.mkv").write_bytes(clip.read_bytes())
    with running(tmp_path / "data", *FLAGS) as server:
        access = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "INSTA_STREAM_URL": server.url}
        done = insta_stream("upload", "--library", str(films), **access)
        assert done.returncode == 1
        assert [line.split()[0] for line in done.stdout.splitlines()] == ["another.mkv", "film.mp4"]
        assert "letter.mp4: This is a text file, not a video." in " ".join(done.stderr.split())
        assert httpx.get(f"{server.url}/api/playlist").json()["data"]["totalVideos"] == 0
        videos = httpx.get(f"{server.url}/api/videos").json()["data"]
        assert len(videos) == 2  # what was refused has been told, and is not kept
        must("upload", "--no-wait", str(films / "ano*"), **access)
        done = insta_stream("upload", str(films / "nothing*"), **access)
        assert done.returncode == 2
        assert "There is no video at" in done.stderr
