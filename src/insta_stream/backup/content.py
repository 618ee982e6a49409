"""What is in a backup: the database as it is at one instant, and the files that it names.

The files are immutable, so copying them may take hours while the server goes on. What is removed meanwhile
because somebody deleted it is left out, and the copied database says so: every file that it names is there.
"""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, delete, func, select

from insta_stream.db import installation, restored
from insta_stream.db.accounts import invitation
from insta_stream.db.channels import channel
from insta_stream.db.engine import Database
from insta_stream.db.playback import playback_key
from insta_stream.db.profile import profile
from insta_stream.db.sessions import failed_sign_in, session, signing_key
from insta_stream.db.tokens import api_token
from insta_stream.db.upgrade import revision
from insta_stream.db.uploads import upload
from insta_stream.db.videos import (
    PackageRow,
    RenditionRow,
    VideoRow,
    load_packages,
    load_videos,
    pass_over,
    update_package,
    update_video,
)
from insta_stream.ids import PackageId, VideoId
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks

_LEFT_OUT = (upload, api_token, session, signing_key, playback_key, invitation, failed_sign_in)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database at an instant. broken: videos and packages of which nothing can be read, nor what belongs to
    them. installation: whose it is, "" where it had no name yet. revision: of its tables. segment_seconds:
    None where no server ever ran.
    """

    videos: tuple[VideoRow, ...]
    packages: tuple[PackageRow, ...]
    broken: tuple[str, ...]
    channels: int
    installation: str
    revision: str
    segment_seconds: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which files a backup has, besides the database and the slate."""

    originals: bool = True
    packages: bool = True


async def prepare(path: Path, taken_at: Ticks) -> Snapshot:
    """Make a copied database one to restore from, and return what it names.

    It is brought up to this version, says that it is from a backup, and forgets uploads that are not whole,
    and all that would open the server again after it was revoked: API tokens, sessions and their keys,
    keys and links of viewers, invitations. Raises WrongState ("newer_data").
    """
    broken: list[str] = []

    def note(table: str, id_: str, _error: Exception) -> None:
        broken.append(f"{table} {id_}")

    async with _opened(path) as database:
        async with database.read() as connection:
            owner = await installation.key(connection)
        await database.upgrade()
        async with database.write() as connection:
            # Not every SQLite overwrites what is deleted: keys could be read from the file.
            await connection.exec_driver_sql("PRAGMA secure_delete = ON")
            await restored.mark(connection, taken_at)
            for table in _LEFT_OUT:
                await connection.execute(delete(table))
            return Snapshot(
                videos=tuple(await load_videos(connection, note)),
                packages=tuple(await load_packages(connection, note)),
                broken=tuple(broken),
                channels=await connection.scalar(select(func.count()).select_from(channel)) or 0,
                installation=owner,
                revision=await connection.run_sync(_revision),
                segment_seconds=await connection.scalar(select(profile.c.segment_seconds)),
            )


async def leave_out(path: Path, gone: Collection[str]) -> None:
    """Let a copied database say that these files are not there."""
    async with _opened(path) as database, database.write() as connection:
        for video in await load_videos(connection, pass_over):
            if _original(video) in gone:
                await update_video(connection, video, replace(video, has_original=False))
        for package in await load_packages(connection, pass_over):
            renditions = tuple(_up_to_a_gap(package, rendition, gone) for rendition in package.renditions)
            after = counted(package, renditions, has_pictures=package.has_pictures)
            await update_package(connection, package, after)


def counted(package: PackageRow, renditions: tuple[RenditionRow, ...], *, has_pictures: bool) -> PackageRow:
    """Return a package with what there is of it; what was ready and is not whole is to be packaged again."""
    found = replace(package, renditions=renditions, has_pictures=has_pictures)
    pairs = zip(renditions, package.renditions, strict=True)
    if all(new.published == old.published for new, old in pairs):
        return found
    state = "packaging" if package.state == "ready" else package.state
    return replace(found, state=state, is_airable=False, attempts=0)


def names(snapshot: Snapshot, choice: Choice) -> Iterator[str]:
    """Yield the names of the files that a snapshot says are there. Pictures are no part of it: what they are
    made of is.
    """
    slates = _slates(snapshot)
    for video in sorted(snapshot.videos, key=lambda row: row.id):
        if video.has_original and (choice.originals or video.id in slates):
            yield _original(video)
    for package in sorted(snapshot.packages, key=lambda row: row.id):
        if choice.packages or package.video in slates:
            for rendition in package.renditions:
                for number in range(rendition.published):
                    yield _segment(package, rendition, number)


def extras(folder: DataFolder, snapshot: Snapshot, choice: Choice) -> Iterator[str]:
    """Yield the names of files that are there as well: pictures, and originals that were thought lost."""
    slates = _slates(snapshot)
    for video in snapshot.videos:
        is_thought_lost = not video.has_original and video.released_at is None
        if choice.originals and is_thought_lost and folder.original(video.id).is_file():
            yield _original(video)
    for package in snapshot.packages:
        if package.has_pictures and (choice.packages or package.video in slates):
            for file in ("poster.jpg", "strip.jpg"):
                if (folder.package(package.id) / file).is_file():
                    yield f"stream/{package.id}/{file}"


def place(folder: DataFolder, name: str) -> Path:
    """Return where the file is that has this name in a backup."""
    match name.split("/"):
        case ["uploads", video]:
            return folder.original(VideoId(video))
        case ["stream", package, picture]:
            return folder.package(PackageId(package)) / picture
        case ["stream", package, rendition, segment]:
            return folder.rendition(PackageId(package), rendition) / segment
        case _:
            raise ValueError(f"no name of a file in a backup: {name!r}")


def missing(folder: DataFolder, snapshot: Snapshot, choice: Choice) -> set[str]:
    """Return the names of the files that should be there and are not."""
    return {name for name in names(snapshot, choice) if not place(folder, name).is_file()}


def group(name: str) -> str:
    """Return what is counted together: one rendition's segments; an original is alone."""
    return name.rpartition("/")[0] if name.endswith(".ts") else name


def lacking(snapshot: Snapshot, choice: Choice, held: Mapping[str, int]) -> int:
    """Return how many files a backup lacks. held: how many it has of each group."""
    wanted = Counter(group(name) for name in names(snapshot, choice))
    return sum(max(0, count - held.get(each, 0)) for each, count in wanted.items())


def expected_bytes(snapshot: Snapshot, choice: Choice) -> int:
    """Return about how much a backup will hold besides the database."""
    originals = sum(video.original_bytes for video in snapshot.videos)
    packages = sum(each.size_bytes for package in snapshot.packages for each in package.renditions)
    return originals * choice.originals + packages * choice.packages


@asynccontextmanager
async def _opened(path: Path) -> AsyncIterator[Database]:
    """Open a copied database, and leave one file of it."""
    database = Database(path)
    try:
        yield database
    finally:
        await database.close()
    with closing(sqlite3.connect(path)) as one_file:
        one_file.execute("PRAGMA journal_mode=DELETE")


def _revision(connection: Connection) -> str:
    return revision(connection) or ""


def _slates(snapshot: Snapshot) -> set[VideoId]:
    return {video.id for video in snapshot.videos if video.is_hidden}


def _original(video: VideoRow) -> str:
    return f"uploads/{video.id}"


def _segment(package: PackageRow, rendition: RenditionRow, number: int) -> str:
    return f"stream/{package.id}/{rendition.name}/{number}.ts"


def _up_to_a_gap(package: PackageRow, rendition: RenditionRow, gone: Collection[str]) -> RenditionRow:
    """Return a rendition with the segments before the first that is gone. A restore measures them."""
    numbers = range(rendition.published)
    published = next((n for n in numbers if _segment(package, rendition, n) in gone), len(numbers))
    if published == rendition.published:
        return rendition
    return replace(rendition, published=published, is_complete=False)
