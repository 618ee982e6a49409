from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from insta_stream.health.series import COARSE, FINE, Series
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

SECOND = TICKS_PER_SECOND
BEGIN = Ticks(1_795_464_000 * SECOND)
HOUR = 3600 * SECOND


def filled(hours: int) -> tuple[Series, Ticks]:
    """Return a series whose value is the number of the minute, put every ten seconds."""
    series, now = Series(), BEGIN
    for tens in range(hours * 360):
        now = Ticks(BEGIN + tens * FINE)
        series.put(now, tens // 6)
    return series, now


def test_a_value_comes_back_at_the_beginning_of_its_step() -> None:
    series = Series()
    series.put(Ticks(BEGIN + 13 * SECOND), 3)
    (point,) = series.points(Ticks(0), Ticks(BEGIN + 14 * SECOND))
    assert (point.at, point.value) == (BEGIN + 10 * SECOND, 3)


def test_the_highest_of_a_step_counts() -> None:
    series = Series()
    for value in (2, 5, 1):
        series.put(BEGIN, value)
    assert [point.value for point in series.points(BEGIN, BEGIN)] == [5]


def test_where_little_is_bad_the_lowest_counts() -> None:
    series = Series(min)
    for value in (2, 5, 1):
        series.put(BEGIN, value)
    assert [point.value for point in series.points(BEGIN, BEGIN)] == [1]


def test_the_last_hour_is_fine_and_the_day_before_coarse_without_a_hole() -> None:
    series, now = filled(30)
    points = series.points(Ticks(0), now)
    steps = [after.at - before.at for before, after in pairwise(points)]
    assert set(steps) == {FINE, COARSE}
    assert steps == sorted(steps, reverse=True)
    assert steps.count(FINE) in range(350, 361)
    assert now - points[0].at in range(23 * HOUR, 24 * HOUR + 1)
    assert all(point.value == (point.at - BEGIN) // COARSE for point in points)


def test_what_was_not_measured_is_left_out() -> None:
    series = Series()
    series.put(BEGIN, 1)
    series.put(Ticks(BEGIN + 2 * HOUR), 2)
    points = series.points(Ticks(0), Ticks(BEGIN + 2 * HOUR))
    assert [point.value for point in points] == [1, 2]
    series.put(Ticks(BEGIN + 100 * HOUR), 3)
    assert [point.value for point in series.points(Ticks(0), Ticks(BEGIN + 100 * HOUR))] == [3]


@settings(deadline=None)  # a day has many points
@given(st.integers(0, 26 * 3600), st.integers(1, 26))
def test_only_what_is_asked_for_comes_back(since: int, hours: int) -> None:
    series, now = filled(hours)
    begin = Ticks(BEGIN + since * SECOND)
    assert all(begin <= point.at <= now for point in series.points(begin, now))
