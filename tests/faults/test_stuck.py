"""The worker lives but does not move: stopped from outside, as one whose loop is stuck."""

import os
import signal
import time

import pytest
from tests.support.ledger import Ledger
from tests.support.ordeal import recovered, watched
from tests.support.processes import is_running
from tests.support.station import Station
from tests.support.waiting import until

from insta_stream.cli.pulse import LOOK_SECONDS, SILENT_LOOKS


async def test_a_worker_that_does_not_move_is_replaced(station: Station, ledger: Ledger) -> None:
    entry, stuck = ledger.of("SIGSTOP of the worker"), station.worker
    async with watched(station, entry, may_stall=True):
        os.kill(stuck, signal.SIGSTOP)
        began, entry.times = time.monotonic(), 1
        await until(lambda: not is_running(stuck))
        assert time.monotonic() - began >= (SILENT_LOOKS - 1) * LOOK_SECONDS
        entry.recoveries.append(await recovered(station, began))
    assert "worker_stuck" in station.log


async def test_where_one_of_two_workers_does_not_move_the_other_one_answers(
    pair: Station, ledger: Ledger
) -> None:
    entry, stuck = ledger.of("SIGSTOP of one of two workers"), pair.workers[0]
    async with watched(pair, entry, may_stall=True):  # a player that is connected to it
        os.kill(stuck, signal.SIGSTOP)
        began, entry.times = time.monotonic(), 1
        entry.recoveries.append(await recovered(pair, began))
        assert is_running(stuck)
        await until(lambda: not is_running(stuck))
        await until(lambda: len(pair.workers) == 2)


@pytest.mark.deep
async def test_who_was_stopped_with_its_supervisor_goes_on(station: Station, ledger: Ledger) -> None:
    entry, worker = ledger.of("SIGSTOP of the whole server"), station.worker
    async with watched(station, entry, may_stall=True):
        family = (station.supervisor, worker)
        for process in family:
            os.kill(process, signal.SIGSTOP)
        began, entry.times = time.monotonic(), 1
        await until(lambda: time.monotonic() - began > (SILENT_LOOKS + 2) * LOOK_SECONDS)
        for process in family:
            os.kill(process, signal.SIGCONT)
        entry.recoveries.append(await recovered(station, began))
    assert station.worker == worker
    assert "worker_stuck" not in station.log
