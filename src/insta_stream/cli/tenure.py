"""Lets a command have a data folder: to itself, or in a seat beside another server."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from insta_stream.cli.show import err
from insta_stream.errors import BadSettings, WrongState
from insta_stream.storage.folder import DataFolder, FolderLock, Seat

ENDS_WITHIN_SECONDS = 5.0
"""How long a server before this one may still have the data folder: one that was told to stop, or whose
supervisor was killed, is ending."""


def create_folders(folder: DataFolder) -> None:
    """Make the folders and try that they can be written to. Raises BadSettings."""
    try:
        folder.create()
        for path in {folder.root, folder.uploads, folder.stream}:
            probe = path / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
    except OSError as error:
        raise BadSettings(
            f"The folder {error.filename} is not writable ({error.strerror}). Choose another one with "
            "--data, or give this user write access."
        ) from error


def await_lock(folder: DataFolder, *seats: Seat) -> FolderLock:
    """Take seats on a data folder, or all of it; whoever has it may be ending. Raises WrongState if not."""
    lock, deadline, has_said = FolderLock(folder, *seats), time.monotonic() + ENDS_WITHIN_SECONDS, False
    while True:
        try:
            lock.take()
        except WrongState:
            if time.monotonic() > deadline:
                raise
            if not has_said:
                err.print("Waiting for another Insta-Stream using this data folder to stop.")
                has_said = True
            time.sleep(0.1)
        else:
            return lock


@contextmanager
def held(folder: DataFolder, seat: Seat, segment_seconds: int) -> Iterator[None]:
    """Have a seat on a data folder, whose database is of this version.

    Raises WrongState: still in use after a wait, too new, begun with segments of another length, or not the
    one of these folders.
    """
    lock = _take(folder, seat, segment_seconds)
    try:
        yield
    finally:
        lock.release()


def _take(folder: DataFolder, seat: Seat, segment_seconds: int) -> FolderLock:
    from insta_stream.db.installation import OLDER_DATA  # noqa: PLC0415 - half a second for no other command

    try:
        return _try_to_take(folder, seat, segment_seconds)
    except WrongState as error:
        if error.code != OLDER_DATA:
            raise
    _upgrade(folder, segment_seconds)
    return _try_to_take(folder, seat, segment_seconds)


def _try_to_take(folder: DataFolder, seat: Seat, segment_seconds: int) -> FolderLock:
    from insta_stream.db.installation import opened  # noqa: PLC0415 - as above

    async def look() -> None:
        await (await opened(folder, segment_seconds)).close()

    lock = await_lock(folder, seat)
    try:
        asyncio.run(look())
    except BaseException:
        lock.release()
        raise
    return lock


def _upgrade(folder: DataFolder, segment_seconds: int) -> None:
    """Bring the database up to this version while nobody else uses it."""
    from insta_stream.db.installation import prepare  # noqa: PLC0415 - as above

    try:
        lock = await_lock(folder)
    except WrongState as error:
        raise WrongState(
            f"The database has to be upgraded, and nobody else may use it meanwhile. {error.message}",
            code=error.code,
        ) from error
    try:
        asyncio.run(prepare(folder, segment_seconds))
    finally:
        lock.release()
