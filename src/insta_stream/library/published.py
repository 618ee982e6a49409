"""What is published of a package, as the disk has it."""

from collections.abc import Mapping
from dataclasses import replace

from insta_stream.db.videos import PackageRow, RenditionRow
from insta_stream.storage.folder import DataFolder


def count(folder: DataFolder, package: PackageRow) -> tuple[RenditionRow, ...]:
    """Return the renditions with as many segments as are there without a gap.

    Segments behind a gap are removed, since they are made anew together with those in the gap.
    """
    counted = []
    for rendition in package.renditions:
        published, size_bytes = folder.published(package.id, rendition.name, package.table.count)
        folder.remove_segments(package.id, rendition.name, first=published)
        counted.append(_reaching(rendition, package, published, size_bytes))
    return tuple(counted)


def extend(folder: DataFolder, package: PackageRow, counts: Mapping[str, int]) -> tuple[RenditionRow, ...]:
    """Return the renditions with so many segments (by name), of which the new ones are measured."""
    extended = []
    for rendition in package.renditions:
        published = counts.get(rendition.name, rendition.published)
        new = range(rendition.published, published)
        size_bytes = rendition.size_bytes + folder.segments_bytes(package.id, rendition.name, new)
        extended.append(_reaching(rendition, package, published, size_bytes))
    return tuple(extended)


def is_there(package: PackageRow) -> bool:
    """Say whether anything is published of a package."""
    return package.has_pictures or any(rendition.published for rendition in package.renditions)


def emptied(package: PackageRow) -> PackageRow:
    """Return the row of a package whose files were removed; its table stays, for the runs that name it."""
    none = tuple(
        replace(rendition, published=0, size_bytes=0, is_complete=False) for rendition in package.renditions
    )
    return replace(package, has_pictures=False, renditions=none)


def _reaching(rendition: RenditionRow, package: PackageRow, published: int, size_bytes: int) -> RenditionRow:
    is_complete = published == package.table.count
    return replace(rendition, published=published, size_bytes=size_bytes, is_complete=is_complete)
