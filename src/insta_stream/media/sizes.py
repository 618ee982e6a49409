"""How large a picture is, as its own header says, without decoding it: where sizes change inside a file."""

from collections.abc import Callable, Mapping

from insta_stream.hls.h264 import read_sps

Size = tuple[int, int]
"""Width and height in pixels."""

_VP8_HEADER = 10
_VP9_KEY = b"\x49\x83\x42"
_MPEG_SEQUENCE = b"\0\0\1\xb3"
_RGB = 7


def size_of(codec: str, picture: bytes) -> Size | None:
    """Return the size of a coded key frame; None where its header says nothing, or none is known here."""
    reader = _READERS.get(codec)
    return reader(picture) if reader else None


def size_of_set(unit: bytes) -> Size | None:
    """Return the size of pictures that use an H.264 sequence parameter set; None where it is broken."""
    try:
        told = read_sps(unit)
    except (IndexError, ValueError):
        return None
    return told.width, told.height


def sequence_header(picture: bytes) -> bytes:
    """Return sizes, shape and rate in an MPEG-1 or MPEG-2 sequence header; b"" where there is none."""
    at = picture.find(_MPEG_SEQUENCE)
    return picture[at + 4 : at + 8] if 0 <= at <= len(picture) - 8 else b""


def _mpeg2(picture: bytes) -> Size | None:
    """Read a sequence header (ISO/IEC 13818-2, 6.2.2.1); its extension for sizes above 4095 is left out."""
    header = sequence_header(picture)
    both = int.from_bytes(header[:3])
    return (both >> 12, both & 0xFFF) if header else None


def _vp8(picture: bytes) -> Size | None:
    """Read the header of a key frame (RFC 6386 section 9.1)."""
    if len(picture) < _VP8_HEADER or picture[0] & 1 or picture[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = picture[6:8], picture[8:10]
    return int.from_bytes(width, "little") & 0x3FFF, int.from_bytes(height, "little") & 0x3FFF


def _vp9(picture: bytes) -> Size | None:
    """Read the header of a key frame (VP9 bitstream specification, 6.2)."""
    bits, at = int.from_bytes(picture[:16].ljust(16, b"\0")), 0

    def take(count: int) -> int:
        nonlocal at
        at += count
        return bits >> (128 - at) & ((1 << count) - 1)

    take(2)  # frame_marker
    profile = take(1) | take(1) << 1
    if profile == 3:  # noqa: PLR2004 - the highest has a reserved bit
        take(1)
    is_shown_again, is_inter = take(1), take(1)
    take(2)  # show_frame, error_resilient_mode
    if is_shown_again or is_inter or take(24) != int.from_bytes(_VP9_KEY):
        return None
    if profile >= 2:  # noqa: PLR2004
        take(1)  # ten_or_twelve_bit
    is_subsampled_otherwise = profile in {1, 3}
    if take(3) == _RGB:
        take(1 if is_subsampled_otherwise else 0)
    else:
        take(4 if is_subsampled_otherwise else 1)  # color_range, and how colours are subsampled
    return take(16) + 1, take(16) + 1


_READERS: Mapping[str, Callable[[bytes], Size | None]] = {
    "mpeg1video": _mpeg2,
    "mpeg2video": _mpeg2,
    "vp8": _vp8,
    "vp9": _vp9,
}
