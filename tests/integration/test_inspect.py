"""Inspection of real files: what people upload, what they should not, and what means harm."""

import asyncio
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from tests.support.depth import by_depth

from insta_stream.errors import NotAVideo, NotReady
from insta_stream.media import stored
from insta_stream.media.inspect import _program, inspect
from insta_stream.media.ladder import LADDER
from insta_stream.media.memory import GIB
from insta_stream.media.model import Inspection, Plan
from insta_stream.media.plan import plan
from insta_stream.media.process import Limits, ProcessFailed
from insta_stream.ticks import Ticks, seconds, to_seconds

NTSC = Fraction(30000, 1001)
FILM = Fraction(24000, 1001)

QUICK = Limits(wall_seconds=20, stall_seconds=10, memory_bytes=3 * GIB, cpu_seconds=10)


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


MOV = "mov,mp4,m4a,3gp,3g2,mj2"
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
    "broken-no-moov.mp4": "not_media",
    "text-file.mp4": "not_media",
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
    assert refusal.value.message.startswith("This file ")


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
        ("iphone-rotated-portrait.mov", "Its picture has to be turned."),
        ("interlaced-tff-720p25-20s.mp4", "Its picture is interlaced."),
        ("rooftop-60fps-fragmented.mp4", "Its colours use the full range of values."),
        ("hevc-main10-hlg.mov", "Its picture is HEVC, not H.264."),
        ("phone-1080p-vfr-dog.mp4", "Its frame rate is not one of the standard constant ones."),
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
    assert found.audio.copy_obstacle == "Its sound does not begin together with the picture."


@pytest.mark.media
async def test_progress_grows_and_ends_within_the_file(media_dir: Path) -> None:
    parts: list[float] = []
    await inspect(media_dir / "bbb-720p24-120s.mp4", on_progress=parts.append)
    assert parts
    assert parts == sorted(parts)
    assert 0 < parts[-1] <= 1


# Files made here

SOUND = ("-f", "lavfi", "-i", "sine=440:sample_rate=48000:duration=4")
Make = Callable[..., Path]


def picture(rate: str = "25", size: str = "640x360", seconds: float = 4) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}")


def h264(*options: str, gop: int = 50, profile: str = "main") -> tuple[str, ...]:
    fixed = ("-preset", "ultrafast", "-pix_fmt", "yuv420p", "-sc_threshold", "0", "-b:v", "300k")
    return ("-c:v", "libx264", *fixed, "-profile:v", profile, "-level", "3.0", "-g", str(gop), *options)


AAC = ("-c:a", "aac", "-ac", "2")


@pytest.fixture(scope="session")
def make(bundled_ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return a function that runs FFmpeg with these arguments and returns the file it made."""
    folder = tmp_path_factory.mktemp("made")

    def run(name: str, *arguments: str) -> Path:
        path = folder / name
        if not path.exists():
            subprocess.run(
                [bundled_ffmpeg, "-v", "error", *arguments, path], check=True, stdin=subprocess.DEVNULL
            )
        return path

    return run


@pytest.fixture(scope="session")
def copyable(make: Make) -> Path:
    return make("copyable.mp4", *picture(), *SOUND, *h264(), *AAC)


def planned(found: Inspection, seconds: int = 2) -> Plan:
    made = plan(found, LADDER, seconds)
    assert stored.load_plan(stored.dump_plan(made)) == made
    return made


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "flv", "mov"])
async def test_a_fitting_source_is_copied_with_its_sound(make: Make, copyable: Path, container: str) -> None:
    found = await inspect(
        make(f"copyable.{container}", "-i", str(copyable), "-c", "copy") if container != "mp4" else copyable
    )
    made = planned(found)
    assert made.copy_obstacle == ""
    assert [(each.name, each.kind, each.copies_audio) for each in made.renditions] == [
        ("360p", "copy", True),
        ("240p", "encode", False),
    ]
    assert [to_seconds(duration) for duration in made.table] == pytest.approx([2, 2], abs=0.002)
    assert made.borders == (0, 50, 100)


@pytest.mark.parametrize(
    ("name", "codecs", "format_name", "codec"),
    [
        ("a.mpg", ("-c:v", "mpeg2video", "-c:a", "mp2"), "mpeg", "mpeg2video"),
        ("a.wmv", ("-c:v", "wmv2", "-c:a", "wmav2"), "asf", "wmv2"),
        ("a.ogv", ("-c:v", "libtheora", "-c:a", "libvorbis"), "ogg", "theora"),
        ("a.mxf", ("-c:v", "mpeg2video", "-c:a", "pcm_s16le"), "mxf", "mpeg2video"),
        ("prores.mov", ("-c:v", "prores_ks", "-c:a", "pcm_s16le"), MOV, "prores"),
        ("a.nut", ("-c:v", "ffv1", "-c:a", "flac"), "nut", "ffv1"),
        ("a.3gp", ("-c:v", "mpeg4", "-c:a", "aac"), MOV, "mpeg4"),
        ("av1.mp4", ("-c:v", "libsvtav1", "-preset", "12", "-c:a", "aac"), MOV, "av1"),
    ],
)
async def test_other_containers_and_codecs(
    make: Make, name: str, codecs: tuple[str, ...], format_name: str, codec: str
) -> None:
    found = await inspect(make(name, *picture(), *SOUND, *codecs))
    assert (found.format, found.video.codec, found.frame_count) == (format_name, codec, 100)
    assert found.video.is_constant
    assert found.audio
    assert planned(found).copy_obstacle


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        (
            "open.mp4",
            h264("-x264-params", "open-gop=1", "-bf", "2"),
            "Some of its key frames depend on earlier",
        ),
        ("long.mp4", h264(gop=90), "Its key frames are up to 3.6 s apart"),
        (
            "high.mp4",
            h264("-preset", "medium", profile="high"),
            "Its H.264 profile is High; 360p takes up to Main.",
        ),
        ("heavy.mp4", h264("-b:v", "6M", "-bf", "0", gop=25), "Its picture takes up to"),
        ("tail.mp4", h264("-t", "2.6"), "Its last key frame is 0.60 s before its end; a segment needs 1 s."),
        ("444.mp4", ("-c:v", "libx264", "-pix_fmt", "yuv444p"), "Its pixels are yuv444p, not 8-bit 4:2:0."),
    ],
)
async def test_obstacles_of_made_files(
    make: Make, name: str, arguments: tuple[str, ...], sentence: str
) -> None:
    found = await inspect(make(name, *picture(), *arguments))
    assert planned(found).copy_obstacle.startswith(sentence)


def muxed(ffmpeg: Path, source: Path, hls_time: Ticks, folder: Path) -> list[float]:
    """Copy a file with FFmpeg's HLS muxer; return the lengths of the segments in seconds."""
    listing = folder / f"{source.stem}.m3u8"
    options = f"-c copy -f hls -hls_list_size 0 -hls_time {to_seconds(hls_time):.6f}".split()
    subprocess.run([ffmpeg, "-v", "error", "-i", source, *options, listing], check=True)
    lines = listing.read_text().splitlines()
    return [float(line[8:].rstrip(",")) for line in lines if line.startswith("#EXTINF:")]


async def test_the_muxer_cuts_where_the_plan_says(make: Make, ffmpeg_path: Path, tmp_path: Path) -> None:
    keys = "0,1.2,2.6,3.9,5.2,6,7.4,9,10.1,11.3,12.8,14,15.2,16.8,18,19.5,21"
    arguments = h264("-force_key_frames", keys, "-bf", "2", gop=1000)
    source = make("irregular.mp4", *picture(seconds=22.4), *arguments)
    sources = [(source, 3), (make("regular.mp4", *picture("30000/1001", seconds=15), *h264(gop=30)), 2)]
    for path, nominal in sources:
        made = planned(await inspect(path), nominal)
        assert made.renditions[0].kind == "copy", made.copy_obstacle
        lengths = await asyncio.to_thread(muxed, ffmpeg_path, path, made.copy_hls_time, tmp_path)
        assert lengths == pytest.approx([to_seconds(duration) for duration in made.table], abs=0.001)


async def test_a_single_frame_is_held(make: Make) -> None:
    found = await inspect(make("single.mp4", *picture(seconds=0.04), *h264()))
    assert "held" in {caution.code for caution in found.cautions}
    assert [to_seconds(duration) for duration in planned(found).table] == [1.0]


async def test_sound_of_an_unknown_kind_is_silence(copyable: Path, tmp_path: Path) -> None:
    data = copyable.read_bytes()  # noqa: ASYNC240 - small
    assert data.count(b"mp4a") == 1
    (tmp_path / "a").write_bytes(data.replace(b"mp4a", b"zzzz").replace(b"esds", b"zzzz"))
    found = await inspect(tmp_path / "a")
    assert found.audio is None
    assert "unusable_sound" in {caution.code for caution in found.cautions}
    assert not planned(found).renditions[0].copies_audio


async def test_sound_that_cannot_be_decoded_is_silence(copyable: Path, tmp_path: Path) -> None:
    data = copyable.read_bytes()  # noqa: ASYNC240 - small
    configuration = b"\x11\x90"  # AAC-LC, 48 kHz, stereo (ISO 14496-3, AudioSpecificConfig)
    place = data.index(configuration, data.index(b"esds"))
    (tmp_path / "a").write_bytes(data[:place] + b"\xff\xff" + data[place + 2 :])
    found = await inspect(tmp_path / "a")
    assert found.audio is None
    assert "unusable_sound" in {caution.code for caution in found.cautions}


@pytest.mark.parametrize("kind", [b"encv", b"zzzz"])
async def test_a_protected_or_unknown_picture_is_refused(copyable: Path, tmp_path: Path, kind: bytes) -> None:
    data = copyable.read_bytes()  # noqa: ASYNC240 - small
    entry = b"\0\0\0\0\0\0\0\1"  # what follows the kind in a sample entry
    assert data.count(b"avc1" + entry) == 1
    (tmp_path / "a").write_bytes(data.replace(b"avc1" + entry, kind + entry).replace(b"avcC", b"zzzz"))
    with pytest.raises(NotAVideo) as refusal:
        await inspect(tmp_path / "a")
    assert refusal.value.code == "undecodable"


# Files that mean harm


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that nobody may call."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture
def bait(make: Make, copyable: Path, tmp_path: Path) -> Path:
    """A video that lies beside the upload; one that follows its text would be accepted."""
    return Path(shutil.copy(make("copyable.ts", "-i", str(copyable), "-c", "copy"), tmp_path / "bait.ts"))


DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT4S">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{0}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>"
)
POSING: dict[str, tuple[str, str]] = {
    "HLS playlist": ("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{0}\n#EXT-X-ENDLIST\n", "playlist"),
    "HLS playlist after junk": ("\n\n \n#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{0}\n", "playlist"),
    "multivariant": ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{0}\n", "playlist"),
    "concat script": ("ffconcat version 1.0\nfile '{0}'\n", "playlist"),
    "DASH manifest": (DASH, "playlist"),
    "SDP": (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=a\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        "playlist",
    ),
    "subtitles": ("1\n00:00:01,000 --> 00:00:02,000\n{0}\n", "text"),
    "WebVTT": ("WEBVTT\n\n00:01.000 --> 00:02.000\n{0}\n", "text"),
    "VobSub index": ("# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\n", "text"),
    "image list": ("{0}\n" * 20, "text"),
}


@pytest.mark.parametrize("kind", POSING)
@pytest.mark.parametrize("target", ["file", "address"])
async def test_a_text_that_names_other_places_is_refused_and_not_followed(
    bait: Path, listener: socket.socket, kind: str, target: str
) -> None:
    port: int = listener.getsockname()[1]
    text, code = POSING[kind]
    posing = bait.with_name("posing.m3u8")  # the name that FFmpeg is readiest to believe
    posing.write_text(
        text.replace("{0}", bait.name if target == "file" else f"http://127.0.0.1:{port}/bait.ts")
    )
    with pytest.raises(NotAVideo) as refusal:
        await inspect(posing)
    assert refusal.value.code == code
    with pytest.raises(BlockingIOError):
        listener.accept()


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def with_outside_media(data: bytes, outside: Path) -> bytes:
    """Return a QuickTime file (its index at the end) whose tracks say that their media is in another file."""
    name = str(outside).encode()
    alias = (
        bytes(10)
        + bytes(28)
        + bytes(12)
        + bytes([len(outside.name)])
        + outside.name.encode().ljust(63, b"\0")
    )
    alias += bytes(16) + struct.pack(">hh", 1, 1) + bytes(16)
    alias += struct.pack(">hH", 2, len(name)) + name + bytes(len(name) % 2)
    alias += struct.pack(">hH", 18, len(name)) + name + bytes(len(name) % 2) + struct.pack(">hH", -1, 0)
    new = box(b"dref", struct.pack(">II", 0, 1) + box(b"alis", bytes(4) + alias))

    def rewrite(data: bytes) -> bytes:
        out, position = b"", 0
        while position < len(data):
            size, kind = struct.unpack_from(">I4s", data, position)
            body = data[position + 8 : position + size]
            if kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
                body = rewrite(body)
            out += new if kind == b"dref" else box(kind, body)
            position += size
        return out

    return rewrite(data)


async def test_a_movie_whose_media_is_elsewhere_is_refused(make: Make, tmp_path: Path) -> None:
    source = make("alias.mov", *picture(), *h264())
    outside = Path(shutil.copy(source, tmp_path / "outside.mov"))
    data = source.read_bytes()
    (tmp_path / "upload.mov").write_bytes(with_outside_media(data, outside))
    with pytest.raises(NotAVideo):
        await inspect(tmp_path / "upload.mov")


@pytest.mark.parametrize("codec", ["png", "mjpeg", "gif", "bmp", "tiff", "libwebp"])
async def test_a_picture_is_no_video(make: Make, codec: str, tmp_path: Path) -> None:
    form = "gif" if codec == "gif" else "image2"
    made = make(f"picture-{codec}", *picture(), "-frames:v", "1", "-c:v", codec, "-f", form)
    with pytest.raises(NotAVideo) as refusal:
        await inspect(Path(shutil.copy(made, tmp_path / "named.mp4")))
    assert refusal.value.code == "still_picture"


async def test_a_heic_photo_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(box(b"ftyp", b"heic\0\0\0\0mif1heic") + bytes(100))
    with pytest.raises(NotAVideo) as refusal:
        await inspect(tmp_path / "a")
    assert refusal.value.code == "still_picture"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7\n" + bytes(500), "document"),
        (b"PK\3\4" + bytes(500), "archive"),
        (bytes(32768) + b"\1CD001\1" + bytes(4000), "not_media"),  # an ISO image
        (bytes(5000), "not_media"),
        (b"\x00", "not_media"),
        (bytes(index * index % 251 for index in range(20_000)), "not_media"),
        ("Ein Lied, hübsch gesungen.\n".encode() * 300, "text"),
    ],
)
async def test_other_files_are_named(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(NotAVideo) as refusal:
        await inspect(tmp_path / "a.mp4")
    assert refusal.value.code == code


@pytest.mark.parametrize("name", ["-i", "a:b.mp4", "pipe:0", "%d.mp4", "http:x", "é\n.mp4"])
async def test_a_name_is_only_a_name(
    copyable: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(copyable, name)
    assert (await inspect(Path(name))).frame_count == 100


# Damage


CODES_OF_DAMAGE = (
    "not_media",
    "bare_stream",
    "no_picture",
    "no_frames",
    "undecodable",
    "unreadable",
    "too_long",
    "too_thin",
)


@pytest.mark.parametrize(("every", "is_too_thin"), [(1700, False), (7200, True)])
async def test_hours_that_come_of_nothing_are_refused(make: Make, every: int, *, is_too_thin: bool) -> None:
    still = ("-f", "lavfi", "-i", f"color=s=64x64:r=1/{every}", "-frames:v", "2", "-c:v", "mpeg4")
    path = make(f"still-{every}.mkv", *still)
    if not is_too_thin:
        assert (await inspect(path)).duration == seconds(2 * every)
        return
    with pytest.raises(NotAVideo, match="claims to last 4 hours and has only 2 kB") as refusal:
        await inspect(path)
    assert refusal.value.code == "too_thin"


async def outcome(path: Path) -> str:
    """Inspect within limits; nothing but an Inspection or a NotAVideo may come of it."""
    try:
        planned(await inspect(path, limits=QUICK))
    except NotAVideo as refusal:
        return refusal.code
    return "accepted"


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "avi", "flv", "mpg"])
async def test_damaged_files_end_in_an_inspection_or_a_refusal(
    make: Make, copyable: Path, tmp_path: Path, container: str
) -> None:
    codecs = ("-c:v", "mpeg2video", "-c:a", "mp2") if container == "mpg" else ("-c", "copy")
    source = make(f"copyable.{container}", "-i", str(copyable), *codecs) if container != "mp4" else copyable
    data, chance = source.read_bytes(), random.Random(container)  # noqa: S311 - repeatable damage
    path = tmp_path / "damaged"
    outcomes = []
    for _ in range(by_depth(2, 8)):
        path.write_bytes(data[: chance.randrange(len(data))])
        outcomes.append(await outcome(path))
    for flips in by_depth((10, 1000), (1, 10, 100, 1000)):
        damaged = bytearray(data)
        for _ in range(flips):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        outcomes.append(await outcome(path))
    damaged = bytearray(data)
    for position in range(0, 2000, 7):  # the headers
        damaged[position] = chance.randrange(256)
    path.write_bytes(damaged)
    outcomes.append(await outcome(path))
    assert set(outcomes) <= {"accepted", *CODES_OF_DAMAGE}


async def test_a_cut_off_file_is_accepted_with_a_caution(make: Make, copyable: Path, tmp_path: Path) -> None:
    data = make("faststart.mp4", "-i", str(copyable), "-c", "copy", "-movflags", "+faststart").read_bytes()
    (tmp_path / "half").write_bytes(data[: len(data) // 2])
    found = await inspect(tmp_path / "half")
    assert "truncated" in {caution.code for caution in found.cautions}
    assert 1 < to_seconds(found.duration) < 3


@pytest.mark.parametrize("more", [("-output_ts_offset", "500"), ("-t", "9")])
async def test_a_whole_file_is_not_called_cut_off(make: Make, more: tuple[str, ...]) -> None:
    """Matroska says one length: from 0, wherever the file begins, to the end of the longer track."""
    sources = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=3", "-f", "lavfi", "-i", "sine")
    found = await inspect(make("whole.mkv", *sources, "-t", "3", *more))
    assert "truncated" not in {caution.code for caution in found.cautions}
    assert round(to_seconds(found.duration)) == 3


@pytest.mark.parametrize("kind", ["mkv", "flv"])
async def test_a_cut_off_file_with_one_length_is_noticed(make: Make, tmp_path: Path, kind: str) -> None:
    sources = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "sine", "-t", "8")
    data = make(f"whole.{kind}", *sources).read_bytes()
    (tmp_path / "half").write_bytes(data[: len(data) // 2])
    assert "truncated" in {caution.code for caution in (await inspect(tmp_path / "half")).cautions}


async def test_a_reading_that_hangs_is_ended_and_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless")
    with pytest.raises(NotAVideo, match="does not come to an end") as refusal:
        await inspect(tmp_path / "endless", limits=Limits(stall_seconds=1))
    assert refusal.value.code == "unreadable"


class Struck:
    """A program that ends itself by a signal the first few times, and then reads the file."""

    def __init__(self, folder: Path, number: signal.Signals, times: int) -> None:
        self._folder = folder
        self._number = int(number)
        for strike in range(times):
            (folder / f"strike-{strike}").mkdir()

    def __call__(self, path: Path) -> tuple[str, ...]:
        script = 'for strike in "$0"/strike-*; do rmdir "$strike" && kill -$1 $$; done; shift; exec "$@"'
        return "/bin/sh", "-c", script, str(self._folder), str(self._number), *_program(path)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_a_child_that_is_struck_once_is_started_again(
    copyable: Path, tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insta_stream.media.inspect._program", Struck(tmp_path, number, 1))
    assert (await inspect(copyable)).video.codec == "h264"


async def test_a_file_on_which_the_reader_crashes_is_refused_but_not_called_damaged(
    copyable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insta_stream.media.inspect._program", Struck(tmp_path, signal.SIGSEGV, 2))
    with pytest.raises(NotAVideo, match="crashes") as refusal:
        await inspect(copyable)
    assert refusal.value.code == "unreadable"
    assert "damaged" not in refusal.value.message


async def test_a_child_that_is_killed_again_is_no_verdict_about_the_file(
    copyable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insta_stream.media.inspect._program", Struck(tmp_path, signal.SIGKILL, 2))
    with pytest.raises(NotReady, match="memory"):
        await inspect(copyable)
    assert (await inspect(copyable)).video.codec == "h264"


async def test_a_file_that_takes_all_its_processor_time_is_refused_at_once(
    copyable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = ("/bin/sh", "-c", "while :; do :; done")
    monkeypatch.setattr("insta_stream.media.inspect._program", lambda _: busy)
    with pytest.raises(NotAVideo, match="does not come to an end"):
        await inspect(copyable, limits=Limits(cpu_seconds=1, wall_seconds=30))


async def test_a_fault_of_ours_is_not_blamed_on_the_file(copyable: Path) -> None:
    with pytest.raises(ProcessFailed):
        await inspect(copyable, limits=Limits(memory_bytes=16 << 20))


async def test_a_missing_file_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await inspect(tmp_path / "none")


def test_the_probe_alone_answers_in_json(copyable: Path) -> None:
    command = [sys.executable, "-m", "insta_stream.media.probe", str(copyable)]
    output = subprocess.run(command, check=True, capture_output=True, text=True)
    assert output.stdout.splitlines()[-1].startswith('{"inspection":')
    assert output.stderr == ""
