"""`insta-stream clock`: how far a data folder's clock is ahead of the machine's, and the way back."""

import asyncio
import os
import time
from dataclasses import dataclass
from typing import Annotated

import typer

from insta_stream.access.action import Action
from insta_stream.cli.places import Config, Data, data_folder
from insta_stream.cli.show import out
from insta_stream.cli.tenure import await_lock
from insta_stream.cli.witness import witnessed
from insta_stream.clock import SLEW, span
from insta_stream.errors import Unknown, WrongState
from insta_stream.storage import mark
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.installation import check_database, check_marks
from insta_stream.ticks import (
    TICKS_PER_SECOND,
    Ticks,
    from_nanoseconds,
    seconds,
    to_datetime,
    to_nanoseconds,
    to_seconds,
)

LEAST_SECONDS = 60
"""Less than this is led back in minutes, by itself and without a new broadcast."""

FIRST_SECONDS = 1_767_225_600
"""The beginning of 2026: a clock that is earlier was never set."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What two clocks say: the machine's, and that which a server would go on with."""

    machine: Ticks
    folder: Ticks

    @property
    def ahead(self) -> Ticks:
        """How far the folder's clock is ahead; not less than 0."""
        return Ticks(max(0, self.folder - self.machine))

    @property
    def is_near(self) -> bool:
        """There is nothing to bring back."""
        return self.ahead < LEAST_SECONDS * TICKS_PER_SECOND


def clock(
    *,
    data: Data = None,
    config: Config = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="Set it to the machine's clock. Stop the server first.")
    ] = False,
) -> None:
    """Show how far the data folder's clock is ahead of the machine's, or bring it back.

    The server's clock never goes back, not even across a restart. So if the server once started while the
    machine's clock was ahead, it stays ahead. --reset brings it back: channels keep what they have aired by
    now, and begin new broadcasts at the next start, with numbers that no player has seen. Future dates move.

    For instance:

        insta-stream clock --data /srv/tv

        insta-stream clock --data /srv/tv --reset
    """
    folder = data_folder(data, config)
    check_database(folder)
    if not folder.database.is_file():
        raise Unknown(
            f"{folder.root} is not a data folder: it has no {folder.database.name}. Name one with --data."
        )
    if reset:
        _reset(folder)
    else:
        _show(folder, asyncio.run(_look(folder)))


def tell_if_ahead(folder: DataFolder) -> None:
    """Say so where a data folder has dates that are still to come."""
    reading = asyncio.run(_look(folder))
    if not reading.is_near:
        _show(folder, reading)


def _show(folder: DataFolder, reading: Reading) -> None:
    if reading.is_near:
        out.print(_near(folder, reading))
        return
    says = f"It says {_moment(reading.folder)}, the machine {_moment(reading.machine)}."
    out.print(f"{_ahead(folder, reading)} {says}")
    out.print(
        "If the machine's clock is wrong, set it. If it is right, stop the server and run "
        "`insta-stream clock --reset` with the same folder."
    )


def _reset(folder: DataFolder) -> None:
    check_marks(folder)
    lock = await_lock(folder)
    try:
        reading, moved = asyncio.run(_bring_back(folder))
    finally:
        lock.release()
    if reading.is_near:
        out.print(f"{_near(folder, reading)} Nothing has changed.")
        return
    out.print(f"{_ahead(folder, reading)} It was set back to {_moment(reading.machine)}.")
    out.print(f"Future dates moved: {moved}.")
    out.print(
        "Start the server: channels that were on air begin new broadcasts, and players must load "
        "stream.m3u8 again."
    )


async def _look(folder: DataFolder) -> Reading:
    """Read the clocks, while a server may be running. A database of another version is left alone."""
    from insta_stream.db.engine import Database  # noqa: PLC0415 - half a second for no other command
    from insta_stream.db.instants import latest  # noqa: PLC0415
    from insta_stream.db.upgrade import is_newest, revision  # noqa: PLC0415

    database = Database(folder.database)
    try:
        async with database.read() as connection:
            is_known = is_newest(await connection.run_sync(revision))
            return _read(folder, await latest(connection) if is_known else Ticks(0))
    finally:
        await database.close()


async def _bring_back(folder: DataFolder) -> tuple[Reading, int]:
    """Bring everything back, unless it is near; return what the clocks said, and how many dates were moved.

    The clock itself comes last: ended on the way, this can be done again. The caller has the folders' lock.
    """
    from insta_stream.db import restored  # noqa: PLC0415 - as above
    from insta_stream.db.engine import Database  # noqa: PLC0415
    from insta_stream.db.instants import bring_back, latest  # noqa: PLC0415

    database = Database(folder.database)
    try:
        await database.upgrade()
        async with database.write() as connection:
            reading = _read(folder, await latest(connection))
            if reading.is_near:
                return reading, 0
            _check_machine(reading.machine)
            moved = await bring_back(connection, reading.machine, reading.ahead)
            await restored.mark(connection, reading.folder)
        async with witnessed(database, Action.CLOCK_RESET) as act:
            act.tell(before={"clock": _moment(reading.folder)}, after={"clock": _moment(reading.machine)})
    finally:
        await database.close()
    _touch_parts(folder, reading.machine)
    mark.set_back(folder.clock, to_nanoseconds(reading.machine))
    return reading, moved


def _read(folder: DataFolder, latest: Ticks) -> Reading:
    kept = from_nanoseconds(mark.read(folder.clock))
    return Reading(machine=from_nanoseconds(time.time_ns()), folder=max(kept, latest))


def _check_machine(now: Ticks) -> None:
    """Raise WrongState where the machine's clock cannot be right: everything would be moved there."""
    if now < seconds(FIRST_SECONDS):
        raise WrongState(f"The machine's clock says {_moment(now)}, which cannot be right: set it first.")


def _touch_parts(folder: DataFolder, now: Ticks) -> None:
    """Let no upload be written later than now: how long it is kept counts from when its file was."""
    for video in folder.parts():
        part = folder.part(video)
        if part.stat().st_mtime > to_seconds(now):
            os.utime(part, (to_seconds(now), to_seconds(now)))


def _ahead(folder: DataFolder, reading: Reading) -> str:
    return f"The clock of {folder.root} is {span(to_seconds(reading.ahead))} ahead of the machine's."


def _near(folder: DataFolder, reading: Reading) -> str:
    if reading.ahead < TICKS_PER_SECOND:
        return f"The clock of {folder.root} is not ahead of the machine's."
    led_back = span(to_seconds(reading.ahead) * SLEW)
    return f"{_ahead(folder, reading)} The server corrects this by itself, within {led_back}."


def _moment(instant: Ticks) -> str:
    return f"{to_datetime(instant):%Y-%m-%d %H:%M:%S} UTC"
