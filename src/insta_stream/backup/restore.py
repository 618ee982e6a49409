"""Makes a data folder of a backup: beside its place, and moved there when nothing is missing."""

import asyncio
import os
import shutil
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from insta_stream.backup import source
from insta_stream.backup.content import Choice, counted, group, lacking, prepare
from insta_stream.backup.reader import CHUNK_BYTES, Reader
from insta_stream.backup.save import Begin
from insta_stream.backup.seal import BadBackup, Seal
from insta_stream.db.engine import Database
from insta_stream.db.installation import claim
from insta_stream.db.videos import (
    PackageRow,
    load_packages,
    load_videos,
    pass_over,
    update_package,
    update_video,
)
from insta_stream.errors import WrongState
from insta_stream.ids import VideoId
from insta_stream.library import published
from insta_stream.storage.folder import DataFolder, FolderLock
from insta_stream.ticks import from_datetime

RESTORING = ".restoring"


def restore(backup: Path, data: Path, begin: Begin) -> tuple[Seal, int]:
    """Make a data folder of a backup; return what the backup says of itself, and how many videos have no file
    in it, as in one that was made without the folders of originals and packages.

    The channels that were on the air begin new broadcasts when a server starts on it: the database says so.
    Raises BadBackup, and WrongState where the data folder has something in it or is in use. Until the last
    moment nothing is at the place of the data folder.
    """
    data = data.resolve()  # no folder can be moved to the place of a link
    _check_free(data)
    draft = DataFolder.under(data.with_name(data.name + RESTORING))
    with source.opened(backup) as found:
        _clear(draft)
        lock = FolderLock(draft)
        lock.take()
        try:
            tell = begin(_size(backup))
            source.check(found, lambda name, reader: _place(draft, name, reader), tell, backup)
            bare = asyncio.run(_settle(draft))
            os.sync()
            draft.root.rename(data)
        finally:
            lock.release()
            shutil.rmtree(draft.root, ignore_errors=True)
        return found.seal, bare


def verify(backup: Path, begin: Begin) -> tuple[Seal, int]:
    """Read a backup; return what it says of itself, and how many files it has.

    Raises BadBackup where it is not whole, or does not have what its database names.
    """
    held: Counter[str] = Counter()
    with source.opened(backup) as found, TemporaryDirectory(prefix="insta-stream-") as scratch:
        seal, database = found.seal, Path(scratch) / "database"

        def keep(name: str, reader: Reader) -> None:
            held[group(name)] += 1
            if name == seal.database:
                with database.open("wb") as file:
                    shutil.copyfileobj(reader, file, CHUNK_BYTES)

        count = source.check(found, keep, begin(_size(backup)), backup)
        if not held[seal.database]:
            raise BadBackup(f"{backup} has no database: the backup is damaged.")
        snapshot = asyncio.run(prepare(database, from_datetime(datetime.fromisoformat(seal.taken_at))))
    if snapshot.broken and not seal.missing:
        raise BadBackup(f"{backup} has a damaged database: its data on {snapshot.broken[0]} cannot be read.")
    if lacks := lacking(snapshot, Choice(seal.has_originals, seal.has_packages), held):
        raise BadBackup(
            f"{backup} lacks {lacks} files that its database names: make another backup while the folders "
            "of originals and packages are available."
        )
    return seal, count


def _check_free(data: Path) -> None:
    """Raise WrongState unless there is nothing where the data folder is to be, and it can be moved there."""
    if data.is_mount():
        raise WrongState(
            f"{data} is the top of a disk or volume, which cannot be replaced: restore into a folder in "
            f"it, such as {data / 'tv'}.",
            code="data_is_a_disk",
        )
    if data.is_dir() and any(data.iterdir()):
        folder = DataFolder.under(data)
        if folder.database.exists():
            lock = FolderLock(folder)
            lock.take()  # raises where a server uses it, which is worth saying
            lock.release()
        raise WrongState(
            f"The folder {data} is not empty: move its contents away, or restore into another folder with "
            "--data.",
            code="data_not_empty",
        )
    if data.exists() and not data.is_dir():
        raise WrongState(
            f"{data} is not a folder: restore into another place with --data.", code="data_not_empty"
        )


def _clear(draft: DataFolder) -> None:
    """Remove what a restore that was killed left behind, unless it is still going on."""
    draft.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FolderLock(draft)
    lock.take()
    lock.release()
    shutil.rmtree(draft.root)
    draft.create()


def _place(draft: DataFolder, name: str, reader: Reader) -> None:
    path = draft.database if name.endswith(".db") else draft.root / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("wb") as file:
        path.chmod(0o600)
        shutil.copyfileobj(reader, file, CHUNK_BYTES)


async def _settle(draft: DataFolder) -> int:
    """Bring the database up to this version, and let it say of files what is really there.

    Return how many videos have none.
    """
    bare = set[VideoId]()
    database = Database(draft.database)
    try:
        await database.upgrade()
        async with database.write() as connection:
            for video in await load_videos(connection, pass_over):
                has_original = draft.original(video.id).is_file()
                await update_video(connection, video, replace(video, has_original=has_original))
                if not (has_original or video.is_hidden or video.deleted_at):
                    bare.add(video.id)
            for package in await load_packages(connection, pass_over):
                found = _counted(draft, package)
                await update_package(connection, package, found)
                if any(rendition.published for rendition in found.renditions):
                    bare.discard(package.video)
        await claim(database, draft, is_adopted=True)
    finally:
        await database.close()
    return len(bare)


def _counted(draft: DataFolder, package: PackageRow) -> PackageRow:
    """Return a package as the folder has it."""
    has_pictures = package.has_pictures and (draft.package(package.id) / "poster.jpg").is_file()
    return counted(package, published.count(draft, package), has_pictures=has_pictures)


def _size(backup: Path) -> int:
    """Return about how many bytes there are to read."""
    if backup.is_file():
        return backup.stat().st_size
    return sum(path.stat().st_size for path in backup.rglob("*") if path.is_file())
