"""One geometry in every rung, copied and encoded: turned and cropped as the file says."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.aired import Aired, air, frames
from tests.support.builds import BUNDLED
from tests.support.geometry import turned, with_aperture, with_crop

from insta_stream.media.ladder import RUNGS

COLOURS = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
CORNERS = {(-1, -1): "red", (1, -1): "lime", (-1, 1): "blue", (1, 1): "white"}
"""Four quarters of the picture, by the direction in which they lie; y downwards."""

QUARTERS = ";".join(
    [
        *(f"color={colour}:s={{0}}x{{1}}:r=25[{colour}]" for colour in CORNERS.values()),
        "[red][lime]hstack[top];[blue][white]hstack[low];[top][low]vstack",
    ]
)
BT709 = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")
COPYABLE = (
    *("-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "main", "-level", "3.0"),
    *(
        "-g",
        "50",
        "-keyint_min",
        "50",
        "-sc_threshold",
        "0",
        "-pix_fmt",
        "yuv420p",
        "-b:v",
        "200k",
        "-t",
        "1",
    ),
)
INNER, OFFSET = (520, 300), (40, 20)
"""The part of a picture of 640x360 that is to be seen: its size, and where it begins."""


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """Return a function that runs FFmpeg with these arguments and returns the file it made."""
    folder = tmp_path_factory.mktemp("geometry")

    def run(name: str, *arguments: str) -> bytes:
        path = folder / name
        if not path.exists():
            command = [BUNDLED, "-v", "error", *arguments, path]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return path.read_bytes()

    return run


def quarters(width: int, height: int) -> str:
    return QUARTERS.format(width // 2, height // 2)


def near(colour: tuple[int, ...]) -> str:
    return min(COLOURS, key=lambda name: sum(abs(a - b) for a, b in zip(COLOURS[name], colour, strict=True)))


async def corners(aired: Aired, rung: str) -> dict[tuple[int, int], str]:
    """Return the colours around the middle of the last picture of a rendition."""
    width, height = RUNGS[rung].width, RUNGS[rung].height
    picture = (await frames(aired.streams[rung], width, height))[-1]

    def pixel(x: int, y: int) -> tuple[int, ...]:
        place = 3 * (y * width + x)
        return tuple(picture[place : place + 3])

    reach = height // 8
    return {(x, y): near(pixel(width // 2 + x * reach, height // 2 + y * reach)) for x, y in CORNERS}


def moved(matrix: tuple[float, float, float, float]) -> dict[tuple[int, int], str]:
    """Return where each colour goes by the matrix, as its definition has it."""
    a, b, c, d = matrix
    return {(round(a * x + c * y), round(b * x + d * y)): colour for (x, y), colour in CORNERS.items()}


ORIENTATIONS = {
    "as it is": (1, 0, 0, 1),
    "clockwise": (0, 1, -1, 0),
    "upside down": (-1, 0, 0, -1),
    "anticlockwise": (0, -1, 1, 0),
    "mirrored": (-1, 0, 0, 1),
    "flipped": (1, 0, 0, -1),
    "transposed": (0, 1, 1, 0),
    "transposed the other way": (0, -1, -1, 0),
}


@pytest.mark.parametrize("name", ORIENTATIONS)
async def test_each_of_the_eight_orientations_is_seen_in_every_rung(
    make: Callable[..., bytes], tmp_path: Path, ffmpeg_path: Path, name: str
) -> None:
    plain = make("plain.mp4", "-f", "lavfi", "-i", quarters(640, 360), *COPYABLE)
    source = tmp_path / "turned.mp4"
    source.write_bytes(turned(plain, ORIENTATIONS[name]))
    aired = await air(source, ffmpeg_path, tmp_path, "720p", "480p", "360p", "240p")
    is_upright = name == "as it is"
    assert (aired.plan.renditions[0].kind == "copy") == is_upright
    for rendition in aired.plan.renditions[-2:]:
        assert await corners(aired, rendition.name) == moved(ORIENTATIONS[name]), rendition


@pytest.mark.parametrize(
    ("flags", "matrix"),
    [
        (("rotate=90",), (0, -1, 1, 0)),
        (("flip=horizontal",), (-1, 0, 0, 1)),
        (("flip=vertical",), (1, 0, 0, -1)),
        (("rotate=90", "flip=horizontal"), None),
    ],
)
async def test_the_orientation_may_be_in_the_picture_itself(
    make: Callable[..., bytes],
    tmp_path: Path,
    flags: tuple[str, ...],
    matrix: tuple[float, float, float, float] | None,
) -> None:
    """In H.264's display orientation message; of both at once, decoders know the order."""
    source = tmp_path / "turned.ts"
    options = ":".join(("display_orientation=insert", *flags))
    data = make(
        f"{'-'.join(flags)}.ts",
        "-f",
        "lavfi",
        "-i",
        quarters(640, 360),
        *COPYABLE,
        "-bsf:v",
        f"h264_metadata={options}",
    )
    source.write_bytes(data)
    aired = await air(source, BUNDLED, tmp_path, "360p", "240p")
    assert aired.plan.copy_obstacle == "Its picture has to be rotated."
    expected = moved(matrix) if matrix else await upright_by_ffmpeg(source)
    assert await corners(aired, "240p") == expected


async def upright_by_ffmpeg(source: Path) -> dict[tuple[int, int], str]:
    """Return the corners as FFmpeg shows them when it turns the picture by itself."""
    scale = "scale=-2:240,pad=426:240:(ow-iw)/2"
    options = ("-vf", scale, "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
    command = [BUNDLED, "-v", "error", "-i", source, *options]
    picture = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: ASYNC221 - short

    def pixel(x: int, y: int) -> tuple[int, ...]:
        return tuple(picture[3 * (y * 426 + x) :][:3])

    return {(x, y): near(pixel(213 + 30 * x, 120 + 30 * y)) for x, y in CORNERS}


async def test_an_odd_angle_becomes_the_nearest_right_one(make: Callable[..., bytes], tmp_path: Path) -> None:
    plain = make("plain.mp4", "-f", "lavfi", "-i", quarters(640, 360), *COPYABLE)
    for number, (matrix, seen) in enumerate(
        {
            (0.966, 0.259, -0.259, 0.966): (1, 0, 0, 1),
            (0.259, 0.966, -0.966, 0.259): (0, 1, -1, 0),
            (2, 0, 0, 2): (1, 0, 0, 1),
            (0, 0, 0, 0): (1, 0, 0, 1),
        }.items()
    ):
        source = tmp_path / f"{number}.mp4"
        source.write_bytes(turned(plain, matrix))
        aired = await air(source, BUNDLED, tmp_path / str(number), "240p")
        assert await corners(aired, "240p") == moved(seen), matrix


@pytest.mark.each_ffmpeg
@pytest.mark.parametrize("kind", ["matroska", "aperture", "aperture, turned"])
async def test_what_the_container_cuts_off_is_seen_in_no_rung(
    make: Callable[..., bytes], tmp_path: Path, ffmpeg_path: Path, kind: str
) -> None:
    framed = f"{quarters(*INNER)},pad=640:360:{OFFSET[0]}:{OFFSET[1]}:cyan"
    tagged = "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    arguments = ("-f", "lavfi", "-i", f"{framed},{tagged}", *COPYABLE, *BT709)
    source = tmp_path / "cropped"
    if kind == "matroska":
        data = make("framed.mkv", *arguments, "-write_crc32", "0")
        source.write_bytes(with_crop(data, 40, 20, 80, 40))
    else:
        data = with_aperture(make("framed.mp4", *arguments), b"avc1", INNER, (-20, -10))
        source.write_bytes(turned(data, (0, 1, -1, 0)) if "turned" in kind else data)
    aired = await air(source, ffmpeg_path, tmp_path, "360p", "240p")
    assert aired.plan.renditions[0].kind == "encode"
    assert (aired.inspection.video.width, aired.inspection.video.height) == INNER
    is_turned = "turned" in kind
    for rendition in aired.plan.renditions:
        rung = RUNGS[rendition.name]
        assert await corners(aired, rung.name) == moved((0, 1, -1, 0) if is_turned else (1, 0, 0, 1))
        picture = (await frames(aired.streams[rung.name], rung.width, rung.height))[-1]
        colours = [tuple(picture[at : at + 3]) for at in range(0, len(picture), 3)]
        assert not any(red < 60 and green > 100 and blue > 100 for red, green, blue in colours)
        row = colours[rung.width * rung.height // 4 :][: rung.width]
        lit = sum(max(colour) > 60 for colour in row)
        shape = INNER[1] / INNER[0] if is_turned else INNER[0] / INNER[1]
        assert lit == pytest.approx(rung.height * shape, abs=4)


async def test_a_shape_that_only_the_container_has_is_seen_in_every_rung(
    make: Callable[..., bytes], tmp_path: Path
) -> None:
    """A copy would show the picture's own."""
    wide = tmp_path / "wide.mp4"
    wide.write_bytes(make("wide.mp4", "-f", "lavfi", "-i", f"{quarters(640, 360)},setsar=4/3", *COPYABLE))
    source = tmp_path / "square.mp4"
    command = [BUNDLED, "-v", "error", "-i", wide, "-c", "copy", "-aspect", "16:9", source]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: ASYNC221 - short
    aired = await air(source, BUNDLED, tmp_path, "360p", "240p")
    assert aired.inspection.video.sample_aspect == 1
    assert [rendition.kind for rendition in aired.plan.renditions] == ["encode", "encode"]
