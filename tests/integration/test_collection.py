"""Real files of every awkward kind, uploaded as people do, must end as their index says."""

import asyncio
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from tests.support.depth import by_depth
from tests.support.real_files import PACKAGED_ALONE
from tests.support.server import running
from tests.support.upload import await_videos, until_ready, upload

from insta_stream.check.watch import check
from insta_stream.storage.folder import DataFolder

pytestmark = [pytest.mark.media, pytest.mark.slow]

OK = 200
REFUSALS = {
    "audio-only.mp4": "no_picture",
    "outfoxing-with-cover.mp3": "no_picture",
    "broken-no-moov.mp4": "unfinished_recording",
    "text-file.mp4": "unfinished_recording",
    "zero-byte.webm": "empty_file",
}
TRUNCATED = "truncated-flower.mp4"
LONG_SECONDS = 20
"""At full size, a file that lasts longer has fewer rungs: what its later frames cost shows nothing new."""

QUICK_SECONDS = 16
"""A quick run leaves out what lasts longer: to encode it all costs more than all the other files do."""

ELSEWHERE = by_depth({*PACKAGED_ALONE} - {TRUNCATED}, set[str]())
"""What a quick run packages in another test."""

RUNGS = by_depth("240p", "1080p,720p,480p,360p,240p")
RUNGS_OF_LONG = "720p,240p"
"""A rung that a file may be copied for, and the one that starts those that take long."""

PACKAGED_WITHIN = 3000
"""Seconds. Encoding gives way to whatever else the machine does, so beside a whole suite it ends with it."""

WATCHED_SECONDS = 8
"""Longer than a jump takes to be seen, and then two segments."""

AT_ONCE = by_depth(31, 8)
"""Channels that are watched side by side: whoever watches reads every segment of every rung."""


def kinds(media_dir: Path, *, are_long: bool) -> dict[str, str]:
    """Return what the index says of each file: play, damaged, no video or reject.

    are_long: of those, or of the others. In a quick run none is long, and what would take long is left out.
    """
    row = re.compile(r"^\| `([^`]+)` \| ([^|]+?) \|(?:[^|]+\|){3} ([0-9.]+|\?|-) \|", re.MULTILINE)
    rows = row.findall((media_dir / "INDEX.md").read_text())
    limit = by_depth(QUICK_SECONDS, LONG_SECONDS)
    return {name: kind for name, kind, seconds in rows if are_long is _is_longer(seconds, limit)}


def _is_longer(seconds: str, limit: int) -> bool:
    return seconds[0].isdigit() and float(seconds) > limit


@pytest.mark.timeout(PACKAGED_WITHIN + 600)
@pytest.mark.parametrize(
    ("rungs", "are_long"), [(RUNGS, False), pytest.param(RUNGS_OF_LONG, True, marks=pytest.mark.deep)]
)
def test_every_file_ends_as_it_should_and_airs_without_breaking_a_rule(
    media_dir: Path, tmp_path: Path, rungs: str, are_long: bool
) -> None:
    every = kinds(media_dir, are_long=are_long)
    index = {name: kind for name, kind in every.items() if name not in ELSEWHERE}
    data = tmp_path / "data"
    with running(data, "--rungs", rungs) as server:
        with httpx.Client(base_url=server.url) as client:
            replies = {name: upload(client, media_dir / name) for name in index}
            outcomes = {name: reply.status_code for name, reply in replies.items()}
            expected = {name: OK if kind in {"play", "damaged"} else 415 for name, kind in index.items()}
            assert outcomes == expected
            refusals = {name: replies[name].json()["code"] for name in index if outcomes[name] != OK}
            assert refusals == {name: code for name, code in REFUSALS.items() if name in index}
            videos = await_videos(client, state="ready", within=PACKAGED_WITHIN)
            assert {name: video["error"] for name, video in videos.items() if video["error"]} == {}
            assert TRUNCATED not in index or videos[TRUNCATED]["cautions"]
            until_ready(client)
            kept = len(DataFolder.under(data).originals())
            assert kept == list(outcomes.values()).count(OK) + 1, "and the built-in slate"
        ids = [video["id"] for video in videos.values()]
        assert asyncio.run(_watch_joins(server.url, [*pairwise(ids), (ids[-1], ids[0])])) == []


async def _watch_joins(url: str, pairs: list[tuple[str, str]]) -> list[str]:
    """Jump from one video to another on a channel for each pair; return what the checker found."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def watch(number: int) -> list[str]:
        async with gate:
            return await _watch_join(url, f"join-{number}", pairs[number])

    found = await asyncio.gather(*map(watch, range(len(pairs))))
    return [finding for each in found for finding in each]


async def _watch_join(url: str, channel: str, videos: tuple[str, str]) -> list[str]:
    stream = f"{url}/stream/{channel}/stream.m3u8"
    async with httpx.AsyncClient(base_url=f"{url}/api", timeout=60) as client:
        (await client.post("/channels", json={"slug": channel, "title": channel})).raise_for_status()
        (await client.put(f"/channels/{channel}/playlist", json={"videos": videos})).raise_for_status()
        (await client.post(f"/channels/{channel}/stream/start")).raise_for_status()
        (await client.post(f"/channels/{channel}/stream/skip")).raise_for_status()
        report = await check(stream, seconds=WATCHED_SECONDS)
        variant = next(line for line in (await client.get(stream)).text.splitlines() if line[0] != "#")
        assert "#EXT-X-DISCONTINUITY\n" in (await client.get(urljoin(stream, variant))).text, (
            "no join was seen"
        )
        (await client.post(f"/channels/{channel}/stream/stop")).raise_for_status()
    return [f"{f.code} {f.subject}: {f.message}" for f in report.findings if f.severity == "error"]
