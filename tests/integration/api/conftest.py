"""A server of its own for each file of tests, with three short videos."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.serving import serving
from tests.support.waiting import eventually

TOKEN = "a-secret-that-is-long-enough"

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

ID = re.compile(r"[0-9a-f]{32}")


def environment(folder: Path, **settings: str) -> dict[str, str]:
    few = {"DATA": str(folder), "RUNGS": "360p,240p", "MIN_FREE_BYTES": "1MB", "LOG_FORMAT": "json"}
    return {f"INSTA_STREAM_{name}": value for name, value in (few | settings).items()}


def make_clip(ffmpeg: Path, path: Path, seconds: int, tone: int) -> Path:
    picture = ["-f", "lavfi", "-i", f"smptehdbars=s=320x180:r=25:d={seconds}"]
    sound = ["-f", "lavfi", "-i", f"sine=frequency={tone}:r=48000:d={seconds}"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [str(ffmpeg), "-v", "error", *picture, *sound, *coding, "-y", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory, bundled_ffmpeg: Path) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [make_clip(bundled_ffmpeg, folder / f"clip {n}.mp4", 4 + 2 * n, 300 + 100 * n) for n in range(3)]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def client(data: Path) -> Iterator[httpx.Client]:
    with serving(environment(data)) as base, httpx.Client(base_url=base, timeout=60) as client:
        eventually(lambda: client.get("/health/ready").status_code == 200, 240)
        yield client


@pytest.fixture(scope="module")
def videos(client: httpx.Client, clips: list[Path]) -> list[str]:
    """Three videos in the main playlist, packaged."""
    ids = [upload(client, clip)["id"] for clip in clips]
    eventually(lambda: all(video["state"] == "ready" for video in ok(client.get("/api/videos"))), 120)
    return ids


def upload(client: httpx.Client, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        data = ok(client.post("/api/upload", files={"video": (path.name, file, "video/mp4")}))
    assert isinstance(data, dict)
    return data


def ok(reply: httpx.Response, status: int = 200) -> Any:
    """Return the data of a success in the agreed form."""
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert body["success"] is True
    assert isinstance(body["message"], str)
    return body.get("data")


def refused(reply: httpx.Response, status: int, code: str) -> str:
    """Check an error in the agreed form, and return its sentence."""
    assert reply.status_code == status, reply.text
    assert set(reply.json()) == {"success", "message", "code"}
    assert reply.json()["success"] is False
    assert reply.json()["code"] == code
    message = reply.json()["message"]
    assert isinstance(message, str)
    assert message
    return message


def off_air(client: httpx.Client, slug: str = "main") -> None:
    client.post(f"/api/channels/{slug}/stream/stop")


@pytest.fixture
def channel(client: httpx.Client) -> Iterator[str]:
    ok(client.post("/api/channels", json={"slug": "kids", "title": "Kids & more"}), 201)
    yield "/api/channels/kids"
    off_air(client, "kids")
    with suppress(AssertionError):
        ok(client.delete("/api/channels/kids"))


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
