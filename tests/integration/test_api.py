"""The whole server over HTTP: every address of the old contract and of the channels, and hostile clients."""

import csv
import io
import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import httpx
import pytest
from ipytv import playlist
from tests.support.serving import serving
from tests.support.waiting import eventually

from insta_stream.api.pages import CLIENT_PAGES
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist

TOKEN = "a-secret-that-is-long-enough"
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ID = re.compile(r"[0-9a-f]{32}")


def environment(folder: Path, **settings: str) -> dict[str, str]:
    few = {"DATA": str(folder), "RUNGS": "360p,240p", "MIN_FREE_BYTES": "1MB", "LOG_FORMAT": "json"}
    return {f"INSTA_STREAM_{name}": value for name, value in (few | settings).items()}


def make_clip(ffmpeg: Path, path: Path, seconds: int, tone: int) -> Path:
    picture = ["-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={seconds}"]
    sound = ["-f", "lavfi", "-i", f"sine=frequency={tone}:r=48000:d={seconds}"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [str(ffmpeg), "-v", "error", *picture, *sound, *coding, "-y", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory, bundled_ffmpeg: Path) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [make_clip(bundled_ffmpeg, folder / f"clip {n}.mp4", 4 + 2 * n, 300 + 100 * n) for n in range(3)]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def client(data: Path) -> Iterator[httpx.Client]:
    with serving(environment(data)) as base, httpx.Client(base_url=base, timeout=60) as client:
        eventually(lambda: client.get("/health/ready").status_code == 200, 240)
        yield client


@pytest.fixture(scope="module")
def videos(client: httpx.Client, clips: list[Path]) -> list[str]:
    """Three videos in the main playlist, packaged."""
    ids = [upload(client, clip)["id"] for clip in clips]
    eventually(lambda: all(video["state"] == "ready" for video in ok(client.get("/api/videos"))), 120)
    return ids


def upload(client: httpx.Client, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        data = ok(client.post("/api/upload", files={"video": (path.name, file, "video/mp4")}))
    assert isinstance(data, dict)
    return data


def ok(reply: httpx.Response, status: int = 200) -> Any:
    """Return the data of a success in the agreed form."""
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert body["success"] is True
    assert isinstance(body["message"], str)
    return body.get("data")


def refused(reply: httpx.Response, status: int, code: str) -> str:
    """Check an error in the agreed form, and return its sentence."""
    assert reply.status_code == status, reply.text
    assert set(reply.json()) == {"success", "message", "code"}
    assert reply.json()["success"] is False
    assert reply.json()["code"] == code
    message = reply.json()["message"]
    assert isinstance(message, str)
    assert message
    return message


def off_air(client: httpx.Client, slug: str = "main") -> None:
    client.post(f"/api/channels/{slug}/stream/stop")


# --- the old contract, for the main channel


def test_an_upload_answers_with_the_old_fields(client: httpx.Client, clips: list[Path]) -> None:
    data = upload(client, clips[0])
    assert {"id", "name", "duration", "addedAt", "state"} <= set(data)
    assert ID.fullmatch(data["id"])
    assert data["name"] == "clip 0.mp4"
    assert data["duration"] == pytest.approx(4, abs=0.1)
    assert ISO.fullmatch(data["addedAt"])
    assert data["id"] in [each["id"] for each in ok(client.get("/api/playlist"))["playlist"]]
    ok(client.delete(f"/api/videos/{data['id']}"))
    refused(client.get(f"/api/videos/{data['id']}"), 404, "unknown_video")


def test_the_playlist_has_exactly_the_old_fields(client: httpx.Client, videos: list[str]) -> None:
    data = ok(client.get("/api/playlist"))
    assert set(data) == {"isPlaying", "currentIndex", "totalVideos", "currentVideo", "playlist"}
    assert (data["isPlaying"], data["currentIndex"], data["totalVideos"]) == (False, -1, len(videos))
    assert data["currentVideo"] is None
    assert [each["id"] for each in data["playlist"]] == videos
    assert all(set(each) == {"id", "name", "duration", "addedAt"} for each in data["playlist"])


def test_the_stream_status_has_the_old_fields(client: httpx.Client, videos: list[str]) -> None:
    ok(client.post("/api/stream/start"))
    try:
        data = ok(client.get("/api/stream/status"))
        old = {"isStreaming", "streamUrl", "currentVideo", "playlistStatus"}
        assert set(data) == old | {"state", "position", "startedAt"}
        assert data["isStreaming"] is True
        assert data["state"] == "on"
        assert data["streamUrl"] == "/stream/stream.m3u8"
        assert set(data["currentVideo"]) == {"id", "name", "duration"}
        assert data["currentVideo"]["id"] in videos
        assert data["playlistStatus"] == ok(client.get("/api/playlist"))
        assert data["playlistStatus"]["isPlaying"] is True
        assert ISO.fullmatch(data["startedAt"])
    finally:
        off_air(client)


def test_transport_goes_through_its_states_and_refuses_the_present_one(
    client: httpx.Client, videos: list[str]
) -> None:
    assert len(videos) == 3
    steps = [("start", "on"), ("pause", "paused"), ("resume", "on"), ("stop", "off")]
    for step, state in steps:
        data = ok(client.post(f"/api/stream/{step}"))
        assert data["state"] == state
        assert data["isStreaming"] is (state != "off")
        assert ISO.fullmatch(data["effectiveAt"])
        refused(client.post(f"/api/stream/{step}"), 409, client.post(f"/api/stream/{step}").json()["code"])
    assert client.post("/api/stream/pause").status_code == 409


def test_the_main_playlist_is_reordered_jumped_in_and_emptied_by_video(
    client: httpx.Client, videos: list[str]
) -> None:
    order = [videos[2], videos[0], videos[1]]
    assert ISO.fullmatch(ok(client.post("/api/playlist/reorder", json={"order": order}))["effectiveAt"])
    assert [each["id"] for each in ok(client.get("/api/playlist"))["playlist"]] == order
    refused(client.post("/api/playlist/reorder", json={"order": order[:2]}), 400, "bad_request")
    refused(client.post("/api/playlist/reorder", json={"order": [*order, order[0]]}), 400, "bad_request")
    refused(client.post("/api/playlist/reorder", json={"order": "abc"}), 422, "invalid")
    assert client.post("/api/playlist/current/1").json()["message"] == "The channel will begin with it."
    refused(client.post("/api/playlist/current/9"), 400, "bad_request")
    refused(client.post("/api/playlist/current/-1"), 400, "bad_request")
    refused(client.post("/api/playlist/current/x"), 422, "invalid")
    ok(client.delete(f"/api/playlist/{videos[0]}"))
    refused(client.delete(f"/api/playlist/{videos[0]}"), 404, "unknown_video")
    ok(client.delete("/api/playlist"))
    assert ok(client.get("/api/playlist"))["totalVideos"] == 0
    ok(client.put("/api/channels/main/playlist", json={"videos": videos}))
    assert [each["id"] for each in ok(client.get("/api/playlist"))["playlist"]] == videos


def test_health_has_the_old_fields(client: httpx.Client) -> None:
    body = client.get("/health").json()
    assert set(body) == {"success", "message", "timestamp"}
    assert ISO.fullmatch(body["timestamp"])
    ready = client.get("/health/ready").json()
    states = {check["name"]: check["state"] for check in ready["checks"]}
    assert states.items() >= dict.fromkeys(("database", "disk", "ffmpeg", "slate", "playlists"), "ok").items()
    assert all(check["ok"] == (check["state"] == "ok") for check in ready["checks"])
    assert all(check["message"] and ISO.fullmatch(check["since"]) for check in ready["checks"])


def test_health_is_told_in_full_with_history_and_viewers(client: httpx.Client, videos: list[str]) -> None:
    assert videos
    ok(client.post("/api/stream/start"))
    try:
        entry = client.get("/stream/stream.m3u8")
        variants = parse(entry.text)
        assert isinstance(variants, MultivariantPlaylist)
        media = urljoin("/stream/stream.m3u8", variants.variants[0].uri)

        def watched() -> tuple[dict[str, Any], dict[str, Any]] | None:
            assert client.get(media).status_code == 200
            report = ok(client.get("/api/health"))
            (channel,) = [each for each in report["channels"] if each["slug"] == "main"]
            return (report, channel) if channel["viewers"] and channel["freshness"] is not None else None

        report, channel = eventually(watched)
        assert (channel["state"], channel["viewers"]) == ("on", 1)
        assert channel["freshness"] >= 0
        assert report["viewers"] >= 1
    finally:
        off_air(client)
    disk = report["disk"]
    assert disk["totalBytes"] > disk["freeBytes"] > disk["minFreeBytes"]
    assert disk["originalsBytes"] > 0
    assert disk["packagesBytes"] > 0
    names = {check["name"] for check in report["checks"]}
    assert names >= {"database", "disk", "clock", "playlists", "event loop"}
    points = eventually(lambda: ok(client.get("/api/channels/main/viewers"))["points"] or None)
    assert ISO.fullmatch(points[-1]["at"])
    assert max(point["value"] for point in points) == 1
    history = ok(client.get("/api/health/history"))
    assert set(history) == {"viewers", "freshness", "speed", "loopLag", "diskFree"}
    assert history["loopLag"]
    latest = eventually(lambda: ok(client.get("/api/health"))["latest"])
    assert {"at", *history} == set(latest)
    later = ok(client.get("/api/health/history", params={"since": "2100-01-01T00:00:00Z"}))
    assert not any(later.values())


def test_history_is_refused_for_what_is_no_time_and_no_channel(client: httpx.Client) -> None:
    wrong = client.get("/api/health/history", params={"since": "yesterday"})
    assert (wrong.status_code, "since" in wrong.json()["message"]) == (400, True)
    assert client.get("/api/channels/nobody/viewers").status_code == 404


def test_the_front_page_is_html_for_browsers_and_json_for_programs(client: httpx.Client) -> None:
    page = client.get("/", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    listed = ok(client.get("/", headers={"accept": "application/json"}))["endpoints"]
    old = [
        "POST /api/upload",
        "GET /api/playlist",
        "DELETE /api/playlist/{video_id}",
        "DELETE /api/playlist",
        "POST /api/playlist/reorder",
        "POST /api/playlist/current/{index}",
        "POST /api/stream/start",
        "POST /api/stream/stop",
        "POST /api/stream/pause",
        "POST /api/stream/resume",
        "GET /api/stream/status",
        "GET /stream/stream.m3u8",
        "GET /health",
    ]
    assert set(old) <= set(listed)


# --- viewers


def test_a_viewer_gets_from_the_entry_to_the_bytes(client: httpx.Client, videos: list[str]) -> None:
    assert videos
    # A test before this one may have stopped the channel just now: what it was showing airs to its end.
    gone = eventually(lambda: (it := client.get("/stream/stream.m3u8")).status_code != 200 and it)
    refused(gone, 404, "off_air")
    assert gone.headers["cache-control"] == "no-store"
    assert gone.headers["access-control-allow-origin"] == "*"
    ok(client.post("/api/stream/start"))
    try:
        entry = client.get("/stream/stream.m3u8")
        assert entry.headers["content-type"] == "application/vnd.apple.mpegurl"
        assert entry.headers["content-encoding"] == "gzip"
        variants = parse(entry.text)
        assert isinstance(variants, MultivariantPlaylist)
        for variant in variants.variants:
            address = urljoin("/stream/stream.m3u8", variant.uri)
            playlist = eventually(lambda at=address: (it := client.get(at)).status_code == 200 and it)
            listed = parse(playlist.text)
            assert isinstance(listed, MediaPlaylist)
            assert listed.segments
            assert playlist.headers["cache-control"] == "public, max-age=1"
            same = client.get(address, headers={"if-none-match": playlist.headers["etag"]})
            assert same.status_code in {200, 304}
            for segment in listed.segments:
                assert client.head(urljoin(address, segment.uri)).status_code == 200
            assert client.head(address).headers["content-length"]
            assert client.post(address).status_code == 405
    finally:
        off_air(client)
    ended = eventually(lambda: "#EXT-X-ENDLIST" in (text := client.get(address).text) and text)
    assert ended.startswith("#EXTM3U")


# --- channels


@pytest.fixture
def channel(client: httpx.Client) -> Iterator[str]:
    ok(client.post("/api/channels", json={"slug": "kids", "title": "Kids & more"}), 201)
    yield "/api/channels/kids"
    off_air(client, "kids")
    with suppress(AssertionError):
        ok(client.delete("/api/channels/kids"))


def test_channels_are_made_changed_and_deleted(client: httpx.Client, channel: str) -> None:
    listed = ok(client.get("/api/channels"))
    assert [each["slug"] for each in listed["channels"]] == ["main", "kids"]
    assert listed["ladder"][0]["name"] == "1080p"
    data = ok(client.get(channel))
    assert (data["title"], data["rungs"], data["state"]) == ("Kids & more", ["360p", "240p"], "off")
    changed = ok(client.patch(channel, json={"title": " Family ", "windowSeconds": 120, "rungs": ["240p"]}))
    assert (changed["title"], changed["windowSeconds"], changed["rungs"]) == ("Family", 120, ["240p"])
    assert changed["slate"] is None
    refused(client.patch(channel, json={"titel": "x"}), 422, "invalid")
    refused(client.patch(channel, json={"title": ""}), 422, "invalid")
    assert client.patch(channel, json={"rungs": ["9000p"]}).status_code == 400
    assert client.patch(channel, json={"windowSeconds": -5}).status_code == 400
    assert client.patch(channel, json={"slate": "f" * 32}).status_code == 404
    assert client.post("/api/channels", json={"slug": "kids", "title": "x"}).status_code == 409
    for slug in ("Kids", "api", "a/b", "", "x" * 64, "-a", "\u00e9"):
        assert client.post("/api/channels", json={"slug": slug, "title": "x"}).status_code == 400
    refused(client.get("/api/channels/nobody"), 404, "unknown_channel")
    assert client.delete("/api/channels/main").status_code == 409
    ok(client.delete(channel))
    refused(client.get(channel), 404, "unknown_channel")


def test_a_channel_tells_what_viewers_get(client: httpx.Client, channel: str, videos: list[str]) -> None:
    assert (ok(client.get(channel))["onAir"], ok(client.get(channel))["rungsOnAir"]) == (None, None)
    ok(client.post(f"{channel}/playlist", json={"videos": [videos[0]]}))
    ok(client.post(f"{channel}/stream/start"))
    ok(client.patch(channel, json={"rungs": ["240p"]}))
    data = eventually(lambda: (data := ok(client.get(channel)))["onAir"] and data)
    assert (data["onAir"]["id"], data["onAir"]["isSlate"]) == (videos[0], False)
    assert (data["rungs"], data["rungsOnAir"]) == (["240p"], ["360p", "240p"])
    refused(client.patch(channel, json={"rungs": []}), 400, "bad_rungs")
    refused(client.patch(channel, json={"windowSeconds": 0}), 400, "bad_window")
    refused(client.delete(channel), 409, "on_air")


def test_a_skip_off_the_air_moves_the_place_where_the_channel_begins(
    client: httpx.Client, channel: str, videos: list[str]
) -> None:
    refused(client.post(f"{channel}/stream/skip"), 409, "playlist_empty")
    entries = ok(client.post(f"{channel}/playlist", json={"videos": videos[:2]}))["entries"]
    said = client.post(f"{channel}/stream/skip").json()["message"]
    assert said == "The channel will begin with the next video."
    shown = ok(client.get(f"{channel}/playlist"))
    assert (shown["isPlaying"], shown["currentIndex"], shown["currentVideo"]["entry"]) == (
        False,
        1,
        entries[1],
    )
    ok(client.post(f"{channel}/playlist/current/0"))
    assert ok(client.get(f"{channel}/playlist"))["currentIndex"] == 0
    ok(client.post(f"{channel}/playlist/current", json={"entry": entries[1]}))
    ok(client.post(f"{channel}/stream/start"))
    assert ok(client.get(f"{channel}/playlist"))["currentVideo"]["entry"] == entries[1]


def test_a_channels_playlist_speaks_of_entries(client: httpx.Client, channel: str, videos: list[str]) -> None:
    added = ok(client.post(f"{channel}/playlist", json={"videos": [videos[0], videos[1], videos[0]]}))
    assert len(set(added["entries"])) == 3
    first = ok(client.post(f"{channel}/playlist", json={"videos": [videos[2]], "at": 0}))["entries"]
    order = [*first, *added["entries"]]
    data = ok(client.get(f"{channel}/playlist"))
    assert [each["entry"] for each in data["playlist"]] == order
    assert all(each["airsAt"] is None for each in data["playlist"])
    ok(client.post(f"{channel}/stream/start"))
    shown = ok(client.get(f"{channel}/playlist"))
    assert all(ISO.fullmatch(each["airsAt"]) for each in shown["playlist"])
    assert shown["currentVideo"]["entry"] in order
    ok(client.post(f"{channel}/playlist/reorder", json={"order": order[::-1]}))
    ok(client.post(f"{channel}/playlist/current", json={"entry": order[1]}))
    assert client.post(f"{channel}/playlist/current/0").json()["message"] == "It follows."
    assert client.post(f"{channel}/stream/skip").json()["message"] == "The next video follows."
    ok(client.delete(f"{channel}/playlist/{order[0]}"))
    refused(client.delete(f"{channel}/playlist/{order[0]}"), 404, "unknown_entry")
    assert client.post(f"{channel}/playlist/current", json={"entry": "nobody"}).status_code == 404
    ok(client.post(f"{channel}/playlist/undo"))
    undone = ok(client.get(f"{channel}/playlist"))
    assert [each["entry"] for each in undone["playlist"]] == order[::-1]
    assert undone["canUndo"] is True
    several = {"entries": [order[1], order[3]]}
    ok(client.post(f"{channel}/playlist/remove", json=several))
    left = ok(client.get(f"{channel}/playlist"))["playlist"]
    assert [each["entry"] for each in left] == [order[2], order[0]]
    refused(client.post(f"{channel}/playlist/remove", json=several), 404, "unknown_entry")
    refused(client.post(f"{channel}/playlist/remove", json={"entries": []}), 422, "invalid")
    ok(client.post(f"{channel}/playlist/undo"))
    assert ok(client.get(f"{channel}/playlist"))["totalVideos"] == len(order)
    ok(client.delete(f"{channel}/playlist"))
    assert client.post(f"{channel}/playlist", json={"videos": ["f" * 32]}).status_code == 404
    assert client.post(f"{channel}/playlist", json={"videos": [videos[0]], "at": 7}).status_code == 400


def test_twenty_five_thousand_entries_fit(client: httpx.Client, channel: str, videos: list[str]) -> None:
    many = [videos[n % 3] for n in range(25_000)]
    added = ok(client.put(f"{channel}/playlist", json={"videos": many}))["entries"]
    assert len(added) == 25_000
    ok(client.post(f"{channel}/playlist/reorder", json={"order": added[::-1]}))
    assert ok(client.get(f"{channel}/playlist"))["totalVideos"] == 25_000
    refused(client.put(f"{channel}/playlist", json={"videos": [*many, many[0]]}), 422, "invalid")


def test_the_guide_and_the_as_run_log_have_ranges(
    client: httpx.Client, channel: str, videos: list[str]
) -> None:
    ok(client.put(f"{channel}/playlist", json={"videos": videos}))
    ok(client.post(f"{channel}/stream/start"))
    guide = ok(client.get(f"{channel}/guide"))
    assert guide["airings"][0]["id"] in videos
    for before, after in zip(guide["airings"], guide["airings"][1:], strict=False):
        assert before["endsAt"] == after["startsAt"]
    assert len(guide["airings"]) == 5000
    assert guide["next"] is not None
    short = ok(
        client.get(f"{channel}/guide", params={"from": guide["from"], "to": guide["airings"][2]["endsAt"]})
    )
    assert len(short["airings"]) == 3
    assert short["next"] is None
    past = ok(client.get(f"{channel}/as-run"))["airings"]
    assert past[0]["isBackfilled"] is True
    assert all(datetime.fromisoformat(each["endsAt"]) <= datetime.now(UTC) for each in past)
    now = int(time.time())
    ok(client.get(f"{channel}/as-run", params={"from": now - 60, "to": now}))
    for bad in ("yesterday", "2026-11-22T20:00:00", "-5", "1e9", "99999999999", "\u0661"):
        refused(client.get(f"{channel}/guide", params={"from": bad}), 400, "bad_request")
    refused(client.get(f"{channel}/guide", params={"from": now, "to": now - 1}), 400, "bad_request")
    refused(client.get(f"{channel}/guide", params={"from": now, "to": now + 90 * 86400}), 400, "bad_request")


def test_the_guide_is_a_table_for_spreadsheets_too(
    client: httpx.Client, channel: str, videos: list[str]
) -> None:
    ok(client.put(f"{channel}/playlist", json={"videos": videos}))
    ok(client.post(f"{channel}/stream/start"))
    guide = ok(client.get(f"{channel}/guide"))
    reply = client.get(f"{channel}/guide", params={"format": "csv", "from": guide["from"]})
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.search(r'attachment; filename="kids-\d{8}-\d{8}\.csv"', reply.headers["content-disposition"])
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert len(rows) > len(guide["airings"])  # the whole range at once
    assert [(row["starts_at"], row["name"], row["video"]) for row in rows[:5000]] == [
        (each["startsAt"], each["name"], each["id"]) for each in guide["airings"]
    ]
    past = client.get(f"{channel}/as-run", params={"format": "csv"}).text.splitlines()
    assert "back-filled" in past[1]
    refused(client.get(f"{channel}/guide", params={"format": "xls"}), 422, "invalid")
    refused(client.get("/api/channels/nobody/guide", params={"format": "csv"}), 404, "unknown_channel")


def test_television_software_can_read_guide_and_channel_list(
    client: httpx.Client, channel: str, videos: list[str]
) -> None:
    ok(client.put(f"{channel}/playlist", json={"videos": videos}))
    ok(client.post(f"{channel}/stream/start"))
    reply = client.get("/guide.xml")
    assert reply.headers["content-type"].startswith("application/xml")
    guide = ET.fromstring(reply.content)  # noqa: S314 - our own server's
    ids = [each.attrib["id"] for each in guide.findall("channel")]
    assert ids == ["main", "kids"]
    assert guide.findtext("channel[@id='kids']/display-name") == "Kids & more"
    programmes = guide.findall("programme")
    assert programmes
    assert "kids" in {each.attrib["channel"] for each in programmes}
    assert all(re.fullmatch(r"\d{14} \+0000", each.attrib["start"]) for each in programmes)
    stations = playlist.loads(client.get("/channels.m3u").text)
    assert stations.get_attributes()["x-tvg-url"] == f"{client.base_url}/guide.xml"
    assert [each.attributes["tvg-id"] for each in stations.get_channels()] == ids
    assert client.get(stations.get_channels()[-1].url).status_code == 200


def test_the_playlist_is_exported_in_the_old_format(client: httpx.Client, videos: list[str]) -> None:
    exported = client.get("/api/channels/main/export").json()
    assert [each["id"] for each in exported] == videos
    fields = {"id", "filename", "originalName", "path", "size", "duration", "addedAt"}
    assert all(set(each) == fields for each in exported)
    assert all(Path(each["path"]).stat().st_size == each["size"] for each in exported)


# --- the library


def test_videos_are_listed_renamed_and_packaged_anew(client: httpx.Client, videos: list[str]) -> None:
    listed = ok(client.get("/api/videos"))
    assert [each["id"] for each in listed] == videos[::-1]
    video = f"/api/videos/{videos[0]}"
    assert client.get(listed[0]["posterUrl"]).headers["content-type"] == "image/jpeg"
    assert ok(client.patch(video, json={"name": "A \u202e new \U0001f3ac name"}))["name"].endswith("name")
    assert ok(client.patch(video, json={"name": "AC/DC \\ live 24/7"}))["name"] == "AC/DC \\ live 24/7"
    assert client.post(f"{video}/cancel").status_code == 409
    assert ok(client.post(f"{video}/repackage"))["state"] in {"packaging", "ready"}
    eventually(lambda: ok(client.get(video))["state"] == "ready")
    for path in ("/api/videos/nobody", f"/api/videos/{'f' * 32}", "/api/videos/..%2f..%2fetc%2fpasswd"):
        assert client.get(path).status_code == 404


# --- uploads


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ({"file": ("a.mp4", b"0000")}, 400, "missing_field"),
        ({"video": ("a.mp4", b"this is text, not a picture")}, 415, None),
        ({"video": ("a.mp4", b"")}, 415, None),
    ],
)
def test_uploads_that_are_no_videos_leave_nothing(
    client: httpx.Client, data: Path, files: Any, status: int, code: str | None
) -> None:
    before = files_in(data / "uploads")
    reply = client.post("/api/upload", files=files)
    refused(reply, status, code or reply.json()["code"])
    if code == "missing_field":
        assert "`video`" in reply.json()["message"]
    assert files_in(data / "uploads") == before


def test_fields_around_the_file_and_further_files_are_read_over(
    client: httpx.Client, clips: list[Path]
) -> None:
    form = [
        ("note", (None, b"before " * 1000)),
        ("video", ("..\\..\\first.mp4", clips[0].read_bytes())),
        ("video", ("second.mp4", clips[1].read_bytes())),
        ("title", (None, b"after")),
    ]
    video = ok(client.post("/api/upload", files=form))
    assert video["name"] == "first.mp4"
    assert video["duration"] == pytest.approx(4, abs=0.1)
    ok(client.delete(f"/api/videos/{video['id']}"))


def test_a_form_may_have_words_before_and_after_it(client: httpx.Client, clips: list[Path]) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="video"; filename="words.mp4"\r\n\r\n'
    body = b"This is a form.\r\n" + head + clips[0].read_bytes() + b"\r\n--x--\r\nThat was it.\r\n"
    form = {"content-type": "multipart/form-data; boundary=x"}
    video = ok(client.post("/api/upload", headers=form, content=body))
    assert video["name"] == "words.mp4"
    ok(client.delete(f"/api/videos/{video['id']}"))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "application/json"}, b"{}"),
        ({"content-type": "multipart/form-data"}, b"--x--"),
        ({}, b""),
        ({"content-type": "multipart/form-data; boundary=x"}, b"nonsense"),
        (
            {"content-type": "multipart/form-data; boundary=x"},
            b'--x\r\nContent-Disposition: form-data; name="video"',
        ),
        (
            {"content-type": "multipart/form-data; boundary=x"},
            b'--x\r\nContent-Disposition: form-data; name="video"; filename="a"\r\n\r\nhalf',
        ),
    ],
)
def test_bodies_that_are_no_form_are_400(
    client: httpx.Client, data: Path, headers: dict[str, str], body: bytes
) -> None:
    before = files_in(data / "uploads")
    reply = client.post("/api/upload", headers=headers, content=body)
    assert reply.status_code == 400, reply.text
    assert files_in(data / "uploads") == before


@pytest.mark.parametrize(
    "head",
    [
        b'Content-Disposition: form-data; name="video"; filename="',
        b'Content-Disposition: form-data; name="other"\r\n\r\n',
    ],
)
def test_a_form_with_too_much_besides_the_file_is_not_read_to_its_end(
    client: httpx.Client, data: Path, head: bytes
) -> None:
    before = files_in(data / "uploads")
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b"--x\r\n" + head
        for _ in range(1000):
            sent += 65536
            yield b"A" * 65536

    form = {"content-type": "multipart/form-data; boundary=x"}
    with suppress(httpx.WriteError):  # it may answer and hang up while we send
        refused(client.post("/api/upload", headers=form, content=endless()), 400, "bad_form")
    assert sent < 30_000_000
    assert files_in(data / "uploads") == before


def test_a_connection_that_breaks_leaves_nothing(client: httpx.Client, data: Path) -> None:
    before = files_in(data / "uploads")
    head = (
        b"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        b'--x\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n'
    )
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as raw:
        raw.sendall(head + b"0" * 3_000_000)
        eventually(lambda: files_in(data / "uploads") != before)
    eventually(lambda: files_in(data / "uploads") == before)


# --- who may


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server with a token that takes only small files."""
    env = environment(tmp_path_factory.mktemp("guarded"), TOKEN=TOKEN, MAX_UPLOAD_BYTES="100000")
    with serving(env) as base, httpx.Client(base_url=base, timeout=30) as client:
        yield client


def test_with_a_token_everything_but_viewing_and_health_needs_it(guarded: httpx.Client) -> None:
    for path in ("/health", "/health/ready", "/"):
        assert guarded.get(path).status_code in {200, 503}
    assert guarded.get("/stream/stream.m3u8").json()["code"] == "off_air"
    for method, path in [("GET", "/api/playlist"), ("POST", "/api/stream/stop"), ("GET", "/metrics")]:
        reply = guarded.request(method, path)
        refused(reply, 401, "unauthorized")
        assert reply.headers["www-authenticate"].startswith("Bearer")
        assert guarded.request(method, path, headers={"authorization": "Bearer wrong"}).status_code == 401
        right = guarded.request(method, path, headers={"authorization": f"Bearer {TOKEN}"})
        assert right.status_code in {200, 409}
    guide = guarded.get("/guide.xml")
    assert guide.headers["www-authenticate"].startswith("Basic")
    assert guarded.get("/guide.xml", auth=("any", TOKEN)).status_code == 200


def test_too_large_an_upload_is_refused_before_it_is_read(guarded: httpx.Client) -> None:
    head = (
        f"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Content-Length: 900000000\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with socket.create_connection((guarded.base_url.host, guarded.base_url.port or 80)) as raw:
        raw.settimeout(10)
        raw.sendall(head.encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 413")


def test_an_upload_that_grows_too_large_is_refused_too(guarded: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="video"; filename="a"\r\n\r\n'
        for _ in range(20):
            yield b"0" * 10_000
        yield b"\r\n--x--\r\n"

    kind = {"content-type": "multipart/form-data; boundary=x", "authorization": f"Bearer {TOKEN}"}
    refused(guarded.post("/api/upload", headers=kind, content=pieces()), 413, "too_large")


def test_other_sites_cannot_drive_the_server(client: httpx.Client) -> None:
    refused(client.post("/api/stream/start", headers={"origin": "https://evil.example"}), 403, "bad_origin")
    refused(client.post("/api/stream/start", headers={"origin": "null"}), 403, "bad_origin")
    refused(client.post("/api/stream/start", headers={"sec-fetch-site": "cross-site"}), 403, "bad_origin")
    refused(client.get("/api/playlist", headers={"host": "evil.example"}), 403, "bad_host")
    assert "access-control-allow-origin" not in client.get("/api/playlist").headers
    own = {"origin": str(client.base_url)}
    assert client.post("/api/stream/stop", headers=own).status_code == 409


def test_every_answer_has_the_security_headers(client: httpx.Client) -> None:
    for path in ("/", "/api/playlist", "/nowhere", "/health"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'self'" in headers["content-security-policy"]


# --- clumsy and hostile clients


def test_unknown_addresses_and_methods_are_told_apart(client: httpx.Client) -> None:
    for path in (
        "/nowhere",
        "/api",
        "/api/",
        "/api/playlist/",
        "/api/..%2f",
        "/%00",
        "/stream",
        "/media",
        "/\u00e9",
    ):
        refused(client.get(path), 404, "unknown")
    for method, path, allowed in (
        ("PUT", "/api/playlist", "GET, HEAD, DELETE"),
        ("PATCH", "/api/channels/main/playlist", "GET, HEAD, POST, PUT, DELETE"),
        ("DELETE", "/api/upload", "POST"),
        ("PUT", "/", "GET, HEAD"),
        ("POST", "/watch/main", "GET, HEAD"),
        ("POST", "/assets/some.js", "GET, HEAD"),
        ("PUT", "/stream/main/stream.m3u8", "GET, HEAD, OPTIONS"),
        ("PUT", f"/api/uploads/{'0' * 32}", "GET, HEAD, POST, PATCH, DELETE"),
        ("POST", f"/api/uploads/{'0' * 32}", "GET, HEAD, POST, PATCH, DELETE"),
    ):
        wrong = client.request(method, path, headers={"tus-resumable": "1.0.0"})
        refused(wrong, 405, "method_not_allowed")
        assert wrong.headers["allow"] == allowed
    head = client.head("/health")
    assert (head.status_code, head.content) == (200, b"")


def test_a_head_is_answered_without_a_body_at_every_address(client: httpx.Client, videos: list[str]) -> None:
    poster = ok(client.get(f"/api/videos/{videos[0]}"))["posterUrl"]
    package = poster.split("/")[2]
    names = {"slug": "main", "channel": "main", "video_id": videos[0], "upload_id": videos[0], "index": "0"}
    templates = {*client.get("/openapi.json").json()["paths"], *CLIENT_PAGES, "/openapi.json"}
    assert len(templates) > 40
    addresses = [re.sub(r"\{(\w+)(?::\w+)?\}", lambda it: names.get(it[1], "x"), each) for each in templates]
    of_viewers = ["/stream/channels.json", "/stream/main/now.json", "/stream/stream.m3u8", poster]
    of_viewers += [f"/media/{package}/{place}" for place in ("preview.m3u8", "240p/0.ts", "240p/1.join.ts")]
    with closing(HTTPConnection(client.base_url.netloc.decode(), timeout=60)) as connection:
        for address in (*sorted(addresses), *of_viewers, "/nowhere", "/media/x", "/stream/x"):
            for headers in ({}, {"range": "bytes=1-2"}, {"range": "bytes=9999999999-"}):
                assert _asked(connection, "HEAD", address, headers)[1] == b"", address
                status, body = _asked(connection, "GET", address, headers)
                assert body or status in {204, 304}, address


def _asked(
    connection: HTTPConnection, method: str, address: str, headers: dict[str, str]
) -> tuple[int, bytes]:
    connection.request(method, address, headers=headers)
    reply = connection.getresponse()
    return reply.status, reply.read()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"order": [1, {}]}', 422),
        (b'{"order": null}', 422),
        (b'{"order": ["\\ud800"]}', 400),
        (b'{"order": [NaN, 1e999]}', 422),
        (b"\xff\xfe", 400),
        (b"[" * 20_000, 400),
        (b"[" * 100_000, 413),
        (b'{"order": [], "order": []}', 400),
        (json.dumps({"order": ["x" * 40] * 40_000}).encode(), 413),
    ],
)
def test_wrong_json_is_never_a_server_error(
    client: httpx.Client, videos: list[str], body: bytes, status: int
) -> None:
    assert videos
    headers = {"content-type": "application/json"}
    reply = client.post("/api/playlist/reorder", content=body, headers=headers)
    assert reply.status_code == status, reply.text
    assert reply.json()["success"] is False


def test_json_must_say_that_it_is_json(client: httpx.Client, videos: list[str]) -> None:
    body = json.dumps({"order": videos}).encode()
    assert (
        client.post("/api/playlist/reorder", content=body, headers={"content-type": "text/plain"}).status_code
        == 422
    )


def test_huge_headers_and_silent_clients_do_no_harm(client: httpx.Client) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as silent:
        silent.sendall(
            b"POST /api/playlist/reorder HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\n{"
        )
        reply = client.get("/health", headers={"x-large": "x" * 30_000})
        assert reply.status_code in {200, 431}
        assert client.get("/health").status_code == 200


def test_the_description_of_the_api_is_complete(client: httpx.Client) -> None:
    api = client.get("/openapi.json").json()
    operations = [operation for path in api["paths"].values() for operation in path.values()]
    assert all(operation.get("summary") for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert "windowSeconds" in api["components"]["schemas"]["Channel"]["properties"]


def test_prometheus_gets_numbers(client: httpx.Client) -> None:
    text = client.get("/metrics").text
    for name in (
        "playlist_requests_total",
        "segment_requests_total",
        "channels_on_air",
        "clock_drift_seconds",
    ):
        assert f"insta_stream_{name}" in text
    violations = [line for line in text.splitlines() if "playlist_violations_total{" in line]
    assert violations
    assert all(line.endswith(" 0.0") for line in violations)
