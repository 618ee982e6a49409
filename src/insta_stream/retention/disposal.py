"""Carries deletions out: first in the database, so that whoever asks meanwhile is told, then on the disk.

Several processes may do so at once, and edits go on. So each deletion is one transaction that looks again
whether it is right, and a crash after it leaves files that the next start removes (`work.leftovers`).
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.channels import naming
from insta_stream.clock import Clock
from insta_stream.errors import Unknown, WrongState
from insta_stream.ids import PackageId, VideoId
from insta_stream.library.parts import Parts
from insta_stream.library.published import is_there
from insta_stream.library.recount import check as check_disk
from insta_stream.retention.policy import Deletion, Rules, can_drop_original, over
from insta_stream.storage.lock import lock

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Disposal:
    """Deletes what the library has."""

    library: Parts
    clock: Clock
    rules: Rules

    async def carry_out(self, deletion: Deletion, as_of: int) -> bool:
        """Do what a plan says is due; say whether it was done. as_of: the edits that the plan knew of.

        Time has passed since the plan was made, so it is left where it is not right any more.
        """
        try:
            await self._carry_out(deletion, as_of)
        except (Unknown, WrongState):
            return False
        return True

    async def _carry_out(self, deletion: Deletion, as_of: int) -> None:
        match deletion.kind:
            case "video":
                await self._release(VideoId(deletion.id))
            case "original":
                await self._drop_original(VideoId(deletion.id))
            case "package":
                await self._purge(PackageId(deletion.id), as_of)
            case "record":
                await self._forget(PackageId(deletion.id))
            case "history":
                raise ValueError("channels keep their history themselves")

    async def _release(self, id_: VideoId) -> None:
        await self.library.catalogue.release(id_, self.clock.now())
        self.library.views.forget(id_)
        await asyncio.to_thread(self.library.folder.remove_original, id_)
        log.info("video_gone", video=id_)

    async def _drop_original(self, id_: VideoId) -> None:
        async def check(_: AsyncConnection) -> None:
            self._see_that_original_can_go(id_)

        self._see_that_original_can_go(id_)
        # A last look at the disk, while the original can still mend things.
        await check_disk(self.library.catalogue, self.library.folder, id_)
        await self.library.catalogue.drop_original(id_, check)
        await asyncio.to_thread(self.library.folder.remove_original, id_)
        log.info("original_dropped", video=id_)

    async def _purge(self, id_: PackageId, as_of: int) -> None:
        async def check(connection: AsyncConnection) -> None:
            self._see_that_it_is_over(id_)
            if not is_there(catalogue.package(id_)):
                raise WrongState("Its files are gone.")
            if await naming.is_claimed_since(connection, id_, as_of, self.clock.now()):
                raise WrongState("A channel has begun to air it.")

        catalogue, folder = self.library.catalogue, self.library.folder
        with _undisturbed(folder.package(id_)):
            await catalogue.empty(id_, check)
            await asyncio.to_thread(folder.remove_package, id_)
        log.info("package_purged", package=id_, video=catalogue.package(id_).video)

    async def _forget(self, id_: PackageId) -> None:
        async def check(connection: AsyncConnection) -> None:
            self._see_that_it_is_over(id_)
            await naming.unname(connection, id_)

        await self.library.catalogue.forget(id_, check)
        log.info("package_forgotten", package=id_)

    def _see_that_original_can_go(self, id_: VideoId) -> None:
        catalogue = self.library.catalogue
        self._see_that_it_rests(id_)
        if not can_drop_original(catalogue.video(id_), catalogue.packages_of(id_), self.rules):
            raise WrongState("The original is needed.")

    def _see_that_it_is_over(self, id_: PackageId) -> None:
        """Raise WrongState where something of a package may air again, Unknown where it is gone."""
        catalogue = self.library.catalogue
        package = catalogue.package(id_)
        self._see_that_it_rests(package.video)
        newest = catalogue.newest(package.video).id
        if over(package, catalogue.row(package.video), newest) is None:
            raise WrongState("The package is needed.")

    def _see_that_it_rests(self, id_: VideoId) -> None:
        if self.library.catalogue.is_being_made(id_):
            raise WrongState("This video is being encoded.")


@contextmanager
def _undisturbed(package: Path) -> Iterator[None]:
    """Hold the folder of a package for the block. Raises WrongState where somebody writes to it."""
    try:
        held = lock(package)
    except FileNotFoundError:
        yield
        return
    if held is None:
        raise WrongState("This video is being encoded.")
    try:
        yield
    finally:
        held.release()
