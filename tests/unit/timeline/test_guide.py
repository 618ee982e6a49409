"""What a guide lists, and that it never takes back what it has told."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough
from tests.unit.timeline import world
from tests.unit.timeline.station import BEGIN, Station

from insta_stream.ids import VideoId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline import edit as edits
from insta_stream.timeline.airings import airings
from insta_stream.timeline.guide import HOUR, Listing, listings

ALL = 1_000_000
DAY = 24 * HOUR
LENGTHS = {"p": 4, "q": 6, "r": 58, "s": 600, "t": 898, "u": 900, "v": 5400, "w": 14_000}
"""Videos by name, in seconds: short ones, those that are just short and just not, and films."""


def station(names: str) -> Station:
    found = Station()
    for name, length in LENGTHS.items():
        found.put(world.even(name, length // 2, 2))
    return found.on_air_with(names)


def listed(found: Station, begin: float, end: float, most: int = ALL) -> list[Listing]:
    first, last = (Ticks(BEGIN + world.seconds(time)) for time in (begin, end))
    return list(listings(found.timeline, first, last, most=most))


def agree(one: list[Listing], other: list[Listing]) -> None:
    """Check that listings of the same channel are the same, or at different times."""
    for a, b in pairwise(sorted({*one, *other}, key=lambda listing: (listing.starts_at, listing.ends_at))):
        assert a.ends_at <= b.starts_at, "two that overlap differ"


@thorough
@given(
    names=st.text("pqrstuvw", min_size=1, max_size=4),
    asked_at=st.lists(st.integers(0, 100_000), min_size=2, max_size=4),
    reach=st.integers(1, 40_000),
    most=st.sampled_from([1, 3, 50, ALL]),
)
def test_what_is_asked_at_different_times_never_contradicts_itself(
    names: str, asked_at: list[int], reach: int, most: int
) -> None:
    channel = station(names)
    told = [listed(channel, instant, instant + reach, most) for instant in asked_at]
    for one in told:
        for other in told:
            agree(one, other)


@thorough
@given(
    names=st.text("pqrstuvw", min_size=1, max_size=3),
    later=st.text("pqrstuvw", min_size=1, max_size=3),
    edit_at=st.integers(100, 20_000),
)
def test_an_edit_changes_nothing_of_what_was_over_and_no_start_of_what_airs(
    names: str, later: str, edit_at: int
) -> None:
    channel = station(names)
    before = listed(channel, 0, 30_000)
    channel.time = edit_at
    shows_at = Ticks(BEGIN + world.seconds(channel.arrange(later)))
    after = listed(channel, 0, 30_000)
    assert [each for each in before if each.ends_at < shows_at] == [
        each for each in after if each.ends_at < shows_at
    ]
    begun = [each.starts_at for each in before if each.starts_at < shows_at]
    assert begun == [each.starts_at for each in after if each.starts_at < shows_at]


@thorough
@given(names=st.text("pqrstuvw", min_size=1, max_size=3), begin=st.integers(0, 50_000))
def test_every_showing_is_listed_and_nothing_else(names: str, begin: int) -> None:
    channel = station(names)
    found = listed(channel, begin, begin + 5000)
    assert all(a.ends_at == b.starts_at for a, b in pairwise(found))
    assert found[0].starts_at <= BEGIN + world.seconds(begin) < found[0].ends_at
    assert found[-1].starts_at < BEGIN + world.seconds(begin + 5000) <= found[-1].ends_at
    shown = list(airings(channel.timeline, found[0].starts_at, found[-1].ends_at))
    assert {each.starts_at for each in found} <= {each.starts_at for each in shown}
    for each in shown:
        (holder,) = [one for one in found if one.starts_at <= each.starts_at < one.ends_at]
        assert (holder.video, each.ends_at) == (each.video, min(each.ends_at or 0, holder.ends_at))


def test_a_clip_in_a_loop_is_one_listing_an_hour_found_without_walking() -> None:
    channel = station("p")
    day = listed(channel, 100, 86_500, most=100)
    assert len(day) == 25
    assert all(each.starts_at % HOUR < 4 * TICKS_PER_SECOND for each in day)
    assert all(each.ends_at - each.starts_at <= HOUR for each in day)


def test_longer_videos_are_listed_one_by_one() -> None:
    assert [each.ends_at - each.starts_at for each in listed(station("u"), 0, 7200)] == [HOUR // 4] * 9


def test_two_videos_stay_apart() -> None:
    assert {each.ends_at - each.starts_at for each in listed(station("pq"), 0, 600)} == {
        4 * TICKS_PER_SECOND,
        6 * TICKS_PER_SECOND,
    }


def test_what_cannot_be_told_whole_is_not_told() -> None:
    channel = station("pq")
    whole = listed(channel, 0, 7200)
    part = listed(channel, 0, 7200, most=500)
    assert part == whole[: len(part)]
    assert 0 < len(part) < 500


def test_a_loop_ends_where_the_channel_stops_or_is_edited() -> None:
    channel = station("p")
    channel.time = 600
    channel.arrange("w")
    channel.time = 20_000
    channel.apply(edits.Stop())
    found = listed(channel, 0, 86_400)
    assert [each.video for each in found] == [VideoId("p"), VideoId("w"), VideoId("w")]
    assert found[-1].ends_at < BEGIN + world.seconds(20_010)


def test_the_slate_is_not_listed() -> None:
    channel = station("p")
    channel.time = 100
    channel.apply(edits.Pause())
    (found,) = listed(channel, 0, 86_400)
    assert found.ends_at < BEGIN + world.seconds(110)
    assert listed(Station(), 0, 100) == []


@pytest.mark.parametrize("begin", [86_400.0, 86_400 * 300.0])
def test_days_ahead_are_the_same_as_when_they_come(begin: float) -> None:
    channel = station("rst")
    agree(listed(channel, begin, begin + 86_400), listed(channel, begin + 3000.5, begin + 9000))
