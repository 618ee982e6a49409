"""Files that say how their picture is to be cut and turned: patched, as no FFmpeg writes all of it."""

import struct
from collections.abc import Callable

Matrix = tuple[float, float, float, float]
"""a, b, c, d: a pixel goes to x' = ax + cy, y' = bx + dy, y downwards (ISO 14496-12 section 8.3.2)."""

_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def turned(data: bytes, matrix: Matrix) -> bytes:
    """Return an MP4 file whose first track has this matrix in its header."""
    a, b, c, d = (round(value * 65536) for value in matrix)
    place = data.index(b"tkhd") + 4 + 40  # version 0
    values = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    assert data[place - 44 + 4] == 0
    return data[:place] + values + data[place + 36 :]


def with_aperture(data: bytes, kind: bytes, size: tuple[int, int], offset: tuple[int, int]) -> bytes:
    """Return an MP4 file (its index at the end) with a clean aperture (ISO 14496-12, section 12.1.4).

    kind: of its picture's sample entry (b"avc1"). offset: of the aperture's centre from that of the picture.
    """
    clap = _box(b"clap", struct.pack(">IIIIiIiI", size[0], 1, size[1], 1, offset[0], 1, offset[1], 1))

    def entries(body: bytes) -> bytes:
        size = int.from_bytes(body[8:12])
        assert body[12:16] == kind
        return body[:8] + _box(kind, body[16 : 8 + size] + clap) + body[8 + size :]

    return _rewritten(data, b"stsd", entries, only_with=kind)


def with_crop(data: bytes, left: int, top: int, right: int, bottom: int) -> bytes:
    """Return a Matroska file that crops (RFC 9559 section 5.1.4.1.28.16 and following).

    Its description of colours gives up the room, so it must have a long one; and no checksums.
    """
    place = data.index(b"\x55\xb0", data.index(b"\x16\x54\xae\x6b"))
    room = 3 + (data[place + 2] & 0x7F)
    wishes = ((0x54AA, bottom), (0x54BB, top), (0x54CC, left), (0x54DD, right))
    crop = b"".join(struct.pack(">HBB", code, 0x81, value) for code, value in wishes)
    rest = room - len(crop) - 2
    assert rest >= 0
    return data[:place] + crop + bytes([0xEC, 0x80 | rest]) + bytes(rest) + data[place + room :]


def _rewritten(data: bytes, kind: bytes, change: Callable[[bytes], bytes], *, only_with: bytes) -> bytes:
    out, position = b"", 0
    while position < len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + size]
        if name in _PARENTS:
            body = _rewritten(body, kind, change, only_with=only_with)
        elif name == kind and only_with in body:
            body = change(body)
        out += _box(name, body)
        position += size
    return out


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body
