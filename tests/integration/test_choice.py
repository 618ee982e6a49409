"""Which picture and which sound of a file air."""

import array
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.aired import air, decode, frames
from tests.support.builds import BUNDLED
from tests.support.inspection import inspect

PICTURES = {"small": "color=red:s=128x72:r=25", "large": "color=blue:s=256x144:r=25"}
TONES = {"low": "sine=f=400:r=48000", "high": "sine=f=1200:r=48000"}


def film(path: Path, inputs: tuple[str, ...], *options: str) -> Path:
    """A second of these pictures and tones, in this order."""
    sources = [part for name in inputs for part in ("-f", "lavfi", "-i", (PICTURES | TONES)[name])]
    maps = [part for number in range(len(inputs)) for part in ("-map", str(number))]
    coding = ("-t", "1.2", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
    command = [BUNDLED, "-v", "error", *sources, *maps, *coding, *options, path]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def dispositions(kind: str, *values: str) -> tuple[str, ...]:
    return tuple(
        part for number, value in enumerate(values) for part in (f"-disposition:{kind}:{number}", value)
    )


@pytest.mark.parametrize(
    ("container", "inputs", "values", "chosen"),
    [
        ("mkv", ("large", "small"), ("0", "default"), 1),
        ("mp4", ("large", "small"), ("0", "default"), 1),
        ("mkv", ("small", "large"), ("default", "0"), 0),
        ("mp4", ("small", "large"), ("default", "default"), 1),
        ("mkv", ("small", "large"), ("0", "0"), 1),
        ("mkv", ("small", "small"), ("0", "0"), 0),
    ],
)
async def test_the_default_picture_airs_and_else_the_largest(
    tmp_path: Path, container: str, inputs: tuple[str, ...], values: tuple[str, ...], chosen: int
) -> None:
    found = await inspect(film(tmp_path / f"a.{container}", inputs, *dispositions("v", *values)))
    assert found.video.index == chosen
    text = f"It has 2 video tracks; track {chosen} of the file airs."
    assert text in {caution.message for caution in found.cautions}


@pytest.mark.parametrize("beside", ["visual_impaired", "comment", "hearing_impaired"])
async def test_what_is_made_for_some_airs_only_where_there_is_nothing_else(
    tmp_path: Path, beside: str
) -> None:
    tracks = ("small", "large", "low", "high")
    options = (*dispositions("v", "0", f"default+{beside}"), *dispositions("a", f"default+{beside}", "0"))
    found = await inspect(film(tmp_path / "a.mkv", tracks, *options))
    assert found.audio
    assert (found.video.index, found.audio.index) == (0, 3)
    alone = await inspect(film(tmp_path / "b.mkv", ("small", "low"), *dispositions("a", beside)))
    assert alone.audio


async def test_a_cover_never_airs(tmp_path: Path) -> None:
    film(tmp_path / "film.mp4", ("small", "low"))
    cover = ("-f", "lavfi", "-i", "testsrc2=s=640x480:r=1", "-map", "1:v", "-frames:v:0", "1")
    options = ("-map", "0", "-c", "copy", "-c:v:0", "mjpeg", "-disposition:v:0", "attached_pic")
    command = [BUNDLED, "-v", "error", "-i", tmp_path / "film.mp4", *cover, *options]
    subprocess.run([*command, tmp_path / "a.mp4"], check=True, stdin=subprocess.DEVNULL)  # noqa: ASYNC221 - short
    found = await inspect(tmp_path / "a.mp4")
    assert (found.video.width, found.video.height) == (128, 72)
    assert "several_picture_tracks" not in {caution.code for caution in found.cautions}


@pytest.mark.each_ffmpeg
@pytest.mark.parametrize("shown", ["small", "large"])
async def test_the_sound_is_of_the_pictures_own_programme(
    tmp_path: Path, ffmpeg_path: Path, shown: str
) -> None:
    """The larger picture airs, wherever it is, with the sound of its programme."""
    inputs = ("small", "low", "large", "high") if shown == "large" else ("large", "high", "small", "low")
    programmes = ("-program", "title=One:st=0:st=1", "-program", "title=Two:st=2:st=3")
    default = ("-disposition:a:0", "default", "-metadata:s:1", "language=eng")
    aired = await air(film(tmp_path / "a.ts", inputs, *programmes, *default), ffmpeg_path, tmp_path, "240p")
    picture = (await frames(aired.streams["240p"], 426, 240))[-1]
    assert picture[2] > 200, "it should be blue"
    samples = array.array("h", decode(aired.streams["240p"], "-map", "0:a", "-ac", "1", "-f", "s16le"))
    part = samples[20_000:44_000]
    rises = sum(a < 0 <= b for a, b in pairwise(part))
    assert rises == pytest.approx(600, abs=6)  # half a second of 1200 Hz


async def test_a_programme_without_sound_takes_none_of_another(tmp_path: Path) -> None:
    programmes = ("-program", "title=One:st=0:st=1", "-program", "title=Two:st=2")
    found = await inspect(film(tmp_path / "a.ts", ("small", "low", "large"), *programmes))
    assert (found.video.index, found.audio) == (2, None)
    assert "no_sound" in {caution.code for caution in found.cautions}


async def test_sound_of_two_programmes_belongs_to_both(tmp_path: Path) -> None:
    programmes = ("-program", "title=One:st=0:st=2", "-program", "title=Two:st=1:st=2")
    found = await inspect(film(tmp_path / "a.ts", ("small", "large", "low"), *programmes))
    assert (found.video.width, found.audio is not None) == (256, True)
