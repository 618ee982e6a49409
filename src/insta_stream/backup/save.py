"""Makes a backup of a data folder, while a server uses it or not."""

import asyncio
import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TextIO

from insta_stream import __version__
from insta_stream.backup import target
from insta_stream.backup.content import (
    Choice,
    Snapshot,
    expected_bytes,
    extras,
    leave_out,
    missing,
    names,
    place,
    prepare,
)
from insta_stream.backup.reader import Tell
from insta_stream.backup.seal import Seal, last_line, line
from insta_stream.backup.target import Target
from insta_stream.db.snapshot import copy
from insta_stream.errors import NotReady, WrongState
from insta_stream.storage import mark
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.installation import check_database, check_marks
from insta_stream.ticks import from_datetime, from_nanoseconds

Begin = Callable[[int], Tell]
"""Is told about how many bytes there will be, and returns whom to tell what is done."""


def save(
    folder: DataFolder, to: Path, choice: Choice, now: datetime, begin: Begin, *, is_incomplete: bool = False
) -> Seal:
    """Write a backup to a folder or a tar file, and return what it says of itself.

    The database is copied first, so that everything it names was there at that moment. Raises Unknown where
    there is no data folder, WrongState for a database of a newer version, a place that is taken, one to which
    another backup is being made, and where files are missing, unless is_incomplete: what is there is saved.
    """
    for place_of_ours in (folder.root, folder.uploads, folder.stream):
        if to.resolve().is_relative_to(place_of_ours.resolve()):
            raise WrongState(
                f"{to} is inside {place_of_ours}, which is being backed up: choose a place outside it."
            )
    if not is_incomplete:
        check_database(folder)
        check_marks(folder)
    to.parent.mkdir(parents=True, exist_ok=True)
    with _scratch(to) as scratch:
        database = scratch / "database"
        snapshot = _snapshot(folder, database, now)
        target.check(to, snapshot.installation)
        if snapshot.broken and not is_incomplete:
            raise _damaged(snapshot)
        lost = _lost(folder, missing(folder, snapshot, choice), choice, scratch, now)
        if lost and not is_incomplete:
            raise _refusal(folder, lost, to)
        seal = _seal(snapshot, choice, now, len(lost) + len(snapshot.broken))
        tell = begin(expected_bytes(snapshot, choice) + database.stat().st_size)
        parts = chain(names(snapshot, choice), extras(folder, snapshot, choice))
        with target.opened(to, seal) as backup, (scratch / "files").open("w", encoding="ascii") as listing:
            files = _Files(backup, listing, tell)
            gone = {name for name in parts if not files.put(name, place(folder, name))}
            if vanished := _lost(folder, gone - lost, choice, scratch, now):
                raise _refusal(folder, vanished, to)
            if gone:
                asyncio.run(leave_out(database, gone))
            files.put(seal.database, database)
            files.end()
            backup.put(seal.checksums, scratch / "files", tell)
    return seal


def _snapshot(folder: DataFolder, to: Path, now: datetime) -> Snapshot:
    """Copy the database. What it says is as of the server's clock, which may be ahead of the machine's."""
    to.unlink(missing_ok=True)
    copy(folder.database, to)
    clock = from_nanoseconds(mark.read(folder.clock))
    return asyncio.run(prepare(to, max(from_datetime(now), clock)))


def _lost(folder: DataFolder, gone: set[str], choice: Choice, scratch: Path, now: datetime) -> set[str]:
    """Return which of the files that are gone were not deleted: the database still names them.

    It says so first when something is deleted, and then the file goes.
    """
    if not gone:
        return gone
    later = _snapshot(folder, scratch / "later", now)
    return gone & set(names(later, choice))


def _damaged(snapshot: Snapshot) -> NotReady:
    return NotReady(
        f"The database is damaged: its data on {snapshot.broken[0]} cannot be read, nor which files "
        "belong to it. Restore a backup into a new folder. To back up what is there anyway, add "
        "--incomplete."
    )


def _refusal(folder: DataFolder, lost: set[str], to: Path) -> WrongState:
    """Return the refusal of a backup that would lack files."""
    originals = sum(name.startswith("uploads/") for name in lost)
    counts = {
        f"originals ({originals}) in {folder.uploads.absolute()}": originals,
        f"segments ({len(lost) - originals}) in {folder.stream.absolute()}": len(lost) - originals,
    }
    what = " and ".join(text for text, count in counts.items() if count)
    return WrongState(
        f"Files that the database names are missing: {what}. Is a disk not mounted, or are the files "
        "elsewhere (--upload-dir, --stream-dir of the server)? No backup was made, and any earlier one "
        f"in {to} is unchanged. To back up what is there anyway, add --incomplete.",
        code="files_missing",
    )


@contextmanager
def _scratch(to: Path) -> Iterator[Path]:
    """Give an empty folder, without what a backup that was killed left in it, and remove it at the end.

    Two backups at once to the same place would each take away what the other has put there, and leave none.
    Raises WrongState for the second.
    """
    path = to.with_name(to.name + ".scratch")
    path.mkdir(mode=0o700, exist_ok=True)
    with (path / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WrongState(
                f"Another backup to {to} is in progress: wait for it, or choose another place."
            ) from None
        try:
            _clear(path)
            yield path / "new"
        finally:
            shutil.rmtree(path)


def _clear(path: Path) -> None:
    """Make an empty folder in a scratch folder, in place of what is there."""
    shutil.rmtree(path / "new", ignore_errors=True)
    (path / "new").mkdir()


class _Files:
    """Puts files into a backup, and lists them."""

    def __init__(self, backup: Target, listing: TextIO, tell: Tell) -> None:
        self._backup = backup
        self._listing = listing
        self._tell = tell
        self._count = self._total = 0

    def put(self, name: str, path: Path) -> bool:
        """Put a file into the backup; say whether it is there."""
        try:
            checksum, size = self._backup.put(name, path, self._tell)
        except FileNotFoundError:
            return False
        self._listing.write(line(name, checksum))
        self._count, self._total = self._count + 1, self._total + size
        return True

    def end(self) -> None:
        """End the list."""
        self._listing.write(last_line(self._count, self._total))
        self._listing.flush()


def _seal(snapshot: Snapshot, choice: Choice, now: datetime, lost: int) -> Seal:
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    return Seal(
        version=__version__,
        revision=snapshot.revision,
        taken_at=now.isoformat(),
        segment_seconds=snapshot.segment_seconds,
        channels=snapshot.channels,
        videos=sum(not video.is_hidden and video.deleted_at is None for video in snapshot.videos),
        has_originals=choice.originals,
        has_packages=choice.packages,
        database=f"insta-stream.{stamp}.db",
        checksums=f"files.{stamp}.sha256",
        installation=snapshot.installation,
        missing=lost,
    )
