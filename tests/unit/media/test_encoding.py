"""The parts of packaging that need no FFmpeg."""

import errno
from pathlib import Path

import pytest
from tests.support.segments import Item, make

from insta_stream.errors import DiskFull
from insta_stream.hls import mpegts
from insta_stream.media.encoding import _no_room_is_disk_full
from insta_stream.media.line import published, renumbered
from insta_stream.media.process import ProcessFailed


def test_published_segments_are_counted_up_to_the_first_hole(tmp_path: Path) -> None:
    assert published(tmp_path, "240p") == 0
    (tmp_path / "240p").mkdir()
    assert published(tmp_path, "240p") == 0
    for number in (0, 1, 3):
        (tmp_path / "240p" / f"{number}.ts").touch()
    assert published(tmp_path, "240p") == 2


def test_counters_are_moved_and_nothing_else() -> None:
    segment = make(Item(segments=1))[0]
    before = mpegts.read(segment)
    turns = {pid.pid: number + 1 for number, pid in enumerate(before.pids)}
    after = mpegts.read(renumbered(segment, turns))
    for old, new in zip(before.pids, after.pids, strict=True):
        assert new.first_cc == (old.first_cc + turns[old.pid]) % 16
        assert new.last_cc == (old.last_cc + turns[old.pid]) % 16
        assert new.cc_errors == 0
    assert renumbered(renumbered(segment, turns), {pid: -turn for pid, turn in turns.items()}) == segment


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        ProcessFailed("exit", 228, "av_interleaved_write_frame(): No space left on device"),
    ],
)
def test_no_room_is_said_to_be_so(error: Exception) -> None:
    with pytest.raises(DiskFull), _no_room_is_disk_full():
        raise error


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(ProcessFailed), _no_room_is_disk_full():
        raise ProcessFailed("exit", 1, "Invalid data found when processing input")
    with pytest.raises(PermissionError), _no_room_is_disk_full():
        raise PermissionError(errno.EACCES, "Permission denied")
