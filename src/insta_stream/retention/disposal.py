"""Carries deletions out: first in the database, so that whoever asks meanwhile is told, then on the disk."""

import asyncio
from dataclasses import dataclass

import structlog

from insta_stream.clock import Clock
from insta_stream.errors import Unknown, WrongState
from insta_stream.ids import PackageId, VideoId
from insta_stream.library import published
from insta_stream.library.parts import Parts
from insta_stream.retention.policy import Deletion, Rules, can_drop_original, over

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Disposal:
    """Deletes what the library has."""

    library: Parts
    clock: Clock
    rules: Rules

    async def carry_out(self, deletion: Deletion) -> bool:
        """Do what a plan says is due; say whether it was done.

        Time has passed since the plan was made, so it is left where it is not right any more.
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

    async def _release(self, id_: VideoId) -> bool:
        try:
            await self.library.catalogue.release(id_, self.clock.now())
        except (Unknown, WrongState):  # it was restored
            return False
        self.library.views.forget(id_)
        await asyncio.to_thread(self.library.folder.remove_original, id_)
        log.info("video_gone", video=id_)
        return True

    async def _drop_original(self, id_: VideoId) -> bool:
        if not self._can_drop(id_):
            return False
        # A last look at the disk, while the original can still mend things.
        await self.library.packager.check(id_)
        if not self._can_drop(id_):
            self.library.jobs.begin(id_)
            return False
        await self.library.catalogue.note_original(id_, is_there=False)
        await asyncio.to_thread(self.library.folder.remove_original, id_)
        log.info("original_dropped", video=id_)
        return True

    def _can_drop(self, id_: VideoId) -> bool:
        catalogue = self.library.catalogue
        if not catalogue.has(id_) or self.library.jobs.is_running(id_):
            return False
        return can_drop_original(catalogue.video(id_), catalogue.packages_of(id_), self.rules)

    async def _purge(self, id_: PackageId) -> bool:
        if not self._is_over(id_):
            return False
        package = self.library.catalogue.package(id_)
        await self.library.catalogue.save(published.emptied(package))
        await asyncio.to_thread(self.library.folder.remove_package, id_)
        log.info("package_purged", package=id_, video=package.video)
        return True

    async def _forget(self, id_: PackageId) -> bool:
        if not self._is_over(id_):
            return False
        await self.library.catalogue.forget(id_)
        log.info("package_forgotten", package=id_)
        return True

    def _is_over(self, id_: PackageId) -> bool:
        catalogue = self.library.catalogue
        try:
            package = catalogue.package(id_)
        except Unknown:
            return False
        video, newest = catalogue.row(package.video), catalogue.newest(package.video).id
        return over(package, video, newest) is not None and not self.library.jobs.is_running(package.video)
