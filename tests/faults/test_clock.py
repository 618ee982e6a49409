"""The wall clock is set, back and forth, while the server runs and while it does not."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.faults.conftest import go_on_air
from tests.support.ledger import Ledger
from tests.support.ordeal import watched
from tests.support.station import Station
from tests.support.waiting import until

STEPPED = Path(__file__).parents[1] / "support" / "clock_step"

LONG_AGO = -600
"""Longer than any restart takes."""


class Hands:
    """Sets the server's wall clock. file: how far it is off, in seconds."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(0)

    def set(self, step: int) -> None:
        self.file.write_text(str(step))


@pytest.fixture
def clock(tmp_path: Path) -> Hands:
    return Hands(tmp_path / "step")


@pytest.fixture
def station(data: Path, clock: Hands) -> Iterator[Station]:
    env = {"PYTHONPATH": str(STEPPED), "CLOCK_STEP": str(clock.file)}
    with Station(data, env=env) as station:
        go_on_air(station)
        yield station


@pytest.mark.parametrize("step", [-30, 120])
async def test_a_running_server_notices_but_does_not_follow(
    station: Station, clock: Hands, ledger: Ledger, step: int
) -> None:
    entry = ledger.of(f"wall clock set by {step:+} s")
    async with watched(station, entry) as audience:
        clock.set(step)
        entry.times += 1
        before = audience.player.segments
        await until(lambda: audience.player.segments >= before + 3)
        metrics = (await asyncio.to_thread(httpx.get, f"{station.url}/metrics", timeout=30)).text
        (drift,) = re.findall(r"^insta_stream_clock_drift_seconds (\S+)", metrics, re.MULTILINE)
        assert abs(float(drift) - step) < 5


async def test_a_restart_with_an_earlier_clock_takes_no_playlist_back(
    station: Station, clock: Hands, ledger: Ledger
) -> None:
    entry = ledger.of(f"wall clock set by {LONG_AGO} s during a restart")
    async with watched(station, entry, may_stall=True) as audience:
        await asyncio.to_thread(station.kill_supervisor)
        clock.set(LONG_AGO)
        await asyncio.to_thread(station.start)
        entry.times += 1
        before = audience.player.segments
        await until(lambda: audience.player.segments >= before + 3)
    assert "wall_clock_set_back" in station.log
