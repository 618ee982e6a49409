"""Looks whether packages have what their rows say."""

import asyncio
from dataclasses import replace

import structlog

from insta_stream.ids import VideoId
from insta_stream.library import published
from insta_stream.library.attempt import Attempt, begin_attempt
from insta_stream.library.catalogue import Catalogue
from insta_stream.storage.folder import DataFolder

log = structlog.get_logger()


async def check(catalogue: Catalogue, folder: DataFolder, video: VideoId) -> None:
    """Look whether a video's newest package is all there; if not, it is to be packaged again."""
    package = catalogue.newest(video)
    if package.state != "ready":
        return
    if await asyncio.to_thread(published.count, folder, package) != package.renditions:
        await recount(await begin_attempt(catalogue, package.id), folder)


async def recount(attempt: Attempt, folder: DataFolder) -> None:
    """Count what is really on the disk; a package that lost segments is to be packaged again.

    Segments behind a gap are removed, since they are made anew together with those in the gap.
    """
    package = attempt.package
    counted = await asyncio.to_thread(published.count, folder, package)
    if counted == package.renditions:
        return
    pairs = zip(counted, package.renditions, strict=True)
    is_less = any(new.published < old.published for new, old in pairs)
    if is_less:
        log.warning("segments_lost", package=package.id, video=package.video)
    # One write: a package must never be seen to be ready without its segments.
    state = "packaging" if is_less else package.state
    await attempt.save(replace(package, state=state, renditions=counted))
