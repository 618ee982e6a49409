"""What an MP4 lacks that cannot be read."""

from pathlib import Path

import pytest

from insta_stream.media.boxes import INCOMPLETE, PROTECTED, UNFINISHED, obstacle, protection
from insta_stream.media.sniff import Obstacle


def box(kind: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    return (8 + len(content) if size is None else size).to_bytes(4) + kind + content


def large(kind: bytes, size: int, content: bytes = b"") -> bytes:
    return (1).to_bytes(4) + kind + size.to_bytes(8) + content


FTYP = box(b"ftyp", b"isom\0\0\2\0")
FILM = box(b"mdat", b"film" * 100)
INDEX = box(b"moov", b"index")


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (FTYP + FILM, UNFINISHED),
        (FTYP + box(b"mdat", b"film", size=0), UNFINISHED),  # as recorders write it that do not know yet
        (FTYP + large(b"mdat", 1 << 62, b"film"), UNFINISHED),
        (box(b"wide") + FILM, UNFINISHED),
        (FTYP + FILM[:-1], INCOMPLETE),
        (FTYP + large(b"mdat", 1 << 40, b"film"), INCOMPLETE),
        (FTYP + FILM + INDEX[:-1], INCOMPLETE),
        (FTYP + FILM + bytes(100), INCOMPLETE),
        (FTYP[:9], INCOMPLETE),
        (FTYP + FILM + INDEX, None),  # then something else is wrong with it
        (b"", None),
        (bytes(100), None),
        (b"\x1a\x45\xdf\xa3" + bytes(100), None),
        (b"text, and more of it", None),
    ],
)
def test_what_is_missing(tmp_path: Path, content: bytes, refusal: Obstacle | None) -> None:
    (tmp_path / "film").write_bytes(content)
    assert obstacle(tmp_path / "film") == refusal


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (FTYP + FILM + box(b"moov", b"..encv....sinf....schm.."), PROTECTED),
        (FTYP + FILM + box(b"moov", b"..enca....sinf....schm.."), None),  # its sound only: it airs without
        (FTYP + box(b"mdat", b"encvsinfschm") + INDEX, None),
        (b"", None),
    ],
)
def test_what_is_protected(tmp_path: Path, content: bytes, refusal: Obstacle | None) -> None:
    (tmp_path / "film").write_bytes(content)
    assert protection(tmp_path / "film") == refusal
