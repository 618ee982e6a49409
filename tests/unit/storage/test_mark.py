import os
from pathlib import Path

import pytest

from insta_stream.errors import NotReady
from insta_stream.storage.mark import Mark, read, set_back


def test_it_is_there_for_the_next_process(tmp_path: Path) -> None:
    mark = Mark(tmp_path / "clock")
    assert mark.read() == 0
    mark.keep(1_800_000_000_000_000_000)
    mark.keep(1_800_000_000_500_000_000)
    mark.close()
    again = Mark(tmp_path / "clock")
    assert again.read() == 1_800_000_000_500_000_000
    again.close()


@pytest.mark.parametrize("damage", [b"", b"\0" * 20, b"18000000\n", b"later"])
def test_a_damaged_file_is_no_mark(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "clock").write_bytes(damage)
    mark = Mark(tmp_path / "clock")
    assert mark.read() == 0
    mark.close()


def test_a_disk_that_refuses_stops_nothing(tmp_path: Path) -> None:
    mark = Mark(tmp_path / "clock")
    full = os.open("/dev/full", os.O_RDWR)
    os.dup2(full, mark._file)
    mark.keep(1)
    mark.keep(2)
    mark.close()
    os.close(full)


def test_it_can_be_read_without_making_one_and_be_set_back(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    assert read(file) == 0
    assert not file.exists()
    mark = Mark(file)
    mark.keep(1_900_000_000_000_000_000)
    mark.close()
    assert read(file) == 1_900_000_000_000_000_000
    set_back(file, 1_800_000_000_000_000_000)
    mark = Mark(file)
    assert mark.read() == read(file) == 1_800_000_000_000_000_000
    mark.close()


def test_one_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    for attempt in (read, lambda file: set_back(file, 1)):
        with pytest.raises(NotReady, match=f"{tmp_path} cannot be"):
            attempt(tmp_path)
