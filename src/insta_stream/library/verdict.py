"""What becomes of a package: whole, ready without some renditions, or failed, with the reason."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from insta_stream.db.videos import PackageRow
from insta_stream.ids import PackageId
from insta_stream.library.catalogue import Catalogue
from insta_stream.media.model import Caution

log = structlog.get_logger()

INCOMPLETE = "rendition_missing"
"""The code of the caution that a rendition was given up."""

CANCELLED = "Encoding was cancelled."
"""The reason of what an operator has asked for, which is no trouble."""


class Verdict:
    """Writes what became of packages, and lets them take their place."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def give_up(self, id_: PackageId, names: Sequence[str], reason: str) -> None:
        """Write why some renditions of a package will never be."""
        video = self._catalogue.package(id_).video
        if reason == CANCELLED:
            log.info("rendition_cancelled", package=id_, video=video, renditions=list(names))
        else:
            log.error("rendition_given_up", package=id_, video=video, renditions=list(names), reason=reason)
        package = self._catalogue.package(id_)
        given_up = tuple(
            replace(each, error=reason) if each.name in names else each for each in package.renditions
        )
        await self._catalogue.save(replace(package, renditions=given_up, attempts=0))

    async def conclude(self, id_: PackageId) -> None:
        """Write what became of a package, now that nothing more will be made."""
        package = self._catalogue.package(id_)
        complete = [each for each in package.renditions if each.is_complete]
        failed = [each for each in package.renditions if not each.is_complete]
        if not complete:
            await self.fail(package, failed[0].error)
            return
        known = (caution for caution in package.cautions if caution.code != INCOMPLETE)
        new = (Caution(INCOMPLETE, f"{each.name} could not be encoded: {each.error}") for each in failed)
        package = replace(package, state="ready", is_airable=True, cautions=(*known, *new))
        await self._catalogue.save(package)
        await self.take_over(package)
        log.info(
            "package_ready", package=id_, video=package.video, renditions=[each.name for each in complete]
        )

    async def take_over(self, package: PackageRow) -> None:
        """Let a package take the place of the one that airs.

        A finished one only goes for one that is whole, so that packaging anew never costs a channel its
        picture or its rungs.
        """
        is_whole = all(each.is_complete for each in package.renditions)
        airs = self._catalogue.current(package.video)
        if not package.is_current and (is_whole or airs.state != "ready"):
            await self._catalogue.make_current(package.id)

    async def fail(self, package: PackageRow, error: str) -> None:
        """Write that nothing became of a package, and why."""
        await self._catalogue.save(replace(package, state="failed", error=error))
        if error == CANCELLED:
            log.info("package_cancelled", package=package.id, video=package.video)
        else:
            log.error("package_failed", package=package.id, video=package.video, reason=error)
        current = self._catalogue.current(package.video)
        if current.state == "packaging":  # it waited for this one, which was to take its place
            await self._catalogue.save(replace(current, state="failed", error=error))
