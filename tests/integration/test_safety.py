"""What the API tells before something is lost, and how a slip is taken back, on a real server."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.seeds import plant
from tests.support.server import running
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[httpx.Client]:
    data = plant(tmp_path_factory.mktemp("safety") / "data", "240p", make_clips(shared, seconds=6))
    with (
        running(data, "--rungs", "240p") as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        yield client


@pytest.fixture
def videos(client: httpx.Client) -> list[str]:
    found = sorted(ok(client.get("/api/videos")), key=lambda video: str(video["name"]))
    return [video["id"] for video in found]


def ok(reply: httpx.Response) -> Any:
    assert reply.is_success, reply.text
    return reply.json()["data"]


def test_a_jump_says_how_it_is_taken_back(client: httpx.Client, videos: list[str]) -> None:
    path = "/api/channels/main"
    ok(client.put(f"{path}/playlist", json={"videos": videos}))
    ok(client.post(f"{path}/stream/start"))
    entries = [each["entry"] for each in ok(client.get(f"{path}/playlist"))["playlist"]]
    now = ok(client.get(f"{path}/playlist"))["currentIndex"]
    target = entries[(now + 2) % 3]
    jumped = ok(client.post(f"{path}/playlist/current", json={"entry": target}))
    assert (jumped["next"]["entry"], jumped["next"]["name"]) == (target, f"clip-{(now + 2) % 3}.mp4")
    back = jumped["back"]
    returned = ok(
        client.post(f"{path}/playlist/current", json={"entry": back["entry"], "offset": back["offset"]})
    )
    assert returned["next"]["entry"] == back["entry"]
    assert returned["back"]["entry"] == target

    def at(moment: str) -> float:
        return datetime.fromisoformat(moment).timestamp()

    seen = at(returned["effectiveAt"])
    planned = ok(client.get(f"{path}/guide"))["airings"]
    present = next(each for each in planned if at(each["startsAt"]) <= seen < at(each["endsAt"]))
    assert present["entry"] == back["entry"]
    assert present["firstOffset"] + seen - at(present["startsAt"]) == pytest.approx(back["offset"], abs=0.01)
    skipped = ok(client.post(f"{path}/stream/skip"))
    assert skipped["next"]["entry"] in entries
    late = client.post(f"{path}/playlist/current", json={"entry": target, "offset": 60})
    assert (late.status_code, late.json()["code"]) == (400, "bad_request")
    assert client.post(f"{path}/playlist/current", json={"entry": target, "offset": -1}).status_code == 422
    ok(client.post(f"{path}/stream/stop"))


def test_where_videos_are_used_is_told_before_they_are_deleted(
    client: httpx.Client, videos: list[str]
) -> None:
    ok(client.put("/api/channels/main/playlist", json={"videos": [videos[0], videos[0]]}))
    ok(client.post("/api/stream/start"))

    def on_air() -> Any:  # what was on before airs to its end
        found = ok(client.get(f"/api/videos/{videos[0]}/usage"))
        return found if found["onAir"] else None

    usage = eventually(on_air)
    assert usage == ok(client.post("/api/videos/usage", json={"videos": [videos[0], "0" * 32]}))
    assert usage == {
        "uses": [
            {
                "slug": "main",
                "title": "Main",
                "state": "on",
                "times": 2,
                "onAir": True,
                "isSlate": False,
                "leavesNothing": True,
            }
        ],
        "playlists": 1,
        "onAir": 1,
        "leftEmpty": 1,
        "slates": 0,
        "keepDeletedSeconds": 86_400,
    }
    assert ok(client.get("/api/channels/main/viewers"))["now"] == 0
    unused = {video["id"] for video in ok(client.get("/api/videos", params={"used": "false"}))}
    assert unused == set(videos[1:])
    assert [video["id"] for video in ok(client.get("/api/videos", params={"used": "true"}))] == videos[:1]
    assert client.get(f"/api/videos/{'0' * 32}/usage").status_code == 404
    ok(client.post("/api/stream/stop"))
