"""The reader of burnt-in numbers must see what is lost, doubled, mixed or late, or it proves nothing."""

from fractions import Fraction
from pathlib import Path

import pytest
from bench.joins import faults
from bench.marks import BITS, Marked, Unreadable, make, number, read

BLACK, WHITE = 0, 255


def rows(value: int) -> tuple[bytes, bytes]:
    upper = bytes(WHITE if value >> place & 1 else BLACK for place in range(BITS))
    return upper, bytes(WHITE - grey for grey in upper)


@pytest.mark.parametrize("value", [0, 1, 175, 40_000, 65_535])
def test_a_number_is_read_as_it_was_written(value: int) -> None:
    assert number(rows(value)) == value


def test_a_picture_mixed_of_two_is_no_number() -> None:
    mixed = [
        bytes((one + other) // 2 for one, other in zip(*pair, strict=True))
        for pair in zip(rows(1), rows(2), strict=True)
    ]
    with pytest.raises(Unreadable):
        number(mixed)


@pytest.mark.parametrize(
    ("shown", "lost", "doubled"),
    [
        ([3, 4, 5, 6], 0, 0),
        ([3, 5, 6], 1, 0),
        ([3, 4, 4, 5, 6], 0, 1),
        ([3, 5, 4, 6], 0, 1),
        ([3, 4, 5], 1, 0),
    ],
)
def test_what_is_lost_and_what_is_shown_again_is_counted(shown: list[int], lost: int, doubled: int) -> None:
    assert faults(shown, range(3, 7)) == (lost, doubled)


def test_a_video_says_its_frames_and_tones_wherever_its_clock_begins_anew(tmp_path: Path) -> None:
    marked = Marked(Fraction(25), frames=30, audio_rate=48_000)
    video = make(tmp_path / "marked.ts", marked)
    first, second = read([video, video])
    assert first == second
    assert first.numbers == list(range(30))
    beats = [at for at, shown in first.frames if shown % marked.beat == 0]
    assert first.tones[-1] == pytest.approx(beats[-1], abs=0.002)
