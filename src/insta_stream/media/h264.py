"""What is needed of H.264 to cut it without decoding: the NAL units of a picture (ITU-T H.264, 7.4.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_NON_IDR: Final = 1
_IDR: Final = 5
_SPS: Final = 7
_TYPE: Final = 0x1F
_AVCC_VERSION: Final = 1
_AVCC_BYTES: Final = 7


@dataclass(frozen=True, slots=True)
class Opening:
    """How a picture begins. is_idr: its first slice is one. sps: the parameter sets before it."""

    is_idr: bool
    sps: tuple[bytes, ...]


def length_size(extradata: bytes | None) -> int:
    """Return the bytes of a NAL unit's length prefix, or 0 where units are separated by start codes.

    extradata: an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1), or parameter sets in start codes.
    """
    if extradata and len(extradata) >= _AVCC_BYTES and extradata[0] == _AVCC_VERSION:
        return (extradata[4] & 3) + 1
    return 0


def parameter_sets(extradata: bytes | None) -> tuple[bytes, ...]:
    """Return the sequence parameter sets that a container keeps apart from the pictures."""
    if not extradata:
        return ()
    if length_size(extradata) == 0:
        return tuple(unit for unit in _separated(extradata) if unit and unit[0] & _TYPE == _SPS)
    found = []
    position = 6
    for _ in range(extradata[5] & 0x1F):
        size = int.from_bytes(extradata[position : position + 2])
        found.append(extradata[position + 2 : position + 2 + size])
        position += 2 + size
    return tuple(found)


def opening(picture: bytes, prefix: int) -> Opening:
    """Read one coded picture up to its first slice. prefix: as `length_size` returns it."""
    sps = []
    for unit in _prefixed(picture, prefix) if prefix else _separated(picture):
        kind = unit[0] & _TYPE if unit else 0
        if kind == _SPS:
            sps.append(bytes(unit))
        elif _NON_IDR <= kind <= _IDR:
            return Opening(kind == _IDR, tuple(sps))
    return Opening(is_idr=False, sps=tuple(sps))


def _prefixed(data: bytes, prefix: int) -> Iterator[bytes]:
    position = 0
    while position + prefix < len(data):
        size = int.from_bytes(data[position : position + prefix])
        position += prefix
        yield data[position : position + min(size, 4096)]  # slices are not read further than their header
        position += size


def _separated(data: bytes) -> Iterator[bytes]:
    start = data.find(b"\0\0\1")
    while start >= 0:
        start += 3
        if start < len(data) and _NON_IDR <= data[start] & _TYPE <= _IDR:
            yield data[start : start + 1]  # a slice: nobody looks for its end
            return
        end = data.find(b"\0\0\1", start)
        yield data[start : end if end >= 0 else len(data)].rstrip(b"\0")
        start = end
