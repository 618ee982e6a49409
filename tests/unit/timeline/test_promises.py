"""The promises of a live playlist, over random histories of edits and several stale and skewed nodes."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.support.depth import by_depth
from tests.unit.timeline import world

from insta_stream.ids import BroadcastId
from insta_stream.ticks import Ticks
from insta_stream.timeline import edit as edits
from insta_stream.timeline.airings import airings, packages_between
from insta_stream.timeline.codec import (
    program_from_json,
    program_key,
    program_to_json,
    run_from_json,
    run_to_json,
    state_to_json,
    timeline_from_json,
)
from insta_stream.timeline.restore import archived
from insta_stream.timeline.retention import packages, prune, reaches_back
from insta_stream.timeline.run import Segment
from insta_stream.timeline.timeline import Timeline
from insta_stream.timeline.window import contradiction, window

Durations = list[tuple[Ticks, ...]]
History = list[world.Step]

OPENING: History = [("add", 0, 0, 0, 0), ("add", 0, 0, 1, 2), ("start", 0, 0, 0, 0)]

thorough = settings(max_examples=by_depth(40, 800), suppress_health_check=list(HealthCheck))
ordinary = settings(max_examples=by_depth(10, 200), suppress_health_check=list(HealthCheck))

CALM = (
    "wait",
    "skip",
    "add",
    "shuffle",
    "jump",
    "pause",
    "resume",
    "grow",
    "remove_current",
    "stop",
    "start",
)


def played(durations: Durations, history: History) -> world.World:
    made = world.World(durations)
    made.play([*OPENING, *history])
    return made


@thorough
@given(world.tables(), world.steps())
def test_no_refresh_on_any_node_contradicts_an_earlier_one(durations: Durations, history: History) -> None:
    played(durations, history)


@ordinary
@given(world.tables(), world.steps(("wait", "pause", "resume", "grow"), longest_wait_ms=9000))
def test_pause_and_resume_lose_and_repeat_nothing(durations: Durations, history: History) -> None:
    check_nothing_lost(durations, history)


def check_nothing_lost(durations: Durations, history: History) -> None:
    """Raise Violation unless, slate aside, each item airs its segments in order, each once."""
    whole = [table for number, table in enumerate(durations) if number % 2 == 0]
    made = world.World(whole)
    for number in range(len(whole)):
        made.put(world.playable(f"v{number}", whole[number]))
    made.play([("add", 0, 0, 999 * n, n) for n in range(len(whole))])
    made.play([("start", 0, 0, 0, 0), *history])
    broadcast = made.timeline.broadcasts[-1].id
    aired = [s for s in world.every_segment(made.timeline, broadcast, made.now) if not s.slot.is_slate]
    for before, after in pairwise(aired):
        ended = before.number == before.slot.table.count - 1
        expected = 0 if ended else before.number + 1
        world.check(after.number == expected, "each segment of an item airs once", before, after)
        world.check(ended or after.slot.entry == before.slot.entry, "no item is left unfinished")


@ordinary
@given(world.tables(shortest_ms=1000), world.steps(), world.steps(), st.integers(0, 500_000))
def test_numbers_after_a_restore_exceed_all_ever_served(
    durations: Durations, kept: History, lost: History, pause_ms: int
) -> None:
    check_restore(durations, [*OPENING, *kept], lost, pause_ms)


def check_restore(durations: Durations, kept: History, lost: History, pause_ms: int) -> None:
    """Raise Violation when a backup, restored after history went on, gives a served number a new meaning."""
    made = world.World(durations)
    made.play(kept)
    backup, taken_at = made.timeline, made.now
    made.play(lost)
    msns = max(made.facts, default=0)
    discontinuities = max((number(facts) for facts in made.facts.values()), default=0)
    made.now = Ticks(made.now + world.milliseconds(pause_ms))
    archive = BroadcastId("archive")
    old = archived(backup, taken_at=taken_at, now=made.now, known_as=archive)
    aired = old.broadcasts and old.broadcasts[-1].id == archive
    for segment in world.every_segment(old, archive, made.now) if aired else ():
        world.check(made.facts[segment.msn][0] == segment.starts_at, "history tells what was served", segment)
    world.check(not made.served & {"archive"}, "what is over has no address any more")
    start = edits.Start(BroadcastId("restored"), is_paused=backup.state == "paused")
    new = edits.apply(old, start, made.catalogue, world.SLATE, made.now).timeline
    world.check(backup.state in {"off", new.state}, "a pause stays a pause")
    first = next(run for run in new.runs if run.broadcast == "restored").segment(0)
    world.check(first.msn > msns, "restored numbers exceed all ever served")
    world.check(first.discontinuity > discontinuities, "restored numbers exceed all ever served")
    made.timeline, made.nodes = new, [world.Node(Ticks(0), new, made.now)]
    made.play([("wait", 6000, 0, 0, 0)] * 3)


@ordinary
@given(
    world.tables(shortest_ms=1000),
    world.steps(),
    world.steps(),
    st.integers(0, 400 * 86_400_000),
    st.integers(0, 500_000),
)
def test_a_clock_that_was_ahead_is_forgotten(
    durations: Durations, kept: History, ahead: History, ahead_ms: int, pause_ms: int
) -> None:
    check_brought_back(durations, [*OPENING, *kept], ahead, ahead_ms, pause_ms)


def check_brought_back(
    durations: Durations, kept: History, ahead: History, ahead_ms: int, pause_ms: int
) -> None:
    """Raise Violation when a timeline is not what it should be once a clock that jumped ahead is set right.

    ahead: the history by the clock that is wrong. pause_ms: from its end until the clock is set right.
    """
    made = world.World(durations)
    made.play(kept)
    made.now = Ticks(made.now + world.milliseconds(ahead_ms))
    made.play(ahead)
    wrong, taken_at = made.timeline, made.now
    now = Ticks(taken_at - max(1, world.milliseconds(ahead_ms - pause_ms)))
    msns = max(made.facts)
    discontinuities = max(number(facts) for facts in made.facts.values())
    right = archived(wrong, taken_at=taken_at, now=now, known_as=BroadcastId("archive"))
    check_past(wrong, right, now)
    is_on = wrong.state == "on"
    stood = wrong.segment_at(taken_at) if is_on else None
    place = stood[0].position(stood[1]) if stood else wrong.held
    if not is_on or stood is not None:
        world.check(right.held == place, "the channel goes on where it stood", right.held, place)
    start = edits.Start(BroadcastId("again"), is_paused=wrong.state == "paused")
    new = edits.apply(right, start, made.catalogue, world.SLATE, now).timeline
    world.check(wrong.state in {"off", new.state}, "a pause stays a pause")
    first = next(run for run in new.runs if run.broadcast == "again").segment(0)
    world.check(first.msn > msns, "numbers exceed all that the wrong clock served")
    world.check(first.discontinuity > discontinuities, "numbers exceed all that the wrong clock served")
    made.timeline, made.now = new, now
    made.nodes = [world.Node(Ticks(0), new, now)]
    made.play([("wait", 6000, 0, 0, 0)] * 3)


FAR = Ticks(10 * world.EPOCH)
"""Later than everything."""


def check_past(wrong: Timeline, right: Timeline, now: Ticks) -> None:
    """Raise Violation unless a timeline has of another one what had aired by `now`, and nothing else."""
    begun = [each for each in wrong.broadcasts if each.started_at <= now]
    expected = [s for each in begun for s in world.every_segment(wrong, each.id, now)]
    found = [s for each in right.broadcasts for s in world.every_segment(right, each.id, FAR)]
    world.check(found == expected, "what had aired is history, and nothing else", found, expected)
    world.check(right.state == "off", "it is off air")
    world.check(right.committed_at <= now, "edits act now")
    for each in right.broadcasts:
        instants = (each.starts_at, each.started_at, each.ends_at, *(since for since, _ in each.windows))
        world.check(all(at is not None and at <= now for at in instants), "nothing is to come", each)
    over = {each.id for each in wrong.broadcasts if each.ends_at is not None and each.ends_at <= now}
    gone = {each.id for each in wrong.broadcasts} - over
    for each in right.broadcasts:
        world.check(each.id not in gone, "what was cut off has no address any more", each)
        if each.id in over:
            unchanged = window(right, each.id, now) == window(wrong, each.id, now)
            world.check(unchanged, "what was over is as it was", each)


def number(facts: tuple[object, ...]) -> int:
    assert isinstance(facts[5], int)
    return facts[5]


@ordinary
@given(world.tables(), world.steps(CALM))
def test_airings_cover_the_broadcasts_and_agree_with_the_segments(
    durations: Durations, history: History
) -> None:
    made = played(durations, history)
    end = Ticks(made.now + world.seconds(30))
    found = list(airings(made.timeline, world.EPOCH, end))
    for before, after in pairwise(found):
        assert before.ends_at is not None
        assert before.ends_at <= after.starts_at
    for broadcast in made.timeline.broadcasts:
        for segment in world.every_segment(made.timeline, broadcast.id, end):
            airing = next(
                a for a in found if a.starts_at <= segment.starts_at and ends_after(a.ends_at, segment)
            )
            assert airing.entry == segment.slot.entry
            assert airing.is_slate or airing.first_segment <= segment.number <= airing.last_segment
    middle = Ticks((made.now + found[0].starts_at) // 2)
    later = [airing for airing in found if airing.ends_at is None or airing.ends_at > middle]
    assert list(airings(made.timeline, middle, end)) == later


def ends_after(ends_at: Ticks | None, segment: Segment) -> bool:
    return ends_at is None or ends_at >= segment.ends_at


@ordinary
@given(world.tables(), world.steps())
def test_a_timeline_survives_as_json(durations: Durations, history: History) -> None:
    timeline = played(durations, history).timeline
    tables = {slot.package: slot.table for run in timeline.runs for slot in run.program.slots}
    texts = {program_key(text): text for text in (program_to_json(run.program) for run in timeline.runs)}
    programs = {key: program_from_json(text, tables) for key, text in texts.items()}
    rows = [run_to_json(run, program_key(program_to_json(run.program))) for run in timeline.runs]
    assert timeline_from_json(state_to_json(timeline), (run_from_json(r, programs) for r in rows)) == timeline


@ordinary
@given(world.tables(), world.steps())
def test_what_is_pruned_is_not_missed(durations: Durations, history: History) -> None:
    made = played(durations, history)
    pruned = prune(made.timeline, Ticks(made.now - world.seconds(70)))
    end = Ticks(made.now + world.seconds(20))
    for broadcast in pruned.broadcasts[-1:] if made.timeline.state != "off" else ():
        assert window(pruned, broadcast.id, end) == window(made.timeline, broadcast.id, end)
    edit = edits.Stop() if made.timeline.state != "off" else edits.Start(BroadcastId("next"))
    wanted, got = (changed(timeline, edit, made) for timeline in (made.timeline, pruned))
    assert got.runs[-1] == wanted.runs[-1]


def changed(timeline: Timeline, edit: edits.Edit, made: world.World) -> Timeline:
    return edits.apply(timeline, edit, made.catalogue, world.SLATE, made.now).timeline


@ordinary
@given(world.tables(), world.steps())
def test_packages_are_kept_for_as_long_as_they_are_listed(durations: Durations, history: History) -> None:
    made = played(durations, history)
    needs = packages(made.timeline)
    for broadcast in made.timeline.broadcasts:
        for later in (0, 5, 20, 50, 90):
            now = Ticks(made.now + world.seconds(later))
            ended = broadcast.ends_at is not None and now > broadcast.ends_at
            for segment in () if ended else window(made.timeline, broadcast.id, now).segments:
                until = needs[segment.package]
                assert until is None or until > now


@ordinary
@given(world.tables(), world.steps())
def test_what_is_listed_or_was_a_while_ago_is_found_by_its_package(
    durations: Durations, history: History
) -> None:
    made = played(durations, history)
    for later in (0, 5, 20, 50, 90):
        now = Ticks(made.now + world.seconds(later))
        begin, end = Ticks(now - reaches_back(made.timeline)), Ticks(now + world.HORIZON)
        shown = packages_between(made.timeline, begin, end)
        assert shown == {airing.package for airing in airings(made.timeline, begin, end)}
        for broadcast in made.timeline.broadcasts:
            seen = window(made.timeline, broadcast.id, now)
            if seen.segments and now < 2 * seen.segments[-1].ends_at - seen.segments[0].starts_at:
                assert {segment.package for segment in seen.segments} <= shown


@ordinary
@given(world.tables(), world.steps())
def test_a_node_can_tell_that_a_timeline_contradicts_what_it_served(
    durations: Durations, history: History
) -> None:
    made = played(durations, history)
    assume(made.timeline.broadcasts)
    broadcast = made.timeline.broadcasts[-1].id
    shown = window(made.timeline, broadcast, made.now)
    assert contradiction(shown, window(made.timeline, broadcast, Ticks(made.now + world.HORIZON))) == ""
    runs = [replace(run, first_msn=run.first_msn + 1) for run in made.timeline.runs]
    other = window(replace(made.timeline, runs=tuple(runs)), broadcast, made.now)
    assert bool(contradiction(shown, other)) == (len(shown.segments) > 1)
