"""Real files of every awkward kind: what is understood of each, and which are refused."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from tests.integration.inspection.conftest import MOV
from tests.support.inspection import inspect

from insta_stream.errors import NotAVideo
from insta_stream.media import stored
from insta_stream.media.inspect import inspect as inspect_in_child
from insta_stream.media.ladder import LADDER
from insta_stream.media.plan import plan
from insta_stream.ticks import to_seconds

NTSC = Fraction(30000, 1001)

FILM = Fraction(24000, 1001)


@dataclass(frozen=True)
class Fact:
    """What is expected of a file. duration in seconds; cautions are all of them, by code."""

    format: str
    codec: str
    rate: Fraction | int
    duration: float
    frames: int
    cautions: frozenset[str] = frozenset()
    rotation: int = 0
    is_constant: bool = True
    top: str = "720p"


def fact(
    format: str,  # noqa: A002 - the field's name
    codec: str,
    rate: Fraction | int,
    duration: float,
    frames: int,
    *cautions: str,
    rotation: int = 0,
    is_constant: bool = True,
    top: str = "720p",
) -> Fact:
    return Fact(
        format, codec, Fraction(rate), duration, frames, frozenset(cautions), rotation, is_constant, top
    )


MKV = "matroska,webm"

EXPECTED = {
    "anamorphic-sar-3x2.mp4": fact(
        MOV, "h264", FILM, 5.229, 125, "frame_rate_changed", is_constant=False, top="1080p"
    ),
    "bbb-720p24-120s.mp4": fact(MOV, "h264", 24, 120.0, 2880),
    "bbb-720p25-5.1.mp4": fact(MOV, "h264", 25, 5.28, 132),
    "butterfly-720p2997.mp4": fact(MOV, "h264", NTSC, 7.541, 226),
    "camcorder-1080i2997.mts": fact("mpegts", "h264", NTSC, 1.034, 31, "interlaced", top="1080p"),
    "canon-mjpeg-pcm.avi": fact("avi", "mjpeg", 30, 2.6, 78, top="480p"),
    "dual-audio-720p25-30s.mp4": fact(MOV, "h264", 25, 30.0, 750, "several_sound_tracks"),
    "dual-audio-webvtt-30s.mkv": fact(MKV, "h264", 25, 30.0, 750, "several_sound_tracks"),
    "earth-mpeg4-mp3.avi": fact("avi", "mpeg4", 30, 5.033, 151, is_constant=False, top="360p"),
    "edit-list-9s.mp4": fact(MOV, "h264", 25, 9.0, 225, top="480p"),
    "flower-vp8.webm": fact(MKV, "vp8", NTSC, 5.005, 150),
    "funicular-vp9-opus.webm": fact(MKV, "vp9", 25, 12.04, 301, top="480p"),
    "green-scte35-h264.ts": fact("mpegts", "h264", 25, 10.08, 252, top="360p"),
    "hevc-1080p30-open-gop.mp4": fact(MOV, "hevc", 30, 10.0, 300, top="1080p"),
    "hevc-main10-hlg.mov": fact(MOV, "hevc", 30, 1.0, 30, "hdr", top="360p"),
    "interlaced-tff-720p25-20s.mp4": fact(MOV, "h264", 25, 20.0, 500, "interlaced"),
    "iphone-rotated-portrait.mov": fact(MOV, "h264", NTSC, 2.068, 62, rotation=90),
    "lecture-h264-aac.flv": fact("flv", "h264", 25, 10.08, 252, top="360p"),
    "llama-av1-opus-30s.webm": fact(MKV, "av1", 24, 29.999, 720, is_constant=False, top="240p"),
    "mov-text-subtitle.mp4": fact(
        MOV, "h264", 60, 2.0, 120, "frame_rate_changed", is_constant=False, top="240p"
    ),
    "no-audio-start-0.226.mp4": fact(
        MOV, "h264", FILM, 5.002, 120, "frame_rate_changed", "no_sound", is_constant=False, top="480p"
    ),
    "odd-height-640x465.mov": fact(MOV, "h264", 24, 2.583, 62, "odd_size", top="480p"),
    "phone-1080p-vfr-dog.mp4": fact(
        MOV, "h264", 30, 1.517, 46, "variable_frame_rate", is_constant=False, top="1080p"
    ),
    "portrait-720x1280p50-opus.mp4": fact(MOV, "h264", 50, 30.0, 1500, top="1080p"),
    "portrait-of-woman-360p23976.mp4": fact(MOV, "h264", FILM, 19.686, 472, top="360p"),
    "rooftop-60fps-fragmented.mp4": fact(MOV, "h264", 60, 15.533, 932, top="240p"),
    "screencast-mpeg2-open-gop.mpeg": fact("mpeg", "mpeg2video", NTSC, 8.308, 249, top="480p"),
    "screencast-vfr-awesome movie.mov": fact(
        MOV, "h264", 30, 7.345, 220, "variable_frame_rate", is_constant=False, top="480p"
    ),
    "timecode-720p30-42s.mp4": fact(MOV, "h264", 30, 42.4, 1272),
    "truncated-flower.mp4": fact(MOV, "h264", NTSC, 3.003, 90, "truncated", "sound_ends_early"),
    "webm-named.mp4": fact(MKV, "vp8", 25, 17.6, 440, "frame_rate_changed", "no_sound", is_constant=False),
}

REFUSED = {
    "audio-only.mp4": "no_picture",
    "outfoxing-with-cover.mp3": "no_picture",
    "broken-no-moov.mp4": "unfinished_recording",
    "text-file.mp4": "unfinished_recording",
    "zero-byte.webm": "empty_file",
}


@pytest.mark.media
@pytest.mark.parametrize("name", EXPECTED)
async def test_a_file_of_the_collection_is_understood(media_dir: Path, name: str) -> None:
    found, expected = await inspect(media_dir / name), EXPECTED[name]
    assert (
        Fact(
            found.format,
            found.video.codec,
            found.video.frame_rate,
            round(to_seconds(found.duration), 3),
            found.frame_count,
            frozenset(caution.code for caution in found.cautions) - {"sound_ends_late"},
            found.video.rotation,
            found.video.is_constant,
            plan(found, LADDER, 2).renditions[0].name,
        )
        == expected
    )
    assert stored.load_inspection(stored.dump_inspection(found)) == found


@pytest.mark.media
@pytest.mark.parametrize("name", REFUSED)
async def test_a_file_of_the_collection_is_refused(media_dir: Path, name: str) -> None:
    with pytest.raises(NotAVideo) as refusal:
        await inspect(media_dir / name)
    assert refusal.value.code == REFUSED[name]
    assert refusal.value.message.startswith("This ")


@pytest.mark.media
def test_the_whole_collection_is_expected_here(media_dir: Path) -> None:
    assert {path.name for path in media_dir.iterdir()} - {"INDEX.md"} == {*EXPECTED, *REFUSED}


@pytest.mark.media
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("bbb-720p24-120s.mp4", ""),
        (
            "butterfly-720p2997.mp4",
            "Its key frames are up to 3.0 s apart; segments of 2 s need one every 2.5 s.",
        ),
        ("timecode-720p30-42s.mp4", "Its H.264 level is 4.1; 720p takes up to 3.2."),
        ("edit-list-9s.mp4", "Its pixels are not square."),
        ("iphone-rotated-portrait.mov", "Its picture has to be rotated."),
        ("interlaced-tff-720p25-20s.mp4", "Its picture is interlaced."),
        ("rooftop-60fps-fragmented.mp4", "Its colours use the full range of values."),
        ("hevc-main10-hlg.mov", "Its picture is HEVC, not H.264."),
        ("phone-1080p-vfr-dog.mp4", "Its frame rate is not a standard constant one."),
        ("lecture-h264-aac.flv", "Its size is 480x360; 360p takes 640x360."),
        ("camcorder-1080i2997.mts", "Its picture is interlaced."),
    ],
)
async def test_why_a_file_is_not_copied(media_dir: Path, name: str, sentence: str) -> None:
    assert plan(await inspect(media_dir / name), LADDER, 2).copy_obstacle == sentence


@pytest.mark.media
async def test_the_tracks_of_a_phone_video(media_dir: Path) -> None:
    found = await inspect(media_dir / "hevc-main10-hlg.mov")
    video, audio = found.video, found.audio
    assert (video.width, video.height, video.bits, video.pixel_format) == (640, 360, 10, "yuv420p10le")
    assert (video.color_space, video.color_primaries, video.transfer) == (
        "bt2020nc",
        "bt2020",
        "arib-std-b67",
    )
    assert video.color_range == "tv"
    assert audio
    assert (audio.codec, audio.profile, audio.sample_rate, audio.channels) == ("aac", "LC", 48000, 2)


@pytest.mark.media
async def test_times_are_those_of_the_file(media_dir: Path) -> None:
    found = await inspect(media_dir / "green-scte35-h264.ts")
    assert found.audio
    assert (to_seconds(found.video.starts_at), to_seconds(found.audio.starts_at)) == (1.736, 1.4)
    assert found.audio.copy_obstacle == "Its sound does not start together with the picture."


@pytest.mark.media
async def test_progress_grows_and_ends_within_the_file(media_dir: Path) -> None:
    parts: list[float] = []
    await inspect_in_child(media_dir / "bbb-720p24-120s.mp4", on_progress=parts.append)
    assert parts
    assert parts == sorted(parts)
    assert 0 < parts[-1] <= 1
