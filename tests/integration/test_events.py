"""/api/events with a real server and a client that others wrote; and what viewers' pages load."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from tests.support.events import Page, dial, page
from tests.support.libraries import make_clip
from tests.support.preloaded import Process
from tests.support.server import free_port
from tests.support.serving import await_answer, launch, serving
from websockets.exceptions import ConnectionClosed

from insta_stream.api.events.hub import MAX_NEWCOMERS, MAX_READERS
from insta_stream.api.events.live import GAP_SECONDS
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist

TOKEN = "a-secret-that-is-long-enough"
FEW = {"INSTA_STREAM_RUNGS": "240p", "INSTA_STREAM_MIN_FREE_BYTES": "1MB", "INSTA_STREAM_LOG_FORMAT": "json"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving({**FEW, "INSTA_STREAM_DATA": str(tmp_path_factory.mktemp("data"))}) as base:
        yield base


@pytest.fixture(scope="module")
def video(base: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A video of eight seconds on the main channel, which is on the air."""
    clip = make_clip(tmp_path_factory.mktemp("clips") / "été à la mer.mp4", 8, size="320x180")
    with page(base, "videos") as studio:
        id_ = send(base, clip)["id"]
        studio.hear_until(lambda values: any(each["state"] == "ready" for each in videos(values)))
        assert [each["id"] for each in videos(studio.values)] == [id_]
    assert httpx.post(f"{base}/api/stream/start", timeout=240).status_code == 200
    return str(id_)


def send(base: str, clip: Path, **options: Any) -> dict[str, Any]:
    with clip.open("rb") as file:
        files = {"video": (clip.name, file, "video/mp4")}
        reply = httpx.post(f"{base}/api/upload", files=files, timeout=120, **options)
    assert reply.status_code == 200, reply.text
    data: dict[str, Any] = reply.json()["data"]
    return data


def videos(values: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = values.get("videos", {}).get("videos", [])
    return found


def close_code(studio: Page) -> int | None:
    """Read to the end and return the code with which the server closed."""
    with suppress(ConnectionClosed):
        while True:
            studio.hear()
    return studio.socket.close_code


def hear_of(studio: Page, revision: int) -> None:
    studio.hear_until(lambda values: values.get("channel/main", {}).get("revision", 0) >= revision)


def test_two_studios_agree_after_every_edit(base: str, video: str) -> None:
    with page(base, "channel/main") as one, page(base, "channel/main") as other:
        for _ in range(3):
            reply = httpx.post(f"{base}/api/channels/main/playlist", json={"videos": [video]}).json()["data"]
            for studio in (one, other):
                hear_of(studio, reply["revision"])
            assert one.values["channel/main"]["entries"] == other.values["channel/main"]["entries"]
            assert reply["entries"][0] in {each["entry"] for each in one.values["channel/main"]["entries"]}
        shown = one.values["channel/main"]
        asked = httpx.get(f"{base}/api/channels/main/playlist").json()["data"]["playlist"]
        assert [each["entry"] for each in shown["entries"]] == [each["entry"] for each in asked]
        assert shown["channel"]["state"] == "on"
        assert shown["canUndo"] is True


def test_what_is_on_the_air_goes_on_by_itself_in_small_frames(base: str, video: str) -> None:
    with page(base, "channel/main") as studio:
        studio.hear_until(lambda values: "channel/main" in values)
        first = studio.values["channel/main"]["onAir"]
        assert first["id"] == video
        studio.hear_until(lambda values: values["channel/main"]["onAir"]["startsAt"] != first["startsAt"])
        assert studio.values["channel/main"]["onAir"]["startsAt"] == first["endsAt"]
        assert all("data" not in frame for frame in studio.frames[1:])
        assert "onAir" in studio.frames[-1]["changed"]


def test_many_edits_come_in_few_frames_and_the_last_one_arrives(base: str) -> None:
    began = time.monotonic()
    with page(base, "channels") as studio, httpx.Client(base_url=base) as client:
        studio.hear()
        for number in range(60):
            assert client.patch("/api/channels/main", json={"title": f"Title {number}"}).status_code == 200
        studio.hear_until(lambda values: values["channels"]["channels"][0]["title"] == "Title 59")
        assert len(studio.frames) <= 1 + (time.monotonic() - began) / GAP_SECONDS


def test_of_all_channels_only_those_that_changed_are_told(base: str) -> None:
    with page(base, "channels") as studio, httpx.Client(base_url=base) as client:
        before = [each["slug"] for each in studio.hear()["data"]["channels"]]
        assert client.post("/api/channels", json={"slug": "newest", "title": "Newest"}).status_code == 201
        studio.hear_until(lambda values: len(values["channels"]["channels"]) > len(before))
        assert [each["slug"] for each in studio.values["channels"]["channels"]] == [*before, "newest"]
        assert client.delete("/api/channels/newest").status_code == 200
        studio.hear_until(lambda values: len(values["channels"]["channels"]) == len(before))
        later = studio.frames[1:]
        assert all("data" not in frame for frame in later)
        assert "newest" in {each["slug"] for frame in later for each in frame["upserted"]}
        assert studio.values["channels"] == client.get("/api/channels").json()["data"]


def test_a_deleted_channel_says_so_and_comes_back(base: str) -> None:
    with page(base, "channel/late", "guide/late", "nonsense") as studio:
        studio.hear_until(lambda values: len(values) == 3)
        assert studio.values["channel/late"]["code"] == "unknown_channel"
        assert studio.values["nonsense"]["code"] == "unknown_topic"
        assert httpx.post(f"{base}/api/channels", json={"slug": "late", "title": "Late"}).status_code == 201
        studio.hear_until(lambda values: "channel" in values["channel/late"])
        assert studio.values["channel/late"]["channel"]["title"] == "Late"
        assert httpx.delete(f"{base}/api/channels/late").status_code == 200
        studio.hear_until(lambda values: "code" in values["channel/late"] and "code" in values["guide/late"])
        assert studio.values["channel/late"]["code"] == "unknown_channel"


def test_a_renamed_and_a_deleted_video_are_told(base: str, video: str, tmp_path: Path) -> None:
    with page(base, "videos", "guide/main") as studio:
        studio.hear_until(lambda values: len(values) == 2)
        assert httpx.patch(f"{base}/api/videos/{video}", json={"name": "Another"}).status_code == 200
        studio.hear_until(
            lambda values: (
                videos(values)[0]["name"] == "Another"
                and all(each["name"] in {"Another", "Slate"} for each in values["guide/main"]["airings"])
            )
        )
        other = send(base, make_clip(tmp_path / "short.mp4", 2, size="320x180"))["id"]
        studio.hear_until(lambda values: other in {each["id"] for each in videos(values)})
        assert httpx.delete(f"{base}/api/videos/{other}").status_code == 200
        studio.hear_until(lambda values: other not in {each["id"] for each in videos(values)})
        assert any(other in frame.get("removed", []) for frame in studio.frames)


def test_the_clock_is_told(base: str) -> None:
    with page(base) as studio:
        studio.say(ping=17)
        pong = studio.hear()
        assert pong["pong"] == 17
        assert pong["now"].endswith("Z")


def test_health_is_told(base: str) -> None:
    with page(base, "health") as studio:
        assert {"state", "checks", "jobs", "disk", "channels", "errors"} <= set(studio.hear()["data"])
    with page(base, "state") as studio:
        assert studio.hear()["data"]["state"] in {"ok", "degraded", "starting", "failing"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"subscribe": 1}', '{"shout": "x"}', "x" * 20_000, b"{}"])
def test_a_frame_that_is_none_ends_the_connection(base: str, text: str | bytes) -> None:
    with page(base) as studio:
        studio.socket.send(text)
        assert close_code(studio) == 4400
        assert studio.frames[-1]["error"]["code"] == "bad_frame"


def test_a_crowd_that_says_nothing_keeps_nobody_out(base: str) -> None:
    with ExitStack() as stack:
        crowd = []
        for _ in range(MAX_READERS + 5):
            crowd.append(stack.enter_context(dial(base)))
            crowd[-1].say(ping=1)
            assert crowd[-1].hear()["pong"] == 1
        with page(base, "channels") as operator:
            operator.hear_until(lambda values: "channels" in values)
        gone = [each.hear() for each in crowd[:5]]
        assert [frame["error"]["code"] for frame in gone] == ["too_many"] * 5
        newcomers = [stack.enter_context(dial(base)) for _ in range(2 * MAX_NEWCOMERS)]
        assert newcomers[0].hear()["error"]["code"] == "too_many"
        with page(base, "channels") as operator:
            operator.hear_until(lambda values: "channels" in values)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example"])
def test_a_page_of_another_site_learns_nothing(base: str, origin: str) -> None:
    with dial(base, origin) as studio:
        assert close_code(studio) == 4403
        assert [frame["error"]["code"] for frame in studio.frames] == ["bad_origin"]


def test_our_own_page_is_welcome(base: str) -> None:
    with page(base, "channels", origin=base) as studio:
        assert studio.hear()["topic"] == "channels"


def test_the_token_comes_first_and_a_restart_is_survived(tmp_path: Path) -> None:
    port = free_port()
    env = {**FEW, "INSTA_STREAM_DATA": str(tmp_path), "INSTA_STREAM_TOKEN": TOKEN}
    base = f"http://127.0.0.1:{port}"
    process = launch(env, port)
    try:
        await_answer(base, process)
        for wrong in (None, "wrong"):
            with page(base, "channels", token=wrong) as stranger:
                assert close_code(stranger) == 4401
                assert [frame["error"]["code"] for frame in stranger.frames] == ["unauthorized"]
        with page(base, "channels", token=TOKEN) as studio:
            before = studio.hear()
            process.send_signal(signal.SIGTERM)
            assert close_code(studio) == 1012
        assert process.wait(30) == 0
        process = launch(env, port)
        await_answer(base, process)
        with page(base, "channels", token=TOKEN) as studio:
            assert studio.hear() == before
    finally:
        _end(process)


def _end(process: Process) -> None:
    process.terminate()
    process.wait(30)


@pytest.mark.parametrize("topic", ["channels", "videos", "health", "state", "channel/main", "guide/main"])
@pytest.mark.usefixtures("video")
def test_a_topic_can_be_asked_for_without_a_websocket(base: str, topic: str) -> None:
    with page(base, topic) as studio:
        first = studio.hear()
    reply = httpx.get(f"{base}/api/topics/{topic}")
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-store")
    frame = reply.json()["data"]
    assert frame["topic"] == first["topic"] == topic
    assert frame["data"].keys() == first["data"].keys()


@pytest.mark.parametrize(
    ("topic", "code"), [("x", "unknown"), ("channel/nobody", "unknown_channel"), ("channel", "unknown")]
)
def test_a_topic_that_is_none_is_not_found(base: str, topic: str, code: str) -> None:
    reply = httpx.get(f"{base}/api/topics/{topic}")
    assert (reply.status_code, reply.json()["code"]) == (404, code)


# --- what viewers' pages load, and addresses of a video


@pytest.mark.usefixtures("video")
def test_viewers_learn_what_is_on_without_a_token(base: str) -> None:
    address = f"{base}/stream/channels.json"
    reply = httpx.get(address, headers={"origin": "https://elsewhere.example"})
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["content-type"] == "application/json"
    (main,) = [each for each in reply.json()["channels"] if each["slug"] == "main"]
    assert main["state"] == "on"
    assert httpx.get(urljoin(address, main["url"])).status_code == 200
    assert httpx.get(urljoin(address, main["now"]["poster"])).headers["content-type"] == "image/jpeg"
    assert httpx.get(urljoin(address, main["now"]["strip"]["url"])).status_code == 200

    address = f"{base}/stream/main/now.json"
    shown = httpx.get(address).json()
    assert shown["now"]["name"] == main["now"]["name"]
    assert httpx.get(urljoin(address, shown["now"]["poster"])).status_code == 200
    playlist = parse(httpx.get(urljoin(address, media_uri(urljoin(address, shown["url"])))).text)
    assert isinstance(playlist, MediaPlaylist)
    assert playlist.segments[-1].date_time is not None
    assert httpx.get(f"{base}/stream/nobody/now.json").json()["code"] == "unknown_channel"


def media_uri(address: str) -> str:
    entry = parse(httpx.get(address).text)
    assert isinstance(entry, MultivariantPlaylist)
    return urljoin(address, entry.variants[0].uri)


def test_a_video_can_be_previewed_by_itself(base: str, video: str) -> None:
    shown = httpx.get(f"{base}/api/videos/{video}").json()["data"]
    strip = shown["strip"]
    assert strip["interval"] * strip["tiles"] == pytest.approx(shown["duration"], abs=0.1)
    address = media_uri(base + shown["previewUrl"])
    playlist = parse(httpx.get(address).text)
    assert isinstance(playlist, MediaPlaylist)
    assert playlist.is_ended
    assert playlist.playlist_type == "VOD"
    for segment in playlist.segments:
        assert httpx.head(urljoin(address, segment.uri)).status_code == 200


def test_the_original_comes_back_as_it_was(base: str, video: str) -> None:
    address = f"{base}/api/videos/{video}/original"
    whole = httpx.get(address)
    shown = httpx.get(f"{base}/api/videos/{video}").json()["data"]
    assert len(whole.content) == shown["sizeBytes"]
    assert whole.headers["content-disposition"].startswith("attachment;")
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = httpx.get(address, headers={"range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == whole.content[10:20]
    beyond = httpx.get(address, headers={"range": f"bytes={len(whole.content)}-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
    known = httpx.get(address, headers={"if-none-match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    link = httpx.post(f"{address}-url").json()["data"]["url"]
    assert httpx.get(base + link).content == whole.content
    assert httpx.get(f"{base}/api/videos/{'0' * 32}/original").status_code == 404


@pytest.mark.usefixtures("video")
def test_it_is_said_when_an_edit_would_show(base: str) -> None:
    shown = httpx.get(f"{base}/api/channels/main/playlist/next-border").json()["data"]
    assert shown["skipAt"] <= shown["borderAt"]


def test_a_window_is_a_number(base: str) -> None:
    reply = httpx.patch(f"{base}/api/channels/main", json={"windowSeconds": True})
    assert reply.status_code == 422
