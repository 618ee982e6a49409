from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insta_stream import ticks
from insta_stream.ticks import Ticks


@pytest.mark.parametrize("rate", ["24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60"])
def test_a_frame_of_every_standard_rate_is_a_whole_number_of_ticks(rate: str) -> None:
    assert (ticks.TICKS_PER_SECOND / Fraction(rate)).denominator == 1


def test_the_named_units_are_exact() -> None:
    assert ticks.TICKS_PER_MILLISECOND * 1000 == ticks.TICKS_PER_SECOND
    assert ticks.TICKS_PER_90KHZ * 90_000 == ticks.TICKS_PER_SECOND
    assert ticks.TICKS_PER_AUDIO_SAMPLE * 48_000 == ticks.TICKS_PER_SECOND


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_moment_survives_the_way_there_and_back(moment: datetime) -> None:
    assert abs(ticks.to_datetime(ticks.from_datetime(moment)) - moment) <= timedelta(microseconds=1)


def test_a_moment_of_another_zone_is_the_same_instant() -> None:
    berlin = timezone(timedelta(hours=2))
    assert ticks.from_datetime(datetime(2026, 7, 1, 12, tzinfo=berlin)) == ticks.from_datetime(
        datetime(2026, 7, 1, 10, tzinfo=UTC)
    )


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        ticks.from_datetime(datetime(2026, 7, 1, 12))  # noqa: DTZ001


@given(st.integers(0, 2**62))
def test_an_instant_is_never_early(nanoseconds: int) -> None:
    instant = ticks.from_nanoseconds(nanoseconds)
    assert Fraction(instant, ticks.TICKS_PER_SECOND) <= Fraction(nanoseconds, 10**9)
    assert Fraction(instant + 1, ticks.TICKS_PER_SECOND) > Fraction(nanoseconds, 10**9)
    assert ticks.from_nanoseconds(ticks.to_nanoseconds(instant)) == instant
    assert ticks.to_nanoseconds(instant) <= nanoseconds


def test_seconds_go_in_and_out() -> None:
    assert ticks.seconds(Fraction(1001, 30_000)) == Ticks(24_024)
    assert ticks.to_fraction(Ticks(24_024)) == Fraction(1001, 30_000)
    assert ticks.to_seconds(ticks.seconds(1.5)) == 1.5
