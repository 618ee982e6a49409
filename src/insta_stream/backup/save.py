"""Makes a backup of a data folder, while a server uses it or not."""

import asyncio
import fcntl
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path

from insta_stream import __version__
from insta_stream.backup import target
from insta_stream.backup.content import Choice, Snapshot, expected_bytes, files, prepare
from insta_stream.backup.reader import Tell
from insta_stream.backup.seal import Seal, last_line, line
from insta_stream.backup.target import Target
from insta_stream.db.snapshot import copy
from insta_stream.errors import WrongState
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import from_datetime

Begin = Callable[[int], Tell]
"""Is told about how many bytes there will be, and returns whom to tell what is done."""


def save(folder: DataFolder, to: Path, choice: Choice, now: datetime, begin: Begin) -> Seal:
    """Write a backup to a folder or a tar file, and return what it says of itself.

    The database is copied first, so that everything it names was there at that moment. Raises Unknown where
    there is no data folder, WrongState for a database of a newer version, a place that is taken, or one to
    which another backup is being made.
    """
    target.check(to)
    if to.resolve().is_relative_to(folder.root.resolve()):
        raise WrongState(f"{to} is in the data folder itself: name a place outside of it.")
    to.parent.mkdir(parents=True, exist_ok=True)
    with _scratch(to) as scratch:
        database = scratch / "database"
        copy(folder.database, database)
        snapshot = asyncio.run(prepare(database, from_datetime(now)))
        seal = _seal(snapshot, choice, now)
        tell = begin(expected_bytes(snapshot, choice) + database.stat().st_size)
        parts = chain([(seal.database, database)], files(folder, snapshot, choice))
        listing = scratch / "files"
        with target.opened(to, seal) as backup:
            _put_all(parts, backup, listing, tell)
            backup.put(seal.checksums, listing, tell)
    return seal


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
                f"Another backup to {to} is being made: wait for its end, or name another place."
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


def _put_all(parts: Iterable[tuple[str, Path]], backup: Target, listing: Path, tell: Tell) -> None:
    """Put the files into a backup, and write the list of them."""
    count = total = 0
    with listing.open("w", encoding="ascii") as lines:
        for name, path in parts:
            try:
                checksum, size = backup.put(name, path, tell)
            except FileNotFoundError:  # deleted since the database was copied
                continue
            lines.write(line(name, checksum))
            count, total = count + 1, total + size
        lines.write(last_line(count, total))


def _seal(snapshot: Snapshot, choice: Choice, now: datetime) -> Seal:
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
    )
