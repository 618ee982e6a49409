"""Clean-up rules. The collector is tried with random histories, and its guards are seen to matter."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.depth import by_depth
from tests.unit.library.packages import COUNT, package, rendition
from tests.unit.retention import cellar
from tests.unit.timeline import world
from tests.unit.timeline.test_promises import Durations, History

from insta_stream.db.videos import PackageRow, VideoRow
from insta_stream.ids import PackageId, VideoId
from insta_stream.retention import policy
from insta_stream.retention.policy import DEFAULT_RULES, Deletion, Facts, Rules, plan
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline import retention as reaching
from insta_stream.timeline.run import Run
from insta_stream.timeline.timeline import Broadcast, Timeline

STEPS = world.steps(cellar.KINDS, longest_wait_ms=40_000)


@settings(max_examples=by_depth(30, 600), suppress_health_check=list(HealthCheck))
@given(world.tables(), STEPS)
def test_nothing_is_removed_that_a_playlist_lists_or_a_player_may_still_ask_for(
    durations: Durations, history: History
) -> None:
    cellar.begun(durations, history)


@settings(max_examples=by_depth(10, 200), suppress_health_check=list(HealthCheck))
@given(world.tables(), STEPS)
def test_in_the_end_only_what_can_air_is_kept(durations: Durations, history: History) -> None:
    made = cellar.begun(durations, history)
    if made.timeline.state != "off":
        made.step("stop", 0, 0, 0, 1)
    for _ in range(10):
        made.step("wait", 60_000, 0, 0, 1)
    kept = {each.package for each in made.made.values() if each.available} - made.removed
    alive = {made.current[row.id] for row in made.rows.values() if row.deleted_at is None}
    assert kept <= alive


def broken_promise(steps: st.SearchStrategy[History] = STEPS) -> str:
    """Return which promise random histories find broken; fail when they find none."""

    @settings(
        max_examples=400,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(world.tables(), steps)
    def histories(durations: Durations, history: History) -> None:
        cellar.begun(durations, history)

    with pytest.raises(world.Violation) as violation:
        histories()
    return str(violation.value.args[0])


def test_a_collector_that_does_not_ask_who_can_reach_a_package_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reaching, "packages", lambda _timeline: {})
    assert broken_promise() in {cellar.LOST, cellar.TOO_EARLY}


def test_a_collector_that_forgets_the_players_behind_the_window_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def leaves(timeline: Timeline, run: Run) -> Ticks | None:
        if run.ends_at is None:
            return None
        broadcast = timeline.find(run.broadcast)
        return Ticks(run.ends_at + broadcast.windows[-1].length)

    monkeypatch.setattr(reaching, "_needed_until", leaves)
    assert broken_promise() in {cellar.LOST, cellar.TOO_EARLY}


def test_a_collector_that_forgets_that_windows_were_longer_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def present(_timeline: Timeline, broadcast: Broadcast) -> Ticks:
        return Ticks(broadcast.windows[-1].length)

    monkeypatch.setattr(reaching, "_longest_playlist", present)
    resized = world.steps(("wait", "resize", "break"), longest_wait_ms=40_000)
    assert broken_promise(resized) in {cellar.LOST, cellar.TOO_EARLY}


def test_a_collector_that_forgets_the_last_playlist_of_a_broadcast_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def leaves(timeline: Timeline, run: Run) -> Ticks | None:
        if run.ends_at is None:
            return None
        longest = reaching._longest_playlist(timeline, timeline.find(run.broadcast))
        return Ticks(run.ends_at + longest + timeline.target + longest)

    durations: Durations = [(seconds(2),) * 8] * 3
    a_minute: History = [("wait", 1000, 0, 0, 1)] * 60
    deleted_then_stopped: History = [*a_minute, ("break", 0, 0, 0, 1), ("stop", 15_000, 0, 0, 1), *a_minute]
    cellar.begun(durations, deleted_then_stopped)
    monkeypatch.setattr(reaching, "_needed_until", leaves)
    with pytest.raises(world.Violation, match="stays for the longest"):
        cellar.begun(durations, deleted_then_stopped)


def test_a_collector_that_does_not_wait_for_a_restore_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = policy.over

    def over(package: PackageRow, video: VideoRow, newest: PackageId) -> policy.Reason | None:
        return "deleted" if video.deleted_at is not None else right(package, video, newest)

    monkeypatch.setattr(policy, "over", over)
    assert broken_promise() == cellar.LOST_VIDEO


# --- single rules

DAY = seconds(86_400)
NOW = Ticks(100 * DAY)


def video(name: str, *, deleted: float | None = None, size: int = 1000, is_hidden: bool = False) -> VideoRow:
    """Return a video; deleted: days before now."""
    at = None if deleted is None else Ticks(NOW - round(deleted * DAY))
    return replace(cellar._video(VideoId(name)), deleted_at=at, size_bytes=size, is_hidden=is_hidden)


def facts(*videos: VideoRow, packages: tuple[PackageRow, ...] = (), shortage: int = 0) -> Facts:
    return Facts(NOW, videos, packages, frozenset(), shortage)


def due(facts: Facts, rules: Rules = DEFAULT_RULES) -> list[tuple[str, str, str]]:
    return [(each.kind, each.id, each.reason) for each in plan(facts, rules) if each.is_due(facts.now)]


def ready(name: str, *, is_current: bool = True) -> PackageRow:
    return package(rendition("240p", COUNT), state="ready", is_current=is_current, video=VideoId(name))


def test_a_deleted_video_goes_a_day_later() -> None:
    assert due(facts(video("a"), video("b", deleted=0.9), video("c", deleted=1))) == [
        ("video", "c", "deleted")
    ]
    assert due(facts(video("slate", deleted=0, is_hidden=True))) == [("video", "slate", "deleted")]
    (later,) = plan(facts(video("b", deleted=0.9)), DEFAULT_RULES)
    assert later == Deletion("video", "b", VideoId("b"), "b", "deleted", Ticks(NOW + DAY // 10), 1000)


def test_when_the_disk_is_short_deleted_videos_go_the_oldest_first_and_no_more_than_helps() -> None:
    deleted = [video(f"v{n}", deleted=0.1 * n) for n in range(1, 5)]
    short = replace(facts(*deleted), shortage_bytes=1500)
    assert due(short) == [("video", "v4", "disk_full"), ("video", "v3", "disk_full")]
    replaced, current = ready("a", is_current=False), ready("a")
    enough = facts(video("a"), *deleted, packages=(replaced, current), shortage=COUNT * 1000)
    assert due(enough) == [("package", replaced.id, "replaced")]


def test_a_package_that_airs_does_not_go_however_short_the_disk_is() -> None:
    airing = ready("a")
    short = facts(video("a", deleted=0.5), packages=(airing,), shortage=10**9)
    assert due(replace(short, reach={airing.id: None})) == [("video", "a", "disk_full")]
    later = Ticks(NOW + 1)
    planned = plan(replace(short, reach={airing.id: later}), DEFAULT_RULES)
    assert [(each.kind, each.due) for each in planned] == [("video", NOW), ("package", later)]


def test_an_original_is_dropped_only_when_that_was_chosen_and_all_is_whole() -> None:
    drop = Rules(DAY, "drop")
    whole = ready("a")
    given_up = replace(whole, renditions=(*whole.renditions, rendition("360p", 3, error="broken")))
    again = package(rendition("240p"), is_current=False, video=VideoId("a"))
    assert due(facts(video("a"), packages=(whole,))) == []
    assert due(facts(video("a"), packages=(whole,), shortage=10**9)) == []
    assert due(facts(video("a"), packages=(whole,)), drop) == [("original", "a", "packaged")]
    assert due(facts(video("a"), packages=(given_up,)), drop) == []
    assert due(facts(video("a"), packages=(whole, again)), drop) == []
    assert due(facts(video("a", is_hidden=True), packages=(whole,)), drop) == []
    busy = replace(facts(video("a"), packages=(whole,)), busy=frozenset({VideoId("a")}))
    assert due(busy, drop) == []


def test_what_failed_goes_and_its_row_stays_to_say_why() -> None:
    failed = package(rendition("240p", 3, error="broken"), state="failed", video=VideoId("a"))
    assert due(facts(video("a"), packages=(failed,))) == [("package", failed.id, "failed")]
    empty = replace(failed, renditions=(rendition("240p", error="broken"),))
    assert due(facts(video("a"), packages=(empty,))) == []
    assert due(facts(video("a"), packages=(replace(empty, is_current=False), ready("a")))) == [
        ("record", empty.id, "unnamed")
    ]
