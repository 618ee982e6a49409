"""What the boxes of an MP4 or QuickTime file tell of why it cannot air (ISO/IEC 14496-12 section 4.2)."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from insta_stream.media.sniff import Obstacle

UNFINISHED = Obstacle(
    "unfinished_recording",
    "This recording is not complete: its index (moov) is missing. Repair it with the program or camera "
    "that made it.",
)
INCOMPLETE = Obstacle("incomplete", "This file is incomplete: its end is missing. Download or copy it again.")
PROTECTED = Obstacle("protected", "This file is copy-protected (DRM). Upload a copy without protection.")

_OPENING = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})
"""What such a file begins with. A picture's begins so too: that is looked for before."""

_PLACEHOLDER = 1 << 50
"""No film is so long: a recorder writes such a length until it knows better."""

_MOST_BOXES = 10_000
_MOST_INDEX_BYTES = 64 * 1024 * 1024
_ENCRYPTED = (b"encv", b"sinf", b"schm")
"""A picture track that is encrypted, and how (ISO/IEC 14496-12 section 8.12): boxes in `moov`."""


class Box(NamedTuple):
    """A box on the top level of a file. end: where it says that it ends, be it behind the file's end."""

    kind: bytes
    begin: int
    end: int


def boxes(file: BinaryIO, size: int) -> Iterator[Box]:
    """Yield the boxes on the top level of a file of this size, as far as they make sense."""
    place = 0
    for _ in range(_MOST_BOXES):
        file.seek(place)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4]), head[4:8]
        if length == 0 and any(kind):
            length = size - place  # to the end of the file
        elif length == 1:
            length = int.from_bytes(head[8:])
        if len(head) < 8 or length < 8:  # noqa: PLR2004 - a length and a kind
            return
        yield Box(kind, place, place + length)
        place += length
        if place >= size:
            return


def obstacle(path: Path) -> Obstacle | None:
    """Return what an MP4 lacks that FFmpeg does not open; None where nothing, or where it is no MP4."""
    with path.open("rb") as file:
        size = path.stat().st_size
        found = list(boxes(file, size))
    if not found or found[0].kind not in _OPENING:
        return None
    *_, last = found
    if last.end < size or size < last.end < _PLACEHOLDER:
        return INCOMPLETE  # zeroes follow, or nothing
    return None if any(box.kind == b"moov" for box in found) else UNFINISHED


def protection(path: Path) -> Obstacle | None:
    """Return the obstacle of an MP4 whose picture is encrypted, None for every other file."""
    with path.open("rb") as file:
        for box in boxes(file, path.stat().st_size):
            if box.kind == b"moov":
                file.seek(box.begin)
                index = file.read(min(box.end - box.begin, _MOST_INDEX_BYTES))
                return PROTECTED if all(sign in index for sign in _ENCRYPTED) else None
    return None
