"""What a window lists, and until when. Times are seconds; segments last 2 s and end at even times."""

from itertools import pairwise

import pytest
from tests.unit.timeline import world
from tests.unit.timeline.station import BEGIN, Station

from insta_stream.errors import Unknown
from insta_stream.ids import BroadcastId
from insta_stream.ticks import Ticks
from insta_stream.timeline import edit as edits
from insta_stream.timeline.window import contradiction, window


@pytest.fixture
def station() -> Station:
    """A window of 20 s; the playlist lasts 24 s."""
    return Station().on_air_with("abc")


def test_a_segment_is_listed_at_the_instant_at_which_it_ends(station: Station) -> None:
    assert station.ago(station.window().segments[-1].ends_at) == 0
    assert station.window().changes_at == BEGIN + world.seconds(2)
    station.time = 1.999
    assert station.ago(station.window().segments[-1].ends_at) == 0
    station.time = 2
    assert station.ago(station.window().segments[-1].ends_at) == 2


def test_a_window_reaches_as_far_back_as_it_is_long(station: Station) -> None:
    for time in range(10, 60):
        station.time = time
        segments = station.window().segments
        assert segments[-1].ends_at - segments[0].starts_at == world.seconds(20)


def test_the_header_counts_the_tags_that_left(station: Station) -> None:
    for time in range(60):
        station.time = time
        shown = station.window()
        number = shown.discontinuity_sequence
        for segment in shown.segments:
            number += segment.is_tagged
            assert number == segment.discontinuity


def test_a_window_is_never_shorter_than_six_segments_and_four_target_durations() -> None:
    station = Station()
    station.put(world.even("a", 40, 0.5))
    station.timeline = world.empty(window_seconds=1)
    station.on_air_with("ab")
    station.time = 13
    assert len(station.window().segments) == 16
    station.time = 21
    assert len(station.window().segments) >= 6


def test_nothing_is_listed_beyond_the_limit(station: Station) -> None:
    station.time = 10
    limit = Ticks(BEGIN + world.seconds(5))
    held = window(station.timeline, station.broadcast, limit)
    assert station.ago(held.segments[-1].ends_at) == 4
    assert held.changes_at is not None
    assert held.changes_at > limit


def test_while_an_edit_is_stored_the_edge_is_held_at_its_cut(station: Station) -> None:
    change = edits.apply(station.timeline, edits.Skip(), station.catalogue, world.SLATE, station.now)
    station.time = 5
    held = window(station.timeline, station.broadcast, change.cut)
    after = window(change.timeline, station.broadcast, station.now)
    assert contradiction(held, after) == ""
    assert contradiction(station.window(), after) != ""


def test_a_window_that_moves_on_contradicts_nothing(station: Station) -> None:
    windows = []
    for second in range(90):
        station.time = second
        windows.append(station.window())
    assert {contradiction(before, after) for before, after in pairwise(windows)} == {""}
    assert contradiction(windows[80], windows[0]) == "lists removed segments again"


def test_the_window_of_an_ended_broadcast_never_changes(station: Station) -> None:
    station.time = 1
    station.apply(edits.Stop())
    station.time = 2
    ended = station.window()
    assert ended.is_ended
    assert ended.changes_at is None
    first = station.broadcast
    station.time = 9
    station.start()
    station.time = 10_000
    assert window(station.timeline, first, station.now) == ended


def test_a_window_stops_where_its_broadcast_begins(station: Station) -> None:
    station.apply(edits.Stop())
    station.time = 3
    station.start()
    assert {run.broadcast for run in station.timeline.runs} == {"b1", "b2"}
    assert station.ago(station.window().segments[0].starts_at) == 0


def test_an_unknown_broadcast_is_refused(station: Station) -> None:
    with pytest.raises(Unknown):
        window(station.timeline, BroadcastId("other"), station.now)
