"""Draws words without a font, which a machine may lack: each letter is a few strokes with round ends."""

from itertools import pairwise
from math import cos, hypot, pi, sin

Point = tuple[float, float]
Stroke = tuple[Point, ...]


def _arc(x: float, y: float, rx: float, ry: float, *, begin: float, end: float) -> Stroke:
    """Return part of an ellipse, from one angle to another, in degrees (0 is to the right, 90 is down)."""
    steps = 24
    angles = [(begin + (end - begin) * step / steps) * pi / 180 for step in range(steps + 1)]
    return tuple((x + rx * cos(angle), y + ry * sin(angle)) for angle in angles)


# Each letter is one high and as wide as it says; y grows downwards.
LETTERS: dict[str, tuple[float, tuple[Stroke, ...]]] = {
    "A": (0.72, (((0, 1), (0.36, 0), (0.72, 1)), ((0.13, 0.66), (0.59, 0.66)))),
    "B": (
        0.56,
        (
            ((0.3, 0), (0, 0), (0, 1), (0.3, 1)),
            ((0, 0.47), (0.3, 0.47)),
            _arc(0.3, 0.235, 0.22, 0.235, begin=-90, end=90),
            _arc(0.3, 0.735, 0.26, 0.265, begin=-90, end=90),
        ),
    ),
    "C": (0.74, (_arc(0.46, 0.5, 0.46, 0.5, begin=-48, end=-312),)),
    "E": (0.5, (((0.5, 0), (0, 0), (0, 1), (0.5, 1)), ((0, 0.48), (0.42, 0.48)))),
    "G": (0.92, (_arc(0.46, 0.5, 0.46, 0.5, begin=-48, end=-360), ((0.92, 0.5), (0.55, 0.5)))),
    "H": (0.66, (((0, 0), (0, 1)), ((0.66, 0), (0.66, 1)), ((0, 0.48), (0.66, 0.48)))),
    "I": (0.0, (((0, 0), (0, 1)),)),
    "K": (0.58, (((0, 0), (0, 1)), ((0.56, 0), (0, 0.6)), ((0.2, 0.39), (0.58, 1)))),
    "L": (0.46, (((0, 0), (0, 1), (0.46, 1)),)),
    "R": (
        0.56,
        (
            ((0, 1), (0, 0), (0.28, 0)),
            _arc(0.28, 0.265, 0.25, 0.265, begin=-90, end=90),
            ((0.28, 0.53), (0, 0.53)),
            ((0.26, 0.53), (0.56, 1)),
        ),
    ),
    "T": (0.62, (((0, 0), (0.62, 0)), ((0.31, 0), (0.31, 1)))),
    "W": (1.0, (((0, 0), (0.25, 1), (0.5, 0.12), (0.75, 1), (1.0, 0)),)),
    "'": (0.0, (((0, 0), (0, 0.2)),)),
}
SPACING = 0.34
SPACE = 0.36


def draw(words: str, height: int, thickness: float) -> tuple[int, int, bytes]:
    """Return width, height and grey pixels (0 to 255, rows from the top) of `words` in capital letters.

    Raises KeyError for a letter that nobody has drawn yet.
    """
    margin = round(thickness) + 2
    strokes: list[Stroke] = []
    at = 0.0
    for letter in words:
        if letter == " ":
            at += SPACE
            continue
        width, lines = LETTERS[letter]
        strokes += [
            tuple((margin + (at + x) * height, margin + y * height) for x, y in line) for line in lines
        ]
        at += width + SPACING
    size = (_even((at - SPACING) * height + 2 * margin), _even(height + 2 * margin))
    pixels = bytearray(size[0] * size[1])
    for stroke in strokes:
        for begin, end in pairwise(stroke):
            _draw_line(pixels, size, begin, end, thickness / 2)
    return *size, bytes(pixels)


def _even(length: float) -> int:
    return 2 * round(length / 2)


def _draw_line(pixels: bytearray, size: tuple[int, int], begin: Point, end: Point, radius: float) -> None:
    reach = radius + 1
    dx, dy = end[0] - begin[0], end[1] - begin[1]
    square = dx * dx + dy * dy
    for y in range(int(min(begin[1], end[1]) - reach), int(max(begin[1], end[1]) + reach) + 1):
        for x in range(int(min(begin[0], end[0]) - reach), int(max(begin[0], end[0]) + reach) + 1):
            along = max(0.0, min(1.0, ((x - begin[0]) * dx + (y - begin[1]) * dy) / square))
            distance = hypot(x - begin[0] - along * dx, y - begin[1] - along * dy)
            shade = int(255 * max(0.0, min(1.0, radius + 0.5 - distance)))
            at = y * size[0] + x
            pixels[at] = max(pixels[at], shade)
