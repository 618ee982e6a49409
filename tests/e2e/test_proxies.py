"""The Studio and the viewers behind the proxies that docs/how-to/expose-safely.md sets up."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import Watched
from tests.support import proxies
from tests.support.seeds import plant
from tests.support.server import RunningServer, running
from tests.support.tus import BODY, TUS, padded, raw
from tests.support.upload import start
from tests.support.waiting import eventually
from websockets.sync.client import connect

from insta_stream.api.attempts import FREE

SLOW = 60_000
"""Milliseconds that a busy machine may take."""

Proxy = Callable[[Path, RunningServer], AbstractContextManager[str]]


def nginx(folder: Path, server: RunningServer) -> AbstractContextManager[str]:
    return proxies.nginx(folder, server, *proxies.recipes("nginx"))


def caddy(folder: Path, server: RunningServer) -> AbstractContextManager[str]:
    (recipe,) = proxies.recipes("caddy")
    return proxies.caddy(folder, server, recipe)


@contextmanager
def nginx_behind_nginx(folder: Path, server: RunningServer) -> Iterator[str]:
    folder.mkdir()
    with (
        nginx(folder / "inner", server) as inner,
        proxies.nginx(folder / "outer", replace(server, url=inner), *proxies.recipes("nginx")) as outer,
    ):
        yield outer


def renamed(server: RunningServer, name: str, other: str) -> None:
    """Give a video another name, past the proxy."""
    videos = httpx.get(f"{server.url}/api/videos").json()["data"]
    (id_,) = [video["id"] for video in videos if video["name"] == name]
    httpx.patch(f"{server.url}/api/videos/{id_}", json={"name": other}).raise_for_status()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, clips: list[Path]) -> Iterator[RunningServer]:
    """A library of three videos that the channel `main` plays."""
    data = plant(tmp_path_factory.mktemp("proxied") / "data", "240p", clips)
    with running(data, "--rungs", "240p", "--min-free-bytes", "1MB") as server:
        start(server)
        yield server


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_the_studio_works_through_a_proxy(
    watched: Watched, server: RunningServer, clips: list[Path], tmp_path: Path, proxy: Proxy
) -> None:
    name = f"through-{proxy.__name__}.mp4"
    film = padded(clips[0], tmp_path / name, 3_000_000)  # more than proxies take by themselves
    page, tiles = watched.page, watched.page.get_by_role("list", name="Videos").get_by_role("listitem")
    with proxy(tmp_path / "proxy", server) as address:
        page.goto(f"{address}/studio/library")
        expect(tiles.filter(has_text="clip-0.mp4")).to_be_visible(timeout=SLOW)
        watched.wait_until("document.querySelector('[data-connection]').dataset.connection === 'open'")
        with page.expect_file_chooser() as dialog:
            page.get_by_role("button", name="Upload videos").click()
        dialog.value.set_files(film)
        expect(tiles.filter(has_text=name)).to_be_visible(timeout=SLOW)
        renamed(server, name, f"new-{name}")
        expect(tiles.filter(has_text=f"new-{name}")).to_be_visible(timeout=SLOW)  # the event came
        assert watched.complaints == []


def test_a_studio_without_live_updates_says_so_and_is_filled_all_the_same(
    watched: Watched, server: RunningServer, tmp_path: Path
) -> None:
    page, tiles = watched.page, watched.page.get_by_role("list", name="Videos").get_by_role("listitem")
    rest, _, events = proxies.recipes("nginx")[0].partition("location = /api/events")
    assert "Upgrade" in events
    with proxies.nginx(tmp_path / "proxy", server, rest) as address:
        page.goto(f"{address}/studio/library")
        expect(page.get_by_role("alert")).to_contain_text("No live updates", timeout=SLOW)
        expect(tiles.filter(has_text="clip-1.mp4")).to_be_visible(timeout=SLOW)
        renamed(server, "clip-1.mp4", "clip-one.mp4")
        expect(tiles.filter(has_text="clip-one.mp4")).to_be_visible(timeout=SLOW)
        renamed(server, "clip-one.mp4", "clip-1.mp4")
        page.goto(f"{address}/studio/playlist/main")
        expect(page.get_by_role("button", name="Pause")).to_be_enabled(timeout=SLOW)
        page.goto(f"{address}/studio/playlist/nobody")
        expect(page.get_by_text("There is no channel")).to_be_visible(timeout=SLOW)


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_uploads_arrive_while_they_are_sent(server: RunningServer, tmp_path: Path, proxy: Proxy) -> None:
    with proxy(tmp_path / "proxy", server) as address, httpx.Client(base_url=address, timeout=60) as client:
        size = 30_000_000
        begun = client.post("/api/uploads", headers={**TUS, "Upload-Length": str(size)})
        path = begun.headers["location"]
        head = {**BODY, "Host": httpx.URL(address).netloc.decode(), "Upload-Offset": "0"}
        with raw(address, f"PATCH {path} HTTP/1.1", {**head, "Content-Length": str(size)}, b"x" * 2_000_000):
            eventually(lambda: int(client.head(path, headers=TUS).headers["upload-offset"]) >= 1_000_000)
        assert client.delete(path, headers=TUS).status_code == 204


def test_nginx_sends_segments_itself_and_leaves_the_rest_to_the_server(
    server: RunningServer, tmp_path: Path
) -> None:
    with nginx(tmp_path / "proxy", server) as address, httpx.Client(base_url=address) as client:
        entry = client.get("/stream/stream.m3u8")
        media = client.get(urljoin(str(entry.url), entry.text.splitlines()[-1]))
        segment = urljoin(str(media.url), media.text.splitlines()[-1])
        sent = client.get(segment)
        assert (sent.status_code, sent.headers["content-type"]) == (200, "video/mp2t")
        assert sent.headers["access-control-allow-origin"] == "*"
        assert sent.headers["server"].startswith("nginx")
        assert sent.content == httpx.get(segment.replace(address, server.url)).content
        missing = client.get(f"{segment.rpartition('/')[0]}/99999.ts")
        assert (missing.status_code, missing.json()["success"]) == (404, False)


@pytest.mark.deep
@pytest.mark.parametrize("proxy", [nginx, caddy, nginx_behind_nginx])
def test_a_guesser_behind_a_proxy_gets_no_new_address_by_saying_so(tmp_path: Path, proxy: Proxy) -> None:
    trusting = ("--trusted-proxies", "127.0.0.1", "--token", "right" * 8)
    flags = ("--rungs", "240p", "--min-free-bytes", "1MB", *trusting)
    guesser = "127.0.0.2"  # not where the proxies are
    with (
        running(tmp_path / "data", *flags) as server,
        proxy(tmp_path / "proxy", server) as address,
    ):
        events = f"{address.replace('http', 'ws', 1)}/api/events"
        for number in range(FREE):
            said = {"X-Forwarded-For": f"6.6.6.{number}"}
            source = {"source_address": (guesser, 0)}
            with connect(events, additional_headers=said, proxy=None, **source) as guess:
                guess.send('{"token": "wrong"}')
                assert "unauthorized" in str(guess.recv())
        last = {"Authorization": "Bearer wrong", "X-Forwarded-For": "6.6.6.6"}
        with httpx.Client(transport=httpx.HTTPTransport(local_address=guesser)) as client:
            assert client.get(f"{address}/api/videos", headers=last).status_code == 429
        assert httpx.get(f"{address}/api/videos", headers=last).status_code == 401  # from elsewhere
