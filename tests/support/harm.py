"""Small files that mean harm: they claim what they have not, grow when they are unpacked, or go in circles.

Each function takes a good file and returns a bad one.
"""

import struct
import zlib
from binascii import crc32
from collections.abc import Callable

Rewrite = Callable[[bytes, bytes], bytes | None]
"""Takes a box's kind and body, returns what stands in its place. None: it stays, or what is in it does."""

HOLDERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf"})
MANY = 1_000_000
MOST = 0x0FFFFFFF


# --- MP4 and QuickTime: boxes (ISO 14496-12)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def rewritten(data: bytes, rewrite: Rewrite) -> bytes:
    """Return boxes with some of them replaced. The index must be at the end, or offsets are wrong."""
    out, position = b"", 0
    while position < len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + size]
        new = rewrite(kind, body)
        if new is None:
            new = box(kind, rewritten(body, rewrite) if kind in HOLDERS else body)
        out += new
        position += size
    return out


def replaced(data: bytes, kind: bytes, new: bytes) -> bytes:
    return rewritten(data, lambda found, _: new if found == kind else None)


def referring(data: bytes, entry: bytes) -> bytes:
    """Return a movie without media, which are where this entry of its data reference says."""
    data = replaced(data, b"dref", box(b"dref", struct.pack(">II", 0, 1) + entry))
    return rewritten(data, lambda kind, body: box(kind, bytes(len(body))) if kind == b"mdat" else None)


def packed(data: bytes, moov: bytes | None = None, claim: int | None = None) -> bytes:
    """Return a movie whose index is compressed (QuickTime's cmov). moov, claim: other than the true ones."""

    def rewrite(kind: bytes, body: bytes) -> bytes | None:
        if kind != b"moov":
            return None
        whole = box(kind, body) if moov is None else moov
        said = struct.pack(">I", len(whole) if claim is None else claim)
        held = box(b"dcom", b"zlib") + box(b"cmvd", said + zlib.compress(whole, 9))
        return box(b"moov", box(b"cmov", held))

    return rewritten(data, rewrite)


def nested_boxes(kind: bytes, depth: int) -> bytes:
    return b"".join(struct.pack(">I4s", 8 * (depth - level), kind) for level in range(depth))


def in_moov(data: bytes, more: bytes) -> bytes:
    return rewritten(data, lambda kind, body: box(kind, body + more) if kind == b"moov" else None)


def table(kind: bytes, count: int, entries: bytes = b"", before: bytes = b"") -> bytes:
    return box(kind, bytes(4) + before + struct.pack(">I", count) + entries)


def claiming(data: bytes, samples: int) -> bytes:
    """Return a movie that says in three short tables that it has so many frames, of a byte each."""
    data = replaced(data, b"stsz", table(b"stsz", samples, before=struct.pack(">I", 1)))
    data = replaced(data, b"stts", table(b"stts", 1, struct.pack(">II", samples, 1)))
    return replaced(data, b"stsc", table(b"stsc", 1, struct.pack(">III", 1, samples, 1)))


def edited(data: bytes, count: int) -> bytes:
    """Return a movie with so many edits."""
    edits = box(b"edts", table(b"elst", count, struct.pack(">IIHH", 1, 0, 1, 0) * count))
    return rewritten(data, lambda kind, body: box(kind, edits + body) if kind == b"trak" else None)


def reference_movie(place: bytes) -> bytes:
    """Return a QuickTime movie that is nothing but the address of another one."""
    named = box(b"rdrf", bytes(4) + b"url " + struct.pack(">I", len(place)) + place)
    return box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"rmra", box(b"rmda", named)))


def fragmented(data: bytes, samples: int) -> bytes:
    """Return a movie with a fragment that claims so many samples, and says nothing of them."""
    header = box(b"tfhd", struct.pack(">II", 0, 1))
    run = box(b"trun", struct.pack(">II", 0, samples))
    extends = box(b"mvex", box(b"trex", struct.pack(">6I", 0, 1, 1, 512, 1, 0)))
    fragment = box(b"moof", box(b"mfhd", struct.pack(">II", 0, 1)) + box(b"traf", header + run))
    return in_moov(data, extends) + fragment


# --- Matroska: EBML (RFC 8794, RFC 9559)


def element(number: int, body: bytes, size: int | None = None) -> bytes:
    """Return an element. size: other than the true one."""
    name = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return name + struct.pack(">Q", (len(body) if size is None else size) | 1 << 56) + body


def number(name: int, value: int) -> bytes:
    return element(name, value.to_bytes(8, "big"))


EBML = element(0x1A45DFA3, element(0x4282, b"matroska") + number(0x4287, 4) + number(0x4285, 2))
INFO = element(0x1549A966, number(0x2AD7B1, 1_000_000))


def track(name: int, more: bytes = b"", codec: bytes = b"V_UNCOMPRESSED", side: int = 64) -> bytes:
    shown = element(0xE0, number(0xB0, side) + number(0xBA, side) + element(0x2EB524, b"I420"))
    named = number(0xD7, name) + number(0x73C5, name) + number(0x83, 1) + element(0x86, codec)
    return element(0xAE, named + shown + more)


def matroska(*parts: bytes) -> bytes:
    """Return a file without tracks."""
    return EBML + element(0x18538067, b"".join((INFO, *parts)))


def film(tracks: bytes, *frames: bytes) -> bytes:
    """Return a file with these tracks; the frames are of the first one, 40 ms each."""
    clusters = (
        element(0x1F43B675, number(0xE7, 40 * place) + element(0xA3, b"\x81\0\0\x80" + frame))
        for place, frame in enumerate(frames)
    )
    return matroska(element(0x1654AE6B, tracks), *clusters)


def lying_attachment(claim: int) -> bytes:
    return matroska(element(0x1941A469, element(0x61A7, element(0x466E, b"a") + element(0x465C, b"", claim))))


def linked_segment(place: bytes) -> bytes:
    """Return a file that goes on in another one."""
    return matroska(element(0x1549A966, element(0x3E83BB, place) + element(0x3EB923, bytes(16))))


def zipped_track(private: bytes = b"") -> bytes:
    """Return a track whose blocks, and whose own data, are compressed with zlib."""
    settings = number(0x5031, 0) + number(0x5032, 3) + number(0x5033, 0) + element(0x5034, number(0x4254, 0))
    more = element(0x6D80, element(0x6240, settings))
    return track(1, more + (element(0x63A2, private) if private else b""))


def zipped(contents: bytes) -> bytes:
    return zlib.compress(contents, 9)


def nested_elements(name: int, depth: int, body: bytes = b"") -> bytes:
    for _ in range(depth):
        body = element(name, body)
    return body


def seeking_itself() -> bytes:
    """Return a file whose directory says that the next directory is where it is itself."""
    entry = element(0x4DBB, element(0x53AB, b"\x11\x4d\x9b\x74") + number(0x53AC, 0))
    return matroska(element(0x114D9B74, entry * 100))


# --- AVI: RIFF


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def avi(data: bytes, rewrite: Rewrite) -> bytes:
    """Return an AVI file with some of its chunks replaced; a list's kind is that in it."""
    out, position = b"", 0
    while position + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, position)
        body = data[position + 8 : position + 8 + size]
        is_list = kind in {b"RIFF", b"LIST"}
        new = rewrite(body[:4] if is_list else kind, body)
        if new is None:
            new = chunk(kind, body[:4] + avi(body[4:], rewrite) if is_list and body[:4] != b"movi" else body)
        out += new
        position += 8 + size + size % 2
    return out


def index_in_itself(data: bytes, entries: int) -> bytes:
    """Return an AVI file whose index of indexes names itself, so many times (OpenDML 1.02 section 2.0)."""
    mark = b"indx-is-here"

    def rewrite(kind: bytes, body: bytes) -> bytes | None:
        if kind != b"strl":
            return None
        head = struct.pack("<HBBI4s", 4, 0, 0, entries, b"00dc") + mark
        return chunk(b"LIST", body + chunk(b"indx", head + bytes(16 * entries)))

    data = avi(data, rewrite)
    place = data.index(mark)
    entry = struct.pack("<QII", place - 20, 24 + 16 * entries, 10) * entries
    start = place + len(mark)
    return data[:start] + entry + data[start + len(entry) :]


def streams_in_avi(data: bytes, count: int) -> bytes:
    def rewrite(kind: bytes, body: bytes) -> bytes | None:
        return chunk(b"LIST", body) * count if kind == b"strl" else None

    return avi(data, rewrite)


def huge_png(data: bytes, side: int) -> bytes:
    """Return an AVI file of PNG pictures that say that they are so large."""
    head = data.index(b"IHDR")
    while head >= 0:
        said = b"IHDR" + struct.pack(">II", side, side) + data[head + 12 : head + 17]
        data = data[:head] + said + struct.pack(">I", crc32(said)) + data[head + 21 :]
        head = data.find(b"IHDR", head + 21)
    return data
