"""No frame airs combed, wherever in the file it is; what is whole stays whole."""

import subprocess
from pathlib import Path

import pytest
from tests.support.aired import air, frames
from tests.support.builds import BUNDLED
from tests.support.inspection import inspect

WIDTH, HEIGHT = 426, 240
BOX = (
    "color=black:s=426x240:r={rate}[ground];color=white:s=80x120:r={rate},format=yuv420p[box];"
    "[ground][box]overlay=x='mod(n*{step},340)':y=60"
)
WHOLE = BOX.format(rate=25, step=14)
FIELDS = BOX.format(rate=50, step=7) + ",tinterlace=interleave_top,setfield=tff"
"""A box that moves by 7 pixels from one field to the next."""

MPEG2 = ("-c:v", "mpeg2video", "-b:v", "3M", "-g", "12")
AVC = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-g", "25", "-sc_threshold", "0")


def coded(path: Path, picture: str, *options: str, seconds: float = 1.2) -> Path:
    arguments = ("-f", "lavfi", "-i", picture, "-t", str(seconds), "-pix_fmt", "yuv420p", *options)
    subprocess.run([BUNDLED, "-v", "error", *arguments, path], check=True, stdin=subprocess.DEVNULL)
    return path


def joined(folder: Path, codec: tuple[str, ...], *pictures: str) -> Path:
    """A transport stream of parts of a second and a fifth each, one behind the other."""
    parts = []
    for number, picture in enumerate(pictures):
        flags = ("-flags", "+ilme+ildct") if picture == FIELDS else ()
        offset = ("-output_ts_offset", f"{1.2 * number:.3f}", "-muxdelay", "0")
        parts.append(coded(folder / f"part-{number}.ts", picture, *codec, *flags, *offset).read_bytes())
    path = folder / "joined.ts"
    path.write_bytes(b"".join(parts))
    return path


def combs(picture: bytes) -> int:
    """Count pixels that are much lighter, or much darker, than those above and below."""
    found = 0
    for x in range(0, WIDTH, 2):
        column = picture[x::WIDTH]
        for y in range(1, HEIGHT - 1):
            up, down = column[y] - column[y - 1], column[y] - column[y + 1]
            found += up * down > 3600
    return found


@pytest.mark.parametrize("codec", [MPEG2, AVC], ids=["MPEG-2", "H.264"])
@pytest.mark.parametrize("order", [(WHOLE, FIELDS), (FIELDS, WHOLE)], ids=["ident first", "film first"])
async def test_each_frame_is_deinterlaced_by_its_own_mark(
    tmp_path: Path, ffmpeg_path: Path, codec: tuple[str, ...], order: tuple[str, ...]
) -> None:
    source = joined(tmp_path, codec, *order)
    aired = await air(source, ffmpeg_path, tmp_path, "240p")
    video = aired.inspection.video
    assert (video.is_interlaced, video.is_marked, video.frame_rate) == (True, True, 25)
    assert "interlaced" in {caution.code for caution in aired.inspection.cautions}
    pictures = await frames(aired.streams["240p"], WIDTH, HEIGHT, "gray")
    assert len(pictures) == pytest.approx(60, abs=2)
    assert max(map(combs, pictures)) < 40


async def test_a_combed_picture_is_noticed_here(tmp_path: Path) -> None:
    source = coded(tmp_path / "a.ts", FIELDS, *MPEG2)
    command = [BUNDLED, "-v", "error", "-i", source, "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: ASYNC221 - short
    assert combs(data[WIDTH * HEIGHT : 2 * WIDTH * HEIGHT]) > 200


async def test_a_container_may_know_better_than_the_pictures(tmp_path: Path, ffmpeg_path: Path) -> None:
    """Fields that were coded as whole frames; only the track's header says what they are."""
    source = coded(tmp_path / "a.mkv", FIELDS, *AVC, "-field_order", "tt")
    aired = await air(source, ffmpeg_path, tmp_path, "240p")
    assert (aired.inspection.video.is_interlaced, aired.inspection.video.is_marked) == (True, False)
    assert max(map(combs, await frames(aired.streams["240p"], WIDTH, HEIGHT, "gray"))) < 40


async def test_a_film_behind_a_long_ident_is_noticed(tmp_path: Path) -> None:
    found = await inspect(joined(tmp_path, AVC, WHOLE, WHOLE, WHOLE, WHOLE, FIELDS, FIELDS))
    assert found.video.is_interlaced


@pytest.mark.parametrize(
    ("options", "obstacle"), [((), ""), (("-x264-params", "fake-interlaced=1"), "may be interlaced in parts")]
)
async def test_only_what_cannot_be_interlaced_is_copied(
    tmp_path: Path, options: tuple[str, ...], obstacle: str
) -> None:
    found = await inspect(coded(tmp_path / "a.mp4", WHOLE, *AVC, *options))
    assert not found.video.is_interlaced
    assert found.video.is_marked == bool(obstacle)
    assert obstacle in found.copy_obstacle
    assert bool(found.copy_obstacle) == bool(obstacle)


async def test_what_might_be_interlaced_and_is_not_stays_as_it_is(tmp_path: Path, ffmpeg_path: Path) -> None:
    source = coded(tmp_path / "a.ts", WHOLE, *MPEG2)
    aired = await air(source, ffmpeg_path, tmp_path, "240p")
    video = aired.inspection.video
    assert (video.is_interlaced, video.is_marked) == (False, True)
    assert "interlaced" not in {caution.code for caution in aired.inspection.cautions}
    pictures = await frames(aired.streams["240p"], WIDTH, HEIGHT, "gray")
    assert len(pictures) == 30
    steps = [next(x for x in range(WIDTH) if picture[120 * WIDTH + x] > 128) for picture in pictures[:20]]
    assert steps == pytest.approx([14 * number for number in range(1, 21)], abs=1)
