"""Addresses for television software that shows no token, and the names by which it calls the server."""

from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from ipytv import playlist
from structlog.testing import capture_logs
from tests.support.scene import Scene

from insta_stream import logs
from insta_stream.api.application import guarded, routes
from insta_stream.api.attempts import FREE
from insta_stream.api.callers import Access
from insta_stream.api.tv import TvLinks

TOKEN = "a-token-that-is-long"


def client(tmp_path: Path, token: str | None, base: str = "http://127.0.0.1:3000") -> httpx.AsyncClient:
    app = routes(tmp_path)
    scene = Scene.on_air()
    app.state.services = SimpleNamespace(
        channels=SimpleNamespace(all=lambda: (scene.channel,)),
        library=SimpleNamespace(name=lambda _: "Film.mp4"),
        clock=scene.clock,
        public_url=None,
    )
    access = Access(hosts=(), origins=(), public_url=None, token=token)
    transport = httpx.ASGITransport(guarded(app, access))
    return httpx.AsyncClient(transport=transport, base_url=base)


async def test_software_that_shows_nothing_reads_list_and_guide(tmp_path: Path) -> None:
    async with client(tmp_path, TOKEN) as http:
        shown = {"authorization": f"Bearer {TOKEN}"}
        addresses = (await http.get("/api/tv", headers=shown)).json()["data"]
        listed = await http.get(addresses["channels"])
        assert listed.status_code == 200
        guide = playlist.loads(listed.text).get_attributes()["url-tvg"]
        assert guide == f"http://127.0.0.1:3000{addresses['guide']}"
        assert "<title>Film</title>" in (await http.get(f"{guide}?days=1")).text
        assert (await http.head(addresses["guide"])).status_code == 200
        assert TOKEN not in listed.text + str(addresses)


async def test_the_list_for_those_who_show_the_token_names_a_guide_that_needs_none(tmp_path: Path) -> None:
    async with client(tmp_path, TOKEN) as http:
        listed = await http.get("/channels.m3u", auth=("tv", TOKEN))
        assert (await http.get(playlist.loads(listed.text).get_attributes()["url-tvg"])).status_code == 200


async def test_without_a_token_the_addresses_are_the_plain_ones(tmp_path: Path) -> None:
    async with client(tmp_path, None) as http:
        addresses = (await http.get("/api/tv")).json()["data"]
        assert addresses == {"channels": "/channels.m3u", "guide": "/guide.xml", "isReplaceable": False}
        for name in ("channels.m3u", "guide.xml"):
            assert (await http.get(f"/{name}")).status_code == 200
            assert (await http.get(f"/tv/None/{name}")).status_code == 404


@pytest.mark.parametrize(
    ("token", "code", "remedy"),
    [(TOKEN, "tv_secret_from_token", "Change `token`"), (None, "no_tv_secret", "Add an admin")],
)
async def test_what_cannot_be_replaced_is_told_with_what_to_do(
    tmp_path: Path, token: str | None, code: str, remedy: str
) -> None:
    async with client(tmp_path, token) as http:
        http.headers["authorization"] = f"Bearer {TOKEN}"
        before = (await http.get("/api/tv")).json()["data"]
        refused = await http.post("/api/tv/replace")
        assert (refused.status_code, refused.json()["code"]) == (409, code)
        assert remedy in refused.json()["message"]
        assert (before["isReplaceable"], (await http.get(before["guide"])).status_code) == (False, 200)


async def test_the_secret_opens_nothing_else(tmp_path: Path) -> None:
    folder = TvLinks(TOKEN).folder
    async with client(tmp_path, TOKEN) as http:
        for path in ("/api/videos", "/metrics", f"{folder}/metrics", f"{folder}/", f"{folder}/x/guide.xml"):
            assert (await http.get(path)).status_code == 401
        bearer = {"authorization": f"Bearer {folder.rpartition('/')[2]}"}
        assert (await http.get("/guide.xml", headers=bearer)).status_code == 401
        assert (await http.post(f"{folder}/guide.xml")).status_code == 405


def test_it_goes_with_the_token_and_can_stand_in_an_address() -> None:
    links, others = TvLinks(TOKEN), TvLinks(f"{TOKEN}!")
    assert links.admits(f"{TvLinks(TOKEN).folder}/guide.xml")  # of a server that was started again
    assert not others.admits(f"{links.folder}/guide.xml")
    assert httpx.URL(f"http://h{links.folder}/guide.xml").path == f"{links.folder}/guide.xml"


@pytest.mark.parametrize("secret", ["", "x", "é", "\udcff", TOKEN])
def test_no_other_secret_is_right(secret: str) -> None:
    assert not TvLinks(TOKEN).admits(f"/tv/{secret}/guide.xml")
    assert not TvLinks(None).admits(f"/tv/{secret}/guide.xml")


async def test_guesses_count_as_wrong_tokens_and_are_not_logged(tmp_path: Path) -> None:
    folder = TvLinks("the-token-of-last-year").folder
    async with client(tmp_path, TOKEN) as http:
        with capture_logs(processors=[logs.redact]) as logged:
            for _ in range(FREE):
                reply = await http.get(f"{folder}/guide.xml")
                assert (reply.status_code, reply.json()["code"]) == (404, "unknown")
                assert "Copy it again" in reply.json()["message"]
            assert (await http.get(f"{folder}/channels.m3u")).status_code == 429
        assert (await http.get(f"{TvLinks(TOKEN).folder}/guide.xml")).status_code == 200
    assert {each["path"] for each in logged} == {"/tv/***/guide.xml", "/tv/***/channels.m3u"}


def test_no_log_line_shows_the_secret() -> None:
    said = f"GET http://h{TvLinks(TOKEN).folder}/guide.xml?days=3 failed"
    event = logs.redact(None, "", {"event": "x", "reason": said})
    assert event["reason"] == "GET http://h/tv/***/guide.xml?days=3 failed"


@pytest.mark.parametrize("host", ["nas", "nas.local:3000", "media-server", "insta_stream:3000", "tv.example"])
async def test_a_server_with_a_token_answers_to_any_name(tmp_path: Path, host: str) -> None:
    folder = TvLinks(TOKEN).folder
    async with client(tmp_path, TOKEN, f"http://{host}") as http:
        listed = await http.get(f"{folder}/channels.m3u")
        assert f"http://{host}/stream/stream.m3u8" in listed.text
        for path in (f"{folder}/guide.xml", "/", "/studio"):
            assert (await http.get(path, headers={"accept": "text/html"})).status_code == 200
        for path in ("/api/videos", "/metrics", "/guide.xml"):
            assert (await http.get(path)).status_code == 401
        stranger = {"origin": "http://evil.example", "authorization": f"Bearer {TOKEN}"}
        assert (await http.post("/api/stream/stop", headers=stranger)).json()["code"] == "bad_origin"


async def test_what_is_no_name_is_none_with_a_token_too(tmp_path: Path) -> None:
    async with client(tmp_path, TOKEN) as http:
        for host in ("", "a b", 'nas"', "nas/x", "nas\n#EXTINF"):
            reply = await http.get("/channels.m3u", headers={"host": host.encode()})
            assert (reply.status_code, reply.json()["code"]) == (403, "bad_host")


async def test_a_server_without_one_says_what_to_set(tmp_path: Path) -> None:
    async with client(tmp_path, None, "http://nas:3000") as http:
        refused = await http.get("/channels.m3u")
        assert (refused.status_code, refused.json()["code"]) == (403, "bad_host")
        assert "--allowed-hosts nas (INSTA_STREAM_ALLOWED_HOSTS=nas)" in refused.json()["message"]
        page = await http.get("/", headers={"accept": "text/html,*/*"})
        assert page.status_code == 403
        assert page.headers["content-type"].startswith("text/html")
        assert "--allowed-hosts nas" in page.text
