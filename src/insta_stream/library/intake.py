"""How files become videos: written in full, inspected, planned, and only then in the library."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from insta_stream.clock import Clock
from insta_stream.db.videos import VideoRow
from insta_stream.errors import BadRequest, NotAVideo
from insta_stream.ids import AccountId, VideoId, new_id
from insta_stream.library.buffers import Buffers
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.draft import Drafts
from insta_stream.library.duplicates import twin
from insta_stream.library.names import MAX_LENGTH, display_name, is_cut, is_download
from insta_stream.library.part import refusals
from insta_stream.library.quotas import Quotas
from insta_stream.library.room import Room, UploadLimits
from insta_stream.library.upload import Upload
from insta_stream.library.video import DUPLICATE, NAME_CUT, Video
from insta_stream.library.views import Views, incoming
from insta_stream.library.whole import whole
from insta_stream.media.inspect import inspect
from insta_stream.media.model import Caution, Inspection
from insta_stream.media.plan import shown_size
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import FileLock, create, lock

log = structlog.get_logger()

INSPECTIONS = 2
"""How many files are inspected at the same time."""


_NOT_DOWNLOADED = "This download is not complete. Upload the file when it is."


class Intake:
    """Takes files in. What is refused, or whose sender goes away, leaves nothing behind."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        drafts: Drafts,
        views: Views,
        folder: DataFolder,
        limits: UploadLimits,
        room: Room,
        quotas: Quotas,
        clock: Clock,
    ) -> None:
        self._catalogue = catalogue
        self._drafts = drafts
        self._views = views
        self._folder = folder
        self._limits = limits
        self._room = room
        self._quotas = quotas
        self._clock = clock
        self._inspections = asyncio.Semaphore(INSPECTIONS)
        self._uploads: dict[VideoId, Upload] = {}
        self._buffers = Buffers()

    async def begin(self, name: str, size_bytes: int | None, owner: AccountId | None = None) -> Upload:
        """Return where to write a file. owner: who sends it.

        Raises TooLarge, DiskFull, QuotaReached or TooMany before a byte is read.
        """
        announced, id_ = size_bytes or 0, VideoId(new_id())
        self._limits.check_size(announced)
        upload = Upload(
            id_,
            name,
            owner=owner,
            folder=self._folder,
            limits=self._limits,
            room=self._room,
            buffers=self._buffers,
            announced_bytes=announced,
            claim=partial(self._quotas.claim, id_, owner),
            take=self._take,
            is_over=self._forget,
        )
        try:
            await self._quotas.claim(id_, owner, announced)
            self._room.check_besides(announced)
        except BaseException:
            await upload.abort()
            raise
        self._room.owe(upload.id, announced)
        self._uploads[upload.id] = upload
        return upload

    def incoming(self) -> Iterable[Video]:
        """Return what is coming in, as videos that are not there yet."""
        now = self._clock.now()
        return [incoming(upload, now) for upload in tuple(self._uploads.values())]

    async def abort_all(self) -> None:
        """Forget what is coming in, but leave its file to what has come in whole and is becoming a video: the
        next start tidies up if that does not get there.
        """
        for upload in list(self._uploads.values()):
            if not upload.is_inspecting:
                await upload.abort()

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

    async def _take(self, upload: Upload) -> Video:
        return await self.settle(upload.id, upload.name, upload.owner)

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

    def _forget(self, id_: VideoId) -> None:
        self._uploads.pop(id_, None)
        self._room.owe(id_, 0)
        self._quotas.give_back(id_)

    async def inspect(self, path: Path) -> Inspection:
        """Return what is in a file. Raises NotAVideo."""
        async with self._inspections:
            return await inspect(path)

    async def tidy_up(self, kept: Container[VideoId], is_kept: Callable[[VideoId], Awaitable[bool]]) -> None:
        """Finish or undo what a process that ended has interrupted; what somebody holds is left alone.

        kept: uploads that go on. is_kept: asks the database whether one does that was begun since.
        """
        await asyncio.to_thread(self._folder.remove_unchecked)
        for id_ in self._folder.parts():
            if self._catalogue.has(id_) or id_ not in kept:
                with suppress(FileNotFoundError):  # its process has ended it
                    if held := lock(self._folder.part(id_)):
                        await self._tidy_up(id_, is_kept)
                        held.release()

    async def _tidy_up(self, id_: VideoId, is_kept: Callable[[VideoId], Awaitable[bool]]) -> None:
        """Finish or undo an upload that nobody else can begin to finish now."""
        is_upload, part = await is_kept(id_), self._folder.part(id_)
        if self._catalogue.has(id_):
            part.replace(self._folder.original(id_))
        elif not is_upload:
            log.info("unfinished_upload_removed", video=id_)
            part.unlink()


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
