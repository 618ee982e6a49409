"""Closed form = iteration: for a lap, after ten years, and for ten thousand entries."""

from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.depth import examples
from tests.unit.timeline import world

from insta_stream.ids import BroadcastId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.program import Program, Slot
from insta_stream.timeline.run import Run, Segment
from insta_stream.timeline.table import SegmentTable

TEN_YEARS = 10 * 365 * 86_400 * TICKS_PER_SECOND

quick = settings(max_examples=examples(60))


def slots(durations: list[tuple[Ticks, ...]]) -> tuple[Slot, ...]:
    names = "abcde"[: len(durations)]
    pairs = zip(world.entries(names), durations, strict=True)
    return tuple(world.playable(entry.video, table).slot(entry.id) for entry, table in pairs)


def run_of(program: Program, enter: int, *, joined: bool = False) -> Run:
    return Run(BroadcastId("b"), world.EPOCH, 70, 7, joined, program, enter % program.count)


def by_iteration(run: Run, count: int) -> list[Segment]:
    """Number segments one after the other, as a person would."""
    listed: list[Segment] = []
    at = [(slot, n) for slot in run.program.slots for n in range(slot.first, slot.last + 1)]
    starts_at, discontinuity = run.starts_at, run.first_discontinuity
    for k in range(count):
        slot, number = at[(run.enter + k) % len(at)]
        duration = slot.table.duration(number)
        segment = Segment(run.first_msn + k, starts_at, duration, slot, number, discontinuity, not run.joined)
        if listed:
            is_tagged = not world.goes_on(listed[-1], segment)
            discontinuity += is_tagged
            segment = segment._replace(discontinuity=discontinuity, is_tagged=is_tagged)
        listed.append(segment)
        starts_at = segment.ends_at
    return listed


@quick
@given(world.tables(), st.integers(0, 99), st.booleans())
def test_segments_by_arithmetic_are_those_of_iteration(
    durations: list[tuple[Ticks, ...]], enter: int, joined: bool
) -> None:
    check_iteration(durations, enter, joined=joined)


def check_iteration(durations: list[tuple[Ticks, ...]], enter: int, *, joined: bool) -> None:
    run = run_of(Program(slots(durations)), enter, joined=joined)
    count = 3 * run.program.count + 1
    expected = by_iteration(run, count)
    assert list(run.segments(0, count)) == expected
    assert [run.segment(k) for k in range(count)] == expected
    for k, segment in enumerate(expected):
        assert run.number_at(segment.starts_at) == run.number_at(Ticks(segment.ends_at - 1)) == k
        assert run.start(k) == segment.starts_at


@quick
@given(world.tables(), st.integers(0, 99), st.integers(0, 99))
def test_ten_years_later_it_is_the_same_lap_moved(
    durations: list[tuple[Ticks, ...]], enter: int, k: int
) -> None:
    program = Program(slots(durations))
    run = run_of(program, enter)
    laps = TEN_YEARS // program.length
    k += 1
    later, now = run.segment(k + laps * program.count), run.segment(k)
    tags = sum(segment.is_tagged for segment in by_iteration(run, program.count + 1)[1:])
    assert later.starts_at == now.starts_at + laps * program.length
    assert later.msn == now.msn + laps * program.count
    assert later.discontinuity == now.discontinuity + laps * tags
    assert (later.slot, later.number, later.is_tagged) == (now.slot, now.number, now.is_tagged)


def test_a_single_segment_repeats_with_a_tag_each_time() -> None:
    run = run_of(Program(slots([(world.seconds(1.5),)])), 0)
    assert [(s.number, s.discontinuity, s.is_tagged) for s in islice(run.segments(0, 4), 4)] == [
        (0, 7, True),
        (0, 8, True),
        (0, 9, True),
        (0, 10, True),
    ]


def test_ten_thousand_entries_of_two_hours() -> None:
    film = world.even("film", 3600, 2)
    program = Program(tuple(film.slot(entry.id) for entry in world.entries("f" * 10_000)))
    assert program.count == 36_000_000
    for index in (0, 3599, 3600, 17_123_456, 35_999_999, 36_000_000, 10**12):
        assert program.index_at(program.offset(index)) == index
        assert program.offset(index) == index * world.seconds(2)
        assert program.tags_through(*program.place(index)[:2]) == index // 3600 + 1


def test_a_slot_may_be_a_part_and_its_sequel_is_not_tagged() -> None:
    whole = world.even("a", 6, 2).slot(world.entries("a")[0].id)
    parts = [
        Slot(whole.entry, whole.video, whole.package, whole.table, whole.renditions, first, last)
        for first, last in ((1, 2), (3, 5))
    ]
    run = run_of(Program(tuple(parts)), 0)
    assert [(s.number, s.is_tagged) for s in run.segments(0, 6)] == [
        (1, True),
        (2, False),
        (3, False),
        (4, False),
        (5, False),
        (1, True),
    ]
    assert run.program.length == SegmentTable.of([world.seconds(2)] * 5).length
