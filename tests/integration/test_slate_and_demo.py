"""What a new installation airs before anybody has uploaded anything."""

import time
from pathlib import Path

import pytest
from tests.support.depth import by_depth
from tests.support.inspection import inspect

from insta_stream.media import demo
from insta_stream.media.ffmpeg import FFmpeg, locate
from insta_stream.media.ladder import LADDER
from insta_stream.media.plan import plan
from insta_stream.media.slate import make_slate
from insta_stream.ticks import seconds


async def test_the_slate_is_small_and_needs_no_encoding(tmp_path: Path, ffmpeg_path: Path) -> None:
    path = tmp_path / "slate.mp4"
    await make_slate(FFmpeg(ffmpeg_path, "test", can_tone_map=True), path)
    found = await inspect(path)
    assert found.duration == seconds(30)
    assert (found.video.width, found.video.height) == (1920, 1080)
    assert found.size_bytes < 8_000_000
    assert list(tmp_path.iterdir()) == [path]  # noqa: ASYNC240 - two entries
    assert plan(found, LADDER, 2).renditions[0].kind == "copy"


async def test_the_demo_is_copied_at_720p(
    tmp_path: Path, bundled_ffmpeg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "CLIPS", by_depth(demo.CLIPS[1:2], demo.CLIPS))
    ffmpeg = FFmpeg(bundled_ffmpeg, "test", can_tone_map=True)
    clips = [clip async for clip in demo.make_demo(ffmpeg, tmp_path)]
    assert [title for title, _ in clips] == [clip.title for clip in demo.CLIPS]
    for _, path in clips:
        planned = plan(await inspect(path), LADDER[1:], 2)
        assert (planned.renditions[0].name, planned.renditions[0].kind) == ("720p", "copy")


async def test_ffmpeg_is_found_and_examined(ffmpeg_path: Path) -> None:
    began = time.monotonic()
    found = await locate(ffmpeg_path)
    assert found.path == ffmpeg_path
    assert found.version[0].isdigit() or found.version.startswith("n")
    assert found.licence.endswith("-or-later")
    assert found.licence.startswith("GPL-")  # it has x264
    assert time.monotonic() - began < 30
