"""Several processes on one data folder: whichever is asked says the same.

Two seats in one process are as those of two processes; one test has a process of its own.
"""

import asyncio
import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs
from tests.support.logging import kept_logging
from tests.unit.health.parts import Parts

from insta_stream import logs
from insta_stream.health.check import Check, Finding
from insta_stream.health.report import Report
from insta_stream.health.told import Told, checks, read, troubles, written
from insta_stream.health.troubles import KEPT, Trouble
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import Ticks

log = structlog.get_logger("insta_stream.test")

OK, RED, DARK = (
    Finding("ok", "It shines."),
    Finding("degraded", "It is red.", "Wait."),
    Finding("failing", "It is dark.", "Go to bed."),
)


async def begin(parts: Parts) -> None:
    await parts.health.begin()
    await parts.health.look()


class Processes:
    """Two processes of a server, of which the first one leads."""

    def __init__(self, folder: Path) -> None:
        self.one, self.other = self.both = (
            Parts(folder, is_alone=False),
            Parts(folder, is_alone=False, leads=False),
        )
        for number, parts in zip((2, 1), self.both, strict=True):
            parts.health._own = Told(process=number)

    async def begin(self) -> None:
        for parts in self.both:
            await begin(parts)
        self.meet()

    def meet(self) -> None:
        for parts in (*self.both, self.one):
            parts.health.meet()

    async def look(self) -> None:
        """Let all look and meet, the one that leads last."""
        for parts in (self.other, self.one):
            parts.health.meet()
            await parts.health.look()
            parts.health.meet()
        self.meet()

    def pass_time(self, seconds: float) -> None:
        for parts in self.both:
            parts.pass_time(seconds)

    @property
    def report(self) -> Report:
        """What both say; it is the same."""
        one, other = (parts.health.report() for parts in self.both)
        assert one == other
        return one

    def check(self, name: str = "moon") -> Check:
        return next(check for check in self.report.checks if check.name == name)


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path)


async def test_the_worst_that_any_has_found_is_said_by_all(processes: Processes) -> None:
    await processes.begin()
    for finding in (RED, DARK):
        for parts in processes.both:
            processes.pass_time(10)
            changed = processes.one.scene.clock.now()
            parts.finding = finding
            await processes.look()
            assert processes.check() == Check("moon", finding, changed)
            assert processes.report.state == finding.state
            parts.finding = OK
            processes.pass_time(10)
            await processes.look()
            assert processes.check() == Check("moon", OK, processes.one.scene.clock.now())


async def test_what_both_find_has_been_so_since_the_first_found_it(processes: Processes) -> None:
    await processes.begin()
    since = []
    for parts in reversed(processes.both):
        processes.pass_time(10)
        parts.finding = RED
        since.append(parts.scene.clock.now())
        await processes.look()
    assert processes.check().since == since[0]
    for parts in processes.both:
        processes.pass_time(10)
        parts.finding = OK
        await processes.look()
    assert processes.check() == Check("moon", OK, processes.one.scene.clock.now())


async def test_who_comes_later_takes_over_since_when_it_is_so(processes: Processes, tmp_path: Path) -> None:
    await processes.begin()
    before = processes.check()
    processes.pass_time(100)
    third = Parts(tmp_path, is_alone=False, leads=False)
    third.pass_time(100)
    await begin(third)
    third.health.meet()
    processes.meet()
    assert len(processes.one.health._together()) == 3
    assert processes.check() == before


async def test_a_change_is_told_once_by_the_one_that_leads(processes: Processes) -> None:
    await processes.begin()
    with capture_logs() as lines:
        for finding in (RED, OK):
            for parts in processes.both:
                parts.finding = finding
            for _ in range(3):
                await processes.look()
        processes.other.finding = RED
        await processes.look()
        processes.one.leads, processes.other.leads = False, True
        await processes.look()
        processes.other.finding = OK
        await processes.look()
    told = [line["event"] for line in lines]
    assert told == ["check_changed", "check_recovered"] * 2


async def test_what_is_remembered_and_shown_is_that_of_the_one_that_leads(processes: Processes) -> None:
    one, other = processes.both
    one.slugs = other.slugs = ["a", "b"]
    one.lags = {ChannelSlug("a"): 0.5, ChannelSlug("b"): 1.5}
    other.lags = {ChannelSlug("a"): 99.0}
    one.counts = other.counts = {ChannelSlug("a"): 7}
    other.used = replace(other.used, free=1)
    one.health._loop_lag, other.health._loop_lag = 0.1, 0.3
    await processes.begin()
    for _ in range(3):
        await processes.look()
        other.health._remember()
        one.health._remember()
        processes.meet()
        report = processes.report
        assert report.disk is not None
        assert report.disk.used == one.used
        assert report.latest is not None
        numbers = {"viewers": 7, "freshness": 1.5, "speed": None, "loop_lag": 0.3, "disk_free": 900}
        assert report.latest.values == numbers
        assert [(each.slug, each.freshness) for each in report.channels] == [("a", 0.5), ("b", 1.5)]
        assert one.health.history(Ticks(0)) == other.health.history(Ticks(0))
        processes.pass_time(10)
    other.counts = {ChannelSlug("a"): 8}
    other.health.meet()
    points = one.health.audience(ChannelSlug("a"), Ticks(0))
    assert [point.value for point in points] == [7, 7, 7]
    assert other.health.audience(ChannelSlug("a"), Ticks(0)) == points


async def test_who_comes_later_remembers_all_once_it_is_written_down_and_leads_with_it(
    processes: Processes, tmp_path: Path
) -> None:
    one, other = processes.both
    await processes.begin()
    for _ in range(3):
        await processes.look()
        one.health._remember()
        processes.pass_time(10)
    third = Parts(tmp_path, is_alone=False, leads=False)
    third.pass_time(30)
    await begin(third)
    assert len(third.health.history(Ticks(0))["viewers"]) == 1
    other.health._keep()
    third.health.meet()
    assert len(third.health.history(Ticks(0))["viewers"]) == 1, "only who leads writes"
    one.health._keep()
    third.health.meet()
    assert third.health.history(Ticks(0)) == one.health.history(Ticks(0))
    assert len(third.health.history(Ticks(0))["viewers"]) == 3
    third.leads = True
    third.health._remember()
    assert len(third.health.history(Ticks(0))["viewers"]) == 4


async def test_a_late_event_loop_is_found_with_its_process(processes: Processes) -> None:
    await processes.begin()
    processes.other.health._loop_lag = 2.5
    await processes.look()
    found = processes.check("event loop").finding
    assert found.state == "degraded"
    assert found.message == "Responses were delayed by process 1 by up to 2.5 s, for viewers too."


@pytest.fixture
def logged(processes: Processes) -> Iterator[logging.Logger]:
    """The log; a process keeps its troubles only while it is among the handlers."""
    del processes
    with kept_logging():
        logs.configure("json", "info", io.StringIO())
        yield logging.getLogger()


async def test_troubles_of_all_are_told_in_the_order_of_time_and_the_same_once(
    processes: Processes, logged: logging.Logger
) -> None:
    await processes.begin()
    for video, parts in (("a", 0), ("b", 1), ("c", 0), ("a", 1)):
        handler = processes.both[parts].troubles
        logged.addHandler(handler)
        processes.pass_time(1)
        log.warning("packaging_failed", video=video, reason="No.")
        logged.removeHandler(handler)
    processes.meet()
    told = [(trouble.subject, trouble.count) for trouble in processes.report.errors]
    assert told == [("a", 2), ("c", 1), ("b", 1)]
    newest = processes.report.errors[0]
    assert newest.at - newest.first_at == 3 * (newest.at - processes.report.errors[1].at)


PROCESS = """
import sys
from pathlib import Path
from insta_stream.health.check import Check, Finding
from insta_stream.health.company import Company
from insta_stream.health.told import Told
from insta_stream.storage.bulletin import Bulletin

red = Check("moon", Finding("degraded", "It is red.", "Wait."), 1)
Company(Bulletin(Path(sys.argv[1]) / "bulletin")).meet(Told(4711, checks=(red,)))
print(flush=True)
sys.stdin.read()
"""


def started(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", PROCESS, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


async def test_the_checks_of_a_killed_process_vanish(processes: Processes, tmp_path: Path) -> None:
    await processes.begin()
    with started(tmp_path) as process:
        assert process.stdout is not None
        await asyncio.to_thread(process.stdout.readline)
        processes.meet()
        assert processes.check() == Check("moon", RED, Ticks(1))
        process.kill()
    processes.meet()
    assert processes.check().finding == OK


async def test_words_of_another_version_are_left_out(processes: Processes) -> None:
    await processes.begin()
    for words in (b"", b"{}", b'{"process": 1, "checks": "well"}'):
        seat = processes.other.seat
        assert seat is not None
        seat.post("health", words)
        processes.one.health.meet()
        assert processes.one.health.report().checks == processes.one.health._own.checks


async def test_what_is_not_new_is_neither_written_nor_read_again(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await processes.begin()
    monkeypatch.setattr("insta_stream.health.company.written", None)
    monkeypatch.setattr("insta_stream.health.company.read", None)
    processes.meet()


def trouble(number: int) -> Trouble:
    return Trouble("code", "warning", "It is so.", "", f"{number}", "", Ticks(number), Ticks(number))


def test_what_is_told_is_read_as_it_was() -> None:
    told = Told(
        7,
        leads=True,
        checks=(Check("moon", RED, Ticks(5)),),
        troubles=(trouble(3),),
        loop_lag=0.25,
        lags={ChannelSlug("a"): 0.5},
    )
    assert read(written(told)) == told


def test_only_the_last_troubles_are_told() -> None:
    told = [
        Told(process, troubles=tuple(map(trouble, range(first, 150, 2))))
        for process, first in ((1, 0), (2, 1))
    ]
    assert [int(each.subject) for each in troubles(told)] == [*range(149, 149 - KEPT, -1)]


def test_a_check_that_only_one_makes_is_among_those_of_all() -> None:
    sun, moon = Check("sun", OK, Ticks(1)), Check("moon", RED, Ticks(2))
    assert checks([Told(1, checks=(sun,)), Told(2, checks=(sun, moon))]) == (sun, moon)
