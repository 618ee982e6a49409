"""A server that is never left in peace must not take its own edits for mistakes."""

import asyncio
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from tests.support.depth import DEEP, by_depth
from tests.support.restless import Restless
from tests.support.station import Station
from tests.support.waiting import until

DEEDS = by_depth(160, 1000)
OPERATORS = 8
SEED = int(os.environ.get("INSTA_STREAM_FAULTS_SEED", "0")) or random.randrange(1, 2**32)  # noqa: S311


@pytest.fixture
def _busy() -> Iterator[None]:
    """In a deep run, other programs want the processor too."""
    with ExitStack() as stack:
        for _ in range((os.cpu_count() or 1) if DEEP else 0):
            process = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(process.kill)
        yield


@pytest.mark.usefixtures("_busy")
async def test_starts_stops_edits_deletions_and_restarts_raise_no_alarm(data: Path) -> None:
    print(f"INSTA_STREAM_FAULTS_SEED={SEED}")  # noqa: T201 - shown when the test fails
    with Station(data) as station:
        videos = [video["id"] for video in station.videos()]
        async with httpx.AsyncClient(base_url=station.url, timeout=60) as client:
            operators = [
                Restless(client, f"channel-{number}", videos, random.Random(f"{SEED} {number}"))  # noqa: S311
                for number in range(OPERATORS)
            ]
            working = asyncio.gather(*(each.act(DEEDS // OPERATORS) for each in operators))
            for _ in range(by_depth(1, 5)):
                goal = done(operators) + 30
                await until(lambda goal=goal: done(operators) > goal)  # type: ignore[misc]
                station.kill_worker()
            await working
            health = (await client.get("/api/health")).json()["data"]
            metrics = (await client.get("/metrics")).text
        print([each.moves for each in operators], max(each.slowest_seconds for each in operators))  # noqa: T201
        assert [line for each in operators for line in each.unserved] == []
        broken = re.findall(r"^insta_stream_playlist_violations_total.* (?!0\.0)\S+$", metrics, re.MULTILINE)
        assert broken == []
        assert [check for check in health["checks"] if check["state"] != "ok"] == []
        assert health["errors"] == []


def done(operators: list[Restless]) -> int:
    """Return how many deeds were done."""
    return sum(each.moves.total() for each in operators)
