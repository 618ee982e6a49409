"""What becomes of a package: whole, ready without some renditions, or failed, with the reason."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from insta_stream.db.videos import PackageRow
from insta_stream.media.model import Caution

log = structlog.get_logger()

INCOMPLETE = "rendition_missing"
"""The code of the caution that a rendition was given up."""

CANCELLED = "Encoding was cancelled."
"""The reason of what an operator has asked for, which is no trouble."""


def missing(package: PackageRow, among: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the renditions that are still to be made. among: those that are looked at, None for all."""
    return tuple(
        each.name
        for each in package.renditions
        if not (each.is_complete or each.error) and (among is None or each.name in among)
    )


def given_up(package: PackageRow, names: Sequence[str], reason: str) -> PackageRow:
    """Return a package of which some renditions will never be."""
    renditions = tuple(
        replace(each, error=reason) if each.name in names else each for each in package.renditions
    )
    return replace(package, renditions=renditions, attempts=0)


def cancelled(package: PackageRow) -> PackageRow:
    """Return a package of which no more is made, because somebody wants that."""
    return concluded(given_up(package, missing(package), CANCELLED))


def concluded(package: PackageRow) -> PackageRow:
    """Return a package of which nothing more will be made: ready if anything is complete, else failed."""
    lacking = [each for each in package.renditions if not each.is_complete]
    if len(lacking) == len(package.renditions):
        return failed(package, lacking[0].error)
    known = (caution for caution in package.cautions if caution.code != INCOMPLETE)
    new = (Caution(INCOMPLETE, f"{each.name} could not be encoded: {each.error}") for each in lacking)
    return replace(package, state="ready", is_airable=True, cautions=(*known, *new))


def failed(package: PackageRow, error: str) -> PackageRow:
    """Return a package of which nothing became."""
    return replace(package, state="failed", error=error)


def takes_over(package: PackageRow, airs: PackageRow) -> bool:
    """Return whether a package that can air takes the place of the one that airs.

    A finished one only goes for one that is whole, so that packaging anew never costs a channel its picture
    or its rungs.
    """
    return not package.is_current and (package.is_whole or airs.state != "ready")


def tell_given_up(package: PackageRow, names: Sequence[str], reason: str) -> None:
    """Say in the log that some renditions of a package will never be, and why."""
    told = {"package": package.id, "video": package.video, "renditions": list(names)}
    log.error("rendition_given_up", **told, reason=reason)


def tell(package: PackageRow) -> None:
    """Say in the log what became of a package."""
    told = {"package": package.id, "video": package.video}
    if package.state == "ready":
        log.info("package_ready", **told, renditions=[r.name for r in package.renditions if r.is_complete])
    elif package.error == CANCELLED:
        log.info("package_cancelled", **told)
    else:
        log.error("package_failed", **told, reason=package.error)
