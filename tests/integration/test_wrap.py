"""Timestamps begin again at 0 after 26.5 hours, in what is made and in what comes in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.jobs import Diary, a_job, facts_of, frames_of, joined, make, samples_of
from tests.support.recorder import record

from insta_stream.hls.mpegts import WRAP, SegmentFacts, join_prefix, read
from insta_stream.hls.rules.segments import check_follow, check_segment, check_sum
from insta_stream.media import command, sound, verify
from insta_stream.media.command import Output, Span
from insta_stream.media.encoding import PackageJob, package
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.ladder import RUNGS
from insta_stream.media.line import published
from insta_stream.media.poster import make_pictures
from insta_stream.media.process import Limits, run
from insta_stream.ticks import Ticks, to_seconds

SECOND = 90_000
DAY_AND_MORE = 95_400
"""Seconds for which a picture stands; it begins at 10 s, and the timestamps begin again 33.7 s later."""

CODED = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-profile:v", "main")
CODED += ("-g", "50", "-keyint_min", "50", "-sc_threshold", "0")
CODED += ("-b:v", "300k", "-maxrate", "500k", "-bufsize", "500k")
B_FRAMES = ("-preset", "veryfast", "-bf", "3")
HEARD = ("-c:a", "aac", "-ar", "48000", "-ac", "2")


@pytest.fixture
def ffmpeg(ffmpeg_path: Path) -> FFmpeg:
    return FFmpeg(ffmpeg_path, "test", can_tone_map=True)


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let packages begin three seconds before the end of the clock."""
    for module in (command, verify):
        monkeypatch.setattr(module, "FIRST_PTS", WRAP - 3 * SECOND)


Moving = Callable[..., Path]


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory, ffmpeg_path: Path) -> Moving:
    """Return a function that gives a clip of 7.24 seconds with these options, made once."""
    folder, ffmpeg = tmp_path_factory.mktemp("moving"), FFmpeg(ffmpeg_path, "test", can_tone_map=True)
    return cache(partial(_moving, folder, ffmpeg))


def _moving(folder: Path, ffmpeg: FFmpeg, *options: str) -> Path:
    sources = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25", "-f", "lavfi", "-i", "sine=f=330:r=48000")
    path = folder / f"{len(list(folder.iterdir()))}.mp4"
    return make(path, ffmpeg, *sources, "-t", "7.24", *CODED, *HEARD, *options)


def assert_goes_on(made: Sequence[SegmentFacts], durations: Sequence[Ticks]) -> None:
    """What `insta-stream check` says of the segments of one video in a row: nothing."""
    for facts in made:
        assert list(check_segment(facts)) == []
    for (before, duration), (after, _) in pairwise(zip(made, durations, strict=True)):
        assert list(check_follow(before, duration, after)) == []
    assert list(check_sum(list(zip(made, durations, strict=True)))) == []


@pytest.mark.usefixtures("near")
@pytest.mark.parametrize(
    ("kind", "options"), [("copy", ("-bf", "0")), ("copy", B_FRAMES), ("encode", ("-bf", "0"))]
)
async def test_a_package_goes_on_over_the_end_of_the_clock(
    tmp_path: Path, ffmpeg: FFmpeg, moving: Moving, kind: str, options: tuple[str, ...]
) -> None:
    job = await a_job(moving(*options), tmp_path, kind=kind)
    await package(ffmpeg, job, Diary())
    (rendition,) = job.renditions
    made = facts_of(job, rendition)
    begins = [facts.video.first_pts for facts in made if facts.video]
    assert begins == [WRAP - 3 * SECOND, WRAP - SECOND, SECOND, 3 * SECOND]
    assert_goes_on(made, list(job.plan.table))
    assert frames_of(joined(job, rendition)) == 181
    await make_pictures(ffmpeg, job.package, rendition, job.plan.table.count, job.work)
    assert {file.name for file in job.package.glob("*.jpg")} == {"poster.jpg", "strip.jpg"}


@pytest.mark.usefixtures("near")
async def test_a_job_that_was_interrupted_near_it_goes_on_without_a_seam(
    tmp_path: Path, ffmpeg: FFmpeg, moving: Moving
) -> None:
    source = moving()
    whole = await a_job(source, tmp_path / "whole")
    await package(ffmpeg, whole, Diary())
    before = samples_of(joined(whole, "240p"))
    for stop in (2, 3):
        job = await a_job(source, tmp_path / f"resumed-{stop}")
        await package(ffmpeg, replace(job, stop=stop), Diary())
        await package(ffmpeg, job, Diary())
        assert_goes_on(facts_of(job, "240p"), list(job.plan.table))
        after = samples_of(joined(job, "240p"))
        assert len(before) == len(after), stop
        assert max(abs(one - other) for one, other in zip(before, after, strict=True)) < 600, stop


@pytest.mark.usefixtures("near")
@pytest.mark.parametrize("first", [0, 1, 2])
async def test_ffmpeg_plays_over_it_wherever_it_enters(
    tmp_path: Path, ffmpeg: FFmpeg, moving: Moving, first: int
) -> None:
    """RFC 8216 asks for no discontinuity there, and players go on by themselves."""
    job = await a_job(moving(), tmp_path, kind="copy")
    await package(ffmpeg, job, Diary())
    folder, lines = job.package / "360p", ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:3"]
    entered = tmp_path / "entered.ts"
    data = (folder / f"{first}.ts").read_bytes()
    entered.write_bytes(join_prefix(read(data)) + data)
    for turn in range(2):
        for number in range(first, job.plan.table.count):
            is_join = number == first and turn > 0
            lines += ["#EXT-X-DISCONTINUITY"] if is_join else []
            duration = to_seconds(job.plan.table.duration(number))
            lines += [f"#EXTINF:{duration:.6f},", str(entered if is_join else folder / f"{number}.ts")]
    playlist = tmp_path / "over.m3u8"
    playlist.write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]))
    recording = record(ffmpeg.path, str(playlist))
    shown = 2 * to_seconds(Ticks(job.plan.table.length - job.plan.table.start(first)))
    assert recording.seconds == pytest.approx(shown - 1 / 25, abs=0.02)
    assert recording.longest_step < 0.1


@pytest.mark.deep
async def test_a_video_of_more_than_a_day_is_packaged_to_its_end(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    """A picture stands for 26.5 hours, and then moves. All but the last segments are there already."""
    source = make(
        tmp_path / "day.mkv",
        ffmpeg,
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-itsoffset", str(DAY_AND_MORE)),
        *("-f", "lavfi", "-i", "sine=f=330:r=48000", "-t", "54"),
        *("-vf", f"setpts=if(gt(N\\,0)*1\\,({DAY_AND_MORE}+N/25)/TB\\,0)", "-fps_mode", "passthrough"),
        *("-copyts", "-t", str(DAY_AND_MORE + 54), *CODED, *HEARD),
    )
    job = await a_job(source, tmp_path, rungs=(RUNGS["240p"],), segment_seconds=10)
    count = job.plan.table.count
    first = round(DAY_AND_MORE / 10) + 2
    await _as_if_made(ffmpeg, job, first)
    await package(ffmpeg, replace(job, stop=count - 1), Diary())
    await package(ffmpeg, job, Diary())
    assert published(job.package, "240p") == count
    files = [(job.package / "240p" / f"{number}.ts").read_bytes() for number in range(first - 1, count)]
    made = [read(file) for file in files]
    passes = [a.video.first_pts > b.video.first_pts for a, b in pairwise(made) if a.video and b.video]
    assert passes == [False, False, True, False], "the job was interrupted behind it"
    assert_goes_on(made, list(job.plan.table)[first - 1 :])
    samples = samples_of(b"".join(files))
    assert max(map(abs, samples[-96_000:-48_000])) > 500, "its sound goes on"


async def _as_if_made(ffmpeg: FFmpeg, job: PackageJob, count: int) -> None:
    """Put `count` segments into the package: empty ones, and the last as a job would have made it."""
    shelf, made = job.package / "240p", job.work / "made" / "240p"
    for folder in (shelf, made):
        folder.mkdir(parents=True)
    last = count - 1
    for number in range(last):
        (shelf / f"{number}.ts").touch()
    output = Output(RUNGS["240p"], sound.packets(job.plan, last))
    span = Span(last, count)
    arguments = command.encode(ffmpeg.path, job.source, job.plan, span, [output], threads=2)
    await run(arguments, limits=Limits(wall_seconds=120, stall_seconds=60, nice=0), folder=made.parent)
    (made / f"{last}.ts").rename(shelf / f"{last}.ts")


@pytest.mark.parametrize("kind", ["copy", "encode"])
async def test_a_recording_whose_own_clock_ends_on_its_way_airs_whole(
    tmp_path: Path, ffmpeg: FFmpeg, moving: Moving, kind: str
) -> None:
    """As a broadcast is recorded: its clock may be anywhere. Here it ends after five of seven seconds."""
    source = tmp_path / "recording.ts"
    offset = Fraction(WRAP, SECOND) - 5
    moved = ("-c", "copy", "-muxdelay", "0", "-muxpreload", "0", "-output_ts_offset", f"{float(offset):.6f}")
    make(source, ffmpeg, "-i", str(moving()), *moved, "-f", "mpegts")
    job = await a_job(source, tmp_path, kind=kind)
    assert job.source.inspection.frame_count == 181
    assert job.source.inspection.clock_zero is None
    (rendition,) = job.renditions
    await package(ffmpeg, replace(job, stop=3) if kind == "encode" else job, Diary())
    await package(ffmpeg, job, Diary())
    assert_goes_on(facts_of(job, rendition), list(job.plan.table))
    assert frames_of(joined(job, rendition)) == 181
    assert max(map(abs, samples_of(joined(job, rendition))[-48_000:-24_000])) > 500
