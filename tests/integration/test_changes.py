"""Files whose format changes on the way, or whose sound has holes: every second airs at its time."""

import subprocess
from dataclasses import replace
from pathlib import Path

import av
import pytest
from tests.support.builds import BUNDLED
from tests.support.inspection import inspect
from tests.support.jobs import Diary, a_job, joined
from tests.support.once import made_once
from tests.support.telltale import CODING, Piece, film, heard, seen

from insta_stream.media.encoding import PackageJob, package
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.ladder import RUNGS

SMALL = (RUNGS["240p"],)
PACKET = 1024 / 48_000
WINDOW = 0.02
"""What is heard is told in windows of so many seconds."""

FORMATS = {
    # A change on a border, just behind one, just before one, and anywhere.
    "size": (Piece(2), Piece(0.04, size="160x90"), Piece(1.88, size="240x320"), Piece(3.08)),
    "channels": (Piece(2.28, sound="ac3"), Piece(2, layout="5.1", sound="ac3"), Piece(2.72, sound="ac3")),
    "all": (Piece(1.96), Piece(2.2, "160x90", 44_100, "mono"), Piece(2.84, layout="5.1")),
}

HOLES = {
    "one packet in ten": "not(mod(n\\,10))",
    "three packets now and then": "lt(mod(n\\,60)\\,3)*gt(n\\,30)",
    "four packets now and then": "lt(mod(n\\,100)\\,4)*gt(n\\,30)",
}


@pytest.fixture
def ffmpeg(ffmpeg_path: Path) -> FFmpeg:
    return FFmpeg(ffmpeg_path, "test", can_tone_map=True)


def a_film(shared: Path, name: str, *, has_one_clock: bool = True) -> Path:
    path = shared / f"changes-{name}-{has_one_clock}.ts"
    return made_once(path, lambda unfinished: film(unfinished, *FORMATS[name], has_one_clock=has_one_clock))


def steady(shared: Path) -> Path:
    return made_once(shared / "changes-nothing.ts", lambda unfinished: film(unfinished, Piece(7)))


def remuxed(source: Path, to: Path, *options: str) -> Path:
    command = [BUNDLED, "-v", "error", "-y", "-i", source, "-c", "copy", *options, to]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return to


def made(job: PackageJob, folder: Path) -> Path:
    whole = folder / "made.ts"
    whole.write_bytes(joined(job, "240p"))
    return whole


def assert_each_second_in_its_time(path: Path, count: int) -> None:
    picture, sound = seen(path), heard(path)
    assert picture.seconds == list(range(count))
    assert picture.late < 0.001
    assert sound.seconds == list(range(count))
    assert sound.late < PACKET + WINDOW


@pytest.mark.each_ffmpeg
@pytest.mark.parametrize("name", FORMATS)
async def test_a_film_whose_format_changes(shared: Path, tmp_path: Path, ffmpeg: FFmpeg, name: str) -> None:
    job = await a_job(a_film(shared, name), tmp_path, SMALL)
    await package(ffmpeg, job, Diary())
    assert_each_second_in_its_time(made(job, tmp_path), 7)


@pytest.mark.each_ffmpeg
@pytest.mark.parametrize("stop", [None, pytest.param(3, marks=pytest.mark.deep)])
async def test_a_film_whose_mpeg_sound_changes_its_rate(
    tmp_path: Path, ffmpeg: FFmpeg, stop: int | None
) -> None:
    """FFmpeg 5.1 tells the time of one frame by the wrong rate, half a second away here."""
    pieces = (Piece(4.52, rate=44_100, sound="mp2"), Piece(2.48, sound="mp2"))
    job = await a_job(film(tmp_path / "film.ts", *pieces), tmp_path, SMALL)
    if stop:
        await package(ffmpeg, replace(job, stop=stop), Diary())
    await package(ffmpeg, job, Diary())
    assert_each_second_in_its_time(made(job, tmp_path), 7)


async def test_a_change_of_shape_is_no_stretching(shared: Path, tmp_path: Path, ffmpeg: FFmpeg) -> None:
    job = await a_job(a_film(shared, "size"), tmp_path, SMALL)
    await package(ffmpeg, job, Diary())
    whole = made(job, tmp_path)
    # 320x180 fills the canvas of 426x240; 240x320 is a column of 180x240 in its middle.
    assert [lightness(whole, 37, column) for column in (5, 130, 420)] == pytest.approx([30, 30, 30], abs=2)
    assert [lightness(whole, 87, column) for column in (115, 130, 295, 310)] == pytest.approx(
        [16, 50, 50, 16], abs=2
    )
    assert [lightness(whole, 162, column) for column in (5, 130, 420)] == pytest.approx([80] * 3, abs=2)


@pytest.mark.each_ffmpeg
@pytest.mark.parametrize("codec", ["libx264", pytest.param("mpeg2video", marks=pytest.mark.deep)])
async def test_pixels_may_change_their_shape_only(tmp_path: Path, ffmpeg: FFmpeg, codec: str) -> None:
    """As where a broadcast goes from 16:9 to 4:3, which FFmpeg 9 does not see in transport streams."""
    coding = ("-c:v", codec, "-g", "50", "-bf", "2")
    wide, narrow = Piece(1.04, coding=coding), Piece(0.96, coding=coding, shape="3/4")
    job = await a_job(film(tmp_path / "film.ts", wide, narrow, wide), tmp_path, SMALL)
    await package(ffmpeg, job, Diary())
    whole = made(job, tmp_path)
    assert [lightness(whole, number, 10) > 18 for number in (0, 25, 26, 49, 50, 75)] == [
        *(True, True),
        *(False, False),
        *(True, True),
    ]
    assert lightness(whole, 37, 60) == pytest.approx(30, abs=2)


def lightness(path: Path, number: int, column: int) -> int:
    """Return how light a frame is, half way down, at a column."""
    with av.open(str(path)) as container:
        frame = list(container.decode(video=0))[number]
    plane = frame.planes[0]
    return bytes(plane)[frame.height // 2 * plane.line_size + column]


async def test_a_film_whose_format_and_clock_change(shared: Path, tmp_path: Path, ffmpeg: FFmpeg) -> None:
    job = await a_job(a_film(shared, "all", has_one_clock=False), tmp_path, SMALL)
    assert job.source.inspection.clock_zero is not None
    await package(ffmpeg, job, Diary())
    assert_each_second_in_its_time(made(job, tmp_path), 7)


@pytest.mark.parametrize("stop", [1, 2])
async def test_a_job_goes_on_before_and_behind_a_change(
    shared: Path, tmp_path: Path, ffmpeg: FFmpeg, stop: int
) -> None:
    job = await a_job(a_film(shared, "all"), tmp_path, SMALL)
    await package(ffmpeg, replace(job, stop=stop), Diary())
    await package(ffmpeg, job, Diary())
    assert_each_second_in_its_time(made(job, tmp_path), 7)


async def test_a_copied_picture_whose_sound_changes(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    coding = (*CODING, "-g", "25", "-sc_threshold", "0")
    pieces = [Piece(4, "426x240", layout=layout, coding=coding) for layout in ("stereo", "5.1", "mono")]
    source = remuxed(film(tmp_path / "parts.ts", *pieces), tmp_path / "film.ts")
    job = await a_job(source, tmp_path, SMALL, kind="copy")
    await package(ffmpeg, job, Diary())
    assert_each_second_in_its_time(made(job, tmp_path), 12)


@pytest.mark.parametrize("name", HOLES)
async def test_behind_every_hole_the_sound_is_where_it_was(
    shared: Path, tmp_path: Path, ffmpeg: FFmpeg, name: str
) -> None:
    lossy = ("-bsf:a", f"noise=amount=0:drop={HOLES[name]}")
    job = await a_job(remuxed(steady(shared), tmp_path / "film.mkv", *lossy), tmp_path, SMALL)
    await package(ffmpeg, job, Diary())
    begins: dict[int, float] = {}
    for second, at in heard(made(job, tmp_path)).changes:
        begins.setdefault(second, at)
    assert max(abs(begins[second] - second) for second in range(7)) < PACKET + WINDOW


@pytest.mark.parametrize("milliseconds", [10, 25, 40])
async def test_timestamps_that_only_jitter_tear_no_sound(
    shared: Path, tmp_path: Path, ffmpeg: FFmpeg, milliseconds: int
) -> None:
    astray = ("-bsf:a", f"setts=ts='TS+2*{milliseconds}/1000*(random(0)-0.5)/TB'")
    job = await a_job(remuxed(steady(shared), tmp_path / "film.mkv", *astray), tmp_path, SMALL)
    await package(ffmpeg, job, Diary())
    told = heard(made(job, tmp_path))
    assert [second for second in told.seconds if second >= 0] == list(range(7))
    assert told.seconds.count(-1) <= 1  # before its first packet


async def test_a_changing_header_keeps_sound_from_being_copied(shared: Path) -> None:
    path = shared / "changes-headers.ts"
    made_once(path, lambda unfinished: film(unfinished, Piece(1), Piece(1, layout="mono")))
    found = await inspect(path)
    assert found.audio is not None
    assert found.audio.copy_obstacle == "The format of its sound changes partway through."
