"""What is counted and measured of a package's segments, on a real disk."""

from dataclasses import replace
from pathlib import Path

from tests.unit.library.packages import package, rendition

from insta_stream.db.videos import PackageRow
from insta_stream.library import published
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import seconds
from insta_stream.timeline.table import SegmentTable

TABLE = SegmentTable(((3, seconds(2)), (1, seconds(0.5))))


def planted(folder: DataFolder, sizes: list[int]) -> PackageRow:
    """Return a package of which nobody counted these segments yet."""
    row = replace(package(rendition("240p")), table=TABLE)
    shelf = folder.rendition(row.id, "240p")
    shelf.mkdir(parents=True)
    for number, size in enumerate(sizes):
        (shelf / f"{number}.ts").write_bytes(b"x" * size)
    return row


def test_the_busiest_segment_is_the_one_with_the_highest_rate(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path)
    (counted,) = published.count(folder, planted(folder, [1000, 3000, 2000, 1000]))
    assert (counted.published, counted.size_bytes, counted.is_complete) == (4, 7000, True)
    assert counted.peak_bps == 1000 * 8 * 2, "a short one that takes less may be busier"


def test_a_package_that_grows_remembers_its_busiest_segment(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path)
    row = planted(folder, [3000, 1000, 2000, 500])
    for count, size in ((1, 3000), (2, 4000), (4, 6500)):
        row = replace(row, renditions=published.extend(folder, row, {"240p": count}))
        (grown,) = row.renditions
        assert (grown.published, grown.size_bytes, grown.peak_bps) == (count, size, 3000 * 4)
    assert grown.is_complete
    assert published.extend(folder, row, {"240p": 4}) == row.renditions


def test_what_lost_its_busiest_segment_is_measured_anew(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path)
    row = planted(folder, [1000, 3000, 1000, 100])
    row = replace(row, renditions=published.count(folder, row))
    (folder.rendition(row.id, "240p") / "1.ts").unlink()
    (counted,) = published.count(folder, row)
    assert (counted.published, counted.peak_bps) == (1, 4000)
    assert published.emptied(row).renditions[0].peak_bps == 0
