"""What a run costs, its ten most expensive tests, and a budget that it has to keep.

Two costs are counted: seconds on the clock, and seconds of processor, those of every process that a test
starts included. The browser serves all tests, so it counts for the run and for no test.

Budgets are for an idle machine as fast as the one for which they stand. A slower one is granted more, by how
long its cores take to count to a million; and the clock counts only where nobody else uses the machine.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support import chromium, processes
from tests.support.depth import by_depth
from tests.support.reports import noted

PROPERTY = "cost"
SHOWN = 10

COUNTING_SECONDS = 0.020
"""How long the cores of the machine for which the budgets stand take to count to a million, all at once."""

COUNT = """
import statistics, time
def count():
    began = time.perf_counter()
    for _ in range(1_000_000):
        pass
    return time.perf_counter() - began
print(statistics.median(count() for _ in range(25)))
"""

ALONE = 0.1
"""The part of the machine that others may use where the clock counts."""

OVER_BUDGET, FAILED_TOO = 8, 9
"""Exit statuses: all tests passed, but too expensively; or some failed besides."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, and of processor."""

    clock: float
    processor: float

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.clock - other.clock, self.processor - other.processor)

    def __str__(self) -> str:
        return f"{self.clock:7.1f} s, {self.processor:7.1f} s of processor"


BUDGET = by_depth(Cost(600, 900), Cost(2400, 4500))


def so_far(*, with_browser: bool) -> Cost:
    """Return what this process and those that stem from it have cost. The clock's zero is arbitrary."""
    times = os.times()
    spent = times.user + times.system + times.children_user + times.children_system
    if Path("/proc").is_dir():  # elsewhere a process counts once it has ended
        ours = processes.family(os.getpid()) - {os.getpid()}
        browser = set() if with_browser else chromium.family()
        spent += sum(map(processes.processor_seconds, ours - browser))
    return Cost(time.monotonic(), spent)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--budget", action="store_true", help="fail when the run costs more than its budget")


_began = pytest.StashKey[Cost]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Take the time before a test and its fixtures."""
    item.stash[_began] = so_far(with_browser=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Note what a test has cost when it and its fixtures are done."""
    if call.when == "teardown":
        cost = so_far(with_browser=False) - item.stash[_began]
        item.user_properties.append((PROPERTY, (cost.clock, cost.processor)))


class Account:
    """Adds up what the processes of a run cost, and judges the sum."""

    def __init__(self, config: pytest.Config) -> None:
        self._began = time.monotonic()
        self._busy = _busy_seconds()
        self._workers = 0.0
        self._counting = counting_seconds()
        self._is_judge = bool(config.option.budget)
        self.verdict: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add what another process of this run has cost, which it says when it ends."""
        self._workers += getattr(node, "workeroutput", {}).get(PROPERTY, 0.0)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Judge the run."""
        if not self._is_judge:
            return
        total = self.total()
        slower = max(1.0, max(self._counting, counting_seconds()) / COUNTING_SECONDS)
        others = 1 - total.processor / max(total.processor, _busy_seconds() - self._busy)
        self.verdict = list(over(total, slower, others))
        if self.verdict:
            session.exitstatus = OVER_BUDGET if exitstatus == 0 else FAILED_TOO

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the most expensive tests, and what everything cost."""
        found = sorted(((Cost(*value), test) for test, value in noted(terminalreporter, PROPERTY)), key=_rank)
        if len(found) <= SHOWN:
            return
        terminalreporter.section("the most expensive tests")
        for cost, test in found[-SHOWN:]:
            terminalreporter.write_line(f"{cost}  {test}")
        terminalreporter.write_line(f"{self.total()}  everything; the budget is {BUDGET}")
        for line in self.verdict:
            terminalreporter.write_line(line, red=True)

    def total(self) -> Cost:
        """Return what the run has cost so far. Workers are processes of ours, and say what they cost."""
        ours = sum(os.times()[:2]) if self._workers else so_far(with_browser=True).processor
        return Cost(time.monotonic() - self._began, self._workers + ours)


def over(total: Cost, slower: float, others: float) -> Iterator[str]:
    """Yield why a run is too expensive.

    slower: how many times slower the machine is than that of the budget. others: which part of the processor
    time that was used was not the run's.
    """
    clock, processor = BUDGET.clock * slower, BUDGET.processor * slower
    if total.processor > processor:
        yield f"Too much processor time: {total.processor:.0f} s, and here it may be {processor:.0f} s."
    if total.clock > clock and others < ALONE:
        yield f"It takes too long: {total.clock:.0f} s, and here it may be {clock:.0f} s."


def pytest_configure(config: pytest.Config) -> None:
    """Keep the account where the summary is written."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Account(config))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Say what this process has cost, where it is one of several."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[PROPERTY] = so_far(with_browser=True).processor


def counting_seconds() -> float:
    """Return how long a core takes to count to a million while all of them do, as in a run.

    What a system calls two cores may be two threads of one: both at work, each second of processor is worth
    little more than half of one alone.
    """
    command = [sys.executable, "-I", "-S", "-c", COUNT]
    cores = range(os.cpu_count() or 1)
    counting = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in cores]
    return max(float(each.communicate()[0]) for each in counting)


def _busy_seconds() -> float:
    """Return the processor time that this machine has used since it started, whoever used it; 0: unknown."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except FileNotFoundError:
        return 0.0
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _rank(found: tuple[Cost, str]) -> float:
    """Order by what a test takes from the others: the processor, or a place beside them."""
    cost, _ = found
    return max(cost.clock, cost.processor)
