"""Lures and bombs: what means harm ends in a refusal or an inspection, and costs little time and memory."""

import random
import resource
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from tests.support import harm
from tests.support.builds import BUNDLED
from tests.support.clips import make_clips
from tests.support.depth import by_depth

from insta_stream.errors import NotAVideo
from insta_stream.media.inspect import inspect
from insta_stream.media.memory import GIB
from insta_stream.media.process import Limits

LIMITS = Limits(wall_seconds=100, stall_seconds=50, memory_bytes=GIB, cpu_seconds=5, file_bytes=0)
"""Less than an upload has: each of these takes a fraction of a second, and 200 MB."""

HASTY = Limits(wall_seconds=100, stall_seconds=50, memory_bytes=GIB, cpu_seconds=1, file_bytes=0)
"""For what has no end."""

MOST_MORE_BYTES = 32 << 20
"""By so much the process that asks may grow."""

TERABYTE = 1 << 40


@dataclass(frozen=True)
class Good:
    """Files without fault, to be made bad."""

    mp4: bytes
    mov: bytes
    avi: bytes
    png: bytes
    mkv: bytes
    bait: Path


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Good:
    folder = tmp_path_factory.mktemp("good")
    clip = make_clips(folder, seconds=2, count=1)[0]

    def made(name: str, *arguments: str) -> bytes:
        command = [str(BUNDLED), "-v", "error", "-i", str(clip), *arguments, str(folder / name)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return (folder / name).read_bytes()

    small = ("-an", "-frames:v", "4", "-s", "64x64")
    return Good(
        mp4=made("a.mp4", "-c", "copy", "-an"),
        mov=made("a.mov", "-c", "copy", "-an"),
        avi=made("a.avi", *small, "-c:v", "mpeg4"),
        png=made("png.avi", *small, "-c:v", "png"),
        mkv=made("a.mkv", "-c", "copy", "-attach", str(clip), "-metadata:s:t", "mimetype=video/mp4"),
        bait=clip,
    )


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that nobody may call."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


async def outcome(path: Path, limits: Limits = LIMITS) -> str:
    """Inspect within limits; nothing but an Inspection or a NotAVideo may come of it, and nothing be kept."""
    before = _resident_bytes()
    try:
        await inspect(path, limits=limits)
    except NotAVideo as refusal:
        return refusal.code
    finally:
        assert _resident_bytes() - before < MOST_MORE_BYTES
    return "accepted"


def _resident_bytes() -> int:
    """Return how much memory this process takes; 0 where the system does not say so."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * resource.getpagesize() if told.exists() else 0


# --- what says that it is somewhere else

IMF = b'<CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">%b</CompositionPlaylist>'
XSPF = b'<playlist version="1"><trackList><track><location>%b</location></track></trackList></playlist>'
SMOOTH = b'<SmoothStreamingMedia><StreamIndex Url="%b"/></SmoothStreamingMedia>'
SESSION = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=a\nt=0 0\nm=video 5004 RTP/AVP 96\na=control:%b\n"
ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

TEXTS: dict[str, tuple[bytes, str]] = {
    "concat after a mark": (b"\xef\xbb\xbfffconcat version 1.0\nfile '%b'\n", "playlist"),
    "HLS after ID3": (b"ID3\4\0\0\0\0\0\0#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n%b\n", "no_picture"),
    "HLS key": (b'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="%b"\n#EXTINF:4,\na.ts\n', "playlist"),
    "HLS map": (b'#EXTM3U\n#EXT-X-MAP:URI="%b"\n#EXTINF:4,\na.ts\n', "playlist"),
    "ffmetadata": (b";FFMETADATA1\ntitle=%b\n[CHAPTER]\nSTART=0\nEND=1\n", "text"),
    "SMIL": (b'<smil><body><video src="%b"/></body></smil>', "playlist"),
    "Smooth Streaming": (SMOOTH, "text"),
    "IMF": (IMF, "text"),
    "XSPF": (XSPF, "text"),
    "PLS": (b"[playlist]\nFile1=%b\nNumberOfEntries=1\n", "playlist"),
    "ASX": (b'<asx version="3.0"><entry><ref href="%b"/></entry></asx>', "playlist"),
    "RTSP": (b"rtsptext\nrtsp://%b\n", "text"),
    "AviSynth": (b'FFmpegSource2("%b")\n', "text"),
    "filter graph": (b"movie=%b\n", "text"),
    "session": (SESSION, "playlist"),
}
MOVIES: dict[str, tuple[Callable[[Good, bytes], bytes], str]] = {
    "MP4 data reference": (
        lambda good, place: harm.referring(good.mp4, harm.box(b"url ", bytes(4) + place + b"\0")),
        "undecodable",
    ),
    "QuickTime data reference": (
        lambda good, place: harm.referring(good.mov, harm.box(b"url ", bytes(4) + place + b"\0")),
        "undecodable",
    ),
    "QuickTime resource": (
        lambda good, place: harm.referring(good.mov, harm.box(b"rsrc", bytes(4) + place)),
        "undecodable",
    ),
    "QuickTime reference movie": (lambda _, place: harm.reference_movie(place), "not_media"),
    "Matroska linked segment": (lambda _, place: harm.linked_segment(place), "damaged"),
    "ASF redirection": (
        lambda _, place: ASF_HEADER + struct.pack("<QIBB", 30 + len(place), 1, 1, 2) + place,
        "damaged",
    ),
}


@pytest.mark.parametrize("kind", by_depth([*TEXTS, *MOVIES][::2], [*TEXTS, *MOVIES]))
async def test_what_is_somewhere_else_is_not_asked_for(
    good: Good, tmp_path: Path, listener: socket.socket, kind: str
) -> None:
    bait = Path(shutil.copy(good.bait, tmp_path / "bait.mp4"))
    port: int = listener.getsockname()[1]
    places = (b"http://127.0.0.1:%d/bait.mp4" % port, f"file://{bait}".encode(), bait.name.encode())
    first = len(kind) % len(places)  # a quick run has one for each kind
    for place in by_depth(places[first : first + 1], places):
        text, _ = TEXTS.get(kind, (b"", ""))
        content, code = (text % place, TEXTS[kind][1]) if text else _movie(good, kind, place)
        (tmp_path / "upload.mp4").write_bytes(content)
        assert await outcome(tmp_path / "upload.mp4") == code
        with pytest.raises(BlockingIOError):
            listener.accept()


def _movie(good: Good, kind: str, place: bytes) -> tuple[bytes, str]:
    make, code = MOVIES[kind]
    return make(good, place), code


# --- what grows, or has no end

GREY = bytes(64 * 64 * 3 // 2)
KEY_OF_MANY = struct.pack(">II", 2**31 - 1, 1)


@cache
def bomb() -> bytes:
    return harm.zipped(bytes(100 << 20))


BOMBS: dict[str, tuple[Callable[[Good], bytes], str]] = {
    # QuickTime and MP4
    "packed index": (lambda good: harm.packed(good.mov), "accepted"),
    "packed index of zeros": (lambda good: harm.packed(good.mov, moov=bytes(64 << 20)), "not_media"),
    "packed index that claims 4 GB": (lambda good: harm.packed(good.mov, claim=0xFFFFFFF0), "unreadable"),
    "packed index in itself": (lambda good: harm.packed(harm.packed(harm.packed(good.mov))), "not_media"),
    "a million tracks": (
        lambda good: harm.in_moov(good.mp4, harm.box(b"trak", b"") * harm.MANY),
        "unreadable",
    ),
    "deep tracks": (lambda good: harm.in_moov(good.mp4, harm.nested_boxes(b"trak", 100_000)), "accepted"),
    "deep user data": (lambda good: harm.in_moov(good.mp4, harm.nested_boxes(b"udta", 100_000)), "not_media"),
    "deep movie": (lambda good: good.mp4[:32] + harm.nested_boxes(b"moov", 100_000), "not_media"),
    "times that are not there": (
        lambda good: harm.replaced(good.mp4, b"stts", harm.table(b"stts", harm.MOST)),
        "unreadable",
    ),
    "offsets that are not there": (
        lambda good: harm.replaced(good.mp4, b"stco", harm.table(b"stco", harm.MOST)),
        "no_frames",
    ),
    "two billion frames": (lambda good: harm.claiming(good.mp4, 2**31 - 1), "no_frames"),
    "half a million frames": (lambda good: harm.claiming(good.mp4, 500_000), "undecodable"),
    "two billion shifts": (
        lambda good: harm.replaced(good.mp4, b"ctts", harm.table(b"ctts", 1, KEY_OF_MANY)),
        "accepted",
    ),
    "a hundred thousand edits": (lambda good: harm.edited(good.mp4, 100_000), "accepted"),
    "a long fragment": (lambda good: harm.fragmented(good.mp4, harm.MOST), "unreadable"),
    # Matroska
    "attachments": (lambda good: good.mkv, "accepted"),
    "an attachment that claims a terabyte": (lambda _: harm.lying_attachment(TERABYTE), "damaged"),
    "packed pictures": (lambda _: harm.film(harm.zipped_track(), *[harm.zipped(GREY)] * 30), "accepted"),
    "packed bombs": (lambda _: harm.film(harm.zipped_track(), *[bomb()] * 3), "no_frames"),
    "a packed bomb in a track": (
        lambda _: harm.film(harm.zipped_track(bomb()), harm.zipped(GREY)),
        "accepted",
    ),
    "deep tags": (
        lambda _: harm.matroska(harm.element(0x1254C367, harm.nested_elements(0x67C8, 2000))),
        "damaged",
    ),
    "deep chapters": (
        lambda _: harm.matroska(harm.element(0x1043A770, harm.nested_elements(0xB6, 2000))),
        "damaged",
    ),
    "segments in segments": (lambda _: harm.EBML + harm.nested_elements(0x18538067, 2000), "damaged"),
    "fifty thousand tracks": (lambda _: harm.film(harm.track(1) * 50_000, GREY), "accepted"),
    "a directory that names itself": (lambda _: harm.seeking_itself(), "damaged"),
    "four thousand million pixels": (lambda _: harm.film(harm.track(1, side=65_535), GREY), "undecodable"),
    # AVI
    "an index in itself": (lambda good: harm.index_in_itself(good.avi, 1), "accepted"),
    "an index twice in itself": (lambda good: harm.index_in_itself(good.avi, 2), "accepted"),
    "two thousand streams": (lambda good: harm.streams_in_avi(good.avi, 2000), "unreadable"),
    "PNG of 4 thousand million pixels": (lambda good: harm.huge_png(good.png, 65_535), "undecodable"),
    "PNG of 400 million pixels": (lambda good: harm.huge_png(good.png, 20_000), "undecodable"),
}


@pytest.mark.parametrize("kind", by_depth(list(BOMBS)[::3], list(BOMBS)))
async def test_a_bomb_does_not_go_off(good: Good, tmp_path: Path, kind: str) -> None:
    make, code = BOMBS[kind]
    (tmp_path / "upload").write_bytes(make(good))
    assert await outcome(tmp_path / "upload") == code


@pytest.mark.parametrize("kind", by_depth(list(BOMBS)[::10], list(BOMBS)))
async def test_nor_does_a_damaged_one(good: Good, tmp_path: Path, kind: str) -> None:
    data, chance = bytearray(BOMBS[kind][0](good)), random.Random(kind)  # noqa: S311 - repeatable damage
    for _ in range(by_depth(1, 5)):
        for _ in range(20):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (tmp_path / "upload").write_bytes(data)
        await outcome(tmp_path / "upload")


HEADS: dict[str, tuple[Callable[[Good], bytes], str]] = {
    "nothing": (lambda _: b"", "zeroes"),
    "MP4": (
        lambda good: good.mp4[:32] + struct.pack(">I4sQ", 1, b"mdat", TERABYTE - 32),
        "unfinished_recording",
    ),
    "Matroska": (lambda good: good.mkv[:2000], "unreadable"),
    "AVI": (lambda good: good.avi, "unreadable"),
}


@pytest.mark.parametrize("kind", HEADS)
async def test_a_terabyte_of_nothing_is_not_read_for_ever(good: Good, tmp_path: Path, kind: str) -> None:
    make, code = HEADS[kind]
    with (tmp_path / "upload").open("wb") as file:
        file.write(make(good))
        file.truncate(TERABYTE)
    assert await outcome(tmp_path / "upload", HASTY) == code
