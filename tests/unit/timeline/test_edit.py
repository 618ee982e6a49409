"""The rules of editing, one example each. Times are seconds; segments last 2 s and begin at even times."""

import pytest
from tests.unit.timeline import world
from tests.unit.timeline.station import Station

from insta_stream.errors import BadRequest, Unknown, WrongState
from insta_stream.ids import EntryId
from insta_stream.ticks import Ticks
from insta_stream.timeline import edit as edits
from insta_stream.timeline.run import Position


@pytest.fixture
def station() -> Station:
    """At 0, `a` is on the air with its second lap: it began at -12, b at -2."""
    return Station().on_air_with("abc")


def test_a_broadcast_opens_as_if_six_segments_had_just_aired(station: Station) -> None:
    assert station.airs(-99, 6) == "a0 a1 a2 a3 a4 b0 b1 b2 b3"
    assert len(station.window().segments) == 6
    assert station.ago(station.every(0)[0].starts_at) == -12


def test_short_segments_open_with_three_target_durations() -> None:
    station = Station()
    station.put(world.even("a", 100, 0.5))
    station.on_air_with("a")
    assert station.ago(station.every(0)[0].starts_at) == -6


def test_numbers_begin_above_the_age_of_the_channel(station: Station) -> None:
    first = station.every(0)[0]
    assert (first.msn, first.discontinuity, first.is_tagged) == (20_000, 20_000, True)
    assert station.window().discontinuity_sequence == 19_999


def test_skip_acts_at_the_cut(station: Station) -> None:
    assert station.apply(edits.Skip()) == 0
    assert station.airs(-2, 8) == "b0 c0 c1 c2 a0"
    assert station.tags(-2, 8) == [-2, 0, 6]


def test_the_cut_is_the_first_segment_that_ends_after_the_horizon(station: Station) -> None:
    station.time = 0.9
    assert station.apply(edits.Skip()) == 0
    station.time = 1.0
    assert station.apply(edits.Jump(EntryId("b.0"))) == 2


def test_two_skips_at_one_cut_advance_two(station: Station) -> None:
    station.apply(edits.Skip())
    station.apply(edits.Skip())
    assert station.airs(-2, 4) == "b0 a0 a1"


def test_a_skip_on_a_natural_border_changes_nothing(station: Station) -> None:
    station.time = 5.5
    before = station.timeline.runs
    assert station.apply(edits.Skip()) == 6
    assert station.timeline.runs == before
    assert station.apply(edits.Skip()) == 6
    assert station.airs(4, 10) == "b3 a0 a1"


def test_skip_after_a_jump_acts_on_its_target(station: Station) -> None:
    station.jump("c")
    station.apply(edits.Skip())
    assert station.airs(-2, 4) == "b0 a0 a1"


def test_skip_with_a_single_entry_begins_it_again() -> None:
    station = Station().on_air_with("a")
    station.apply(edits.Skip())
    assert station.airs(-2, 4) == "a0 a0 a1"


def test_jump_needs_an_entry_that_can_air(station: Station) -> None:
    with pytest.raises(Unknown):
        station.jump("x")
    station.arrange("abcx")
    with pytest.raises(WrongState) as refusal:
        station.jump("x")
    assert refusal.value.code == "not_airable"


def test_a_jump_begins_with_the_segment_that_holds_its_offset(station: Station) -> None:
    assert station.apply(edits.Jump(EntryId("c.0"), world.seconds(3.9))) == 0
    assert station.airs(-2, 6) == "b0 c1 c2 a0"
    for offset in (-0.1, 6):
        with pytest.raises(BadRequest):
            station.apply(edits.Jump(EntryId("c.0"), world.seconds(offset)))


def test_what_a_jump_leaves_goes_on_in_the_same_place(station: Station) -> None:
    back = station.back(edits.Jump(EntryId("a.0")))
    assert back == edits.Jump(EntryId("b.0"), world.seconds(2))
    assert back is not None
    station.time = 3
    assert station.apply(back) == 4
    assert station.airs(-2, 12) == "b0 a0 a1 b1 b2 b3 c0"


def test_a_jump_that_is_taken_back_before_it_shows_was_never_there(station: Station) -> None:
    before = station.airs(-2, 30)
    back = station.back(edits.Skip())
    assert back is not None
    station.time = 0.9
    assert station.apply(back) == 0
    assert station.airs(-2, 30) == before
    assert station.tags(-1, 9) == [6]


def test_each_of_two_skips_has_its_own_way_back(station: Station) -> None:
    assert station.back(edits.Skip()) == edits.Jump(EntryId("b.0"), world.seconds(2))
    assert station.back(edits.Skip()) == edits.Jump(EntryId("c.0"))


def test_the_way_back_of_a_pause_leads_into_the_middle(station: Station) -> None:
    station.apply(edits.Pause())
    back = station.back(edits.Jump(EntryId("c.0")))
    assert back == edits.Jump(EntryId("b.0"), world.seconds(2))
    assert back is not None
    station.apply(back)
    assert station.held == Position(EntryId("b.0"), 1)


def test_no_way_leads_back_to_the_slate_nor_to_what_airs_anyway(station: Station) -> None:
    station.time = 5.5
    assert station.back(edits.Skip()) is None, "the border comes by itself"
    station.arrange("")
    station.time = 20
    station.put(world.even("a", 5, 2))
    station.apply(edits.Stop())
    station.arrange("ab")
    assert station.back(edits.Jump(EntryId("a.0"))) is None, "it begins at the top"
    assert station.back(edits.Skip()) == edits.Jump(EntryId("a.0"))
    only_slate = Station().on_air_with("x")
    only_slate.put(world.even("x", 9, 2))
    assert only_slate.back(edits.Jump(EntryId("x.0"))) is None


def test_add_and_reorder_act_at_the_next_border(station: Station) -> None:
    assert station.arrange("cab") == 0, "the same circle"
    assert station.arrange("abcb") == 12
    assert station.arrange("bacb") == 6
    assert station.airs(0, 10) == "b1 b2 b3 a0 a1"
    assert station.tags(-1, 10) == [6]


def test_adding_what_cannot_air_changes_nothing_on_the_air(station: Station) -> None:
    runs = station.timeline.runs
    assert station.arrange("abxc") == 0
    assert station.timeline.runs == runs
    station.put(world.even("x", 2, 2))
    assert station.apply(edits.Refresh()) == 6
    assert station.airs(4, 14) == "b3 x0 x1 c0 c1"


def test_removing_what_airs_jumps_to_its_successor(station: Station) -> None:
    assert station.arrange("ac") == 0
    assert station.airs(-2, 8) == "b0 c0 c1 c2 a0"


def test_removing_what_airs_and_its_successor_goes_to_the_next_survivor(station: Station) -> None:
    station.arrange("a")
    assert station.airs(-2, 4) == "b0 a0 a1"


def test_removing_the_pending_target_at_the_same_cut_goes_on_to_its_successor(station: Station) -> None:
    station.arrange("ac")
    station.arrange("a")
    assert station.airs(-2, 4) == "b0 a0 a1"


def test_removing_anything_else_acts_at_the_border(station: Station) -> None:
    assert station.arrange("ab") == 6
    assert station.airs(4, 10) == "b3 a0 a1"


def test_at_a_border_the_successor_in_the_new_order_begins(station: Station) -> None:
    station.time = 5.5
    assert station.arrange("cba") == 6
    assert station.airs(4, 10) == "b3 a0 a1"
    station.arrange("bca")
    assert station.airs(4, 10) == "b3 c0 c1"


def test_replacing_the_whole_list_begins_the_new_one_at_the_cut(station: Station) -> None:
    station.put(world.even("z", 2, 2))
    assert station.arrange("z") == 0
    assert station.airs(-2, 4) == "b0 z0 z1"


def test_an_empty_list_airs_the_slate_and_every_edit_acts_at_the_cut(station: Station) -> None:
    assert station.arrange("") == 0
    station.time = 5
    assert station.airs(-2, 6) == "b0 _ _ _"
    assert station.arrange("c") == 6
    assert station.airs(4, 10) == "_ c0 c1"


def test_the_slate_repeats_with_one_tag_a_lap() -> None:
    station = Station()
    station.start()
    assert station.tags(-99, 20) == [-12, -2, 8, 18]


def test_pause_holds_the_place_and_resume_goes_on(station: Station) -> None:
    assert station.apply(edits.Pause()) == 0
    assert station.held == Position(EntryId("b.0"), 1)
    station.time = 3
    assert station.apply(edits.Resume()) == 4
    assert station.airs(-2, 10) == "b0 _ _ b1 b2 b3"
    assert station.tags(-1, 10) == [0, 4]


def test_resume_at_the_cut_of_its_pause_leaves_no_trace(station: Station) -> None:
    before = station.every(60)
    station.apply(edits.Pause())
    station.apply(edits.Resume())
    assert station.every(60) == before


def test_edits_in_a_pause_move_what_is_held(station: Station) -> None:
    station.apply(edits.Pause())
    station.time = 3
    runs = station.timeline.runs
    station.arrange("acb")
    assert station.held == Position(EntryId("b.0"), 1)
    station.arrange("ac")
    assert station.held == Position(EntryId("a.0"), 0)
    station.apply(edits.Skip())
    assert station.held == Position(EntryId("c.0"), 0)
    station.jump("a")
    assert station.held == Position(EntryId("a.0"), 0)
    assert station.timeline.runs == runs
    station.apply(edits.Resume())
    assert station.airs(2, 8) == "_ a0 a1"


def test_a_skip_right_after_resume_skips_what_was_held(station: Station) -> None:
    station.apply(edits.Pause())
    station.time = 3
    station.apply(edits.Resume())
    station.apply(edits.Skip())
    assert station.airs(2, 8) == "_ c0 c1"


def test_stop_ends_at_the_cut_and_remembers_the_entry(station: Station) -> None:
    station.time = 1
    assert station.apply(edits.Stop()) == 2
    assert station.held == Position(EntryId("b.0"), 0)
    assert not station.window().is_ended
    station.time = 2
    assert station.window().is_ended
    assert station.window().changes_at is None


def test_start_after_stop_never_overlaps_and_goes_on_counting(station: Station) -> None:
    station.time = 1
    station.apply(edits.Stop())
    last = station.every(2)[-1]
    station.time = 8
    station.start()
    first = station.every(10)[0]
    assert station.ago(first.starts_at) == 2
    assert station.airs(2, 8) == "b0 b1 b2"
    assert first.msn > last.msn
    assert first.discontinuity > last.discontinuity


def test_starting_while_the_stop_is_ahead_begins_where_it_ends(station: Station) -> None:
    station.time = 1
    station.apply(edits.Stop())
    assert station.start() == 2
    assert station.window().segments == ()
    station.apply(edits.Skip())
    assert station.airs(2, 6) == "c0 c1"
    station.apply(edits.Stop())
    assert [broadcast.id for broadcast in station.timeline.broadcasts] == ["b1"]


def test_jump_while_off_chooses_where_the_next_broadcast_begins() -> None:
    station = Station()
    station.arrange("abc")
    station.jump("c")
    station.start()
    assert station.airs(-12, -4) == "c0 c1 c2 a0"


def test_a_start_with_nothing_ready_opens_with_the_slate() -> None:
    station = Station()
    station.put(world.even("g", 20, 2, available=3))
    station.on_air_with("g")
    assert station.airs(-12, 8) == "_ _ _ _ _ _ g0 g1 g2 _"


def test_a_growing_video_airs_what_is_there_then_the_slate_then_the_others(station: Station) -> None:
    station.put(world.even("g", 20, 2, available=3))
    assert station.arrange("abgc") == 6
    assert station.airs(4, 14) == "b3 g0 g1 g2 _"
    assert station.airs(70, 80) == "_ c0 c1 c2 a0"
    assert station.airs(12, 72) == " ".join(["_"] * 30)


def test_a_growing_video_that_grows_in_time_airs_without_a_seam(station: Station) -> None:
    station.put(world.even("g", 20, 2, available=3))
    station.arrange("abgc")
    station.time = 8
    station.put(world.even("g", 20, 2, available=20))
    assert station.apply(edits.Refresh()) == 12
    assert station.airs(10, 16) == "g2 g3 g4"
    assert station.tags(5, 20) == [6]


def test_a_growing_video_goes_on_after_its_wait(station: Station) -> None:
    station.put(world.even("g", 20, 2, available=3))
    station.arrange("abgc")
    station.time = 19
    assert station.apply(edits.Refresh()) == 20
    assert station.airs(70, 76) == "_ c0 c1", "asking again does not lengthen the wait"
    station.put(world.even("g", 20, 2, available=20))
    assert station.apply(edits.Refresh()) == 20
    assert station.airs(18, 24) == "_ g3 g4"


def test_a_skip_before_the_first_start_begins_with_the_second_video() -> None:
    station = Station()
    station.arrange("abc")
    station.apply(edits.Skip())
    station.start()
    assert station.airs(-12, 0) == "b0 b1 b2 b3 c0 c1"


def test_a_skip_off_the_air_counts_from_where_the_channel_would_begin() -> None:
    station = Station()
    station.arrange("abc")
    station.jump("a")
    del station.catalogue[world.entries("a")[0].video]
    station.apply(edits.Skip())
    station.start()
    assert station.airs(-12, 0) == "c0 c1 c2 b0 b1 b2"


def test_a_skip_off_the_air_where_nothing_can_air_keeps_the_place() -> None:
    station = Station()
    station.arrange("abc")
    station.jump("b")
    kept, station.catalogue = station.catalogue, {}
    station.apply(edits.Skip())
    station.catalogue = kept
    station.start()
    assert station.airs(-12, 0) == "b0 b1 b2 b3 c0 c1"


def test_skip_ends_the_wait_for_a_growing_video(station: Station) -> None:
    station.put(world.even("g", 20, 2, available=3))
    station.arrange("abgc")
    station.time = 19
    station.apply(edits.Skip())
    assert station.airs(18, 24) == "_ c0 c1"


def test_a_video_that_breaks_on_the_air_is_left_at_the_cut(station: Station) -> None:
    del station.catalogue[world.entries("b")[0].video]
    assert station.apply(edits.Refresh()) == 0
    assert station.airs(-2, 8) == "b0 c0 c1 c2 a0"


def test_better_renditions_join_at_the_cut_with_a_tag(station: Station) -> None:
    old = station.catalogue[world.entries("b")[0].video]
    video, package, table = old.video, old.package, old.table
    station.put(type(old)(video, package, table, 4, is_complete=True, renditions=("best", "lo")))
    station.apply(edits.Refresh())
    assert station.airs(-2, 6) == "b0 b1 b2 b3"
    assert station.tags(-1, 6) == [0]


def test_a_new_package_goes_on_at_the_same_picture(station: Station) -> None:
    station.put(world.playable("b", (world.seconds(1),) * 8, version=1))
    station.apply(edits.Refresh())
    assert station.airs(-2, 3) == "b0 b2 b3 b4"


def test_a_clock_before_the_last_edit_holds(station: Station) -> None:
    station.time = 5
    station.apply(edits.Skip())
    segments = station.window().segments
    station.time = -50
    assert station.window().segments == segments
    assert station.jump("a") == 6


def test_wrong_states_are_refused(station: Station) -> None:
    for edit in (edits.Resume(), edits.Start(station.broadcast)):
        with pytest.raises(WrongState):
            station.apply(edit)
    station.apply(edits.Pause())
    with pytest.raises(WrongState):
        station.apply(edits.Pause())
    station.apply(edits.Stop())
    off: tuple[edits.Edit, ...] = (
        edits.Stop(),
        edits.Pause(),
        edits.Resume(),
        edits.Start(station.broadcast),
    )
    for refused in off:
        with pytest.raises(WrongState):
            station.apply(refused)


def test_a_longer_window_does_not_bring_back_what_left(station: Station) -> None:
    station.time = 100
    oldest = station.window().segments[0].msn
    station.apply(edits.Resize(world.seconds(60)))
    for time in (101, 110, 130):
        station.time = time
        assert station.window().segments[0].msn >= oldest
    station.time = 200
    assert station.window().segments[0].starts_at == station.now - world.seconds(60)


def test_an_edit_changes_nothing_before_its_cut(station: Station) -> None:
    station.time = 13
    before = station.every(14)
    station.arrange("c")
    assert station.every(14) == before
    assert station.timeline.committed_at == station.now
    assert isinstance(station.now, int)
    assert Ticks(station.now) == station.timeline.committed_at


def test_a_channel_may_start_at_the_instant_at_which_it_is_created() -> None:
    station = Station()
    station.time = -10_000
    station.on_air_with("abc")
    assert len(station.window().segments) == 6
    assert station.window().discontinuity_sequence == 0
    assert station.every(station.time)[0].msn == 0
