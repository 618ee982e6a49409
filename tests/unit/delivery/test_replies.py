"""Playlists as replies: codings, validators, methods and errors, without a server."""

import asyncio
import gzip
import json
from dataclasses import dataclass, replace

import pytest
from starlette.types import Message
from tests.support.scene import BASE, Scene

from insta_stream.channels.channel import Playback
from insta_stream.delivery import early
from insta_stream.delivery.dispatch import Dispatch
from insta_stream.delivery.view import patience
from insta_stream.ids import BroadcastId
from insta_stream.ticks import TICKS_PER_SECOND
from insta_stream.timeline.edit import Start, Stop


@dataclass
class Reply:
    status: int
    headers: dict[bytes, bytes]
    body: bytes


async def ask(app: object, path: str, method: str = "GET", **headers: str) -> Reply:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        raise AssertionError("the hot path reads no bodies")

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": pairs}
    await app(scope, receive, send)  # type: ignore[operator]
    start, *rest = messages
    return Reply(start["status"], dict(start["headers"]), b"".join(each["body"] for each in rest))


@pytest.fixture
def scene() -> Scene:
    return Scene.on_air()


PATH = f"{BASE}/720p.m3u8"


async def test_gzip_is_sent_to_those_who_accept_it(scene: Scene) -> None:
    plain = await ask(scene.playlists, PATH)
    zipped = await ask(scene.playlists, PATH, accept_encoding="br, gzip")
    assert gzip.decompress(zipped.body) == plain.body
    assert zipped.headers[b"content-encoding"] == b"gzip"
    assert zipped.headers[b"content-length"] == b"%d" % len(zipped.body)
    assert b"content-encoding" not in plain.headers
    assert plain.headers[b"vary"] == zipped.headers[b"vary"] == b"Accept-Encoding"
    assert plain.headers[b"etag"] != zipped.headers[b"etag"]


async def test_who_has_it_already_gets_304_and_who_has_the_other_coding_does_not(scene: Scene) -> None:
    etag = (await ask(scene.playlists, PATH)).headers[b"etag"].decode()
    same = await ask(scene.playlists, PATH, if_none_match=etag)
    assert (same.status, same.body) == (304, b"")
    assert same.headers[b"etag"].decode() == etag
    assert same.headers[b"cache-control"] == b"public, max-age=1"
    other = await ask(scene.playlists, PATH, if_none_match=etag, accept_encoding="gzip")
    assert other.status == 200
    scene.pass_time(4)
    assert (await ask(scene.playlists, PATH, if_none_match=etag)).status == 200


async def test_head_tells_the_length_and_sends_nothing(scene: Scene) -> None:
    get = await ask(scene.playlists, PATH)
    head = await ask(scene.playlists, PATH, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers == get.headers


@pytest.mark.parametrize("path", [PATH, "/stream/stream.m3u8", "/stream/nobody/stream.m3u8", "/stream/x"])
async def test_every_reply_is_open_to_every_page(scene: Scene, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        reply = await ask(scene.playlists, path, method)
        assert reply.headers[b"access-control-allow-origin"] == b"*"
        assert b"Content-Length" in reply.headers[b"access-control-expose-headers"]


async def test_errors_have_the_form_of_the_api_and_are_not_kept(scene: Scene) -> None:
    reply = await ask(scene.playlists, "/stream/nobody/stream.m3u8")
    assert reply.status == 404
    assert reply.headers[b"cache-control"] == b"no-store"
    assert json.loads(reply.body).keys() == {"success", "message", "code"}
    assert json.loads(reply.body)["code"] == "unknown_channel"
    refused = await ask(scene.playlists, PATH, "DELETE")
    assert (refused.status, refused.headers[b"allow"]) == (405, b"GET, HEAD, OPTIONS")


async def test_the_multivariant_playlist_may_be_kept_longer(scene: Scene) -> None:
    reply = await ask(scene.playlists, "/stream/stream.m3u8")
    assert reply.headers[b"cache-control"] == b"public, max-age=10"
    assert reply.headers[b"content-type"] == b"application/vnd.apple.mpegurl"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/stream/stream.m3u8", "playlists"),
        ("/media/x", "media"),
        ("/", "api"),
        ("/stream", "api"),
        ("/streams/x", "api"),
        ("/api/stream/start", "api"),
        ("//media/x", "api"),
    ],
)
async def test_requests_go_where_they_belong(path: str, expected: str) -> None:
    asked: list[str] = []

    def part(name: str) -> object:
        async def app(*_: object) -> None:
            asked.append(name)

        return app

    parts = map(part, ("playlists", "programmes", "media", "previews", "api"))
    dispatch = Dispatch(Scene.on_air().gate, *parts)  # type: ignore[arg-type]
    await dispatch({"type": "http", "path": path}, None, None)  # type: ignore[arg-type]
    assert asked == [expected]


async def test_a_playlist_is_told_at_once_and_its_reader_counted(scene: Scene) -> None:
    nobody = Dispatch(scene.gate, scene.playlists, *[None] * 4)  # type: ignore[arg-type]
    request = {"path": PATH, "headers": [(b"user-agent", b"a player")], "client": ("10.0.0.1", 1234)}
    reply = nobody.at_once(request)
    assert reply is not None
    assert (reply.status, reply.body) == (200, scene.playlists.page(PATH).plain)
    await scene.viewers.turn()
    assert scene.viewers.counts == {"main": 1}


@pytest.mark.parametrize(
    "path",
    [
        "/stream/nobody/stream.m3u8",
        f"{BASE}/144p.m3u8",
        "/stream/x",
        "/stream/channels.json",
        "/media/x.m3u8",
    ],
)
def test_what_is_no_playlist_is_not_told_at_once(scene: Scene, path: str) -> None:
    nobody = Dispatch(scene.gate, scene.playlists, *[None] * 4)  # type: ignore[arg-type]
    assert nobody.at_once({"path": path, "headers": []}) is None


@pytest.mark.parametrize(
    ("path", "status"),
    [("/t/x/stream/stream.m3u8", 403), ("/t/x/media/x/720p/0.ts", 403), ("/t/x/y", 403), ("/t/", 404)],
)
async def test_a_pass_that_opens_nothing_is_refused_to_every_page(
    scene: Scene, path: str, status: int
) -> None:
    dispatch = Dispatch(scene.gate, scene.playlists, *[None] * 4)  # type: ignore[arg-type]
    assert dispatch.at_once({"path": path, "headers": [], "client": None}) is None
    reply = await ask(dispatch, path)
    assert (reply.status, reply.headers[b"access-control-allow-origin"]) == (status, b"*")
    assert (await ask(dispatch, path, "OPTIONS")).status == 204


async def test_what_is_not_for_all_is_not_told_at_once(scene: Scene) -> None:
    scene.channel = replace(scene.channel, playback=Playback.LINK)
    dispatch = Dispatch(scene.gate, scene.playlists, *[None] * 4)  # type: ignore[arg-type]
    assert dispatch.at_once({"path": PATH, "headers": []}) is None
    assert (await ask(dispatch, PATH)).status == 404


@pytest.fixture
def waits(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The main channel was stopped and started at once. Whoever waits lets the scene's time pass."""
    waits: list[float] = []

    async def sleep(duration: float) -> None:
        waits.append(duration)
        scene.pass_time(duration)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    scene.pass_time(60)
    scene.edit(Stop())
    scene.edit(Start(BroadcastId("ba9876543210")))
    return waits


NEXT = "/stream/main/ba9876543210/720p.m3u8"


async def test_who_asks_just_before_the_first_segment_gets_it(scene: Scene, waits: list[float]) -> None:
    reply = await ask(scene.playlists, NEXT)
    assert (reply.status, len(waits)) == (200, 1)
    assert reply.body.count(b"#EXTINF") == 1


async def test_who_asks_while_the_edge_is_held_waits_for_that_too(
    scene: Scene, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.held_at = scene.now
    pass_time = scene.pass_time

    def store(duration: float) -> None:
        pass_time(duration)
        if len(waits) == 3:
            scene.held_at = None

    monkeypatch.setattr(scene, "pass_time", store)
    reply = await ask(scene.playlists, NEXT)
    assert reply.status == 200
    assert waits == [pytest.approx(2, abs=0.01), early.HELD_SECONDS, early.HELD_SECONDS]


async def test_who_asks_where_nothing_comes_is_told_to_come_back_in_the_end(
    scene: Scene, waits: list[float]
) -> None:
    scene.held_at = scene.now
    reply = await ask(scene.playlists, NEXT)
    assert (reply.status, reply.headers[b"retry-after"]) == (503, b"1")
    assert sum(waits) == pytest.approx(patience(scene.channel.timeline) / TICKS_PER_SECOND, abs=0.1)
