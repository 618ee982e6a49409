"""Real files of every awkward kind, uploaded as people do, must end as their index says."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from tests.support.server import running
from tests.support.upload import await_videos, until_ready, upload

from insta_stream.check.watch import check

pytestmark = [pytest.mark.media, pytest.mark.slow]

OK = 200
REFUSALS = {
    "audio-only.mp4": "no_picture",
    "outfoxing-with-cover.mp3": "no_picture",
    "broken-no-moov.mp4": "not_media",
    "text-file.mp4": "not_media",
    "zero-byte.webm": "empty_file",
}


def kinds(media_dir: Path) -> dict[str, str]:
    """Return what the index says of each file: play, damaged, no video or reject."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", (media_dir / "INDEX.md").read_text(), re.MULTILINE)
    return dict(rows)


@pytest.mark.timeout(900)
def test_every_file_ends_as_it_should_and_airs_without_breaking_a_rule(
    media_dir: Path, tmp_path: Path
) -> None:
    index = kinds(media_dir)
    data = tmp_path / "data"
    with running(data, "--rungs", "1080p,480p,240p") as server:
        with httpx.Client(base_url=server.url) as client:
            replies = {name: upload(client, media_dir / name) for name in index}
            outcomes = {name: reply.status_code for name, reply in replies.items()}
            expected = {name: OK if kind in {"play", "damaged"} else 415 for name, kind in index.items()}
            assert outcomes == expected
            refusals = {name: replies[name].json()["code"] for name in index if outcomes[name] != OK}
            assert refusals == REFUSALS
            videos = await_videos(client, within=600)
            assert {name: video["error"] for name, video in videos.items() if video["error"]} == {}
            assert videos["truncated-flower.mp4"]["cautions"]
            until_ready(client)
            kept = len(list((data / "uploads").iterdir()))
            assert kept == list(outcomes.values()).count(OK) + 1, "and the built-in slate"
            client.post("/api/stream/start").raise_for_status()
            entries = client.get("/api/channels/main/playlist").json()["data"]["playlist"]
        assert asyncio.run(_watch_each(server.url, len(entries))) == []


async def _watch_each(url: str, count: int) -> list[str]:
    """Jump from item to item while the checker watches; return what it found."""
    watching = asyncio.create_task(check(f"{url}/stream/stream.m3u8", seconds=count * 4))
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        for index in range(count):
            (await client.post(f"/api/playlist/current/{index}")).raise_for_status()
            await asyncio.sleep(4)
    report = await watching
    return [f"{f.code} {f.subject}: {f.message}" for f in report.findings if f.severity == "error"]
