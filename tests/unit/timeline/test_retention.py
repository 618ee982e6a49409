"""How long the past is needed. Times are seconds."""

import pytest
from tests.unit.timeline import world
from tests.unit.timeline.station import BEGIN, Station

from insta_stream.ids import PackageId
from insta_stream.ticks import Ticks
from insta_stream.timeline import edit as edits
from insta_stream.timeline.retention import packages, prune


@pytest.fixture
def station() -> Station:
    """`b` was taken out while it aired: its last segment ended at 0. The window is 20 s."""
    station = Station().on_air_with("abc")
    station.arrange("ac")
    return station


def test_what_may_still_air_is_needed_without_end(station: Station) -> None:
    needs = packages(station.timeline)
    assert needs[PackageId("a-0")] is needs[PackageId("c-0")] is None


def test_what_was_removed_is_needed_for_the_window_and_the_longest_playlist(station: Station) -> None:
    until = packages(station.timeline)[PackageId("b-0")]
    assert until is not None
    assert 20 + 2 + 20 <= station.ago(until) <= 20 + 2 + 20 + 4


def test_the_playlists_of_an_ended_broadcast_keep_what_they_list(station: Station) -> None:
    station.apply(edits.Stop())
    ended = station.timeline.broadcasts[-1].ends_at
    assert ended is not None
    until = packages(station.timeline)[PackageId("b-0")]
    assert until is not None
    window = world.seconds(20)
    assert until > ended + window + window


def test_pruning_forgets_old_runs_and_empty_broadcasts_but_not_the_last_run(station: Station) -> None:
    station.apply(edits.Stop())
    later = Ticks(BEGIN + world.seconds(9000))
    (left,) = prune(station.timeline, later).runs
    assert left == station.timeline.runs[-1]
    station.time = 5000
    station.start()
    pruned = prune(station.timeline, later)
    assert [broadcast.id for broadcast in pruned.broadcasts] == ["b2"]
    assert {run.broadcast for run in pruned.runs} == {"b2"}
