"""What becomes of a package: whole, ready without some renditions, or failed, with the reason."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from insta_stream.library.attempt import Attempt
from insta_stream.media.model import Caution

log = structlog.get_logger()

INCOMPLETE = "rendition_missing"
"""The code of the caution that a rendition was given up."""

CANCELLED = "Encoding was cancelled."
"""The reason of what an operator has asked for, which is no trouble."""


async def give_up(attempt: Attempt, names: Sequence[str], reason: str) -> None:
    """Write why some renditions of a package will never be."""
    package = attempt.package
    told = {"package": package.id, "video": package.video, "renditions": list(names)}
    if reason == CANCELLED:
        log.info("rendition_cancelled", **told)
    else:
        log.error("rendition_given_up", **told, reason=reason)
    given_up = tuple(
        replace(each, error=reason) if each.name in names else each for each in package.renditions
    )
    await attempt.save(replace(package, renditions=given_up, attempts=0))


async def conclude(attempt: Attempt) -> None:
    """Write what became of a package, now that nothing more will be made."""
    package = attempt.package
    complete = [each for each in package.renditions if each.is_complete]
    failed = [each for each in package.renditions if not each.is_complete]
    if not complete:
        await fail(attempt, failed[0].error)
        return
    known = (caution for caution in package.cautions if caution.code != INCOMPLETE)
    new = (Caution(INCOMPLETE, f"{each.name} could not be encoded: {each.error}") for each in failed)
    package = replace(package, state="ready", is_airable=True, cautions=(*known, *new))
    await attempt.save(package)
    await take_over(attempt)
    renditions = [each.name for each in complete]
    log.info("package_ready", package=package.id, video=package.video, renditions=renditions)


async def take_over(attempt: Attempt) -> None:
    """Let a package take the place of the one that airs.

    A finished one only goes for one that is whole, so that packaging anew never costs a channel its picture
    or its rungs.
    """
    package = attempt.package
    airs = attempt.catalogue.current(package.video)
    if not package.is_current and (package.is_whole or airs.state != "ready"):
        await attempt.take_over()


async def fail(attempt: Attempt, error: str) -> None:
    """Write that nothing became of a package, and why."""
    package = attempt.package
    await attempt.save(replace(package, state="failed", error=error))
    if error == CANCELLED:
        log.info("package_cancelled", package=package.id, video=package.video)
    else:
        log.error("package_failed", package=package.id, video=package.video, reason=error)
    current = attempt.catalogue.current(package.video)
    if current.state == "packaging":  # it waited for this one, which was to take its place
        await attempt.catalogue.save(replace(current, state="failed", error=error))
