"""Processes that share nothing but a database, and hear of each other late, never contradict each other; and
what keeps that promise is seen to be needed.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from structlog.testing import capture_logs
from tests.support.depth import by_depth
from tests.unit.channels.cluster import Cluster
from tests.unit.timeline import test_mutants as mistakes_of_the_core
from tests.unit.timeline import world
from tests.unit.timeline.test_mutants import CONTRADICTIONS, search
from tests.unit.timeline.test_promises import OPENING, Durations, History

from insta_stream.channels.channel import Channel
from insta_stream.channels.shown import Shown
from insta_stream.db.guarantees import GUARANTEES
from insta_stream.db.news import _QUESTION, Heard, News, _heard
from insta_stream.storage.fence import Fence
from insta_stream.ticks import Ticks
from insta_stream.timeline import edit
from insta_stream.timeline.timeline import Timeline

thorough = settings(max_examples=by_depth(10, 150), deadline=None, suppress_health_check=list(HealthCheck))


@thorough
@given(world.tables(), world.steps())
def test_processes_on_one_database_contradict_nothing(durations: Durations, history: History) -> None:
    Cluster(durations).play([*OPENING, *history])


@thorough
@given(world.tables(), world.steps())
def test_however_long_an_edit_takes_to_be_stored(durations: Durations, history: History) -> None:
    Cluster(durations, slowness=6).play([*OPENING, *history])


def broken_promise(**mistakes: Any) -> str:
    """Return which promise random histories find broken; fail when they find none."""

    @search
    @given(world.tables(), world.steps(("wait", "skip")))
    def histories(durations: Durations, history: History) -> None:
        Cluster(durations, **mistakes).play([*OPENING, *history])

    with pytest.raises(world.Violation) as violation:
        histories()
    return str(violation.value.args[0])


def test_a_lease_for_longer_than_what_edits_leave_alone_lists_what_they_take_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def edge(shown: Shown, channel: Channel) -> Ticks:
        return min(shown._clock.now(), Ticks(shown._lease + 2 * channel.timeline.horizon))

    monkeypatch.setattr(Shown, "edge", edge)
    assert broken_promise() in CONTRADICTIONS


def test_a_clock_of_a_writer_that_is_behind_takes_back_what_others_list() -> None:
    assert broken_promise(behind_ms=400) in CONTRADICTIONS


def test_without_a_lease_what_others_have_changed_is_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:
    def edge(shown: Shown, _: Channel) -> Ticks:
        return shown._clock.now()

    monkeypatch.setattr(Shown, "edge", edge)
    assert broken_promise() in CONTRADICTIONS


def test_without_a_fence_a_slow_commit_is_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fence, "is_open", lambda _: True)
    assert broken_promise(slowness=6) in CONTRADICTIONS


def test_news_by_a_sequence_passes_over_what_is_stored_later() -> None:
    assert broken_promise(counts_ahead=True) in CONTRADICTIONS


def test_a_lease_from_after_the_question_covers_what_was_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(news: News) -> Heard | None:
        if not news._fence.is_open():
            return None
        row = await news._database.ask(_QUESTION)
        return _heard(row, news._clock.now())

    monkeypatch.setattr(News, "ask", ask)
    assert broken_promise() in CONTRADICTIONS


@pytest.mark.parametrize(
    "mistake",
    [
        mistakes_of_the_core.test_a_window_that_grows_without_a_floor_brings_segments_back,
        mistakes_of_the_core.test_a_window_without_a_least_length_runs_short,
        mistakes_of_the_core.test_tags_that_are_not_counted_shift_discontinuity_numbers,
        mistakes_of_the_core.test_a_run_that_counts_itself_joined_lacks_its_tag,
        mistakes_of_the_core.test_a_plan_that_trusts_in_the_future_lists_what_is_not_there,
    ],
)
def test_mistakes_of_the_core_show_here_too(
    monkeypatch: pytest.MonkeyPatch, mistake: Callable[[pytest.MonkeyPatch], None]
) -> None:
    monkeypatch.setattr(world, "World", Cluster)
    mistake(monkeypatch)


def test_numbers_that_begin_again_are_refused_by_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Timeline, "last", lambda _: None)
    monkeypatch.setattr(edit, "NUMBERS_PER_SECOND", 0)
    history = [*OPENING, ("stop", 0, 0, 0, 0), ("wait", 6000, 0, 0, 0), ("start", 0, 0, 0, 0)]
    with capture_logs() as logs:
        Cluster([(world.seconds(2),) * 3] * 2).play(history)
    reasons = {line["reason"] for line in logs if line["event"] == "guarantee_kept"}
    assert reasons == {GUARANTEES["run_first_msn_once"]}
