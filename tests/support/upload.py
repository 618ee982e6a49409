"""Uploading to a running server, and waiting until it can air what it got."""

from pathlib import Path
from typing import Any

import httpx
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
