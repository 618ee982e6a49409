"""Channels and the library: made, changed and deleted, guide and as-run log."""

import csv
import io
import re
import time
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import httpx
from ipytv import playlist
from tests.integration.api.conftest import ISO, ok, refused
from tests.support.waiting import eventually


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
    assert said == "The channel will start with the next video."
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
