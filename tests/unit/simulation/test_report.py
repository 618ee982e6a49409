from datetime import date, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from insta_stream.ids import EntryId, PackageId, VideoId
from insta_stream.simulation.report import summarize, within
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds
from insta_stream.timeline.airings import Airing

DAY = 86_400
MONDAY = Ticks(1_795_392_000 * TICKS_PER_SECOND)
"""The 23rd of November 2026, midnight UTC."""


def airing(begin: float, end: float | None, *, is_slate: bool = False) -> Airing:
    return Airing(
        entry=EntryId("e"),
        video=VideoId("slate" if is_slate else "film"),
        package=PackageId("p"),
        starts_at=Ticks(MONDAY + seconds(begin)),
        ends_at=None if end is None else Ticks(MONDAY + seconds(end)),
        first_segment=0,
        last_segment=1,
        length=seconds(4),
        first_offset=Ticks(0),
        is_partial=False,
        is_slate=is_slate,
        is_backfilled=False,
    )


def at(second: float) -> Ticks:
    return Ticks(MONDAY + seconds(second))


def test_what_airs_over_midnight_counts_on_both_days() -> None:
    found = [airing(DAY - 60, DAY + 30), airing(DAY + 30, DAY + 90)]
    summary = summarize(found, at(DAY - 60), at(DAY + 90), ZoneInfo("UTC"))
    assert {day: (each.airings, each.length) for day, each in summary.days.items()} == {
        date(2026, 11, 23): (1, seconds(60)),
        date(2026, 11, 24): (1, seconds(90)),
    }
    assert summary.videos[VideoId("film")].length == seconds(150)
    assert summary.holes == []


def test_days_are_those_of_the_viewers() -> None:
    summary = summarize([airing(0, 60)], at(0), at(60), timezone(timedelta(hours=-5)))
    assert list(summary.days) == [date(2026, 11, 22)]


def test_what_lies_across_the_ends_of_the_period_is_cut() -> None:
    found = list(within([airing(-10, 10), airing(10, None, is_slate=True)], at(0), at(100)))
    summary = summarize(found, at(0), at(100), None)
    assert summary.videos[VideoId("film")].length == seconds(10)
    assert summary.slate.length == seconds(90)


def test_stretches_in_which_nothing_airs_are_holes() -> None:
    summary = summarize([airing(10, 20), airing(30, 40)], at(0), at(50), None)
    assert summary.holes == [(at(0), at(10)), (at(20), at(30)), (at(40), at(50))]


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 200_000), min_size=1, max_size=20),
    st.sampled_from(["UTC", "Europe/Madrid", "Asia/Kathmandu"]),
)
def test_days_and_videos_add_up_to_the_same(lengths: list[int], zone: str) -> None:
    found, begin = [], 0
    for each in lengths:
        found.append(airing(begin, begin + each))
        begin += each
    summary = summarize(found, at(0), at(begin), ZoneInfo(zone))
    assert sum(day.length for day in summary.days.values()) == seconds(begin)
    assert sum(day.airings for day in summary.days.values()) == len(lengths) == summary.airings


def test_a_day_on_which_clocks_change_has_25_hours() -> None:
    end_of_summer = 1_792_886_400 - 1_795_392_000  # the 25th of October 2026, midnight UTC
    found = [airing(end_of_summer - DAY, end_of_summer + 2 * DAY)]
    summary = summarize(found, found[0].starts_at, at(end_of_summer + 2 * DAY), ZoneInfo("Europe/Madrid"))
    assert summary.days[date(2026, 10, 25)].length == seconds(25 * 3600)
