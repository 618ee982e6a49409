"""Sizes read from the headers of key frames that real encoders wrote."""

import subprocess
from pathlib import Path

import av
import pytest
from tests.support.builds import BUNDLED
from tests.support.inspection import inspect
from tests.support.telltale import CODING

from insta_stream.media.sizes import size_of, size_of_set

CODINGS = {
    "mpeg2video": ("mpg", "-c:v", "mpeg2video"),
    "vp8": ("webm", "-c:v", "libvpx"),
    "vp9": ("webm", "-c:v", "libvpx-vp9"),
    "vp9 in 4:4:4": ("webm", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv444p"),
    "vp9 in 10 bits": ("webm", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p10le"),
    "vp9 in RGB": ("webm", "-c:v", "libvpx-vp9", "-pix_fmt", "gbrp"),
}


@pytest.mark.parametrize("name", CODINGS)
def test_the_size_of_a_key_frame(tmp_path: Path, name: str) -> None:
    container, *coding = CODINGS[name]
    path = tmp_path / f"clip.{container}"
    source = ("-f", "lavfi", "-i", "testsrc2=s=322x178:r=25", "-frames:v", "4", "-g", "2", "-bf", "0")
    subprocess.run([BUNDLED, "-v", "error", *source, *coding, path], check=True, stdin=subprocess.DEVNULL)
    with av.open(str(path)) as opened:
        stream = opened.streams.video[0]
        codec = stream.codec.canonical_name
        packets = [packet for packet in opened.demux(stream) if packet.size]
    keys = {size_of(codec, bytes(packet)) for packet in packets if packet.is_keyframe}
    assert keys == {(322, 178)}
    others = {size_of(codec, bytes(packet)) for packet in packets if not packet.is_keyframe}
    assert others == {None}


def test_what_is_cut_off_or_unknown_says_nothing() -> None:
    key = bytes((0x10, 0, 0, 0x9D, 1, 0x2A, 64, 0, 32, 0))
    assert size_of("vp8", key) == (64, 32)
    assert size_of("vp8", key[:9]) is None
    assert size_of("hevc", key) is None
    assert size_of("mpeg2video", b"\0\0\1\xb3\x14") is None
    for codec in ("mpeg2video", "vp8", "vp9"):
        assert size_of(codec, b"") is None
    assert size_of_set(b"\x67\x42") is None


PIECES = {
    "h264": ("ts", *CODING),
    "vp8": ("webm", "-c:v", "libvpx"),
    "mpeg2video": ("mpg", "-c:v", "mpeg2video"),
}


@pytest.mark.parametrize("codec", PIECES)
async def test_a_recording_that_begins_small_is_as_large_as_most_of_it(tmp_path: Path, codec: str) -> None:
    container, *coding = PIECES[codec]
    parts = []
    for size in ("160x90", "640x360", "320x180"):
        parts.append(tmp_path / f"{size}.{container}")
        source = ("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25", "-t", "1")
        run = [BUNDLED, "-v", "error", *source, *coding, parts[-1]]
        subprocess.run(run, check=True, stdin=subprocess.DEVNULL)  # noqa: ASYNC221 - a test
    listed = tmp_path / "parts.txt"
    listed.write_text("".join(f"file '{part}'\n" for part in parts))
    whole = tmp_path / f"whole.{container}"
    join = [BUNDLED, "-v", "error", "-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", whole]
    subprocess.run(join, check=True, stdin=subprocess.DEVNULL)  # noqa: ASYNC221 - a test
    video = (await inspect(whole)).video
    assert (video.codec, video.width, video.height) == (codec, 640, 360)
