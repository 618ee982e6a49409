"""A data folder may be anywhere, whatever the path to it is called."""

from pathlib import Path

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.server import running
from tests.support.upload import await_videos, start, until_ready, upload
from tests.support.waiting import eventually

NASTY = "-a %d %v %Y %s 50% b'c\"d` e,f;g:h=i [j] {k} (l) *?#~&$HOME\\m|n é e\u0301\n日"
"""All that FFmpeg, SQLite, a shell or an address takes for something else. It is one folder's name."""


@pytest.mark.deep
def test_a_server_whose_folders_have_any_names(tmp_path: Path, shared: Path) -> None:
    """The whole way: the slate, an upload, its packages and pictures, and what viewers get."""
    (clip,) = make_clips(shared, seconds=8, count=1)
    flags = ["--rungs", "240p"]
    for part in ("upload", "stream"):
        flags += [f"--{part}-dir", str(tmp_path / f"{NASTY} {part}")]
    with (
        running(tmp_path / NASTY, *flags, is_first=True) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        assert upload(client, clip).is_success
        (video,) = await_videos(client, state="ready").values()
        assert video["error"] == ""
        assert client.get(video["posterUrl"]).content.startswith(b"\xff\xd8")
        until_ready(client, within=600)  # the slate is made here, too
        start(server)
        master = client.get("/stream/stream.m3u8").text
        variant = next(line for line in master.splitlines() if line and not line.startswith("#"))
        address = httpx.URL(server.url).join("/stream/stream.m3u8").join(variant)

        def segments() -> list[str]:
            return [line for line in client.get(address).text.splitlines() if line and line[0] != "#"]

        assert client.get(address.join(eventually(segments)[0])).content.startswith(b"\x47")
