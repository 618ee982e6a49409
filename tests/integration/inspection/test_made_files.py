"""Files made here: what is copied, what is in the way of copying, and the sound that cannot be had."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from tests.integration.inspection.conftest import MOV, SOUND, Make, h264, picture, planned
from tests.support.inspection import inspect

from insta_stream.errors import NotAVideo
from insta_stream.ticks import Ticks, to_seconds


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


async def test_a_copy_protected_film_is_called_so(make: Make, copyable: Path) -> None:
    key = "76a6c65c5ea762046bd749a2e632ccbb"
    scheme = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key, "-encryption_kid", key[::-1])
    with pytest.raises(NotAVideo, match="DRM") as refusal:
        await inspect(make("protected.mp4", "-i", str(copyable), "-c", "copy", *scheme))
    assert refusal.value.code == "protected"


async def test_a_recording_that_was_not_finished_is_called_so(copyable: Path, tmp_path: Path) -> None:
    data = copyable.read_bytes()  # noqa: ASYNC240 - small
    (tmp_path / "a").write_bytes(data[: data.rindex(b"moov") - 4])
    with pytest.raises(NotAVideo, match=r"not complete: its index \(moov\) is missing\. Repair it with"):
        await inspect(tmp_path / "a")
