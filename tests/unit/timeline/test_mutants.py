"""Each promise is seen to fail when the rule that keeps it is broken: the checks of `world` are not empty."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.unit.timeline import test_promises, world
from tests.unit.timeline.test_program import check_iteration
from tests.unit.timeline.test_promises import (
    OPENING,
    Durations,
    History,
    check_brought_back,
    check_nothing_lost,
    check_restore,
)

from insta_stream.ticks import Ticks
from insta_stream.timeline import edit, restore, window
from insta_stream.timeline.plan import Catalogue, Slate, Stretch, plan
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.program import Program, Slot
from insta_stream.timeline.run import Position, Run
from insta_stream.timeline.timeline import Broadcast, Entry, Timeline

search = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

CONTRADICTIONS = {
    "a number always means the same segment",
    "the edge does not fall back",
    "what left a window stays away",
    "a window does not become empty",
}
"""What happens when something is listed and then edited away, whichever a history meets first."""


def broken_promise(kinds: tuple[str, ...] = world.KINDS, **mistakes: object) -> str:
    """Return which promise random histories of such steps find broken; fail when they find none."""

    @search
    @given(world.tables(), world.steps(kinds))
    def histories(durations: Durations, history: History) -> None:
        world.World(durations, **mistakes).play([*OPENING, *history])  # type: ignore[arg-type]

    with pytest.raises(world.Violation) as violation:
        histories()
    return str(violation.value.args[0])


def test_without_a_horizon_nodes_list_what_an_edit_takes_away() -> None:
    assert broken_promise(horizon=Ticks(0)) in CONTRADICTIONS


def test_a_commit_that_takes_too_long_contradicts_what_was_listed() -> None:
    assert broken_promise(slowness=10) in CONTRADICTIONS


def test_a_stale_snapshot_without_a_lease_contradicts_the_edit() -> None:
    assert broken_promise(keeps_lease=False) in CONTRADICTIONS


def test_a_window_that_grows_without_a_floor_brings_segments_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def reach(timeline: Timeline, broadcast: Broadcast, edge: Ticks) -> Ticks:
        present = [change.length for change in broadcast.windows if change.since <= edge][-1]
        return Ticks(edge - max(present, window.MIN_TARGETS * timeline.target))

    monkeypatch.setattr(window, "_reach", reach)
    assert broken_promise(("wait", "wait", "resize")) == "what left a window stays away"


def test_a_window_without_a_least_length_runs_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "MIN_TARGETS", 1)
    assert broken_promise(("wait", "wait", "resize")) == "four target durations"


def test_tags_that_are_not_counted_shift_discontinuity_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Program, "tags_through", lambda _program, _lap, _number: 0)
    assert broken_promise() == "tags and header give the discontinuity number"


def test_a_run_that_counts_itself_joined_lacks_its_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Slot, "follows", lambda *_: True)
    assert broken_promise() == "a tag where, and only where, an item does not go on"


def test_numbers_that_begin_again_at_a_start_mean_two_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Timeline, "last", lambda _timeline: None)
    monkeypatch.setattr(edit, "NUMBERS_PER_SECOND", 0)
    assert broken_promise() == "a number always means the same segment"


def test_a_plan_that_trusts_in_the_future_lists_what_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def slot(playable: Playable, entry: object) -> Slot:
        last = playable.table.count - 1
        return Slot(entry, playable.video, playable.package, playable.table, playable.renditions, 0, last)  # type: ignore[arg-type]

    monkeypatch.setattr(Playable, "slot", slot)
    assert broken_promise(("wait", "wait", "add", "grow")) == "what is listed exists"


def test_a_resume_that_begins_the_item_again_repeats_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    def from_the_top(
        entries: Sequence[Entry], position: Position | None, catalogue: Catalogue, slate: Slate
    ) -> tuple[Stretch, ...]:
        return plan(entries, position and Position(position.entry, 0), catalogue, slate)

    @search
    @given(world.tables(), world.steps(("wait", "pause", "resume")))
    def histories(durations: Durations, history: History) -> None:
        check_nothing_lost(durations, history)

    monkeypatch.setattr(edit, "plan", from_the_top)
    with pytest.raises(world.Violation, match="once"):
        histories()


@pytest.mark.parametrize("numbers_per_second", [0, 1])
def test_numbers_that_forget_the_clock_are_served_again_after_a_restore(
    monkeypatch: pytest.MonkeyPatch, numbers_per_second: int
) -> None:
    durations: Durations = [(world.seconds(1),), (world.seconds(1),)]
    lost: History = [("start", 0, 0, 0, 0), *[("wait", 6000, 0, 0, 0)] * 20]
    monkeypatch.setattr(restore, "LIFT", Ticks(0))
    check_restore(durations, OPENING[:1], lost, 15_000)
    monkeypatch.setattr(edit, "NUMBERS_PER_SECOND", numbers_per_second)
    with pytest.raises(world.Violation, match="exceed"):
        check_restore(durations, OPENING[:1], lost, 0)


def test_a_restore_right_after_a_start_needs_more_than_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    durations: Durations = [(world.seconds(1),), (world.seconds(1),)]
    lost: History = [("start", 0, 0, 0, 0)]
    check_restore(durations, OPENING[:1], lost, 0)
    monkeypatch.setattr(restore, "LIFT", Ticks(0))
    with pytest.raises(world.Violation, match="exceed"):
        check_restore(durations, OPENING[:1], lost, 0)


DAY_MS = 86_400_000


def check_day_ahead(*ahead: world.Step) -> None:
    """Check what becomes of a channel that was on the air when its clock jumped a day ahead."""
    durations: Durations = [(world.seconds(2),) * 5, (world.seconds(1),)]
    minute: History = [("wait", 6000, 0, 0, 0)] * 10
    check_brought_back(durations, [*OPENING, *minute], list(ahead), DAY_MS, 5000)


def test_numbers_that_forget_how_far_a_clock_was_ahead_are_served_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lifted(timeline: Timeline, _taken_at: Ticks, now: Ticks) -> Timeline:
        return replace(timeline, epoch=Ticks(timeline.epoch - restore.LIFT), committed_at=now)

    check_day_ahead()
    monkeypatch.setattr(restore, "lifted", lifted)
    with pytest.raises(world.Violation, match="exceed"):
        check_day_ahead()


def test_a_broadcast_that_is_cut_off_needs_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(timeline: Timeline, **instants: Any) -> Timeline:
        return restore.archived(timeline, **instants | {"known_as": timeline.broadcasts[-1].id})

    monkeypatch.setattr(test_promises, "archived", named)
    with pytest.raises(world.Violation, match="address"):
        check_day_ahead()


def test_a_run_that_is_kept_whole_has_what_is_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = ("stop", 0, 0, 0, 0)
    check_day_ahead(stop)
    monkeypatch.setattr(restore, "_aired", lambda timeline, _broadcasts, _now: timeline.runs)
    with pytest.raises(world.Violation, match="nothing else"):
        check_day_ahead(stop)


@pytest.mark.parametrize("forgotten", ["laps", "the way in"])
def test_arithmetic_that_forgets_something_is_not_iteration(
    monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    if forgotten == "laps":
        monkeypatch.setattr(Program, "tags_through", lambda _program, _lap, number: number + 1)
    else:
        monkeypatch.setattr(
            Run, "start", lambda run, k: Ticks(run.starts_at + run.program.offset(run.enter + k))
        )

    @search
    @given(world.tables(), st.integers(0, 99), st.booleans())
    def runs(durations: Durations, enter: int, joined: bool) -> None:
        check_iteration(durations, enter, joined=joined)

    with pytest.raises(AssertionError):
        runs()
