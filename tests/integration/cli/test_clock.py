"""`insta-stream clock` on a folder that no server uses."""

import asyncio
import getpass
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import insta_stream, must
from tests.unit.db.test_instants import fill

from insta_stream.cli import doctor
from insta_stream.cli.clock import clock as command
from insta_stream.db.engine import Database
from insta_stream.ids import VideoId
from insta_stream.storage import mark
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks, from_nanoseconds, seconds

STEPPED = Path(__file__).parents[2] / "support" / "clock_step"
AHEAD = 400 * 86_400
THREE_HOURS = 3 * 3600 + 60

Clock = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A folder in which everything happened an hour ago, by a clock that agreed with the machine's."""
    folder = DataFolder.under(tmp_path / "data")
    folder.create()
    asyncio.run(_fill(folder, seconds(time.time() - 3600)))
    keep(folder, 0)
    return folder


async def _fill(folder: DataFolder, at: Ticks) -> None:
    database = Database(folder.database)
    await database.upgrade()
    await fill(database, at)
    await database.close()


def keep(folder: DataFolder, ahead: float) -> None:
    """Let the folder's clock be so many seconds ahead of the machine's."""
    mark.set_back(folder.clock, time.time_ns() + int(ahead * 1e9))


def ask(folder: DataFolder, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder.database)) as database, database:
        return database.execute(sql, values).fetchall()


@pytest.fixture
def clock(folder: DataFolder, capsys: pytest.CaptureFixture[str]) -> Clock:
    """Runs the command on the folder, and returns what it says."""

    def run(*, reset: bool = False) -> str:
        command(data=folder.root, reset=reset)
        return capsys.readouterr().out

    return run


def test_a_clock_that_is_right_is_left_alone(folder: DataFolder, clock: Clock) -> None:
    before = folder.database.read_bytes(), folder.clock.read_bytes()
    assert clock() == f"The clock of {folder.root} is not ahead of the machine's.\n"
    assert clock(reset=True).endswith("is not ahead of the machine's. Nothing has changed.\n")
    folder.clock.unlink()
    assert "is not ahead" in clock()
    folder.clock.write_bytes(before[1])
    assert (folder.database.read_bytes(), folder.clock.read_bytes()) == before


def test_what_makes_itself_good_is_left_alone(folder: DataFolder, clock: Clock) -> None:
    keep(folder, 50)
    kept = folder.clock.read_bytes()
    said = clock(reset=True)
    assert re.search(r"(4\d|50) seconds ahead .* by itself, within 1\d minutes. Nothing has changed", said)
    assert folder.clock.read_bytes() == kept


@pytest.mark.parametrize("ahead", [THREE_HOURS, AHEAD])
def test_a_clock_that_is_ahead_is_brought_back_once(folder: DataFolder, clock: Clock, ahead: int) -> None:
    keep(folder, ahead)
    part = folder.part(VideoId("a" * 32))
    part.touch()
    os.utime(part, (time.time() + ahead - 60, time.time() + ahead - 60))
    assert f"{'400 days' if ahead == AHEAD else '3 hours'} ahead" in clock()
    assert ask(folder, "SELECT * FROM restored") == []
    clock(reset=True)
    ((taken_at,),) = ask(folder, "SELECT taken_at FROM restored")
    assert abs(taken_at - seconds(time.time() + ahead)) < seconds(60)
    assert abs(mark.read(folder.clock) - time.time_ns()) < 60e9
    assert part.stat().st_mtime <= time.time()
    assert "is not ahead" in clock()
    assert "Nothing has changed" in clock(reset=True)
    assert ask(folder, "SELECT taken_at FROM restored") == [(taken_at,)]
    assert ask(folder, "SELECT action, kind, name FROM audit_entry") == [
        ("clock.reset", "command", getpass.getuser())
    ]


def test_dates_that_are_to_come_are_moved(folder: DataFolder, clock: Clock) -> None:
    deleted = seconds(time.time() + AHEAD - 600)
    ask(folder, "UPDATE video SET deleted_at = ?", deleted)
    keep(folder, AHEAD)
    assert "moved: 1." in clock(reset=True)
    ((found,),) = ask(folder, "SELECT deleted_at FROM video")
    assert abs(found - seconds(time.time() - 600)) < seconds(60)


def test_one_that_was_ended_on_the_way_is_done_again(folder: DataFolder, clock: Clock) -> None:
    keep(folder, AHEAD)
    kept = folder.clock.read_bytes()
    clock(reset=True)
    marked = ask(folder, "SELECT taken_at FROM restored")
    folder.clock.write_bytes(kept)  # it comes last
    assert "400 days ahead" in clock()
    clock(reset=True)
    assert "is not ahead" in clock()
    assert ask(folder, "SELECT taken_at FROM restored") == marked


def test_a_clock_whose_file_is_lost_is_known_by_the_last_edit(folder: DataFolder, clock: Clock) -> None:
    last = from_nanoseconds(time.time_ns() + AHEAD * 10**9)
    ask(folder, "UPDATE channel SET timeline = ? WHERE slug = 'main'", f'{{"committed_at": {last}}}')
    folder.clock.unlink()
    assert "400 days ahead" in clock()
    assert not folder.clock.exists()
    clock(reset=True)
    assert ask(folder, "SELECT taken_at FROM restored") == [(last,)]


def test_a_machine_whose_clock_was_never_set_is_told_so(folder: DataFolder, tmp_path: Path) -> None:
    step = tmp_path / "step"
    step.write_text(str(-int(time.time()) + 60))
    path = os.pathsep.join(filter(None, (str(STEPPED), os.environ.get("PYTHONPATH"))))
    env = {"PYTHONPATH": path, "CLOCK_STEP": str(step)}
    done = insta_stream("clock", "--reset", "--data", str(folder.root), **env)
    assert done.returncode == 1
    assert "says 1970-01-01 00:01" in done.stderr
    assert "set it first" in done.stderr
    assert ask(folder, "SELECT * FROM restored") == []


@pytest.mark.parametrize("flags", [[], ["--reset"]])
def test_a_folder_that_is_none_is_named_and_not_made(folder: DataFolder, flags: list[str]) -> None:
    none = folder.root.with_name("none")
    done = insta_stream("clock", "--data", str(none), *flags)
    assert (done.returncode, done.stderr) == (
        1,
        f"error: {none} is not a data folder: it has no insta-stream.db. Name one with --data.\n",
    )
    assert not none.exists()


def test_a_folder_that_lacks_a_part_is_refused(folder: DataFolder) -> None:
    must("adopt", "--data", str(folder.root))
    keep(folder, AHEAD)
    shutil.rmtree(folder.uploads)
    done = insta_stream("clock", "--reset", "--data", str(folder.root))
    assert (done.returncode, "is its disk mounted?" in done.stderr) == (1, True)
    folder.database.unlink()
    done = insta_stream("clock", "--data", str(folder.root))
    assert (done.returncode, "is lost" in done.stderr) == (1, True)


def test_doctor_tells_the_time_and_a_clock_that_is_ahead(folder: DataFolder) -> None:
    assert doctor._clock(folder).remedy == ""
    keep(folder, AHEAD)
    found = doctor._clock(folder)
    assert "is 400 days ahead" in found.text
    assert ("clock --reset" in found.remedy, found.is_fatal) == (True, False)
