"""What a crash has left half done, and what somebody has moved while no server ran."""

import asyncio
from contextlib import suppress

import structlog

from insta_stream.ids import PackageId
from insta_stream.library import published
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.parts import Parts
from insta_stream.library.recount import check
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import lock

log = structlog.get_logger()


async def reconcile(parts: Parts) -> None:
    """Let database and disk agree again, before anything is made of what there is.

    What nobody knows may be the last copy, and stays: the database may be an older one.
    """
    await _reconcile_originals(parts.catalogue, parts.folder)
    await _reconcile_packages(parts.catalogue, parts.folder)


async def check_all(parts: Parts) -> None:
    """Look whether all that was published is still there; what is not is to be made anew."""
    for row in list(parts.catalogue.videos()):
        if not row.is_hidden and parts.catalogue.has(row.id):
            try:
                await check(parts.catalogue, parts.folder, row.id)
            except Exception:  # the others are looked at all the same
                log.exception("video_not_checked", video=row.id)


async def _reconcile_originals(catalogue: Catalogue, folder: DataFolder) -> None:
    originals = await asyncio.to_thread(folder.originals)
    known = {video.id: video for video in catalogue.all()}
    for video in known.values():
        if video.released_at is not None:
            await asyncio.to_thread(folder.remove_original, video.id)
        elif video.has_original != (video.id in originals):
            log.warning("original_found" if video.id in originals else "original_missing", video=video.id)
            await catalogue.note_original(video.id, is_there=video.id in originals)
    if unknown := originals - known.keys():
        log.warning("unknown_originals", count=len(unknown), example=min(unknown))


async def _reconcile_packages(catalogue: Catalogue, folder: DataFolder) -> None:
    packages = await asyncio.to_thread(folder.packages)
    for package in catalogue.packages():
        is_kept = package.state == "packaging" or published.is_there(package)
        if package.id in packages and not is_kept:
            await _remove(folder, package.id)
    if strangers := packages - {each.id for each in catalogue.packages()}:
        log.warning("unknown_packages", count=len(strangers), example=min(strangers))


async def _remove(folder: DataFolder, package: PackageId) -> None:
    """Remove the folder of a package, unless somebody is just doing so, or ends writing to it."""
    with suppress(FileNotFoundError):
        if held := lock(folder.package(package)):
            await asyncio.to_thread(folder.remove_package, package)
            held.release()
            log.info("leftover_package_removed", package=package)
