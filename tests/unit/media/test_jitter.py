"""Jitter is told from holes."""

from random import Random

from insta_stream.media.jitter import jitter


def test_even_timestamps_and_those_behind_holes_do_not_stray() -> None:
    assert jitter([0] * 100) == 0
    assert jitter([20 * (number // 3) for number in range(100)]) == 0
    assert jitter([1000 * (number > 50) for number in range(100)]) == 0


def test_timestamps_that_come_back_stray() -> None:
    assert jitter([0, 30] * 50) == 30
    random = Random(1)  # noqa: S311 - no secret
    strays = [random.randint(-15, 15) + 20 * (number // 40) for number in range(1000)]
    assert 25 <= jitter(strays) <= 30


def test_a_single_wrong_timestamp_is_no_habit() -> None:
    assert jitter([0] * 500 + [5000] + [0] * 500) == 0
    assert jitter([0] * 500 + [-5000] + [0] * 500) == 0


def test_a_few_packets_tell_nothing() -> None:
    assert jitter([]) == 0
    assert jitter([0, 9, 0, 9]) == 0


def test_a_long_film_is_looked_at_here_and_there() -> None:
    assert jitter([0, 30, 0] * 100_000) == 30


def test_timestamps_that_fall_back_and_stay_do_not_stray() -> None:
    assert jitter([-25 * (number // 20) for number in range(200)]) == 0
