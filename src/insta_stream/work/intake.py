"""How files become videos: written in full, inspected, planned, and only then in the library."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from insta_stream.db.videos import VideoRow
from insta_stream.errors import BadRequest, NotAVideo
from insta_stream.ids import AccountId, VideoId, new_id
from insta_stream.library.draft import Drafts
from insta_stream.library.duplicates import twin
from insta_stream.library.names import MAX_LENGTH, display_name, is_cut, is_download
from insta_stream.library.part import refusals
from insta_stream.library.parts import Parts
from insta_stream.library.room import Room
from insta_stream.library.video import DUPLICATE, NAME_CUT, Video
from insta_stream.library.whole import whole
from insta_stream.media.inspect import inspect
from insta_stream.media.model import Caution, Inspection
from insta_stream.media.plan import shown_size
from insta_stream.storage.lock import FileLock, create, lock

log = structlog.get_logger()

INSPECTIONS = 2
"""How many files are inspected at the same time."""

_NOT_DOWNLOADED = "This download is not complete. Upload the file when it is."


class Intake:
    """Makes videos of files that are whole. What is refused leaves no file behind."""

    def __init__(self, parts: Parts, drafts: Drafts) -> None:
        self._catalogue = parts.catalogue
        self._drafts = drafts
        self._views = parts.views
        self._folder = parts.folder
        self._room = Room(parts.folder, parts.min_free_bytes)
        self._clock = drafts.clock
        self._inspections = asyncio.Semaphore(INSPECTIONS)

    async def adopt(self, path: Path, name: str, *, is_hidden: bool = False) -> Video:
        """Take in a file of our own making: linked where that is possible, else copied.

        The largest size is for what strangers send.
        """
        self._room.check(await asyncio.to_thread(_size, path))
        id_ = VideoId(new_id())
        part = self._folder.part(id_)
        with refusals():
            held = await asyncio.to_thread(_link_or_copy, path, part)
        try:
            return await self.settle(id_, name, is_hidden=is_hidden)
        finally:
            part.unlink(missing_ok=True)
            held.release()

    async def settle(
        self, id_: VideoId, name: str, owner: AccountId | None = None, *, is_hidden: bool = False
    ) -> Video:
        """Inspect a file that has come in, and make it a video of its owner's. Raises NotAVideo."""
        try:
            inspection = await self.inspect(self._folder.part(id_))
        except NotAVideo as error:
            if is_download(name):
                raise NotAVideo(_NOT_DOWNLOADED, code="unfinished_download") from error
            raise
        notices = [] if is_hidden else await self._notices(id_, name, inspection)
        width, height = map(round, shown_size(inspection.video))
        row = VideoRow(
            id=id_,
            name=display_name(name),
            size_bytes=inspection.size_bytes,
            added_at=self._clock.now(),
            is_hidden=is_hidden,
            deleted_at=None,
            width=width,
            height=height,
            frame_rate=str(inspection.video.frame_rate),
            video_codec=inspection.video.codec,
            audio_codec=inspection.audio.codec if inspection.audio else "",
            owner=owner,
        )
        await self._keep(row, inspection, notices)
        return self._views.video(row)

    async def inspect(self, path: Path) -> Inspection:
        """Return what is in a file. Raises NotAVideo."""
        async with self._inspections:
            return await inspect(path)

    async def _notices(self, id_: VideoId, name: str, inspection: Inspection) -> list[Caution]:
        """Return what whoever sent a file should know besides what is in it."""
        found = (
            [Caution(NAME_CUT, f"Its name was shortened to {MAX_LENGTH} characters.")] if is_cut(name) else []
        )
        others = [
            (row.name, self._folder.original(row.id))
            for row in self._catalogue.videos()
            if row.size_bytes == inspection.size_bytes and row.original_bytes and not row.is_hidden
        ]
        if others and (known := await asyncio.to_thread(twin, self._folder.part(id_), others)):
            found.append(Caution(DUPLICATE, f"You already had this file, as “{known}”."))
        return found

    @whole
    async def _keep(self, row: VideoRow, inspection: Inspection, notices: Sequence[Caution]) -> None:
        """Enter a video; its row and its file's name go together."""
        plan = self._drafts.plan(inspection)
        begun = self._drafts.package(row.id, plan)
        package = replace(begun, is_current=True, cautions=(*notices, *begun.cautions))
        await self._catalogue.add(row, package, inspection, plan)
        self._folder.part(row.id).replace(self._folder.original(row.id))
        log.info("video_added", video=row.id, package=package.id, size_bytes=row.size_bytes)


def _size(path: Path) -> int:
    if not path.is_file():
        raise BadRequest(f"There is no file {path}.", code="no_file")
    return path.stat().st_size


def _link_or_copy(path: Path, to: Path) -> FileLock:
    """Bring a file to another path, and hold it there."""
    try:
        os.link(path, to, follow_symlinks=True)
    except OSError:  # another file system, or one that has no links
        return _copy(path, to)
    try:
        held = lock(to)
    except FileNotFoundError:  # another process has tidied up
        return _link_or_copy(path, to)
    if held is None:  # somebody holds the file that this is a link to
        to.unlink()
        return _copy(path, to)
    return held


def _copy(path: Path, to: Path) -> FileLock:
    held = create(to)
    try:
        shutil.copyfile(path, to)
    except BaseException:
        to.unlink()
        held.release()
        raise
    return held
