from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough
from tests.unit.library.packages import COUNT, package, rendition

from insta_stream.library.forecast import Pace, lead, needs_starter, seconds_until_airable, share_done
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds


@thorough
@given(length=st.integers(1, 10_000), speed=st.floats(0.01, 50))
def test_playing_from_the_beginning_never_overtakes_packaging(length: int, speed: float) -> None:
    """At any instant t of playing, what has been played is there: t <= lead + speed * t, up to the end."""
    whole = seconds(length)
    there = min(lead(whole, seconds(6), speed), whole)
    at_the_end = there + Fraction(speed) * whole
    assert at_the_end >= whole


def test_three_segments_are_enough_where_packaging_is_quick() -> None:
    assert lead(seconds(7200), seconds(6), 5.0) == seconds(6)


@pytest.mark.parametrize(
    ("published", "speed", "wait"),
    [(3, 2.0, 0.0), (1, 2.0, 2.0), (3, 0.0, None), (60, 0.5, 0.0), (30, 0.5, 120.0), (COUNT, 0.0, 0.0)],
)
def test_when_a_growing_starter_can_air(published: int, speed: float, wait: float | None) -> None:
    growing = package(rendition("720p"), rendition("240p", published, is_early=True), is_airable=False)
    assert seconds_until_airable(growing, ("720p", "240p"), speed) == wait


def test_it_cannot_be_told_when_nothing_grows_for_the_lowest_rung() -> None:
    growing = package(rendition("720p", 50, is_early=True), rendition("240p", 50), is_airable=False)
    assert seconds_until_airable(growing, ("720p", "240p"), 2.0) is None


@pytest.mark.parametrize(
    ("wait", "speed", "is_needed"),
    [(None, 5.0, True), (0.0, 5.0, False), (1.5, 2.0, False), (4.0, 5.0, True), (0.5, 1.2, True)],
)
def test_a_ladder_needs_a_starter_where_it_is_late_or_hardly_ahead(
    wait: float | None, speed: float, *, is_needed: bool
) -> None:
    assert needs_starter(wait, speed) == is_needed


def test_the_share_of_work_counts_pixels() -> None:
    assert share_done(package(rendition("720p"), rendition("240p"))) == 0
    assert share_done(package(rendition("720p", COUNT), rendition("240p", COUNT))) == 1
    assert 0.05 < share_done(package(rendition("720p"), rendition("240p", COUNT))) < 0.15


def test_time_left_goes_on_at_the_pace_so_far() -> None:
    pace = Pace(began_at=Ticks(0), before=package(rendition("240p", COUNT // 2)))
    assert pace.seconds_left(0.5, Ticks(10 * TICKS_PER_SECOND)) is None
    assert pace.seconds_left(0.75, Ticks(10 * TICKS_PER_SECOND)) == 10


def test_what_was_published_tells_the_speed_of_the_slowest_before_ffmpeg_does() -> None:
    pace = Pace(began_at=Ticks(0), before=package(rendition("720p", 10), rendition("240p", 4)))
    made = (rendition("720p", 40), rendition("240p", 14))
    assert pace.speed(made, ["720p"], seconds(3)) == 20
    assert pace.speed(made, ["720p", "240p"], seconds(4)) == 5
    assert pace.speed(made, ["240p"], Ticks(0)) > 0
    assert pace.speed(made, [], seconds(4)) == 0
