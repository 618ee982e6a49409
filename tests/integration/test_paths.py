"""A data folder may be anywhere, whatever the path to it is called."""

from pathlib import Path

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.server import running
from tests.support.upload import await_videos, start, upload
from tests.support.waiting import eventually

from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.probe import examine
from insta_stream.media.slate import make_slate

NASTY = "-a %d %v %Y %s 50% b'c\"d` e,f;g:h=i [j] {k} (l) *?#~&$HOME\\m|n é e\u0301\n日"
"""All that FFmpeg, SQLite, a shell or an address takes for something else. It is one folder's name."""


@pytest.mark.deep
def test_a_server_whose_data_folder_has_any_name(tmp_path: Path, shared: Path) -> None:
    """The whole way: an upload, its packages and pictures, and what viewers get."""
    (clip,) = make_clips(shared, seconds=8, count=1)
    with (
        running(tmp_path / NASTY, "--rungs", "240p") as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        assert upload(client, clip).is_success
        (video,) = await_videos(client, state="ready", within=240).values()
        assert video["error"] == ""
        assert client.get(video["posterUrl"]).content.startswith(b"\xff\xd8")
        start(server)
        master = client.get("/stream/stream.m3u8").text
        variant = next(line for line in master.splitlines() if line and not line.startswith("#"))
        address = httpx.URL(server.url).join("/stream/stream.m3u8").join(variant)

        def segments() -> list[str]:
            return [line for line in client.get(address).text.splitlines() if line and line[0] != "#"]

        assert client.get(address.join(eventually(segments)[0])).content.startswith(b"\x47")


@pytest.mark.deep
async def test_a_slate_in_a_folder_of_any_name(tmp_path: Path, bundled_ffmpeg: Path) -> None:
    folder = tmp_path / NASTY
    folder.mkdir()
    await make_slate(FFmpeg(bundled_ffmpeg, "test", can_tone_map=False), folder / "slate.mp4")
    assert examine(folder / "slate.mp4", lambda _: None).frame_count == 30 * 25
