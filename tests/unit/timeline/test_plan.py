"""What airs from a place on, before it is put on the clock."""

from tests.unit.timeline import world

from insta_stream.ids import EntryId, VideoId
from insta_stream.timeline.plan import PATIENCE, Slate, Stretch, locate, plan
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.run import Position

SLATE = Slate(world.SLATE)


def catalogue(*values: Playable) -> dict[VideoId, Playable]:
    return {value.video: value for value in values}


A, B, C = (world.even(name, 3, 2) for name in "abc")
GROWING = world.even("b", 10, 2, available=4)


def named(stretches: tuple[Stretch, ...]) -> list[tuple[str, int, float | None]]:
    return [
        (
            "".join(slot.entry[0] for slot in stretch.program.slots),
            stretch.enter,
            stretch.length and stretch.length / world.seconds(1),
        )
        for stretch in stretches
    ]


def place(name: str, segment: int) -> Position:
    return Position(EntryId(f"{name}.0"), segment)


def test_complete_videos_go_round_in_list_order_wherever_they_are_entered() -> None:
    found = plan(world.entries("abc"), place("b", 2), catalogue(A, B, C), SLATE)
    assert named(found) == [("abc", 5, None)]


def test_without_a_place_the_list_begins_at_its_top() -> None:
    assert named(plan(world.entries("bc"), None, catalogue(A, B, C), SLATE)) == [("bc", 0, None)]


def test_an_empty_list_is_the_slate() -> None:
    assert named(plan((), None, {}, SLATE)) == [("s", 0, None)]


def test_when_nothing_can_air_the_slate_keeps_the_place() -> None:
    (only,) = plan(world.entries("ab"), place("b", 2), {}, SLATE)
    assert only.slate_then == place("b", 2)


def test_up_to_a_growing_video_then_the_slate_then_the_complete_ones_after_it() -> None:
    found = plan(world.entries("abc"), place("a", 1), catalogue(A, GROWING, C), SLATE)
    assert named(found) == [("ab", 1, 12), ("s", 0, 60), ("ca", 0, None)]
    assert found[1].slate_then == place("b", 4)


def test_a_growing_video_at_its_end_waits_at_once() -> None:
    found = plan(world.entries("abc"), place("b", 4), catalogue(A, GROWING, C), SLATE)
    assert named(found) == [("s", 0, 60), ("ca", 0, None)]


def test_a_single_growing_video_waits_for_ever() -> None:
    found = plan(world.entries("b"), place("b", 2), catalogue(GROWING), SLATE)
    assert named(found) == [("b", 2, 4), ("s", 0, None)]


def test_the_wait_is_whole_segments_and_goes_on_where_the_slate_is() -> None:
    slate = Slate(world.even("slate", 5, 1.7), enter=3)
    wait = slate.stretch(None, waits=True)
    assert (wait.enter, wait.length) == (3, world.seconds(1.7 * 35))
    assert wait.length is not None
    assert wait.length <= PATIENCE


def test_a_slate_segment_longer_than_the_patience_airs_once() -> None:
    slate = Slate(world.even("slate", 2, 2), patience=world.seconds(1))
    assert slate.stretch(None, waits=True).length == world.seconds(2)


def test_what_cannot_air_is_passed_over_round_the_end() -> None:
    known = catalogue(A, world.even("b", 3, 2, available=0))
    assert locate(world.entries("abc"), place("b", 0), known) == place("a", 0)
    assert locate(world.entries("abc"), place("a", 3), known) == place("a", 0)
    assert locate(world.entries("bc"), None, known) is None
