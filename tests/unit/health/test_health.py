"""What the server says of itself, put together from parts that a test sets."""

import asyncio
import io
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.support.logging import kept_logging
from tests.support.scene import BASE
from tests.support.waiting import until
from tests.unit.health.parts import Parts

from insta_stream import logs
from insta_stream.errors import NotReady
from insta_stream.health import health as module
from insta_stream.health import history as history_module
from insta_stream.health.check import Finding, State
from insta_stream.health.health import Health
from insta_stream.ids import ChannelSlug
from insta_stream.library.disk_use import DiskUse
from insta_stream.library.video import Progress
from insta_stream.ticks import Ticks


def state_of(health: Health, name: str) -> tuple[State, Ticks]:
    check = next(each for each in health.report().checks if each.name == name)
    return check.finding.state, check.since


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path)


async def test_the_worst_check_is_the_state_of_the_whole(parts: Parts) -> None:
    assert parts.health.state() == "starting", "before the first look"
    states: tuple[State, ...] = ("ok", "degraded", "starting", "failing")
    for state in states:
        parts.finding = Finding(state, "It is so.")
        await parts.health.look()
        assert parts.health.report().state == parts.health.state() == state


async def test_a_check_says_since_when_and_a_change_is_logged_once(parts: Parts) -> None:
    await parts.health.look()
    parts.pass_time(10)
    parts.finding = Finding("degraded", "It is red.", "Wait.")
    changed = parts.scene.clock.now()
    with capture_logs() as lines:
        for _ in range(3):
            await parts.health.look()
            assert state_of(parts.health, "moon") == ("degraded", changed)
            parts.pass_time(10)
        parts.finding = Finding("ok", "It shines.")
        await parts.health.look()
    told = [(line["event"], line["check"]) for line in lines]
    assert told == [("check_changed", "moon"), ("check_recovered", "moon")]
    assert (lines[0]["reason"], lines[0]["remedy"]) == ("Moon: It is red.", "Wait.")
    assert state_of(parts.health, "moon") == ("ok", parts.scene.clock.now())


async def test_what_starts_is_looked_at_often_and_is_no_trouble(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(module, "BEATS_PER_LOOK", 1_000_000)  # the look after that is never
    parts.finding = Finding("starting", "It rises.")
    with capture_logs() as lines:
        watching = asyncio.create_task(parts.health.watch())
        await until(lambda: parts.health.report().checks != ())
        assert parts.health.state() == "starting"
        parts.finding = Finding("ok", "It shines.")
        await until(lambda: parts.health.state() == "ok")
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    assert [line for line in lines if line["event"].startswith("check_")] == []


async def test_a_start_waits_for_the_first_look_but_not_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = asyncio.Event()

    async def answer() -> Finding:
        await answered.wait()
        return Finding("ok", "At last.")

    monkeypatch.setattr(module, "FIRST_LOOK_SECONDS", 0.05)
    slow = Parts(tmp_path, slow=answer)
    async with watching(slow):
        await slow.health.first_look()
        assert slow.health.report().checks == ()
        monkeypatch.setattr(module, "FIRST_LOOK_SECONDS", 5.0)
        waiting = asyncio.create_task(slow.health.first_look())
        answered.set()
        await waiting
        assert len(slow.health.report().checks) == 4


async def test_a_part_that_refuses_breaks_or_does_not_answer_is_failing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse() -> Finding:
        raise NotReady("Not today.")

    async def break_down() -> Finding:
        raise ZeroDivisionError

    async def hang() -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(module, "PROBE_SECONDS", 0.05)
    parts = Parts(tmp_path, a=refuse, b=break_down, c=hang)
    for seen in ("degraded", "failing", "failing"):  # at first, it may be busy
        with capture_logs():
            found = {check.name: check.finding for check in await parts.health.look()}
        assert [found[name].state for name in "abc"] == ["failing", "failing", seen]
        assert found["a"].message == "Not today."
        assert all(found[name].remedy for name in "abc")


async def test_a_broken_promise_is_a_metric_a_line_a_trouble_and_a_state(parts: Parts) -> None:
    scene = parts.scene
    page = scene.playlists.page(f"{BASE}/720p.m3u8")
    with kept_logging():
        logs.configure("json", "info", io.StringIO())
        logging.getLogger().addHandler(parts.troubles)
        parts.pass_time(60)
        scene.audit.served(scene.channel.slug, page, before=page, beside=None, now=scene.now)
    assert 'playlist_violations_total{code="STALE"} 1.0' in scene.metrics.render().decode()
    await parts.health.look()
    report = parts.health.report()
    assert report.state == "degraded"
    (trouble,) = report.errors
    assert (trouble.code, trouble.subject) == ("playlist_violation", "main")
    assert trouble.message.endswith("target duration is 2 s")
    assert trouble.remedy


async def test_the_report_has_jobs_disk_and_channels_by_viewers(parts: Parts) -> None:
    parts.slugs = ["a", "b", "c"]
    parts.counts = {ChannelSlug("b"): 7, ChannelSlug("c"): 9}
    parts.lags = {ChannelSlug("b"): 1.5}
    working: Any = SimpleNamespace(progress=Progress("ladder", 10.0, 50.0, 2.0, 60.0))
    parts.jobs = [working, SimpleNamespace(progress=Progress(percent=100.0))]
    await parts.health.look()
    report = parts.health.report()
    shown = [(each.slug, each.viewers, each.freshness) for each in report.channels]
    assert shown == [("c", 9, None), ("b", 7, 1.5), ("a", 0, None)]
    assert report.viewers == 16
    assert [parts.health.watching(ChannelSlug(slug)) for slug in "cba"] == [9, 7, 0]
    assert report.jobs == (working,)
    assert report.disk is not None
    assert report.disk.total > 0
    assert report.disk.used == parts.used


def test_what_waits_comes_last_and_not_all_of_it(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING_SHOWN", 2)
    waiting: list[Any] = [SimpleNamespace(progress=Progress("waiting")) for _ in range(3)]
    working: Any = SimpleNamespace(progress=Progress("ladder"))
    parts.jobs = [*waiting, working]
    report = parts.health.report()
    assert report.jobs == (working, *waiting[:2])
    assert report.waiting == 3


async def test_a_disk_that_is_gone_is_not_described(parts: Parts) -> None:
    def refuse() -> DiskUse:
        raise NotReady("It is gone.")

    parts.health._library.disk_use = refuse  # type: ignore[method-assign]
    await parts.health.look()
    parts.health._remember()
    report = parts.health.report()
    assert report.disk is None
    assert report.latest is not None
    assert report.latest.values["disk_free"] is None
    assert parts.health.history(Ticks(0))["disk_free"] == ()


async def test_only_so_many_channels_are_shown(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHANNELS_SHOWN", 2)
    parts.slugs = ["a", "b", "c"]
    parts.counts = {ChannelSlug("c"): 1}
    assert [each.slug for each in parts.health.report().channels] == ["c", "a"]


async def test_numbers_are_remembered_and_those_of_too_many_channels_forgotten(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "AUDIENCES_KEPT", 2)
    assert parts.health.report().latest is None
    await parts.health.look()
    a, b, c = (ChannelSlug(name) for name in "abc")
    parts.lags = {a: 0.5, b: 1.25}
    for counts in ({a: 1, b: 2}, {b: 3}, {c: 4}):
        parts.counts = counts
        parts.health._remember()
        parts.pass_time(10)
    points = {slug: [point.value for point in parts.health.audience(slug, Ticks(0))] for slug in (a, b, c)}
    assert points == {a: [], b: [2, 3, 0], c: [4]}
    history = parts.health.history(Ticks(0))
    assert [point.value for point in history["viewers"]] == [3, 3, 4]
    assert [point.value for point in history["freshness"]] == [1.25] * 3
    assert [point.value for point in history["disk_free"]] == [900] * 3
    assert history["speed"] == ()
    latest = parts.health.report().latest
    assert latest is not None
    assert latest.at == history["viewers"][-1].at
    numbers = {"viewers": 4, "freshness": 1.25, "speed": None, "loop_lag": 0, "disk_free": 900}
    assert latest.values == numbers


@asynccontextmanager
async def watching(parts: Parts) -> AsyncIterator[None]:
    await parts.health.begin()
    watch = asyncio.create_task(parts.health.watch())
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


async def test_what_was_remembered_outlives_the_server(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.0)
    monkeypatch.setattr(module, "LOOKS_PER_KEEPING", 10**9)
    parts.counts = {ChannelSlug("main"): 7}
    async with watching(parts):
        await until(lambda: parts.health.report().latest is not None)
    before = parts.health.history(Ticks(0))
    assert [point.value for point in before["viewers"]] == [7]

    after = Parts(tmp_path)
    async with watching(after):
        assert after.health.history(Ticks(0)) == before
        assert after.health.audience(ChannelSlug("main"), Ticks(0)) == before["viewers"]


async def test_what_is_remembered_is_kept_now_and_then(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.0)
    async with watching(parts):
        await until((tmp_path / "history").exists)


async def test_what_takes_long_with_many_channels_does_not_hold_up_the_event_loop(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: dict[str, set[bool]] = {"put": set(), "dump": set()}

    def note(what: str, of: object) -> None:
        work = getattr(of, what)

        def noted(*arguments: object) -> object:
            places[what].add(threading.current_thread() is threading.main_thread())
            return work(*arguments)

        monkeypatch.setattr(of, what, noted)

    monkeypatch.setattr(module, "BEAT_SECONDS", 0.0)
    monkeypatch.setattr(module, "LOOKS_PER_KEEPING", 1)
    note("put", parts.health._history)
    note("dump", parts.health._history)
    async with watching(parts):
        await until(lambda: bool(places["dump"]))
        assert places == {"put": {False}, "dump": {False}}


async def test_an_event_loop_that_was_held_up_is_found(parts: Parts) -> None:
    parts.health._loop_lag = 2.5
    await parts.health.look()
    check = next(each for each in parts.health.report().checks if each.name == "event loop")
    assert check.finding.state == "degraded"
    assert "2.5 s" in check.finding.message
