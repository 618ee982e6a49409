from pathlib import Path

import pytest
from structlog.testing import capture_logs

from insta_stream.health.archive import Archive
from insta_stream.health.history import NUMBERS, History
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

BEGIN = Ticks(1_795_464_000 * TICKS_PER_SECOND)


def full() -> History:
    history = History()
    history.put(BEGIN, dict.fromkeys(NUMBERS, 3.0), {})
    return history


def recalled(path: Path) -> list[float]:
    """Return the viewers that a new server remembers."""
    history = History()
    Archive(path).recall(history, BEGIN)
    return [point.value for point in history.numbers(Ticks(0), BEGIN)["viewers"]]


def test_what_is_kept_is_recalled(tmp_path: Path) -> None:
    archive, path = Archive(tmp_path / "history"), tmp_path / "history"
    with capture_logs() as lines:
        assert recalled(path) == []
        archive.keep(full().dump())
        assert recalled(path) == [3]
    assert lines == []
    assert [file.name for file in tmp_path.iterdir()] == ["history"]


@pytest.mark.parametrize("damage", [b"", b"not a history", b"\x78\x01"])
def test_a_damaged_file_is_said_and_replaced(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "history"
    path.write_bytes(damage)
    with capture_logs() as lines:
        assert recalled(path) == []
    assert [line["event"] for line in lines] == ["history_lost"]
    Archive(path).keep(full().dump())
    assert recalled(path) == [3]


def test_a_disk_that_refuses_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "history"
    archive = Archive(path)
    with capture_logs() as lines:
        archive.keep(full().dump())
        archive.keep(full().dump())
        assert [line["event"] for line in lines] == ["history_not_kept"]
        path.parent.mkdir()
        archive.keep(full().dump())
        assert recalled(path) == [3]
        path.unlink()
        path.mkdir()
        archive.keep(full().dump())
    assert [line["event"] for line in lines] == ["history_not_kept"] * 2


def test_what_another_process_has_kept_is_recalled_once(tmp_path: Path) -> None:
    path, history = tmp_path / "history", History()
    archive, other = Archive(path), Archive(path)
    archive.recall(history, BEGIN)
    other.keep(full().dump())
    archive.recall(history, BEGIN)
    assert len(history.numbers(Ticks(0), BEGIN)["viewers"]) == 1
    for known in (archive, other):
        empty = History()
        known.recall(empty, BEGIN)
        assert empty.numbers(Ticks(0), BEGIN)["viewers"] == ()
