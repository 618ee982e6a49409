"""What a crash has left half done, and what somebody has moved while no server ran."""

import asyncio

import structlog

from insta_stream.library import published
from insta_stream.library.catalogue import Catalogue
from insta_stream.storage.folder import DataFolder

log = structlog.get_logger()


async def reconcile(catalogue: Catalogue, folder: DataFolder) -> None:
    """Let database and disk agree again. At the start, before anything is written.

    What nobody knows may be the last copy, and stays: the database may be an older one.
    """
    await _reconcile_originals(catalogue, folder)
    await _reconcile_packages(catalogue, folder)


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
            await asyncio.to_thread(folder.remove_package, package.id)
            log.info("leftover_package_removed", package=package.id)
    if strangers := packages - {each.id for each in catalogue.packages()}:
        log.warning("unknown_packages", count=len(strangers), example=min(strangers))
