"""The caps of the ladder: arithmetic that the packager's measurements must bear out."""

from itertools import pairwise

import pytest

from insta_stream.media.ladder import LADDER, Rung
from insta_stream.ticks import seconds


def test_better_rungs_come_first_and_no_two_take_the_same_rate() -> None:
    for better, worse in pairwise(LADDER):
        assert better.height > worse.height
        assert better.average_bps > worse.peak_bps * 0.9
        assert better.peak_bps > worse.peak_bps


@pytest.mark.parametrize("rung", LADDER)
@pytest.mark.parametrize("shortest", [1, 1.8, 2, 6])
def test_a_segment_that_finds_a_full_buffer_keeps_the_peak(rung: Rung, shortest: float) -> None:
    for longer in (1, 1.5, 2):
        duration = shortest * longer
        picture = rung.video_bps * duration + rung.buffer_bits(seconds(shortest))
        assert (picture + 128_000 * duration) / duration <= rung.peak_bps


def test_canvases_are_even_and_as_wide_as_television() -> None:
    for rung in LADDER:
        assert rung.width % 2 == rung.height % 2 == 0
        assert abs(rung.width / rung.height - 16 / 9) < 0.01
