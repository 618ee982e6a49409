"""An FFmpeg that hangs, floods or grows: it costs its own video something, and nobody else anything."""

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.faults.conftest import IS_FULL_RUN, go_on_air
from tests.support.bad_ffmpeg import BadFFmpeg
from tests.support.ledger import Ledger
from tests.support.operator import Operator
from tests.support.ordeal import recovered, watched
from tests.support.processes import is_running
from tests.support.station import Station
from tests.support.waiting import eventually, until


@pytest.fixture
def ffmpeg(tmp_path: Path, bundled_ffmpeg: Path) -> BadFFmpeg:
    return BadFFmpeg(tmp_path, bundled_ffmpeg)


@pytest.fixture
def station(data: Path, ffmpeg: BadFFmpeg) -> Iterator[Station]:
    with Station(data, env={"INSTA_STREAM_FFMPEG": str(ffmpeg.path)}) as station:
        go_on_air(station)
        yield station


@pytest.mark.parametrize(("how", "ends_as"), [("floods", "ready"), ("grows", "failed")])
@pytest.mark.deep
async def test_what_it_says_and_takes_is_bounded(  # noqa: PLR0917 - fixtures
    station: Station, ffmpeg: BadFFmpeg, clip: Path, ledger: Ledger, how: str, ends_as: str
) -> None:
    entry, operator = ledger.of(f"FFmpeg {how}"), Operator(station, clip, random.Random(1))  # noqa: S311
    async with watched(station, entry):
        ffmpeg.behave(how)
        entry.times += 1
        video = await operator.upload()
        assert video is not None
        ended = await asyncio.to_thread(eventually, lambda: _settled(station, video), 120)
        assert ended["state"] == ends_as, ended
        assert bool(ended["error"]) == (ends_as == "failed")
    operator.check_nothing_is_lost()


async def test_one_that_hangs_ends_with_the_server(
    station: Station, ffmpeg: BadFFmpeg, clip: Path, ledger: Ledger
) -> None:
    entry = ledger.of("FFmpeg hangs and ignores SIGTERM")
    operator = Operator(station, clip, random.Random(1))  # noqa: S311
    async with watched(station, entry, may_stall=True):
        ffmpeg.behave("hangs")
        entry.times += 1
        video = await operator.upload()
        assert video is not None
        await until(lambda: bool(ffmpeg.hanging()))
        first = ffmpeg.hanging()
        station.kill_worker()
        entry.recoveries.append(await recovered(station, time.monotonic()))
        await until(lambda: not any(map(is_running, first)))
        entry.orphans += len(station.orphans())
        await until(lambda: len(ffmpeg.hanging()) > len(first))
        if not IS_FULL_RUN:  # else it is given up after two minutes without a sign of life
            reply = await asyncio.to_thread(
                httpx.post, f"{station.url}/api/videos/{video}/cancel", timeout=60
            )
            assert reply.is_success, reply.text
        await until(lambda: not any(map(is_running, ffmpeg.hanging())), 180)
        ffmpeg.behave("")
    assert entry.orphans == 0
    operator.check_nothing_is_lost()


def _settled(station: Station, video: str) -> dict[str, Any] | None:
    (found,) = [each for each in station.videos() if each["id"] == video]
    return found if found["state"] in {"ready", "failed"} else None
