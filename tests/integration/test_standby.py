"""A channel that is left with nothing but its slate, on a real server: it says so, and why, everywhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.bad_ffmpeg import BadFFmpeg
from tests.support.clips import make_clips
from tests.support.command import must
from tests.support.events import page
from tests.support.server import RunningServer, running
from tests.support.upload import until_ready, upload
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def clip(shared: Path) -> Path:
    return make_clips(shared, seconds=3, count=1)[0]


@pytest.fixture(scope="module")
def ffmpeg(tmp_path_factory: pytest.TempPathFactory, bundled_ffmpeg: Path) -> BadFFmpeg:
    return BadFFmpeg(tmp_path_factory.mktemp("ffmpeg"), bundled_ffmpeg)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, ffmpeg: BadFFmpeg) -> Iterator[RunningServer]:
    data = tmp_path_factory.mktemp("standby") / "data"
    with running(data, "--rungs", "240p", env={"INSTA_STREAM_FFMPEG": str(ffmpeg.path)}) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def of_main(values: dict[str, Any]) -> Any:
    """Return what the topic of all channels says of the main one."""
    channels = values.get("channels", {}).get("channels", [])
    return next((each for each in channels if each["slug"] == "main"), {})


def reason(client: httpx.Client) -> Any:
    standby = client.get("/api/stream/status").json()["data"]["standby"]
    return standby["reason"] if standby else None


def test_it_is_told_when_the_only_video_is_deleted_and_when_it_is_back(
    server: RunningServer, client: httpx.Client, clip: Path
) -> None:
    video = upload(client, clip).json()["data"]["id"]
    until_ready(client)
    with page(server.url, "channels", "channel/main") as studio:
        client.post("/api/stream/start").raise_for_status()
        studio.hear_until(lambda values: (of_main(values).get("onAir") or {}).get("id") == video)
        assert of_main(studio.values)["standby"] is None
        client.delete(f"/api/videos/{video}").raise_for_status()
        studio.hear_until(lambda values: of_main(values)["standby"] is not None)
        main = of_main(studio.values)
        assert (main["state"], main["standby"]["reason"]) == ("on", "deleted")
        assert main["onAir"]["isSlate"]
        studio.hear_until(lambda values: values["channel/main"]["channel"]["standby"] is not None)
        status = client.get("/api/stream/status").json()["data"]
        assert (status["isStreaming"], status["state"]) == (True, "on")  # as it always was
        assert status["standby"] == main["standby"]
        said = must("channels", "list", INSTA_STREAM_URL=server.url, COLUMNS="200")
        assert "standby" in said
        assert "main shows only its standby picture: Its only video was deleted. Restore" in said
        client.post(f"/api/videos/{video}/restore").raise_for_status()
        studio.hear_until(lambda values: of_main(values)["standby"] is None)
    assert not reason(client)


def test_it_is_told_when_the_playlist_is_emptied_but_not_in_a_pause(client: httpx.Client) -> None:
    client.delete("/api/playlist").raise_for_status()
    assert eventually(lambda: reason(client)) == "empty"
    client.post("/api/stream/pause").raise_for_status()
    assert not reason(client)
    client.post("/api/stream/resume").raise_for_status()
    assert eventually(lambda: reason(client)) == "empty"


def test_it_is_told_when_every_video_failed(client: httpx.Client, clip: Path, ffmpeg: BadFFmpeg) -> None:
    ffmpeg.behave("fails")
    upload(client, clip).raise_for_status()
    assert eventually(lambda: reason(client) == "failed", 120)
    standby = client.get("/api/channels/main").json()["data"]["standby"]
    assert standby["message"].startswith("“clip-0.mp4” failed to encode.")
