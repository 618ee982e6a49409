"""One clock for all processes that serve a data folder."""

import asyncio
import fcntl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from insta_stream.clock import SLEW, Clock
from insta_stream.errors import NotReady
from insta_stream.storage import offset
from insta_stream.storage.offset import SharedOffset

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND


@dataclass
class Machine:
    """Its clocks, and the processes that run on it."""

    folder: Path
    running: int = 500 * SECOND
    ahead: int = START
    processes: list[SharedOffset] = field(default_factory=list)

    def wall(self) -> int:
        return self.running + self.ahead

    def monotonic(self) -> int:
        return self.running

    def process(self, not_before_ns: int = 0) -> tuple[SharedOffset, Clock]:
        shared = SharedOffset(self.folder / "offset", self.folder / "clock")
        self.processes.append(shared)
        clock = Clock(self.wall, self.monotonic, not_before_ns=not_before_ns, offset=shared.offset)
        shared.begin()
        return shared, clock

    def end(self, shared: SharedOffset) -> None:
        self.processes.remove(shared)
        shared.give_up()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    for each in tuple(machine.processes):
        machine.end(each)


async def led(shared: SharedOffset) -> bool:
    """Let a process look once whether the clock is led."""
    task = asyncio.create_task(shared.succeed())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return shared.offset.leads


def test_all_processes_have_the_clock_of_the_first(machine: Machine) -> None:
    _, first = machine.process(not_before_ns=START + 2000 * SECOND)
    machine.ahead += 3600 * SECOND  # the wall clock is set
    _, second = machine.process()
    assert second.now() == first.now()
    for _ in range(100):
        machine.running += SECOND
        first.now()
        assert second.now() == first.now()
    assert second.drift_seconds() == pytest.approx(3600 - 1500 - 100 / SLEW)


async def test_only_one_leads_and_another_one_goes_on_when_it_ends(machine: Machine) -> None:
    leader, one = machine.process()
    follower, two = machine.process()
    assert [leader.offset.leads, follower.offset.leads] == [True, False]
    machine.ahead += 60 * SECOND
    machine.running += SECOND
    two.now()
    assert two.drift_seconds() == 60  # it does not lead
    assert not await led(follower)
    before = one.now()
    machine.end(leader)
    assert await led(follower)
    machine.running += SECOND
    assert two.now() - before > 0
    assert 59.8 < two.drift_seconds() < 60


def test_a_clock_begins_anew_only_where_nobody_has_it(machine: Machine) -> None:
    first, _ = machine.process()
    second, clock = machine.process()
    machine.end(first)
    machine.ahead += 7 * SECOND
    third, again = machine.process()
    assert third.offset.leads
    assert again.now() == clock.now()
    for each in (second, third):
        machine.end(each)
    _, new = machine.process()
    assert new.drift_seconds() == 0


def test_after_a_start_of_the_machine_it_begins_anew_also_where_two_begin_at_once(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, _ = machine.process()
    machine.end(shared)
    monkeypatch.setattr(offset, "boot", lambda: 4711)
    machine.running, machine.ahead = 5 * SECOND, START + 90_000 * SECOND
    with (machine.folder / "clock").open() as beginning:  # a third one, which comes no further
        fcntl.flock(beginning, fcntl.LOCK_SH)
        first = SharedOffset(machine.folder / "offset", machine.folder / "clock")
        second = SharedOffset(machine.folder / "offset", machine.folder / "clock")
    machine.processes += [first, second]
    assert (first.offset.is_new, second.offset.is_new) == (True, False)
    clock = Clock(machine.wall, machine.monotonic, offset=first.offset)
    monkeypatch.setattr(offset, "BEGINS_WITHIN_SECONDS", 0.02)
    with pytest.raises(NotReady, match="did not finish"):
        second.begin()
    first.begin()
    second.begin()
    assert clock.drift_seconds() == 0


def test_a_process_that_ends_keeps_its_time(machine: Machine) -> None:
    shared, clock = machine.process()
    before = clock.now()
    machine.end(shared)
    machine.running += SECOND
    assert clock.now() > before


def test_a_page_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="cannot be opened"):
        SharedOffset(tmp_path / "missing" / "offset", tmp_path / "clock")
