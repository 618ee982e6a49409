"""Files that came in twice."""

from pathlib import Path

import pytest

from insta_stream.library import duplicates
from insta_stream.library.duplicates import twin


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.fixture
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "PIECE_BYTES", 8)
    monkeypatch.setattr(duplicates, "MOST_PIECES", 4)


@pytest.mark.usefixtures("_small_pieces")
@pytest.mark.parametrize("size", [1, 7, 8, 9, 16, 31, 32])
def test_a_small_file_is_compared_to_the_last_byte(tmp_path: Path, size: int) -> None:
    content = bytes(range(size))
    new = written(tmp_path / "new", content)
    assert twin(new, [("same", written(tmp_path / "same", content))]) == "same"
    for place in range(size):
        other = content[:place] + b"\xff" + content[place + 1 :]
        assert twin(new, [("other", written(tmp_path / "other", other))]) is None, place


@pytest.mark.usefixtures("_small_pieces")
def test_a_large_one_from_its_beginning_to_its_end_in_pieces(tmp_path: Path) -> None:
    content = bytes(100)
    new = written(tmp_path / "new", content)
    found = []
    for place in range(100):
        other = written(tmp_path / "other", content[:place] + b"\xff" + content[place + 1 :])
        found.append(twin(new, [(place, other)]) is None)
    assert found[:8] == found[-8:] == [True] * 8
    assert sum(found) == 4 * 8


def test_the_first_twin_is_told_and_what_is_gone_is_none(tmp_path: Path) -> None:
    new = written(tmp_path / "new", b"0123")
    others = [("gone", tmp_path / "gone"), ("unlike", b"4567"), ("first", b"0123"), ("second", b"0123")]
    files = [(key, written(tmp_path / key, c) if isinstance(c, bytes) else c) for key, c in others]
    assert twin(new, files) == "first"
    assert twin(new, [("folder", tmp_path)]) is None


def test_only_so_many_are_looked_at(tmp_path: Path) -> None:
    new, same = written(tmp_path / "new", b"0"), written(tmp_path / "same", b"0")
    unlike = [(number, tmp_path / "gone") for number in range(duplicates.MOST_FILES)]
    assert twin(new, [*unlike, (-1, same)]) is None
