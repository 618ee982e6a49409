"""FFmpeg plays over joins of real packages: its clock must count what is shown, neither more nor less.

It does not know of discontinuities, and guesses from timestamps that go back (`hls.opening` tells how).
"""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
from tests.support.jobs import LOW, Diary, a_job, make
from tests.support.recorder import Recording, record

from insta_stream.hls.mpegts import join_prefix, read
from insta_stream.media.encoding import PackageJob, package
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.ticks import to_seconds

ROUNDS = 5
FRAME = 1 / 25

COPIED = ("-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-profile:v", "main")
COPIED += ("-b:v", "300k", "-maxrate", "500k", "-bufsize", "500k", "-c:a", "aac", "-ar", "48000", "-ac", "2")

CLIPS = {
    "without B-frames": (5.24, ("-bf", "0")),
    "with B-frames": (5.24, ("-preset", "veryfast", "-bf", "3")),
    "without sound": (5.24, ("-bf", "0", "-an")),
    "of one segment": (1.84, ("-bf", "0")),
}
"""Seconds and options: no clip lasts for a whole number of packets of sound, so that a clock which follows
the sound loses some milliseconds at every join."""

_numbers = count()


@pytest.fixture
def ffmpeg(ffmpeg_path: Path) -> FFmpeg:
    return FFmpeg(ffmpeg_path, "test", can_tone_map=True)


async def packaged(folder: Path, ffmpeg: FFmpeg, name: str, kind: str) -> PackageJob:
    seconds, options = CLIPS[name]
    source = make(
        folder / "clip.mp4",
        ffmpeg,
        *("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25", "-f", "lavfi", "-i", "sine=f=330:r=48000"),
        *("-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", *COPIED, *options),
    )
    job = await a_job(source, folder, rungs=LOW, kind=kind)
    assert job.renditions == (("360p",) if kind == "copy" else ("240p",)), job.plan.copy_obstacle
    await package(ffmpeg, job, Diary())
    return job


def played(ffmpeg: Path, folder: Path, job: PackageJob, firsts: Sequence[int]) -> tuple[Recording, float]:
    """Let FFmpeg play a package once for each of `firsts`, from that segment on to the end.

    Return what it recorded, and how many seconds are shown.
    """
    lines, seconds = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:3"], 0.0
    for turn, first in enumerate(firsts):
        for number in range(first, job.plan.table.count):
            file = job.package / job.renditions[0] / f"{number}.ts"
            if number == first > 0:
                file = _entered(file, folder)
            duration = to_seconds(job.plan.table.duration(number))
            seconds += duration
            is_join = number == first and turn > 0
            lines += [*(("#EXT-X-DISCONTINUITY",) if is_join else ()), f"#EXTINF:{duration:.6f},", str(file)]
    playlist = folder / "joins.m3u8"
    playlist.write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]))
    return record(ffmpeg, str(playlist)), seconds


def _entered(segment: Path, folder: Path) -> Path:
    """Return a segment as it is served where a playlist enters a video with it."""
    data = segment.read_bytes()
    entered = folder / f"{next(_numbers)}.join.ts"
    entered.write_bytes(join_prefix(read(data)) + data)
    return entered


def assert_in_time(recording: Recording, seconds: float) -> None:
    assert recording.seconds == pytest.approx(seconds - FRAME, abs=0.01)
    assert recording.longest_step < 3 * FRAME
    assert len(recording.pictures) == round(seconds / FRAME)


@pytest.mark.parametrize(
    ("kind", "name"), [*(("copy", name) for name in CLIPS), ("encode", "without B-frames")]
)
async def test_the_medias_clock_follows_the_walls_where_short_videos_loop(
    tmp_path: Path, ffmpeg: FFmpeg, name: str, kind: str
) -> None:
    job = await packaged(tmp_path, ffmpeg, name, kind)
    assert_in_time(*played(ffmpeg.path, tmp_path, job, [0] * ROUNDS))


@pytest.mark.parametrize("kind", ["copy", "encode"])
async def test_it_does_so_wherever_a_video_is_entered(tmp_path: Path, ffmpeg: FFmpeg, kind: str) -> None:
    job = await packaged(tmp_path, ffmpeg, "without B-frames", kind)
    assert job.plan.table.count == 3
    assert_in_time(*played(ffmpeg.path, tmp_path, job, [0, 1, 2, 1, 0, 2]))
