"""Which way up a picture is to be shown. Pure."""

import struct
from dataclasses import dataclass
from math import atan2, cos, degrees, radians, sin


@dataclass(frozen=True, slots=True)
class Orientation:
    """First mirrored, so that left and right change sides; then turned clockwise.

    rotation: degrees; 0, 90, 180 or 270.
    """

    rotation: int = 0
    is_mirrored: bool = False


UPRIGHT = Orientation()


def upright(matrix: bytes) -> Orientation:
    """Return what a display matrix says; other angles become the nearest right one.

    matrix: a, b, u, c, d, v and three more; a pixel goes to x' = ax + cy, y' = bx + dy, with y downwards. One
    that squeezes the picture to a line, as some programs write that meant none, says nothing.
    """
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    area = a * d - b * c
    if area == 0:
        return UPRIGHT
    # Where "down" goes is not changed by mirroring.
    angle = degrees(atan2(-c, d))
    return Orientation(round(angle / 90) * 90 % 360, is_mirrored=area < 0)


def matrix_of(anticlockwise: int) -> bytes:
    """Return the display matrix of an angle in degrees; empty for 0."""
    if not anticlockwise:
        return b""
    turn = radians(-anticlockwise)
    one = 1 << 16
    a, b = round(one * cos(turn)), round(one * sin(turn))
    return struct.pack("=9i", a, b, 0, -b, a, 0, 0, 0, 1 << 30)
