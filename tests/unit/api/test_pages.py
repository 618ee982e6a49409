"""The web UI's files over HTTP; what the pages show is tested in a browser."""

import asyncio
import gzip
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send
from tests.support.scene import Scene as OnAir

from insta_stream import __version__
from insta_stream.api.application import guarded, routes
from insta_stream.api.callers import Access
from insta_stream.api.pages import _is_one
from insta_stream.channels.channel import Playback
from insta_stream.delivery.admission import FULL_PATH

TOKEN = "a-token-that-is-long"
HTML = (
    '<html data-root="./" data-public=""><script type="module" src="./assets/main-1234.js"></script>{links}'
)
LINKS = {
    "index.html": "",
    "home.html": '<link rel="modulepreload" href="./assets/watch-1234.js">',
    "watch.html": '<link rel="modulepreload" href="./assets/hlsEngine-1234.js">',
}
SCRIPT = "const words = 'the same again and again';\n" * 100
SENT = {
    None: SCRIPT.encode(),
    "gzip": gzip.compress(SCRIPT.encode(), mtime=0),
    "br": b"what brotli made of it",
}


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A folder as the build leaves it."""
    (tmp_path / "assets").mkdir()
    for name, links in LINKS.items():
        (tmp_path / name).write_text(HTML.format(links=links))
    (tmp_path / "assets" / "main-1234.js").write_text(SCRIPT)
    (tmp_path / "assets" / "main-1234.js.gz").write_bytes(SENT["gzip"])
    (tmp_path / "assets" / "main-1234.js.br").write_bytes(SENT["br"])
    (tmp_path / "favicon.svg").write_text("<svg/>")
    return tmp_path


@asynccontextmanager
async def client_of(
    static: Path, public_url: str | None = None, *, channels: int = 1, protected: int = 0
) -> AsyncIterator[httpx.AsyncClient]:
    api = routes(static, public_url)
    public, other = (
        SimpleNamespace(slug="x", playback=each) for each in (Playback.PUBLIC, Playback.SIGNED_IN)
    )
    there = (public,) * channels + (other,) * protected
    api.state.services = SimpleNamespace(channels=SimpleNamespace(all=lambda: there))
    app = guarded(api, Access(token=TOKEN))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers={"accept": "text/html"}
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "to_root"),
    [
        ("/", "./"),
        ("/studio", "./"),
        ("/watch/main", "../"),
        ("/embed/main", "../"),
        ("/studio/library", "../"),
        ("/studio/playlist/main", "../../"),
    ],
)
async def test_every_page_knows_its_way_to_the_root_and_needs_no_token(
    static: Path, path: str, to_root: str
) -> None:
    async with client_of(static) as client:
        reply = await client.get(path)
    assert reply.status_code == 200
    assert f'data-root="{to_root}"' in reply.text
    assert f'src="{to_root}assets/main-1234.js"' in reply.text
    assert reply.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "to_root"),
    [("/watch/main", "../../../"), ("/embed/main", "../../../"), ("/", "../../"), ("/nowhere", "../../")],
)
async def test_a_page_in_the_folder_of_a_link_knows_its_way_to_the_root_too(
    static: Path, path: str, to_root: str
) -> None:
    api = routes(static)
    api.state.services = SimpleNamespace(channels=SimpleNamespace(all=tuple))

    async def in_folder(scope: Scope, receive: Receive, send: Send) -> None:
        await api({**scope, FULL_PATH: f"/t/a-token{scope['path']}"}, receive, send)

    transport = httpx.ASGITransport(in_folder)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        reply = await client.get(path, headers={"accept": "text/html"})
    assert f'data-root="{to_root}"' in reply.text


@pytest.mark.parametrize(
    ("public_url", "told"),
    [
        ("https://tv.example.org", "https://tv.example.org/"),
        ("https://tv.example.org/insta/", "https://tv.example.org/insta/"),
        ('https://tv.example.org/"&', "https://tv.example.org/&quot;&amp;/"),
        (None, ""),
    ],
)
async def test_every_page_knows_how_others_reach_the_server(
    static: Path, public_url: str | None, told: str
) -> None:
    async with client_of(static, public_url) as client:
        for path in ("/", "/watch/main", "/studio/channels"):
            assert f'data-public="{told}"' in (await client.get(path)).text


@pytest.mark.parametrize(
    ("path", "channels", "link"),
    [
        ("/watch/main", 2, "../assets/hlsEngine-1234.js"),
        ("/embed/main", 2, "../assets/hlsEngine-1234.js"),
        ("/", 1, "./assets/hlsEngine-1234.js"),
        ("/", 2, "./assets/watch-1234.js"),
        ("/", 0, "./assets/watch-1234.js"),
        ("/studio", 1, None),
        ("/studio/library", 1, None),
        ("/nowhere", 1, None),
    ],
)
async def test_a_page_asks_at_once_for_what_it_will_need_and_for_nothing_else(
    static: Path, path: str, channels: int, link: str | None
) -> None:
    async with client_of(static, channels=channels) as client:
        html = (await client.get(path)).text
    assert re.findall(r'modulepreload" href="(.*?)"', html) == ([link] if link else [])


async def test_the_front_page_counts_what_one_may_watch(static: Path) -> None:
    async with client_of(static, protected=1) as client, client_of(static) as alone:
        whole = (await alone.get("/")).text
        assert (await client.get("/")).text == whole
        known = {"authorization": f"Bearer {TOKEN}"}
        assert (await client.get("/", headers=known)).text != whole


async def test_pages_have_no_second_address(static: Path) -> None:
    async with client_of(static) as client:
        client.headers["authorization"] = f"Bearer {TOKEN}"
        for name in LINKS:
            assert (await client.get(f"/{name}")).status_code == 404


async def test_no_address_makes_an_answer_long(static: Path) -> None:
    async with client_of(static) as client:
        for path in ("/studio/" + "/" * 8000, "/nowhere" + "/" * 8000):
            assert len((await client.get(path)).content) < 1000


async def test_a_browser_gets_a_page_that_says_so_where_nothing_is_and_a_program_json(static: Path) -> None:
    async with client_of(static) as client:
        client.headers["authorization"] = f"Bearer {TOKEN}"
        for path, to_root in (("/nowhere", "./"), ("/not/here", "../"), ("/watch/main/more", "../../")):
            page = await client.get(path)
            assert (page.status_code, page.headers["cache-control"]) == (404, "no-cache")
            assert f'data-root="{to_root}"' in page.text
            for reply in (await client.get(path, headers={"accept": "*/*"}), await client.post(path)):
                assert (reply.status_code, reply.json()["code"]) == (404, "unknown")
        refused = await client.put("/api/playlist")
        assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")


async def test_scripts_come_only_from_here_and_only_the_player_may_be_framed(static: Path) -> None:
    async with client_of(static) as client:
        replies = {
            path: (await client.get(path)).headers for path in ("/", "/studio", "/watch/main", "/embed/main")
        }
    player = replies.pop("/embed/main")
    assert "x-frame-options" not in player
    assert "frame-ancestors" not in player["content-security-policy"]
    for headers in (player, *replies.values()):
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
    for headers in replies.values():
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("gzip;q=0", None),
        ("identity", None),
    ],
)
async def test_hashed_files_are_compressed_and_kept_for_ever(
    static: Path, accepted: str, coding: str | None
) -> None:
    async with (
        client_of(static) as client,
        client.stream("GET", "/assets/main-1234.js", headers={"accept-encoding": accepted}) as reply,
    ):
        sent = b"".join([piece async for piece in reply.aiter_raw()])
    assert sent == SENT[coding]
    assert reply.headers.get("content-encoding") == coding
    assert "javascript" in reply.headers["content-type"]
    assert reply.headers["vary"] == "Accept-Encoding, Origin"
    assert "immutable" in reply.headers["cache-control"]


async def test_a_file_of_another_build_is_not_kept(static: Path) -> None:
    async with client_of(static) as client:
        missing = await client.get("/assets/main-9999.js")
    assert missing.status_code == 404
    assert "immutable" not in missing.headers["cache-control"]


async def test_without_a_built_page_the_server_says_so(tmp_path: Path) -> None:
    async with client_of(tmp_path / "none") as client:
        replies = [await client.get(path) for path in ("/", "/watch/main", "/studio")]
    assert all("not part of this installation" in reply.text for reply in replies)


@pytest.mark.parametrize("path", ["/favicon.svg", "/assets/main-1234.js"])
async def test_all_files_know_since_when_a_client_has_them(static: Path, path: str) -> None:
    async with client_of(static) as client:
        whole = await client.get(path)
        changed = whole.headers["last-modified"]
        for headers, status in (
            ({"if-modified-since": changed}, 304),
            ({"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
            ({"if-modified-since": "yesterday"}, 200),
            ({"if-modified-since": changed, "if-none-match": '"another"'}, 200),
        ):
            reply = await client.get(path, headers=headers)
            assert (reply.status_code, reply.content) == (status, whole.content if status == 200 else b"")


DESCRIPTION = {"openapi": "3.1.0", "paths": {"/api/playlist": {"get": {"summary": "The playlist"}}}}
KNOWN = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each description that is made. None is as long as the real one, which takes a while."""
    times: list[str] = []

    def openapi(app: FastAPI) -> dict[str, object]:
        times.append(app.title)
        time.sleep(0.05)  # so that all ask before it is there
        return DESCRIPTION

    monkeypatch.setattr(FastAPI, "openapi", openapi)
    return times


async def test_strangers_are_told_neither_the_version_nor_the_addresses(
    static: Path, written: list[str]
) -> None:
    as_json = {"accept": "application/json"}
    async with client_of(static) as client:
        stranger = await client.get("/", headers=as_json)
        assert stranger.json()["data"] == {"name": "Insta-Stream"}
        assert (await client.get("/openapi.json")).status_code == 401
        assert written == [], "a stranger made the server write a description"
        told = (await client.get("/", headers={**as_json, **KNOWN})).json()["data"]
    assert told["version"] == __version__
    assert told["endpoints"]["GET /api/playlist"] == "The playlist"


async def test_the_description_is_written_once(static: Path, written: list[str]) -> None:
    async with client_of(static) as client:
        replies = await asyncio.gather(*(client.get("/openapi.json", headers=KNOWN) for _ in range(3)))
    assert [reply.json() for reply in replies] == [DESCRIPTION] * 3
    assert len(written) == 1


def test_no_more_channels_are_looked_at_than_it_takes_to_know_that_there_are_several() -> None:
    channel = OnAir.on_air().channel
    rest = iter([channel] * 1000)
    assert not _is_one(rest)
    assert len(list(rest)) == 998
    assert _is_one(iter([channel]))
    assert not _is_one(iter(()))
