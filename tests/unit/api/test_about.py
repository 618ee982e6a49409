"""What the server tells of itself, and whom."""

import json
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from insta_stream import __version__
from insta_stream.api.application import guarded, routes
from insta_stream.api.callers import Access
from insta_stream.components import BUNDLED
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.ticks import Ticks

TOKEN = "a-token-that-is-long"
FFMPEG = FFmpeg(Path("/home/somebody/ffmpeg"), "7.1", can_tone_map=True, notice="Ask its makers.")


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    """Of a server with a token, whose pages have a part with a slash in its name."""
    told = [{"name": "@some/part", "version": "1.2", "identifier": "MIT", "text": "Do what you like."}]
    (tmp_path / BUNDLED).write_text(json.dumps([*told, {"name": "silent", "version": "1"}]))
    app = routes(tmp_path)
    clock = SimpleNamespace(now=lambda: Ticks(0))
    app.state.services = SimpleNamespace(ffmpeg=FFMPEG, public_url="https://tv.example.org", clock=clock)
    transport = httpx.ASGITransport(guarded(app, Access(token=TOKEN)))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


async def test_versions_and_parts_are_told_to_those_who_show_the_token(client: httpx.AsyncClient) -> None:
    async with client:
        for path in ("/api/about", "/api/about/licences/server/insta-stream", f"/{BUNDLED}"):
            assert (await client.get(path)).status_code == 401
        client.headers["authorization"] = f"Bearer {TOKEN}"
        reply = await client.get("/api/about")
    about = reply.json()["data"]
    parts = about.pop("parts")
    assert about.pop("python").count(".") == 2
    assert about.pop("database").startswith("SQLite 3.")
    assert about.pop("timeZone").keys() == {"name", "utcOffsetMinutes"}
    assert about == {"version": __version__, "ffmpeg": "7.1", "publicUrl": "https://tv.example.org"}
    assert parts[0] == {"kind": "server", "name": "insta-stream", "version": __version__, "licence": "MIT"}
    assert {"kind": "ffmpeg", "name": "FFmpeg", "version": "7.1", "licence": ""} in parts
    assert {"kind": "pages", "name": "@some/part", "version": "1.2", "licence": "MIT"} in parts
    assert "/home" not in reply.text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("server/starlette", "Encode OSS"),
        ("ffmpeg/FFmpeg", "Ask its makers."),
        ("pages/@some/part", "Do what you like."),
        ("pages/silent", ""),
    ],
)
async def test_the_text_of_a_licence_is_there(client: httpx.AsyncClient, path: str, words: str) -> None:
    async with client:
        reply = await client.get(f"/api/about/licences/{path}", headers={"authorization": f"Bearer {TOKEN}"})
    assert words in reply.json()["data"]["text"]


@pytest.mark.parametrize(
    ("path", "status"), [("server/pytest", 404), ("ffmpeg/x", 404), ("pages/x", 404), ("else/x", 422)]
)
async def test_a_part_that_is_not_there_has_none(client: httpx.AsyncClient, path: str, status: int) -> None:
    async with client:
        reply = await client.get(f"/api/about/licences/{path}", headers={"authorization": f"Bearer {TOKEN}"})
    assert reply.status_code == status
