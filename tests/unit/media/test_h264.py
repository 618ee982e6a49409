"""NAL units at the beginning of a picture, in both ways of separating them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough

from insta_stream.media.h264 import length_size, opening, parameter_sets

SPS, OTHER_SPS, PPS = b"\x67\x4d\x40\x1f\xec", b"\x67\x4d\x40\x28\xec", b"\x68\xee\x3c\x80"
DELIMITER, SEI = b"\x09\xf0", b"\x06\x05\x01\xaa\x80"
IDR, SLICE, PARTITION = b"\x65\x88\x84" + b"\0\0\3\1" * 500, b"\x41\x9a\x02", b"\x02\x88"


def started(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def prefixed(size: int, *units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(size) + unit for unit in units)


def record(size: int, *sps: bytes) -> bytes:
    sets = b"".join(len(unit).to_bytes(2) + unit for unit in sps)
    return (
        b"\1\x4d\x40\x1f"
        + bytes([0xFC | size - 1, 0xE0 | len(sps)])
        + sets
        + b"\1"
        + len(PPS).to_bytes(2)
        + PPS
    )


@pytest.mark.parametrize(
    ("units", "is_idr", "sps"),
    [
        ((IDR,), True, ()),
        ((SLICE,), False, ()),
        ((DELIMITER, SPS, PPS, SEI, IDR), True, (SPS,)),
        ((DELIMITER, SEI, SLICE), False, ()),
        ((SPS, OTHER_SPS, PPS, SLICE, IDR), False, (SPS, OTHER_SPS)),
        ((PARTITION, IDR), False, ()),
        ((DELIMITER, SPS), False, (SPS,)),
    ],
)
def test_how_a_picture_opens(units: tuple[bytes, ...], is_idr: bool, sps: tuple[bytes, ...]) -> None:
    for found in (opening(started(*units), 0), *(opening(prefixed(size, *units), size) for size in (2, 4))):
        assert (found.is_idr, found.sps) == (is_idr, sps)


def test_what_a_container_keeps_apart() -> None:
    assert [length_size(record(size, SPS)) for size in (1, 2, 4)] == [1, 2, 4]
    assert parameter_sets(record(4, SPS, OTHER_SPS)) == (SPS, OTHER_SPS)
    assert length_size(started(SPS, PPS)) == 0
    assert parameter_sets(started(SPS, PPS)) == (SPS,)
    assert (length_size(None), parameter_sets(None)) == (0, ())


@thorough
@given(st.binary(max_size=200), st.sampled_from([0, 1, 2, 4]))
def test_nothing_is_too_broken_to_look_at(data: bytes, prefix: int) -> None:
    opening(data, prefix)
    parameter_sets(data)
    assert 0 <= length_size(data) <= 4
