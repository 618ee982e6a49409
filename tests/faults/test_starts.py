"""What becomes of a server that ends again and again, or cannot start at all."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from tests.support.ledger import Ledger
from tests.support.ordeal import recovered, watched
from tests.support.server import free_port
from tests.support.station import FLAGS, Station
from tests.support.waiting import until


async def test_a_worker_that_is_killed_as_soon_as_it_answers_comes_back_every_time(
    station: Station, ledger: Ledger
) -> None:
    entry = ledger.of("kill -9 of the worker as soon as it answers")
    async with watched(station, entry, may_stall=True) as audience:
        for _ in range(3):
            await asyncio.to_thread(station.kill_worker)
            entry.times += 1
            entry.recoveries.append(await recovered(station, time.monotonic()))
        seen = audience.player.segments
        await until(lambda: audience.player.segments > seen)
    assert station.server is not None
    assert station.server.process.poll() is None


def test_a_server_that_cannot_start_says_why_in_one_sentence_and_fails(data: Path) -> None:
    with Station(data):
        pass  # so that the data folder is begun
    database = sqlite3.connect(data / "insta-stream.db")
    with database:
        database.execute("INSERT INTO restored VALUES (1, 'then')")
    database.close()
    command = [sys.executable, "-m", "insta_stream", "serve", "--data", str(data), *FLAGS]
    command += ["--port", str(free_port()), "--log-format", "json", "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    said = [line for line in (done.stdout + done.stderr).splitlines() if "cannot_start" in line]
    assert len(said) == 1
    assert "Traceback" not in done.stdout + done.stderr
