"""The contract of the app that this server replaces, for the main channel."""

from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from tests.integration.api.conftest import ID, ISO, off_air, ok, refused, upload
from tests.support.waiting import eventually

from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist


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
        assert set(data) == old | {"state", "standby", "position", "startedAt"}
        assert data["isStreaming"] is True
        assert (data["state"], data["standby"]) == ("on", None)
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
    assert client.post("/api/playlist/current/1").json()["message"] == "The channel will start with it."
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


def test_the_playlist_is_exported_in_the_old_format(client: httpx.Client, videos: list[str]) -> None:
    exported = client.get("/api/channels/main/export").json()
    assert [each["id"] for each in exported] == videos
    fields = {"id", "filename", "originalName", "path", "size", "duration", "addedAt"}
    assert all(set(each) == fields for each in exported)
    assert all(Path(each["path"]).stat().st_size == each["size"] for each in exported)
