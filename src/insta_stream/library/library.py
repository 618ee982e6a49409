"""The library: uploads become videos, videos become packages, packages air."""

import asyncio

import structlog

from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.db.news import Heard
from insta_stream.db.videos import PackageRow
from insta_stream.errors import Unknown, WrongState
from insta_stream.ids import PackageId, VideoId
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.disk_use import DiskUse, disk_use
from insta_stream.library.draft import Drafts
from insta_stream.library.forms import Forms
from insta_stream.library.headway import Headway
from insta_stream.library.holdings import Subscriber
from insta_stream.library.names import title
from insta_stream.library.parts import Parts
from insta_stream.library.profile import Profile
from insta_stream.library.quotas import Quotas
from insta_stream.library.reception import Reception
from insta_stream.library.recount import check
from insta_stream.library.room import Room, UploadLimits
from insta_stream.library.verdict import cancelled
from insta_stream.library.video import DeletedVideo, Video
from insta_stream.library.views import Views, arriving
from insta_stream.media.ceilings import Ceiling, Need
from insta_stream.media.poster import Strip, strip_of
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.workplace import Workplace
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.table import SegmentTable

__all__ = ["Library", "Profile", "UploadLimits"]

log = structlog.get_logger()


class Library:
    """All videos of this server. What is not `async` reads memory only."""

    def __init__(
        self,
        database: Database,
        folder: DataFolder,
        clock: Clock,
        profile: Profile,
        limits: UploadLimits,
    ) -> None:
        self._folder = folder
        self._workplace = Workplace(folder)
        self._clock = clock
        self._catalogue = Catalogue(database)
        self._headway = Headway(database)
        self._views = Views(self._catalogue, self._headway, profile.rungs)
        self.drafts = Drafts(clock, profile)
        room = Room(folder, limits.min_free_bytes)
        self.quotas = Quotas(database, limits)
        self.reception = Reception(
            database=database,
            catalogue=self._catalogue,
            folder=folder,
            room=room,
            limits=limits,
            quotas=self.quotas,
            clock=clock,
        )
        self.forms = Forms(self.reception, folder=folder, limits=limits, quotas=self.quotas, clock=clock)
        self.parts = Parts(self._catalogue, self._views, folder, profile.min_free_bytes)

    async def load(self) -> None:
        """Load the library, and tidy up after a crash.

        The caller holds the folder's lock and has upgraded the database.
        """
        await self._catalogue.load()
        await asyncio.to_thread(self._workplace.take)
        await self.reception.load()

    async def stop(self) -> None:
        """Let nobody upload. What is resumable goes on at the next start, or elsewhere."""
        await self.reception.stop()
        await asyncio.to_thread(self._workplace.give_up)

    def videos(self) -> tuple[Video, ...]:
        """Return all videos, newest first."""
        shown = [self._views.video(row) for row in self._catalogue.videos() if not row.is_hidden]
        return tuple(sorted(shown, key=lambda video: video.added_at, reverse=True))

    def uploads(self) -> tuple[Video, ...]:
        """Return the files that are coming in, are being inspected or were refused: they are no videos."""
        return tuple(arriving(transfer) for transfer in self.reception.all())

    def look_up(self, id_: VideoId) -> Video:
        """Return a video, or an upload as the video that it may become. Raises Unknown."""
        transfer = self.reception.find(id_)
        return self.get(id_) if transfer is None else arriving(transfer)

    def has(self, id_: VideoId) -> bool:
        """Say whether there is such a video."""
        return self._catalogue.has(id_)

    def get(self, id_: VideoId) -> Video:
        """Return a video. Raises Unknown."""
        return self._views.video(self._catalogue.video(id_))

    def shown(self, id_: VideoId) -> Video | None:
        """Return a video that people see, None where there is none."""
        if not self._catalogue.has(id_) or (row := self._catalogue.video(id_)).is_hidden:
            return None
        return self._views.video(row)

    def name(self, id_: VideoId) -> str:
        """Return the name of a video, also of one that was deleted, or of which nothing is known."""
        row = self._catalogue.find(id_)
        return "Unknown video" if row is None else row.name

    def playable(self, id_: VideoId, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        """Return what a channel that declares this of its rungs (best first) can air of a video now; None for
        nothing.
        """
        return self._catalogue.playable(id_, ceilings)

    def need(self, id_: VideoId) -> Need | None:
        """Return what a video asks of a broadcast that begins with it; None where it has nothing."""
        return self._catalogue.need(id_)

    def table(self, package: PackageId) -> SegmentTable:
        """Return the segment table of a package that has not been forgotten. Raises Unknown."""
        return self._catalogue.package(package).table

    def package(self, package: PackageId) -> PackageRow:
        """Return what there is of a package. Raises Unknown."""
        return self._catalogue.package(package)

    def strip(self, package: PackageId) -> Strip | None:
        """Return how the thumbnails of a package lie, None where it has no pictures (any more)."""
        row = self._catalogue.package(package)
        return strip_of(row.table.count) if row.has_pictures else None

    def slate(self, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        """Return the built-in slate; None while it is being made."""
        built_in = self._catalogue.hidden()
        playable = self._catalogue.playable(built_in, ceilings) if built_in else None
        return playable if playable is not None and playable.is_complete else None

    def subscribe(self, callback: Subscriber) -> None:
        """Call back with a video's id when what it can air has changed, or it was deleted."""
        self._catalogue.subscribe(callback)

    def watch(self, callback: Subscriber) -> None:
        """Call back with a video's id when anything has changed but how far its packaging is."""
        self._catalogue.watch(callback)

    async def catch_up(self, news: Heard) -> None:
        """Know what other processes have changed. Raises NotReady, DiskFull."""
        await self._catalogue.catch_up(news)
        await self._headway.catch_up(news)
        await self.reception.catch_up(news)

    async def rename(self, id_: VideoId, name: str) -> None:
        """Give a video another name. Raises Unknown."""
        await self._catalogue.rename(self._shown(id_), title(name))

    async def delete(self, id_: VideoId) -> None:
        """Delete a video: it airs no more. Its files stay for as long as the policy of retention says.

        An upload is ended. Raises Unknown.
        """
        await self.reception.ask(id_)
        if self.reception.find(id_) is not None:
            await self.reception.end(id_)
        else:
            await self._remove(self._shown(id_))

    async def cancel(self, id_: VideoId) -> None:
        """Cancel encoding a video; what is complete stays. Raises Unknown, WrongState."""
        newest = self._catalogue.newest(self._shown(id_))
        await self._catalogue.conclude(newest.id, _cancelled)

    async def repackage(self, id_: VideoId) -> Video:
        """Inspect and encode a video again, beside what it has; the new package takes over when it is whole,
        or when it can air if what there is was never finished.

        Raises Unknown, WrongState.
        """
        if not self._folder.original(self._shown(id_)).exists():
            raise WrongState("The original file of this video is missing.", code="no_original")
        await self._catalogue.begin_anew(id_, self._clock.now())
        return self.get(id_)

    def deleted(self) -> tuple[DeletedVideo, ...]:
        """Return the deleted videos that can still be restored, the last deleted first."""
        shown = [
            DeletedVideo(self._views.video(row), row.deleted_at)
            for row in self._catalogue.all()
            if row.deleted_at is not None and row.can_come_back and not row.is_hidden
        ]
        return tuple(sorted(shown, key=lambda each: each.deleted_at, reverse=True))

    def may_return(self, id_: VideoId) -> bool:
        """Say whether a video was deleted and can be restored."""
        row = self._catalogue.find(id_)
        return row is not None and row.can_come_back

    async def restore(self, id_: VideoId) -> Video:
        """Bring back a deleted video; channels put it back where it was in their playlists.

        Raises Unknown, WrongState when it is not deleted or is gone for good.
        """
        await self._catalogue.restore(id_)
        await check(self._catalogue, self._folder, id_)
        log.info("video_restored", video=id_)
        return self.get(id_)

    def disk_use(self) -> DiskUse:
        """Return where the disk space is. Raises NotReady where the disk is gone."""
        return disk_use(self.parts, sum(upload.disk_use_bytes for upload in self.uploads()))

    def _shown(self, id_: VideoId) -> VideoId:
        """Return the id of a video that people see. Raises Unknown."""
        if self._catalogue.video(id_).is_hidden:
            raise Unknown("There is no such video.", code="unknown_video")
        return id_

    async def _remove(self, id_: VideoId) -> None:
        await self._catalogue.delete(id_, self._clock.now())
        self._views.forget(id_)
        log.info("video_deleted", video=id_)


def _cancelled(package: PackageRow) -> PackageRow:
    if package.state != "packaging":
        raise WrongState("This video is not being encoded.", code="not_packaging")
    return cancelled(package)
