"""Where the disk space is. The sizes are in memory: each was recorded when it was published."""

from dataclasses import dataclass

from insta_stream.library.parts import Parts


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


def disk_use(parts: Parts, uploads_bytes: int) -> DiskUse:
    """Return where the disk space is. Raises NotReady where the disk is gone."""
    videos, folder = parts.catalogue.all(), parts.folder
    gone = {video.id for video in videos if video.deleted_at is not None}
    originals = [(video.id, video.original_bytes) for video in videos]
    packages = [(package.video, package.size_bytes) for package in parts.catalogue.packages()]
    return DiskUse(
        originals=sum(size for video, size in originals if video not in gone),
        packages=sum(size for video, size in packages if video not in gone),
        deleted=sum(size for video, size in (*originals, *packages) if video in gone),
        database=folder.database_bytes(),
        uploads=uploads_bytes,
        free=folder.free_bytes(),
        min_free=parts.min_free_bytes,
    )
