import ctypes
import errno
import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough
from tests.unit.library.disk import STEP, Disk

from insta_stream.library import writeback


@thorough
@given(st.lists(st.integers(0, 10 * STEP), max_size=20), st.integers(0, 10 * STEP))
def test_however_the_pieces_fall_each_step_is_handed_over_once(cuts: list[int], size: int) -> None:
    made = Disk()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writeback, "STEP_BYTES", STEP)
        patch.setattr(writeback, "_sync_file_range", lambda: made.sync_file_range)
        for before, after in pairwise([0, *sorted(cut for cut in cuts if cut < size), size]):
            writeback.hand_over(-1, before, after)
            assert after - (made.ended[-1] + STEP if made.ended else 0) < 2 * STEP
            assert writeback.kept(after) == (made.ended[-1] + STEP if made.ended else 0)
    assert made.begun == list(range(0, size - STEP + 1, STEP))
    assert made.ended == made.begun[:-1]


def test_the_real_disk_is_handed_a_file_and_says_what_it_cannot_take(tmp_path: Path) -> None:
    path = tmp_path / "film"
    size = 3 * writeback.STEP_BYTES
    with path.open("wb") as file:
        file.truncate(size)
        writeback.hand_over(file.fileno(), 0, size)
        closed = os.dup(file.fileno())
    os.close(closed)
    with pytest.raises(OSError, match="Bad file descriptor") as refused:
        writeback.hand_over(closed, 0, size)
    assert refused.value.errno == errno.EBADF


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("is_there", [True, False])
def test_where_ranges_cannot_be_handed_over_each_step_is_synced(
    is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: int) -> int:
        ctypes.set_errno(errno.ENOSYS)
        return -1

    synced: list[int] = []
    monkeypatch.setattr(writeback, "_sync_file_range", lambda: unknown if is_there else None)
    monkeypatch.setattr(os, "fsync", synced.append)
    writeback.hand_over(42, 0, 3 * STEP + 1)
    assert synced == [42, 42, 42]
