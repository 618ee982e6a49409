"""The guide, the as-run log and what is on the air. Times are seconds."""

import pytest
from tests.unit.timeline import world
from tests.unit.timeline.station import BEGIN, Station

from insta_stream.ids import EntryId
from insta_stream.ticks import Ticks
from insta_stream.timeline import edit as edits
from insta_stream.timeline.airings import Airing, aired, airings, on_air, packages_between
from insta_stream.timeline.run import Position

YEAR = 365 * 86_400


@pytest.fixture
def station() -> Station:
    return Station().on_air_with("abc")


def at(time: float) -> Ticks:
    return Ticks(BEGIN + world.seconds(time))


def listed(station: Station, begin: float, end: float) -> list[Airing]:
    return list(airings(station.timeline, at(begin), at(end)))


def program(station: Station, begin: float, end: float) -> list[tuple[str, float, float | None]]:
    return [
        (airing.entry[0], station.ago(airing.starts_at), airing.ends_at and station.ago(airing.ends_at))
        for airing in listed(station, begin, end)
    ]


def test_the_guide_is_the_playlist_in_time(station: Station) -> None:
    assert program(station, 0, 15) == [("b", -2, 6), ("c", 6, 12), ("a", 12, 22)]


def test_the_guide_of_another_year_is_found_without_walking(station: Station) -> None:
    assert program(station, 10 * YEAR - 1, 10 * YEAR)[0][1] > 10 * YEAR - 12


def test_the_packages_of_another_year_are_found_without_walking(station: Station) -> None:
    shown = packages_between(station.timeline, at(10 * YEAR), at(11 * YEAR))
    assert shown == {"a-0", "b-0", "c-0"}
    assert packages_between(station.timeline, at(1), at(7)) == {"b-0", "c-0"}
    assert packages_between(station.timeline, at(-100), at(-90)) == frozenset()
    assert packages_between(Station().timeline, at(0), at(9)) == frozenset()


def test_nothing_airs_before_the_first_broadcast_or_on_a_new_channel(station: Station) -> None:
    assert program(station, -100, -12) == []
    assert program(Station(), 0, 100) == []
    assert on_air(station.timeline, at(-100)) is None


def test_only_what_aired_before_the_start_was_asked_for_is_backfilled(station: Station) -> None:
    assert [airing.is_backfilled for airing in listed(station, -12, 12)] == [True, True, False]


def test_a_cut_item_is_partial_and_the_slate_one_airing(station: Station) -> None:
    station.apply(edits.Pause())
    station.time = 31
    station.apply(edits.Resume())
    found = listed(station, -2, 40)
    shown = [(a.entry[0], a.first_segment, a.last_segment, a.is_partial, a.is_slate) for a in found]
    assert shown == [
        ("b", 0, 0, True, False),
        ("s", 0, 4, False, True),
        ("b", 1, 3, True, False),
        ("c", 0, 2, False, False),
    ]
    assert [station.ago(airing.starts_at) for airing in found] == [-2, 0, 32, 38]


def test_an_endless_slate_has_no_end(station: Station) -> None:
    station.arrange("")
    assert program(station, 5, 5 + YEAR) == [("s", 0, None)]


def test_an_item_that_goes_on_in_a_new_run_stays_one_airing(station: Station) -> None:
    station.arrange("acb")
    station.arrange("abc")
    station.put(world.even("g", 2, 2))
    station.arrange("abg")
    assert program(station, 1, 8) == [("b", -2, 6), ("g", 6, 10)]
    assert listed(station, 5, 6)[0].is_partial is False


def test_one_item_in_a_loop_is_one_airing_a_lap() -> None:
    station = Station().on_air_with("c")
    assert program(station, 0, 8) == [("c", 0, 6), ("c", 6, 12)]


def log(station: Station, begin: float, end: float, now: float) -> list[tuple[str, float, float, int, bool]]:
    return [
        (
            airing.entry[0],
            station.ago(airing.starts_at),
            station.ago(airing.ends_at or Ticks(0)),
            airing.last_segment,
            airing.is_partial,
        )
        for airing in aired(station.timeline, at(begin), at(end), at(now))
    ]


def test_the_log_has_what_is_over_and_of_the_present_only_that(station: Station) -> None:
    assert log(station, -5, 4, 4) == [("a", -12, -2, 4, False), ("b", -2, 4, 2, True)]
    assert log(station, -5, 4, 5.9) == log(station, -5, 4, 4)
    assert log(station, -5, 4, 6) == [("a", -12, -2, 4, False), ("b", -2, 6, 3, False)]
    assert log(station, -1, 4, -0.1) == []
    assert log(station, 20, 90, 6.5) == []


def test_the_log_has_what_is_over_of_the_slate(station: Station) -> None:
    station.apply(edits.Pause())
    assert log(station, -1, 60, 1.9) == [("b", -2, 0, 0, True)]
    assert log(station, -1, 60, 41) == [("b", -2, 0, 0, True), ("s", 0, 40, 4, False)]
    station.apply(edits.Stop())
    assert log(station, -1, 60, 41) == [("b", -2, 0, 0, True)]


def test_what_is_on_the_air(station: Station) -> None:
    found = on_air(station.timeline, at(3.5))
    assert found is not None
    assert (found.airing.entry, found.place) == ("b.0", Position(EntryId("b.0"), 2))
    assert found.position == world.seconds(5.5)


def test_in_a_pause_the_place_is_the_one_that_is_held(station: Station) -> None:
    station.apply(edits.Pause())
    found = on_air(station.timeline, at(3))
    assert found is not None
    assert found.airing.is_slate
    assert found.place == Position(EntryId("b.0"), 1)


def test_off_the_air_nothing_airs(station: Station) -> None:
    station.apply(edits.Stop())
    assert on_air(station.timeline, at(0)) is None
    assert program(station, -2, 100) == [("b", -2, 0)]
