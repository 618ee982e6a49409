"""Channels that not everybody may watch, on a real server that others reach."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import jwt
import pytest
from tests.integration.api.conftest import make_clip, ok, refused, upload
from tests.integration.api.test_accounts import (
    BROWSERS,
    LOOPBACK,
    accept,
    activity,
    add,
    browser,
)
from tests.support import proxies
from tests.support.command import must
from tests.support.server import RunningServer, running
from tests.support.waiting import eventually

from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist

KIDS, NEWS = "kids", "news"

PLAIN = "location / { proxy_pass http://127.0.0.1:3000; proxy_set_header Host $http_host; }"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data = tmp_path_factory.mktemp("playback") / "data"
    with running(data, "--rungs", "240p", "--host", LOOPBACK) as server:
        yield server
    while BROWSERS:
        BROWSERS.pop().close()


@pytest.fixture(scope="module")
def admin(server: RunningServer) -> httpx.Client:
    link = must("users", "add", "anna", "--admin", "--data", str(server.data))
    return accept(server, link.strip().partition("#")[2])


@pytest.fixture(scope="module")
def stranger(server: RunningServer) -> httpx.Client:
    return browser(server)


@pytest.fixture(scope="module")
def aired(
    admin: httpx.Client, tmp_path_factory: pytest.TempPathFactory, bundled_ffmpeg: Path
) -> dict[str, str]:
    """Three channels on the air, each with a video of its own: main for all, kids by link, news signed in.

    Returns the first segment of each, as an address without a folder.
    """
    folder = tmp_path_factory.mktemp("clips")
    for slug, playback in ((KIDS, "link"), (NEWS, "signed_in")):
        ok(admin.post("/api/channels", json={"slug": slug, "title": slug, "playback": playback}), 201)
    for number, slug in enumerate((NEWS, KIDS, "main")):  # what is uploaded joins the main playlist
        video = upload(admin, make_clip(bundled_ffmpeg, folder / f"{slug}.mp4", 2, 300 + number))["id"]
        ok(admin.put(f"/api/channels/{slug}/playlist", json={"videos": [video]}))
        eventually(lambda video=video: ok(admin.get(f"/api/videos/{video}"))["state"] == "ready", 120)
        ok(admin.post(f"/api/channels/{slug}/stream/start"))
    own = ok(admin.get("/api/playback"))["folder"]
    return {slug: segment(admin, slug, own).removeprefix(own) for slug in ("main", KIDS, NEWS)}


def link(admin: httpx.Client, slug: str = KIDS, **more: object) -> dict[str, Any]:
    made: dict[str, Any] = ok(admin.post(f"/api/channels/{slug}/links", json={"label": "x", **more}), 201)
    return made


def segment(client: httpx.Client, slug: str, folder: str = "") -> str:
    """Return the path of the newest segment that a player comes to who begins with a channel's address."""
    entry = f"{folder}/stream/{slug}/stream.m3u8"
    multivariant = parse(client.get(entry).raise_for_status().text)
    assert isinstance(multivariant, MultivariantPlaylist)
    media = urljoin(entry, multivariant.variants[0].uri)
    playlist = parse(client.get(media).raise_for_status().text)
    assert isinstance(playlist, MediaPlaylist)
    return urljoin(media, playlist.segments[-1].uri)


def gone(client: httpx.Client, path: str) -> bool:
    return client.get(path).status_code == 403


def test_a_public_channel_is_for_all_and_no_other_is_even_there(
    stranger: httpx.Client, aired: dict[str, str]
) -> None:
    assert stranger.get(segment(stranger, "main")).status_code == 200
    listed = stranger.get("/stream/channels.json").json()
    assert ([each["slug"] for each in listed["channels"]], listed["total"]) == (["main"], 1)
    sentences = {
        refused(stranger.get(f"/stream/{slug}/{name}"), 404, "not_public")
        for slug in (KIDS, NEWS, "nowhere")
        for name in ("stream.m3u8", "rewind.m3u8", "now.json", "0123456789ab/240p.m3u8")
    }
    assert len(sentences) == 1
    for slug in (KIDS, NEWS):
        folder = aired[slug].rpartition("/")[0].rpartition("/")[0]
        for path in (aired[slug], f"{folder}/poster.jpg", f"{folder}/preview.m3u8"):
            refused(stranger.get(path), 404, "unknown")
    refused(stranger.get("/api/playback"), 401, "unauthorized")


def test_a_link_is_for_one_channel_and_what_it_shows(
    admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    folder = link(admin)["folder"]
    shown = segment(stranger, KIDS, folder)
    assert shown.startswith(f"{folder}/media/")
    reply = stranger.get(shown)
    assert (reply.status_code, reply.headers["cache-control"].split(",")[0]) == (200, "private")
    assert reply.headers["access-control-allow-origin"] == "*"
    now = f"{folder}/stream/{KIDS}/now.json"
    told = stranger.get(now).json()
    for each in (told["now"]["poster"], told["now"]["strip"]["url"], told["now"]["preview"]):
        assert stranger.get(urljoin(now, each)).status_code == 200
    listed = stranger.get(f"{folder}/stream/channels.json").json()["channels"]
    assert [each["slug"] for each in listed] == ["main", KIDS]
    refused(stranger.get(f"{folder}/stream/{NEWS}/stream.m3u8"), 404, "not_public")
    refused(stranger.get(f"{folder}{aired[NEWS]}"), 404, "unknown")
    assert stranger.get(f"{folder}{aired['main']}").status_code == 200
    refused(stranger.get(f"{folder}/api/channels"), 404, "unknown")
    refused(stranger.get(f"{folder}/studio"), 404, "unknown")
    front = stranger.get(f"{folder}/", headers={"accept": "application/json"}).json()
    assert front["data"] == {"name": "Insta-Stream"}, "a viewer is told no more than a stranger"


def test_the_same_playlist_has_the_same_bytes_for_all(
    admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    assert aired
    first, second = (link(admin)["folder"] for _ in range(2))
    entries = [stranger.get(f"{folder}/stream/{KIDS}/stream.m3u8") for folder in (first, second)]
    assert entries[0].content == entries[1].content
    assert entries[0].headers["etag"] == entries[1].headers["etag"]


def test_lists_for_tv_apps_are_under_a_link_too(
    admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    assert aired
    folder = link(admin)["folder"]
    text = stranger.get(f"{folder}/channels.m3u").text
    assert f"{folder}/guide.xml" in text
    (address,) = (line for line in text.splitlines() if line.startswith("http"))
    assert address.endswith(f"{folder}/stream/{KIDS}/stream.m3u8")
    assert stranger.get(address).status_code == 200
    assert f'channel id="{KIDS}"' in stranger.get(f"{folder}/guide.xml").text
    tv = ok(admin.get("/api/tv"))["channels"]
    addresses = [line for line in stranger.get(tv).text.splitlines() if line.startswith("http")]
    assert [stranger.get(each).status_code for each in addresses] == [200, 200]
    assert NEWS not in "".join(addresses)


def test_addresses_for_tv_apps_are_replaced_by_who_may_and_the_old_ones_end(
    server: RunningServer, admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    assert aired
    old = ok(admin.get("/api/tv"))
    protected = next(each for each in stranger.get(old["channels"]).text.splitlines() if "/t/" in each)
    grandma = link(admin)["folder"]
    olga = add(server, admin, "olga", "operator")
    assert ok(olga.get("/api/tv")) == old
    refused(olga.post("/api/tv/replace"), 403, "forbidden")
    wanted = {"name": "desk", "permissions": ["tokens:manage", "server:read"], "channels": [NEWS]}
    for narrower in (wanted, {**wanted, "permissions": ["tokens:manage"], "channels": None}):
        secret = ok(admin.post("/api/tokens", json=narrower), 201)["secret"]
        with browser(server, authorization=f"Bearer {secret}") as desk:
            refused(desk.post("/api/tv/replace"), 403, "forbidden")
    assert stranger.get(old["guide"]).status_code == 200
    new = ok(admin.post("/api/tv/replace"))
    assert new == ok(admin.get("/api/tv"))
    assert (new["isReplaceable"], new["guide"] == old["guide"]) == (True, False)
    for name in ("channels", "guide"):
        refused(stranger.get(old[name]), 404, "unknown")
        assert stranger.get(new[name]).status_code == 200
    refused(stranger.get(protected), 403, "link_over")
    assert stranger.get(f"{grandma}/stream/{KIDS}/stream.m3u8").status_code == 200
    told = activity(admin, action="tv.replace")
    assert [each["text"] for each in told][:1] == ["anna replaced the TV app links"]
    assert {each["text"] for each in told} >= {"olga was not allowed to replace the TV app links"}
    assert new["guide"].split("/")[2] not in str(told)
    secret = ok(admin.post("/api/tokens", json={**wanted, "channels": None}), 201)["secret"]
    program = {"INSTA_STREAM_URL": server.url, "INSTA_STREAM_TOKEN": secret}
    assert must("links", "tv", **program).split() == [
        f"{server.url}{new[name]}" for name in ("channels", "guide")
    ]
    again, _ = must("links", "tv", "--replace", **program).split()
    refused(stranger.get(new["channels"]), 404, "unknown")
    assert httpx.get(again).status_code == 200


def test_a_link_ends_when_somebody_ends_it_and_all_others_go_on(
    admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    assert aired
    made, other = link(admin, label="Grandma"), link(admin)
    entry = f"/stream/{KIDS}/stream.m3u8"
    listed = ok(admin.get(f"/api/channels/{KIDS}/links"))
    assert {made["id"], other["id"]} <= {each["id"] for each in listed["links"]}
    assert next(each for each in listed["links"] if each["id"] == made["id"]) == made
    assert (made["by"], made["expiresAt"]) == ("anna", None)
    assert ok(admin.delete(f"/api/channels/{KIDS}/links/{made['id']}")) is None
    refused(stranger.get(f"{made['folder']}{entry}"), 403, "link_over")
    refused(stranger.get(f"{made['folder']}{aired[KIDS]}"), 403, "link_over")
    refused(admin.delete(f"/api/channels/{KIDS}/links/{made['id']}"), 404, "unknown_link")
    assert stranger.get(f"{other['folder']}{entry}").status_code == 200
    ok(admin.delete(f"/api/channels/{KIDS}/links"))
    refused(stranger.get(f"{other['folder']}{entry}"), 403, "link_over")
    assert ok(admin.get(f"/api/channels/{KIDS}/links")) == {"links": [], "total": 0}


def test_a_link_for_a_site_plays_in_its_pages_only(
    admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    assert aired
    folder = link(admin, site="https://Example.org/")["folder"]
    entry = f"{folder}/stream/{KIDS}/stream.m3u8"
    embed, watch = (f"{folder}/{page}/{KIDS}" for page in ("embed", "watch"))
    assert stranger.get(entry, headers={"origin": "https://example.org"}).status_code == 200
    assert stranger.get(entry, headers={"referer": embed}).status_code == 200
    refused(stranger.get(entry, headers={"origin": "https://evil.example"}), 403, "link_for_site")
    refused(stranger.get(entry, headers={"referer": watch}), 403, "link_for_site")
    framed = stranger.get(embed).headers["content-security-policy"]
    assert framed.endswith("frame-ancestors https://example.org")
    elsewhere = link(admin, address="203.0.113.9")["folder"]
    refused(stranger.get(f"{elsewhere}/stream/{KIDS}/stream.m3u8"), 403, "link_for_address")
    network = "2001:db8::/64"
    assert {link(admin, address=each)["address"] for each in ("2001:DB8::7", network)} == {network}
    here = link(admin, address="127.0.0.1")["folder"]
    assert stranger.get(f"{here}/stream/{KIDS}/stream.m3u8").status_code == 200


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({}, "invalid", "`label`: "),
        ({"label": "x", "expiresAt": "2001-01-01T00:00:00Z"}, "bad_expiry", "`expiresAt` must"),
        ({"label": "x", "expiresAt": "2999-01-01T00:00:00Z"}, "bad_expiry", "`expiresAt` must"),
        ({"label": "x", "expiresAt": "2999-01-01T00:00:00"}, "invalid", "`expiresAt`: "),
        ({"label": "x", "site": "example.org"}, "invalid", "`site`: give the address of a site"),
        ({"label": "x", "address": "here"}, "invalid", "`address`: give one network address"),
    ],
)
def test_what_makes_no_link_is_told(
    admin: httpx.Client, aired: dict[str, str], body: object, code: str, said: str
) -> None:
    assert aired
    status = 422 if code == "invalid" else 400
    assert refused(admin.post(f"/api/channels/{KIDS}/links", json=body), status, code).startswith(said)
    refused(admin.post(f"/api/channels/{NEWS}/links", json={"label": "x"}), 409, "not_by_link")


def test_whoever_signs_in_watches_what_they_may_until_they_may_not(
    server: RunningServer, admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    vera = add(server, admin, "vera", "viewer", channels=[NEWS])
    folder = ok(vera.get("/api/playback"))["folder"]
    assert stranger.get(segment(stranger, NEWS, folder)).status_code == 200
    refused(stranger.get(f"{folder}/stream/{KIDS}/stream.m3u8"), 404, "not_public")
    refused(stranger.get(f"{folder}{aired[KIDS]}"), 404, "unknown")
    assert folder == ok(vera.get("/api/playback"))["folder"]
    own = ok(admin.get("/api/playback"))["folder"]
    assert all(stranger.get(f"{own}{path}").status_code == 200 for path in aired.values())
    assert vera.delete("/api/session").status_code == 200
    refused(stranger.get(f"{folder}/stream/{NEWS}/stream.m3u8"), 403, "link_over")


def test_an_api_token_is_as_good_as_long_as_it_is(
    admin: httpx.Client, stranger: httpx.Client, server: RunningServer, aired: dict[str, str]
) -> None:
    wanted = {"name": "tv", "permissions": ["channel:view"], "channels": [NEWS]}
    made = ok(admin.post("/api/tokens", json=wanted), 201)
    with browser(server, authorization=f"Bearer {made['secret']}") as program:
        told = ok(program.get("/api/playback"))
        assert told["expiresAt"] is None
        assert told["folder"] in program.get("/channels.m3u").text
    entry = f"{told['folder']}/stream/{NEWS}/stream.m3u8"
    assert stranger.get(entry).status_code == 200
    assert made["secret"] not in entry
    ok(admin.delete(f"/api/tokens/{made['token']['id']}"))
    refused(stranger.get(entry), 403, "link_over")
    assert aired


def test_others_make_links_with_a_key_of_their_own(
    admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    assert aired
    key = ok(admin.post("/api/playback/keys", json={"label": "Website", "channel": KIDS}), 201)
    listed = ok(admin.get("/api/playback/keys"))["keys"]
    assert [each["isOwn"] for each in listed] == [False, True]
    assert "secret" not in listed[0]
    now = int(time.time())

    def status(**claims: object) -> int:
        said = {"sub": KIDS, "jti": "viewer-7", "iat": now, "exp": now + 60, **claims}
        given = {name: value for name, value in said.items() if value is not None}
        text = jwt.encode(given, key["secret"], algorithm="HS256", headers={"kid": key["id"]})
        return stranger.get(f"/t/{text}/stream/{claims.get('sub', KIDS)}/stream.m3u8").status_code

    assert status() == 200
    assert status(exp=now - 1) == 403
    assert status(exp=None) == 403
    assert status(sub=NEWS) == 403
    assert status(**{"for": "owner", "id": ""}) == 403
    ok(admin.delete(f"/api/playback/keys/{key['id']}"))
    assert status() == 403
    refused(admin.delete(f"/api/playback/keys/{key['id']}"), 404, "unknown_key")


def test_all_links_of_the_server_end_with_its_own_key_and_the_log_says_so(
    admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    assert aired
    folder = link(admin)["folder"]
    (own,) = (each["id"] for each in ok(admin.get("/api/playback/keys"))["keys"] if each["isOwn"])
    ok(admin.delete(f"/api/playback/keys/{own}"))
    refused(stranger.get(f"{folder}/stream/{KIDS}/stream.m3u8"), 403, "link_over")
    assert activity(admin, limit=1)[0]["text"] == "anna ended all links of this server"


def test_browsers_and_caches_are_answered_before_the_pass_is_looked_at(
    admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    folder = link(admin)["folder"]
    preflight = stranger.options(f"/t/x{aired[KIDS]}", headers={"origin": "https://example.org"})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
    refusal = stranger.get(f"/t/x/stream/{KIDS}/stream.m3u8")
    assert (refused(refusal, 403, "link_over") != "", refusal.headers["cache-control"]) == (True, "no-store")
    assert stranger.get(f"{folder}/allows{aired[KIDS]}").status_code == 204
    assert stranger.get(f"{folder}/allows/stream/{KIDS}/x.m3u8").status_code == 204
    assert stranger.get(f"{folder}/allows{aired[NEWS]}").status_code == 403
    assert stranger.get(f"{folder}/allows/api/channels").status_code == 403
    assert stranger.head(f"{folder}{aired[KIDS]}").status_code == 200


def test_who_may_watch_changes_at_once(
    admin: httpx.Client, stranger: httpx.Client, aired: dict[str, str]
) -> None:
    def let(who: str) -> None:
        told = ok(admin.patch(f"/api/channels/{KIDS}", json={"playback": who}))
        assert told["playback"] == who

    folder = link(admin)["folder"]
    let("signed_in")
    refused(stranger.get(f"{folder}/stream/{KIDS}/stream.m3u8"), 404, "not_public")
    refused(stranger.get(f"{folder}{aired[KIDS]}"), 404, "unknown")
    let("public")
    assert stranger.get(segment(stranger, KIDS)).status_code == 200
    assert stranger.get(segment(stranger, KIDS, folder)).status_code == 200
    refused(admin.patch(f"/api/channels/{KIDS}", json={"playback": "friends"}), 422, "invalid")
    let("link")
    refused(stranger.get(f"/stream/{KIDS}/stream.m3u8"), 404, "not_public")


def test_a_cache_in_front_keeps_one_copy_for_all_and_asks_for_each(
    admin: httpx.Client, server: RunningServer, aired: dict[str, str], tmp_path: Path
) -> None:
    settings, locations = proxies.recipes("nginx", "protect-a-channel.md")
    locations = locations.replace(" 5s;", " 1s;")
    assert aired
    first, second = link(admin), link(admin)
    with (
        proxies.nginx(tmp_path / "nginx", server, locations, PLAIN, settings=settings) as address,
        httpx.Client(base_url=address, timeout=30) as viewer,
    ):
        shown = segment(viewer, KIDS, first["folder"]).removeprefix(first["folder"])
        replies = [viewer.get(f"{each['folder']}{shown}") for each in (first, second)]
        assert [reply.status_code for reply in replies] == [200, 200]
        assert [reply.headers["x-cache-status"] for reply in replies] == ["MISS", "HIT"]
        assert replies[0].content == replies[1].content
        assert viewer.get(f"{first['folder']}{aired[NEWS]}").status_code == 403
        ok(admin.delete(f"/api/channels/{KIDS}/links/{first['id']}"))
        eventually(lambda: gone(viewer, f"{first['folder']}{shown}"), 10)
        entry = f"{first['folder']}/stream/{KIDS}/stream.m3u8"
        eventually(lambda: gone(viewer, entry), 10)
        assert viewer.get(f"{second['folder']}{shown}").headers["x-cache-status"] == "HIT"


def test_no_link_is_in_the_log(server: RunningServer, admin: httpx.Client, aired: dict[str, str]) -> None:
    assert aired
    folder = link(admin)["folder"]
    browser(server).get(f"{folder}/stream/{KIDS}/stream.m3u8").raise_for_status()
    assert folder not in server.log.read_text()
