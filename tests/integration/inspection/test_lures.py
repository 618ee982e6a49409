"""Files that pose as videos or name other places: refused, and nothing is followed."""

import shutil
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.inspection.conftest import Make, h264, picture

from insta_stream.errors import NotAVideo
from insta_stream.media.inspect import inspect


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
    "subtitles": ("1\n00:00:01,000 --> 00:00:02,000\n{0}\n", "subtitles"),
    "WebVTT": ("WEBVTT\n\n00:01.000 --> 00:02.000\n{0}\n", "subtitles"),
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
        (bytes(32768) + b"\1CD001\1" + bytes(4000), "zeroes"),  # an ISO image
        (bytes(5000), "zeroes"),
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
