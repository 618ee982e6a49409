"""The commands that talk to a server, against a real one."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.command import insta_stream, must
from tests.support.server import RunningServer, free_port, running
from tests.support.waiting import eventually

TOKEN = "a-token-of-enough-length"


@pytest.fixture(scope="module")
def clips(shared: Path) -> list[Path]:
    return make_clips(shared, seconds=3, count=2)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data = tmp_path_factory.mktemp("server") / "data"
    with running(data, "--rungs", "240p", "--token", TOKEN) as server:
        yield server


@pytest.fixture
def access(server: RunningServer) -> dict[str, str]:
    return {"INSTA_STREAM_URL": server.url, "INSTA_STREAM_TOKEN": TOKEN}


def make_channel(slug: str, access: dict[str, str]) -> None:
    """Make a channel by the API, where the command is not what is tested."""
    url, headers = f"{access['INSTA_STREAM_URL']}/api/channels", {"Authorization": f"Bearer {TOKEN}"}
    httpx.post(url, json={"slug": slug, "title": slug}, headers=headers).raise_for_status()


def exported(channel: str, access: dict[str, str]) -> list[str]:
    """Return the names in a channel's playlist."""
    return [item["originalName"] for item in json.loads(must("export", "--channel", channel, **access))]


def test_doctor_knows_a_server_that_runs_already(server: RunningServer, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]
    said = must("doctor", "--port", port, "--data", str(tmp_path), COLUMNS="200")
    assert f"Insta-Stream is already running on 127.0.0.1 port {port}" in said


def test_uploads_join_the_playlist_in_order(clips: list[Path], access: dict[str, str]) -> None:
    must("channels", "create", "uploads", "--title", "Uploads", **access)
    said = must("upload", "--channel", "uploads", *map(str, clips), **access)
    assert [line.split()[0] for line in said.splitlines()] == ["clip-0.mp4", "clip-1.mp4"]
    assert exported("uploads", access) == ["clip-0.mp4", "clip-1.mp4"]
    assert "Uploads" in must("channels", "list", COLUMNS="200", **access)


def test_an_api_token_is_made_used_and_revoked(access: dict[str, str]) -> None:
    must("channels", "create", "desk", **access)
    secret = must(
        "tokens", "create", "The desk", "--may", "channel:air", "-c", "desk", "--days", "2", **access
    ).strip()
    table = must("tokens", "list", COLUMNS="200", **access).splitlines()
    assert "The desk" in table[1]
    assert "desk" in table[1].split()
    theirs = {**access, "INSTA_STREAM_TOKEN": secret}
    assert "`channels:manage`" in insta_stream("channels", "delete", "desk", "--yes", **theirs).stderr
    must("tokens", "revoke", table[1].split()[-1], **access)
    assert "access token" in insta_stream("channels", "start", "desk", **theirs).stderr
    must("channels", "delete", "desk", **access)


def test_a_link_is_made_used_and_ended(access: dict[str, str]) -> None:
    must("channels", "create", "home", **access)
    assert "people with a link" in insta_stream("links", "create", "home", "Grandma", **access).stderr
    must("channels", "playback", "home", "link", **access)
    page, embed, stream = must("links", "create", "home", "Grandma", "--days", "2", **access).split()
    assert (page.endswith("/watch/home"), embed.endswith("/embed/home")) == (True, True)
    assert httpx.get(stream).json()["code"] == "off_air"
    table = must("links", "list", "home", COLUMNS="200", **access).splitlines()
    assert "Grandma" in table[1]
    must("links", "end", "home", table[1].split()[-1], **access)
    assert httpx.get(stream).json()["code"] == "link_over"
    must("links", "end", "home", "all", **access)
    must("channels", "delete", "home", **access)


def test_links_for_tv_apps_that_come_from_the_token_are_not_replaced(access: dict[str, str]) -> None:
    channels, guide = must("links", "tv", **access).split()
    assert channels.startswith(f"{access['INSTA_STREAM_URL']}/tv/")
    assert httpx.get(guide).status_code == 200
    assert "Change `token`" in insta_stream("links", "tv", "--replace", **access).stderr
    assert must("links", "tv", **access).split() == [channels, guide]


def test_a_narrow_list_tells_addresses_in_full(access: dict[str, str]) -> None:
    slug = "a-channel-whose-name-in-addresses-is-long"
    must("channels", "create", slug, "--title", "It has a long title, too: " * 4, **access)
    table = must("channels", "list", COLUMNS="100", **access)
    begins = table.splitlines()[0].index("stream")
    addresses = "".join(line[begins:].strip() for line in table.splitlines())
    assert f"/stream/{slug}/stream.m3u8" in addresses
    must("channels", "delete", slug, **access)


def test_brackets_and_colons_in_names_are_no_mark_up(
    clips: list[Path], access: dict[str, str], tmp_path: Path
) -> None:
    name = "clip [final] :warning: [bold].mp4"
    (tmp_path / name).write_bytes(clips[0].read_bytes())
    must("channels", "create", "brackets", "--title", "[/red] :tv: [final]", **access)
    assert name in must("upload", "--channel", "brackets", str(tmp_path / name), **access)
    must("channels", "start", "brackets", **access)

    def listed(text: str) -> bool:
        return text in must("channels", "list", COLUMNS="300", **access)

    assert listed("[/red] :tv: [final]")
    assert eventually(lambda: listed(name))  # the slate airs until the video's first segments are there


def test_a_file_that_is_no_video_is_named_and_the_others_go_on(
    clips: list[Path], access: dict[str, str], tmp_path: Path
) -> None:
    bad = tmp_path / "letter.mp4"
    bad.write_text("Dear Sir or Madam")
    make_channel("mixed", access)
    done = insta_stream("upload", "--channel", "mixed", str(bad), str(clips[0]), **access)
    assert done.returncode == 1
    assert "letter.mp4" in done.stderr
    assert exported("mixed", access) == ["clip-0.mp4"]


def test_an_import_keeps_names_and_order_and_can_be_repeated(
    clips: list[Path], access: dict[str, str], tmp_path: Path
) -> None:
    items = [
        {"originalName": "second.mp4", "path": str(clips[1]), "filename": clips[1].name},
        {"originalName": "gone.mp4", "path": "uploads/gone.mp4", "filename": "gone.mp4"},
        {"originalName": "first.mp4", "path": f"/elsewhere/{clips[0].name}", "filename": clips[0].name},
    ]
    playlist = tmp_path / "playlist.json"
    playlist.write_text(json.dumps(items))
    make_channel("old", access)
    command = ("import", str(playlist), "--channel", "old", "--files", str(clips[0].parent))
    first = insta_stream(*command, **access)
    assert first.returncode == 1
    assert "2 imported, 0 already there, 1 failed." in first.stdout
    assert "gone.mp4" in first.stderr
    assert exported("old", access) == ["second.mp4", "first.mp4"]
    again = insta_stream(*command, **access)
    assert "0 imported, 2 already there, 1 failed." in again.stdout
    assert exported("old", access) == ["second.mp4", "first.mp4"]


def videos(access: dict[str, str]) -> int:
    reply = httpx.get(
        f"{access['INSTA_STREAM_URL']}/api/videos", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    return len(reply.json()["data"])


def test_a_file_that_is_listed_twice_is_sent_once(
    clips: list[Path], access: dict[str, str], tmp_path: Path
) -> None:
    item = {"id": "1", "originalName": "twice.mp4", "path": str(clips[0]), "filename": clips[0].name}
    playlist = tmp_path / "playlist.json"
    playlist.write_text(json.dumps([item, item]))
    make_channel("twice", access)
    before = videos(access)
    assert "2 imported" in must("import", str(playlist), "--channel", "twice", **access)
    assert exported("twice", access) == ["twice.mp4", "twice.mp4"]
    assert videos(access) == before + 1


def test_what_a_server_exported_it_does_not_take_in_again(
    clips: list[Path], access: dict[str, str], tmp_path: Path
) -> None:
    make_channel("one", access)
    make_channel("other", access)
    must("upload", "--channel", "one", str(clips[0]), **access)
    file = tmp_path / "one.json"
    must("export", "--channel", "one", str(file), **access)
    before = videos(access)
    must("import", str(file), "--channel", "other", **access)
    assert exported("other", access) == ["clip-0.mp4"]
    assert videos(access) == before


def test_who_reads_a_list_by_program_gets_it_whole(access: dict[str, str]) -> None:
    title = "A channel with a title that is longer than a terminal of eighty columns is wide, and then some"
    must("channels", "create", "long", "--title", title, **access)
    listed = must("channels", "list", **access)
    assert any(title in line and "/stream/long/stream.m3u8" in line for line in listed.splitlines())


def test_who_has_the_data_folder_is_named_as_whom_to_stop(server: RunningServer) -> None:
    done = insta_stream("serve", "--data", str(server.data), "--port", str(free_port()))
    assert done.returncode == 1
    assert f"(process {server.process.pid}) is using the folder" in done.stderr


def test_an_export_to_a_place_that_cannot_be_written_is_said(access: dict[str, str], tmp_path: Path) -> None:
    done = insta_stream("export", str(tmp_path / "missing" / "x.json"), **access)
    assert done.returncode == 1
    assert "cannot be written (No such file or directory)" in done.stderr


def test_a_missing_token_is_asked_for(server: RunningServer) -> None:
    done = insta_stream("channels", "list", "--url", server.url)
    assert done.returncode == 1
    assert "--token" in done.stderr


def test_a_wrong_state_is_said_in_the_servers_words(access: dict[str, str]) -> None:
    done = insta_stream("channels", "delete", "main", **access)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_a_channel_that_is_there_already_is_no_error(access: dict[str, str]) -> None:
    make_channel("idle", access)
    assert "already off air" in insta_stream("channels", "stop", "idle", **access).stderr
    first = must("channels", "start", "idle", **access)
    again = insta_stream("channels", "start", "idle", **access)
    assert (again.returncode, again.stdout, again.stderr) == (
        0,
        first,
        "The channel is already on air.\n",
    )
    must("channels", "stop", "idle", **access)
    must("channels", "delete", "idle", **access)


def test_the_log_says_once_that_the_server_is_ready_and_where(server: RunningServer) -> None:
    ready = [
        line for line in map(json.loads, server.log.read_text().splitlines()) if line["event"] == "ready"
    ]
    assert [(line["watch"], line["studio"]) for line in ready] == [(f"{server.url}/", f"{server.url}/studio")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_cleanly_and_quickly(number: signal.Signals, tmp_path: Path) -> None:
    with running(tmp_path / "data", "--rungs", "240p", prefix=()) as server:
        began = time.monotonic()
        server.process.send_signal(number)
        assert server.process.wait(20) == 0
        assert time.monotonic() - began < 10
        assert "Traceback" not in server.log.read_text()
