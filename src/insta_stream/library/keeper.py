"""Keeps what the policy of retention says, and lets the rest go. The library deletes nothing elsewhere."""

import asyncio
from dataclasses import dataclass

import structlog

from insta_stream.clock import Clock
from insta_stream.errors import Unknown, WrongState
from insta_stream.ids import PackageId, VideoId
from insta_stream.library import published
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.jobs import Jobs
from insta_stream.library.packager import Packager
from insta_stream.library.retention import Deletion, Facts, Rules, can_drop_original, over
from insta_stream.library.views import Views
from insta_stream.storage.folder import DataFolder

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Where the disk space is, in bytes.

    originals, packages: of videos that are not deleted, the slate included, and of what these replaced.
    deleted: of both, of deleted videos. uploads: what has come in of files that are no videos yet. free: what
    is left; min_free: what uploads must leave.
    """

    originals: int
    packages: int
    deleted: int
    database: int
    uploads: int
    free: int
    min_free: int


class Keeper:
    """Knows what the library keeps. What is not `async` reads memory, and how much of the disk is free."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        packager: Packager,
        jobs: Jobs,
        views: Views,
        folder: DataFolder,
        clock: Clock,
        rules: Rules,
        min_free_bytes: int,
    ) -> None:
        self.rules = rules
        self._catalogue = catalogue
        self._packager = packager
        self._jobs = jobs
        self._views = views
        self._folder = folder
        self._clock = clock
        self._min_free_bytes = min_free_bytes

    def facts(self) -> Facts:
        """Return what the plan is made of, but for the reach. Raises NotReady where the disk is gone."""
        videos = self._catalogue.all()
        return Facts(
            now=self._clock.now(),
            videos=videos,
            packages=self._catalogue.packages(),
            reach={},
            busy=frozenset(video.id for video in videos if self._jobs.is_running(video.id)),
            shortage_bytes=max(0, self._min_free_bytes - self._folder.free_bytes()),
        )

    async def carry_out(self, deletion: Deletion) -> bool:
        """Do what a plan says is due; say whether it was done.

        Time has passed since the plan was made, so it is left where it is not right any more. The database
        is written first: whoever asks meanwhile is told that the files are gone.
        """
        match deletion.kind:
            case "video":
                return await self._release(VideoId(deletion.id))
            case "original":
                return await self._drop_original(VideoId(deletion.id))
            case "package":
                return await self._purge(PackageId(deletion.id))
            case "record":
                return await self._forget(PackageId(deletion.id))
            case "history":
                raise ValueError("channels keep their history themselves")

    async def reconcile(self) -> None:
        """Let database and disk agree again after a crash, or after somebody has moved files. At the start.

        What nobody knows may be the last copy, and stays: the database may be an older one.
        """
        originals = await asyncio.to_thread(self._folder.originals)
        known = {video.id: video for video in self._catalogue.all()}
        for video in known.values():
            if video.released_at is not None:
                await asyncio.to_thread(self._folder.remove_original, video.id)
            elif video.has_original != (video.id in originals):
                log.warning("original_found" if video.id in originals else "original_missing", video=video.id)
                await self._catalogue.note_original(video.id, is_there=video.id in originals)
        if unknown := originals - known.keys():
            log.warning("unknown_originals", count=len(unknown), example=min(unknown))
        packages = await asyncio.to_thread(self._folder.packages)
        for package in self._catalogue.packages():
            is_kept = package.state == "packaging" or published.is_there(package)
            if package.id in packages and not is_kept:
                await asyncio.to_thread(self._folder.remove_package, package.id)
                log.info("leftover_package_removed", package=package.id)
        if strangers := packages - {each.id for each in self._catalogue.packages()}:
            log.warning("unknown_packages", count=len(strangers), example=min(strangers))

    def disk_use(self, uploads_bytes: int) -> DiskUse:
        """Return where the disk space is. Raises NotReady where the disk is gone."""
        gone = {video.id for video in self._catalogue.all() if video.deleted_at is not None}
        originals = {video.id: video.original_bytes for video in self._catalogue.all()}
        packages = [(package.video, package.size_bytes) for package in self._catalogue.packages()]
        sizes = [*originals.items(), *packages]
        return DiskUse(
            originals=sum(size for video, size in originals.items() if video not in gone),
            packages=sum(size for video, size in packages if video not in gone),
            deleted=sum(size for video, size in sizes if video in gone),
            database=self._folder.database_bytes(),
            uploads=uploads_bytes,
            free=self._folder.free_bytes(),
            min_free=self._min_free_bytes,
        )

    async def restore(self, id_: VideoId) -> None:
        """Bring back a deleted video. Raises Unknown, WrongState."""
        await self._catalogue.restore(id_)
        await self._packager.check(id_)
        if self._catalogue.newest(id_).state == "packaging":
            self._jobs.begin(id_)
        log.info("video_restored", video=id_)

    async def _release(self, id_: VideoId) -> bool:
        try:
            await self._catalogue.release(id_, self._clock.now())
        except (Unknown, WrongState):  # it was restored
            return False
        self._views.forget(id_)
        await asyncio.to_thread(self._folder.remove_original, id_)
        log.info("video_gone", video=id_)
        return True

    async def _drop_original(self, id_: VideoId) -> bool:
        if not self._can_drop(id_):
            return False
        await self._packager.check(id_)  # a last look at the disk, while the original can still mend things
        if not self._can_drop(id_):
            self._jobs.begin(id_)
            return False
        await self._catalogue.note_original(id_, is_there=False)
        await asyncio.to_thread(self._folder.remove_original, id_)
        log.info("original_dropped", video=id_)
        return True

    def _can_drop(self, id_: VideoId) -> bool:
        if not self._catalogue.has(id_) or self._jobs.is_running(id_):
            return False
        return can_drop_original(self._catalogue.video(id_), self._catalogue.packages_of(id_), self.rules)

    async def _purge(self, id_: PackageId) -> bool:
        if not self._is_over(id_):
            return False
        package = self._catalogue.package(id_)
        await self._catalogue.save(published.emptied(package))
        await asyncio.to_thread(self._folder.remove_package, id_)
        log.info("package_purged", package=id_, video=package.video)
        return True

    async def _forget(self, id_: PackageId) -> bool:
        if not self._is_over(id_):
            return False
        await self._catalogue.forget(id_)
        log.info("package_forgotten", package=id_)
        return True

    def _is_over(self, id_: PackageId) -> bool:
        try:
            package = self._catalogue.package(id_)
        except Unknown:
            return False
        video, newest = self._catalogue.row(package.video), self._catalogue.newest(package.video).id
        return over(package, video, newest) is not None and not self._jobs.is_running(package.video)
