"""What is in a backup: the database as it is at one instant, and the files that it names.

The files are immutable, so copying them may take hours while the server goes on. What is removed meanwhile
was deleted by somebody; a restore counts what is there, so nothing has to be copied twice.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, func, select

from insta_stream.db import restored
from insta_stream.db.channels import channel
from insta_stream.db.engine import Database
from insta_stream.db.profile import profile
from insta_stream.db.upgrade import revision
from insta_stream.db.uploads import upload
from insta_stream.db.videos import PackageRow, VideoRow, load_packages, load_videos
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database at an instant. revision: of its tables. segment_seconds: None where no server ever ran."""

    videos: tuple[VideoRow, ...]
    packages: tuple[PackageRow, ...]
    channels: int
    revision: str
    segment_seconds: int | None


async def prepare(path: Path, taken_at: Ticks) -> Snapshot:
    """Make a copied database one to restore from, and return what it names.

    It is brought up to this version, says that it is from a backup, and forgets uploads that are not whole.
    Raises WrongState ("newer_data").
    """
    database = Database(path)
    try:
        await database.upgrade()
        async with database.write() as connection:
            await restored.mark(connection, taken_at)
            await connection.execute(delete(upload))
            snapshot = Snapshot(
                videos=tuple(await load_videos(connection)),
                packages=tuple(await load_packages(connection)),
                channels=await connection.scalar(select(func.count()).select_from(channel)) or 0,
                revision=await connection.run_sync(_revision),
                segment_seconds=await connection.scalar(select(profile.c.segment_seconds)),
            )
    finally:
        await database.close()
    with closing(sqlite3.connect(path)) as one_file:
        one_file.execute("PRAGMA journal_mode=DELETE")
    return snapshot


def _revision(connection: Connection) -> str:
    return revision(connection) or ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which files a backup has, besides the database and the slate."""

    originals: bool = True
    packages: bool = True


def files(folder: DataFolder, snapshot: Snapshot, choice: Choice) -> Iterator[tuple[str, Path]]:
    """Yield name and place of the files of a snapshot, as far as they are there now."""
    slates = {video.id for video in snapshot.videos if video.is_hidden}
    for video in sorted(snapshot.videos, key=lambda row: row.id):
        wanted = choice.originals or video.id in slates
        if wanted and folder.original(video.id).is_file():
            yield f"uploads/{video.id}", folder.original(video.id)
    for package in sorted(snapshot.packages, key=lambda row: row.id):
        if choice.packages or package.video in slates:
            yield from _package(folder, package)


def _package(folder: DataFolder, package: PackageRow) -> Iterator[tuple[str, Path]]:
    root = folder.package(package.id)
    for name in ("poster.jpg", "strip.jpg"):
        if package.has_pictures and (root / name).is_file():
            yield f"stream/{package.id}/{name}", root / name
    for rendition in package.renditions:
        place = folder.rendition(package.id, rendition.name)
        for number in range(rendition.published):
            yield f"stream/{package.id}/{rendition.name}/{number}.ts", place / f"{number}.ts"


def expected_bytes(snapshot: Snapshot, choice: Choice) -> int:
    """Return about how much a backup will hold besides the database."""
    originals = sum(video.original_bytes for video in snapshot.videos)
    packages = sum(each.size_bytes for package in snapshot.packages for each in package.renditions)
    return originals * choice.originals + packages * choice.packages
