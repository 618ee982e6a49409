"""Any process is killed at any moment, again and again, while people watch, edit and upload.

INSTA_STREAM_FAULTS is the number of kills, INSTA_STREAM_FAULTS_SEED what the moments are drawn from.
"""

import asyncio
import os
import random
import signal
import time
from functools import partial
from pathlib import Path

import httpx
import pytest
from tests.faults.conftest import KILLS
from tests.support.audience import FFmpegViewer
from tests.support.ledger import Ledger
from tests.support.operator import Operator
from tests.support.ordeal import recovered, watched
from tests.support.processes import kill
from tests.support.station import Station
from tests.support.upload import await_videos
from tests.support.waiting import until

SEED = int(os.environ.get("INSTA_STREAM_FAULTS_SEED", "0")) or random.randrange(1, 2**32)  # noqa: S311

WITHOUT_PROGRESS = 2
"""Kills after which packaging may get on: a video that is being packaged at three in a row is given up."""


def share(percent: int) -> int:
    """Return a part of the kills, one at least."""
    return max(1, KILLS * percent // 100)


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    print(f"INSTA_STREAM_FAULTS_SEED={SEED}")  # noqa: T201 - shown when the test fails
    return random.Random(f"{SEED} {request.node.name}")  # noqa: S311


@pytest.mark.parametrize(("victim", "percent"), [("worker", 40), ("supervisor", 20)])
async def test_a_killed_server_loses_nothing_and_contradicts_nothing(  # noqa: PLR0917 - fixtures
    station: Station, clip: Path, dice: random.Random, ledger: Ledger, victim: str, percent: int
) -> None:
    entry, operator = ledger.of(f"kill -9 of the {victim}"), Operator(station, clip, dice)
    async with watched(station, entry, may_stall=True):
        for kill in range(share(percent)):
            busy = asyncio.create_task(dice.choice((operator.upload, operator.reorder))())
            await asyncio.sleep(dice.uniform(0, 0.8))
            if victim == "worker":
                station.kill_worker()
                began = time.monotonic()
            else:
                await asyncio.to_thread(station.kill_supervisor)
                began = time.monotonic()
                await asyncio.to_thread(station.start)
            entry.times += 1
            entry.recoveries.append(await recovered(station, began))
            await busy
            entry.orphans += len(station.orphans())
            operator.check_nothing_is_lost()
            if kill % WITHOUT_PROGRESS == WITHOUT_PROGRESS - 1:
                await _finished(station)
        await _finished(station)
    assert entry.orphans == 0
    operator.check_nothing_is_lost()


async def test_where_one_of_two_workers_is_killed_nobody_notices(
    pair: Station, dice: random.Random, ledger: Ledger
) -> None:
    entry = ledger.of("kill -9 of one of two workers")
    async with watched(pair, entry):
        for _ in range(share(40)):
            victim = dice.choice(pair.workers)
            assert kill(victim)
            began, entry.times = time.monotonic(), entry.times + 1
            entry.recoveries.append(await recovered(pair, began))
            await until(lambda victim=victim: len(pair.workers) == 2 and victim not in pair.workers)
            await asyncio.sleep(dice.uniform(0, 0.8))


async def test_workers_are_replaced_and_nobody_notices(pair: Station, ledger: Ledger) -> None:
    entry = ledger.of("SIGHUP")
    async with watched(pair, entry):
        for _ in range(share(20)):
            before = set(pair.workers)
            os.kill(pair.supervisor, signal.SIGHUP)
            entry.times += 1
            await until(lambda before=before: not before & set(pair.workers))
    assert "renewal_given_up" not in pair.log


@pytest.mark.deep
async def test_a_killed_ffmpeg_is_started_again_and_nobody_notices(
    station: Station, clip: Path, dice: random.Random, ledger: Ledger, bundled_ffmpeg: Path
) -> None:
    entry, operator = ledger.of("kill -9 of FFmpeg"), Operator(station, clip, dice)
    async with watched(station, entry), FFmpegViewer(bundled_ffmpeg, station.url) as viewer:
        for _ in range(share(30)):
            assert await operator.upload() is not None
            await until(lambda: bool(station.children("/attempt-")))
            await asyncio.sleep(dice.uniform(0, 0.5))
            for process in station.children("/attempt-")[:1]:
                entry.times += kill(process)
            await _finished(station)
        assert viewer.is_watching
    assert viewer.complaints == []
    assert viewer.seconds > 0
    operator.check_nothing_is_lost()


@pytest.mark.deep
async def test_a_killed_inspection_is_done_once_more(
    station: Station, clip: Path, dice: random.Random, ledger: Ledger
) -> None:
    entry, operator = ledger.of("kill -9 of the inspection"), Operator(station, clip, dice)
    before = {video["id"] for video in station.videos()}
    async with watched(station, entry):
        while entry.times < share(10):
            uploading = asyncio.create_task(operator.upload())
            await until(partial(_has_begun, station, uploading))
            for process in station.children("media.probe"):
                entry.times += kill(process)
            assert await uploading is not None
        await _finished(station)
    assert {video["id"] for video in station.videos()} == before | operator.videos
    assert list((station.data / "uploads").glob("*.part")) == []


def _has_begun(station: Station, uploading: asyncio.Task[str | None]) -> bool:
    """Say whether a file is being inspected, or was already."""
    return bool(station.children("media.probe")) or uploading.done()


async def _finished(station: Station) -> None:
    """Wait until all videos are packaged: each once, with nothing missing and nothing left over."""
    with httpx.Client(base_url=station.url, timeout=60) as client:
        videos = await asyncio.to_thread(await_videos, client, state="ready")
    assert {video["state"] for video in videos.values()} == {"ready"}
    assert [caution for video in videos.values() for caution in video["cautions"]] == []
    await until(lambda: not list((station.data / "stream" / ".work").glob("*/*")))
