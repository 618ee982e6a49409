"""Which rate fits the frames."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insta_stream.media.cadence import STANDARD_RATES, airing_rate, is_same, measure
from insta_stream.ticks import TICKS_PER_SECOND

NTSC = Fraction(30000, 1001)
MILLISECOND = Fraction(1, 1000)


@pytest.mark.parametrize(
    ("own", "airs"),
    [
        *((rate, rate) for rate in STANDARD_RATES),
        (Fraction("23.98"), Fraction(24000, 1001)),
        (Fraction("29.976"), NTSC),
        (Fraction(15), Fraction(30)),
        (Fraction(15000, 1001), NTSC),
        (Fraction("12.5"), Fraction(25)),
        (Fraction(12), Fraction(24)),
        (Fraction(10), Fraction(30)),
        (Fraction(5), Fraction(25)),
        (Fraction(20), Fraction(60)),
        (Fraction("8.797"), Fraction(24000, 1001)),
        (Fraction(1), Fraction(24000, 1001)),
        (Fraction(48), Fraction(50)),
        (Fraction(100), Fraction(50)),
        (Fraction(120), Fraction(60)),
        (Fraction(120000, 1001), Fraction(60000, 1001)),
        (Fraction(240), Fraction(60)),
        (Fraction(90), Fraction(30)),
        (Fraction(70), Fraction(60)),
        (Fraction(1000), Fraction(50)),
    ],
)
def test_the_airing_rate(own: Fraction, airs: Fraction) -> None:
    assert airing_rate(own) == airs


@given(st.fractions(Fraction(1, 100), 10_000))
def test_every_rate_has_a_standard_one(own: Fraction) -> None:
    assert airing_rate(own) in STANDARD_RATES


@pytest.mark.parametrize("rate", STANDARD_RATES)
def test_a_frame_of_a_standard_rate_is_a_whole_number_of_ticks(rate: Fraction) -> None:
    assert (TICKS_PER_SECOND / rate).denominator == 1


@settings(deadline=None)  # three thousand frames
@given(st.sampled_from(STANDARD_RATES), st.integers(100, 3000), st.integers(-1000, 1000))
def test_whole_milliseconds_are_fine_enough(rate: Fraction, count: int, start: int) -> None:
    cadence = measure([start + round(number * 1000 / rate) for number in range(count)], MILLISECOND)
    assert cadence
    assert cadence.is_constant
    assert not cadence.is_variable
    assert cadence.rate == rate


def test_a_missing_frame_is_not_constant() -> None:
    cadence = measure([*range(0, 1000, 40), *range(1040, 9000, 40)], MILLISECOND)
    assert cadence
    assert (cadence.rate, cadence.is_constant, cadence.is_variable) == (Fraction(25), False, False)


def test_frames_that_wander_are_variable() -> None:
    times = [0]
    for number in range(200):
        times.append(times[-1] + (33, 33, 50)[number % 3])
    cadence = measure(times, MILLISECOND)
    assert cadence
    assert (cadence.rate, cadence.is_constant, cadence.is_variable) == (Fraction(30), False, True)


def test_a_regular_odd_rate_is_not_variable() -> None:
    cadence = measure(range(0, 20_000, 2000), Fraction(1, 17594))
    assert cadence
    assert (cadence.own_rate, cadence.is_constant, cadence.is_variable) == (Fraction("8.797"), False, False)


def test_a_rate_that_drifts_off_its_grid_is_not_constant() -> None:
    cadence = measure([round(number * 1000 / Fraction("24.03")) for number in range(500)], MILLISECOND)
    assert cadence
    assert (cadence.rate, cadence.is_constant) == (Fraction(24), False)


@pytest.mark.parametrize("times", [[], [5], [5, 5]])
def test_one_frame_has_no_rhythm(times: list[int]) -> None:
    assert measure(times, MILLISECOND) is None


def test_neighbouring_standard_rates_are_told_apart() -> None:
    assert is_same(Fraction(24), Fraction(24000, 1001))  # within what timestamps tell: the nearest decides
    assert airing_rate(Fraction("23.976")) != airing_rate(Fraction(24))
    assert not is_same(Fraction(25), Fraction(24))


def test_frames_that_stand_for_days_have_a_rate() -> None:
    cadence = measure([0, 250_000, 500_000], Fraction(1))
    assert cadence is not None
    assert cadence.own_rate == Fraction(1, 250_000)
