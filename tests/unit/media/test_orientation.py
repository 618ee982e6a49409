"""What a display matrix says."""

import struct

import pytest

from insta_stream.media.orientation import Orientation, matrix_of, upright


def matrix(a: int, b: int, c: int, d: int) -> bytes:
    one = 1 << 16
    return struct.pack("=9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize(
    ("numbers", "rotation", "is_mirrored"),
    [
        ((1, 0, 0, 1), 0, False),
        ((0, 1, -1, 0), 90, False),
        ((-1, 0, 0, -1), 180, False),
        ((0, -1, 1, 0), 270, False),
        ((-1, 0, 0, 1), 0, True),
        ((0, -1, -1, 0), 90, True),
        ((1, 0, 0, -1), 180, True),
        ((0, 1, 1, 0), 270, True),
        ((30, 10, -10, 30), 0, False),
        ((10, 30, -30, 10), 90, False),
        ((0, 0, 0, 0), 0, False),
        ((1, 1, 1, 1), 0, False),
    ],
)
def test_a_matrix_is_one_of_eight_orientations(
    numbers: tuple[int, int, int, int], rotation: int, is_mirrored: bool
) -> None:
    assert upright(matrix(*numbers)) == Orientation(rotation, is_mirrored)


@pytest.mark.parametrize("angle", [-180, -90, 90, 180, 45])
def test_an_angle_is_a_matrix(angle: int) -> None:
    assert upright(matrix_of(angle)).rotation == round(-angle / 90) * 90 % 360


def test_no_angle_is_no_matrix() -> None:
    assert matrix_of(0) == b""
