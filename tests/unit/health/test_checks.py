"""Each check on the real thing, whole and broken."""

import asyncio
import logging
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs
from tests.support.logging import kept_logging
from tests.support.waiting import until

from insta_stream import logs
from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.duties import RECOVERY_SECONDS, Duties
from insta_stream.errors import NotReady
from insta_stream.health import checks
from insta_stream.health.background import BackgroundWatch
from insta_stream.health.check import Finding
from insta_stream.health.troubles import Troubles
from insta_stream.storage.folder import DataFolder
from insta_stream.work.role import Role


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder.under(tmp_path / "data")
    folder.create()
    return folder


async def test_the_database_answers(folder: DataFolder) -> None:
    database = Database(folder.database)
    try:
        found = [await checks.database(database, behind(seconds)) for seconds in (0.2, 9, 11, 7300)]
    finally:
        await database.close()
    assert [each.state for each in found] == ["ok", "ok", "failing", "failing"]
    assert "For 2 hours it could not be seen whether channels have changed" in found[-1].message


def behind(seconds: float) -> Any:
    """Return channels that were up to date so long ago."""
    return SimpleNamespace(seconds_behind=lambda: seconds)


async def test_a_disk_has_room_or_too_little_or_is_gone(folder: DataFolder) -> None:
    assert (await checks.disk(folder, 1)).state == "ok"
    low = await checks.disk(folder, 1_200_000_000_000_000)
    assert (low.state, "until 1.2 PB are" in low.message) == ("degraded", True)
    shutil.rmtree(folder.uploads)
    with pytest.raises(NotReady):
        await checks.disk(folder, 1)


async def test_ffmpeg_is_there_or_not(tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.touch(mode=0o755)
    ffmpeg: Any = SimpleNamespace(path=str(program), version="9.0")
    assert await checks.ffmpeg(ffmpeg) == Finding("ok", "Version 9.0.")
    program.unlink()
    assert (await checks.ffmpeg(ffmpeg)).state == "degraded"


async def test_a_background_task_that_died_is_named_until_it_has_recovered() -> None:
    may_go_on, lives, now = asyncio.Event(), asyncio.Event(), 0.0

    async def rest(_: float) -> None:
        await may_go_on.wait()

    async def die_at_first() -> None:
        if not may_go_on.is_set():
            raise ZeroDivisionError
        lives.set()
        await asyncio.Event().wait()

    duties = Duties(now=lambda: now, sleep=rest)
    assert await checks.duties(duties) == Finding("ok", "All are running.")
    with capture_logs():
        duty = duties.begin("tides", die_at_first)
        await until(lambda: duty.is_ailing)
    resting = await checks.duties(duties)
    assert (resting.state, resting.message[-7:]) == ("degraded", " tides.")
    assert resting.remedy
    may_go_on.set()
    await lives.wait()
    assert await checks.duties(duties) == resting
    now = RECOVERY_SECONDS
    assert (await checks.duties(duties)).state == "ok"
    await duties.stop()


async def test_a_clock_that_was_set_is_found() -> None:
    wall = 1_795_464_000_000_000_000
    running = 0
    offset = 0
    clock = Clock(wall_ns=lambda: wall + running + offset, monotonic_ns=lambda: running)
    assert (await checks.clock(clock)).state == "ok"
    offset = -30_000_000_000
    found = await checks.clock(clock)
    assert (found.state, "-30.0 s" in found.message) == ("degraded", True)


async def test_the_slate_is_awaited_for_a_while() -> None:
    made: list[object] = []
    library: Any = SimpleNamespace(slate=lambda _: made[0] if made else None)
    channels: Any = SimpleNamespace(get=lambda _: SimpleNamespace(rungs=()))
    wall, running = 1_795_464_000_000_000_000, 0
    clock = Clock(wall_ns=lambda: wall + running, monotonic_ns=lambda: running)
    troubles = Troubles(clock.now)
    began = clock.now()

    async def found() -> Finding:
        return await checks.slate(library, channels, troubles, clock, began)

    assert (await found()).state == "starting"
    running = 299_000_000_000
    assert (await found()).state == "starting"
    running = 301_000_000_000
    late = await found()
    assert (late.state, "more than 5 minutes" in late.message) == ("failing", True)
    troubles.emit(logging.makeLogRecord({"msg": {"event": "slate_failed"}, "levelname": "ERROR"}))
    failed = await found()
    assert (failed.state, "could not be" in failed.message) == ("failing", True)
    assert "insta-stream doctor" in failed.remedy
    made.append(object())
    assert (await found()).state == "ok"


RESET = "stop the server and run `insta-stream clock --reset`"


@pytest.mark.parametrize(
    ("offset_seconds", "message", "remedy"),
    [
        (
            -400 * 86_400,
            "400 days ahead of the machine's, .* takes 22 years",
            "stop .*`insta-stream clock --reset`",
        ),
        (-7230, "2 hours ahead of the machine's, .* takes 40 hours", "stop .*`insta-stream clock --reset`"),
        (-3000, r"it is -3000\.0 s off the server's", "^No action needed"),
        (3000, r"it is \+3000\.0 s off the server's", "^No action needed"),
        (
            400 * 86_400,
            "it is 400 days ahead of the server's",
            "restart the server: .* If it is wrong, set it before",
        ),
    ],
)
async def test_a_clock_that_is_far_off_is_not_waited_for(
    offset_seconds: int, message: str, remedy: str
) -> None:
    hands = [1_795_464_000_000_000_000]
    clock = Clock(wall_ns=lambda: hands[-1], monotonic_ns=lambda: 0)
    hands.append(hands[0] + offset_seconds * 10**9)
    found = await checks.clock(clock)
    assert found.state == "degraded"
    assert re.search(message, found.message)
    assert re.search(remedy, found.remedy)


async def test_packaging_that_fails_again_and_again_is_found() -> None:
    clock = Clock()
    with kept_logging():
        logs.configure("json", "info")
        troubles = Troubles(clock.now)
        logging.getLogger().addHandler(troubles)
        log = structlog.get_logger("insta_stream.test")
        for _ in range(checks.PACKAGING_FAILURES):
            assert (await checks.packaging(troubles, clock, tuple)).state == "ok"
            log.warning("packaging_failed", package="p", reason="No memory.")
    found = await checks.packaging(troubles, clock, tuple)
    assert found.state == "degraded"
    assert "No memory." in found.message
    assert found.remedy


async def test_a_video_that_waits_long_to_be_packaged_is_found() -> None:
    clock = Clock()
    troubles = Troubles(clock.now)
    assert (await checks.packaging(troubles, clock, lambda: (100.0, 20.0))).state == "ok"
    found = await checks.packaging(troubles, clock, lambda: (300.0, 20.0))
    assert (found.state, found.message) == (
        "degraded",
        "2 videos have been waiting to be encoded, for up to 5 minutes.",
    )
    assert found.remedy


async def test_that_nobody_works_is_seen_but_no_handover(tmp_path: Path) -> None:
    asked, other = Role(tmp_path / "work"), Role(tmp_path / "work")
    watch = BackgroundWatch(asked)
    assert (await watch.look()).state == "ok"
    found = await watch.look()
    assert (found.state, "insta-stream work" in found.remedy) == ("degraded", True)
    await other.take()
    assert (await watch.look()).state == "ok"
    other.give_up()
    assert (await watch.look()).state == "ok"
    asked.give_up()
