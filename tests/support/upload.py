"""Uploading to a running server, and waiting until it can air what it got."""

from pathlib import Path
from typing import Any

import httpx
from tests.support.server import RunningServer
from tests.support.waiting import eventually

Json = dict[str, Any]


def upload(client: httpx.Client, path: Path) -> httpx.Response:
    """Upload a file as a browser's form does; it joins the playlist of the main channel."""
    with path.open("rb") as file:
        return client.post("/api/upload", files={"video": (path.name, file)}, timeout=120)


def await_videos(client: httpx.Client, *, state: str = "", within: float = 300) -> dict[str, Json]:
    """Wait until every video is airable, failed, or in `state`, and return the videos by name."""

    def settled() -> dict[str, Json] | None:
        videos: list[Json] = client.get("/api/videos").json()["data"]
        if all(v["state"] in {state, "failed"} or (not state and v["airable"]) for v in videos):
            return {video["name"]: video for video in videos}
        return None

    return eventually(settled, within)


def until_ready(client: httpx.Client, within: float = 120) -> None:
    """Wait until the server has everything it needs, the slate too."""
    eventually(lambda: client.get("/health/ready").is_success, within)


def start(server: RunningServer) -> list[str]:
    """Put the main channel on the air with every video, by name; return their ids in this order."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        found: list[Json] = client.get("/api/videos").json()["data"]
        videos = [video["id"] for video in sorted(found, key=lambda video: str(video["name"]))]
        client.put("/api/channels/main/playlist", json={"videos": videos}).raise_for_status()
        client.post("/api/stream/start").raise_for_status()
    return videos
