"""What is published of a package, as the disk has it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from insta_stream.db.videos import PackageRow, RenditionRow
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import TICKS_PER_SECOND


def count(folder: DataFolder, package: PackageRow) -> tuple[RenditionRow, ...]:
    """Return the renditions with as many segments as are there without a gap.

    Segments behind a gap are removed, since they are made anew together with those in the gap.
    """
    counted = []
    for rendition in package.renditions:
        sizes = folder.published(package.id, rendition.name, package.table.count)
        folder.remove_segments(package.id, rendition.name, first=len(sizes))
        none = replace(rendition, published=0, size_bytes=0, peak_bps=0)
        counted.append(_grown(none, package, sizes))
    return tuple(counted)


def extend(folder: DataFolder, package: PackageRow, counts: Mapping[str, int]) -> tuple[RenditionRow, ...]:
    """Return the renditions with so many segments (by name), of which the new ones are measured."""
    extended = []
    for rendition in package.renditions:
        published = counts.get(rendition.name, rendition.published)
        new = range(rendition.published, published)
        extended.append(_grown(rendition, package, folder.segment_sizes(package.id, rendition.name, new)))
    return tuple(extended)


def is_there(package: PackageRow) -> bool:
    """Say whether anything is published of a package."""
    return package.has_pictures or any(rendition.published for rendition in package.renditions)


def emptied(package: PackageRow) -> PackageRow:
    """Return the row of a package whose files were removed; its table stays, for the runs that name it."""
    none = tuple(
        replace(rendition, published=0, size_bytes=0, peak_bps=0, is_complete=False)
        for rendition in package.renditions
    )
    return replace(package, has_pictures=False, renditions=none)


def _grown(rendition: RenditionRow, package: PackageRow, sizes: Sequence[int]) -> RenditionRow:
    """Return a rendition with more segments, of these sizes in bytes."""
    table, published = package.table, rendition.published + len(sizes)
    durations = (table.duration(number) for number in range(rendition.published, published))
    rates = (
        -(-size * 8 * TICKS_PER_SECOND // duration) for size, duration in zip(sizes, durations, strict=True)
    )
    return replace(
        rendition,
        published=published,
        size_bytes=rendition.size_bytes + sum(sizes),
        peak_bps=max((rendition.peak_bps, *rates)),
        is_complete=published == table.count,
    )
