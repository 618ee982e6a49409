"""Which folders belong together, and what is said when they do not."""

from pathlib import Path

import pytest

from insta_stream.errors import BadSettings, WrongState
from insta_stream.ids import new_id
from insta_stream.storage import installation
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.installation import Known, located

OURS, THEIRS = new_id(), new_id()
VIDEO, PACKAGE = new_id(), new_id()
NOTHING = Known(OURS, frozenset(), frozenset())
SOME = Known(OURS, frozenset([VIDEO]), frozenset([PACKAGE]))


def made(root: Path, uploads: Path | None = None, stream: Path | None = None) -> DataFolder:
    folder = located(root, uploads, stream)
    folder.create()
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A data folder whose uploads and packages are elsewhere."""
    return made(tmp_path / "data", tmp_path / "u", tmp_path / "s")


def fill(folder: DataFolder) -> None:
    (folder.uploads / VIDEO).touch()
    (folder.stream / PACKAGE).mkdir()


def refusal(folder: DataFolder, known: Known) -> tuple[str, str]:
    with pytest.raises(WrongState) as refused:
        installation.check(folder, known)
    return refused.value.code, refused.value.message


def test_folders_are_in_the_data_folder_unless_they_are_chosen(tmp_path: Path) -> None:
    assert located(tmp_path, None, None) == DataFolder.under(tmp_path)
    assert located(tmp_path, tmp_path / "u", None) == DataFolder(
        tmp_path, tmp_path / "u", tmp_path / "stream"
    )


def test_what_was_chosen_once_is_found_again(folder: DataFolder) -> None:
    installation.mark(folder, OURS)
    assert located(folder.root, None, None) == folder
    moved = folder.root / "uploads"
    assert located(folder.root, moved, None).uploads == moved
    installation.mark(made(folder.root, moved), OURS)
    assert located(folder.root, None, None).uploads == moved


def test_a_data_folder_that_is_moved_takes_along_what_is_in_it(tmp_path: Path) -> None:
    installation.mark(made(tmp_path / "data"), OURS)
    (tmp_path / "data").rename(tmp_path / "moved")
    assert located(tmp_path / "moved", None, None) == DataFolder.under(tmp_path / "moved")


def test_one_folder_cannot_have_two_duties(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "two" / ".." / "one"
    for folders in ((tmp_path, one, other), (one, other, None), (one, None, other)):
        with pytest.raises(BadSettings, match="--upload-dir and --stream-dir"):
            located(*folders)


def test_new_folders_and_those_of_an_earlier_version_are_taken(folder: DataFolder) -> None:
    installation.check(folder, NOTHING)
    fill(folder)
    installation.check(folder, SOME)


def test_a_disk_that_is_not_mounted_is_no_empty_folder(folder: DataFolder) -> None:
    code, message = refusal(folder, SOME)
    assert code == "folder_lost"
    assert f"{folder.uploads} is empty" in message
    assert "originals (1)" in message
    assert "--upload-dir" in message
    (folder.uploads / VIDEO).touch()
    assert f"{folder.stream} is empty" in refusal(folder, SOME)[1]


def test_a_new_database_does_not_take_what_it_does_not_know(folder: DataFolder) -> None:
    fill(folder)
    code, message = refusal(folder, NOTHING)
    assert code == "foreign_folder"
    assert f"{folder.uploads} contains originals of another installation" in message
    (folder.uploads / VIDEO).unlink()
    assert f"{folder.stream} contains packages of another installation" in refusal(folder, NOTHING)[1]


def test_a_marked_folder_is_taken_even_when_it_is_empty_by_nobody_else(folder: DataFolder) -> None:
    installation.mark(folder, OURS)
    installation.check(folder, SOME)
    theirs = made(folder.root.with_name("theirs"), folder.uploads, folder.stream)
    code, message = refusal(theirs, Known(THEIRS, SOME.originals, SOME.packages))
    assert code == "foreign_folder"
    assert f"{folder.uploads} belongs to another installation" in message


def test_another_database_than_the_one_it_was_begun_with_is_noticed(folder: DataFolder) -> None:
    installation.mark(folder, OURS)
    code, message = refusal(folder, Known(THEIRS, SOME.originals, SOME.packages))
    assert code == "foreign_folder"
    assert f"The database in {folder.root} is not the one that" in message


def test_exchanged_folders_are_named(folder: DataFolder) -> None:
    installation.mark(folder, OURS)
    exchanged = DataFolder(folder.root, folder.stream, folder.uploads)
    assert refusal(exchanged, SOME) == (
        "foreign_folder",
        f"The folder {folder.stream} contains packages, not originals: pass it with --stream-dir.",
    )


def test_without_a_database_the_marks_are_compared(folder: DataFolder) -> None:
    installation.check_marks(folder)  # of an earlier version: nothing is known
    installation.mark(folder, OURS)
    installation.check_marks(folder)
    (folder.stream / installation.NAME).unlink()
    with pytest.raises(WrongState, match="is its disk mounted") as refused:
        installation.check_marks(folder)
    assert str(folder.stream) in refused.value.message
    installation.mark(
        made(folder.root.with_name("theirs"), folder.stream.with_name("x"), folder.stream), THEIRS
    )
    with pytest.raises(WrongState, match="another installation"):
        installation.check_marks(folder)


@pytest.mark.parametrize("content", [None, b""])
def test_a_lost_database_is_not_begun_anew(folder: DataFolder, content: bytes | None) -> None:
    installation.check_database(folder)
    installation.mark(folder, OURS)
    if content is not None:
        folder.database.write_bytes(content)
    with pytest.raises(WrongState, match="is lost") as refused:
        installation.check_database(folder)
    assert refused.value.code == "database_lost"
    folder.database.write_bytes(b"SQLite format 3")
    installation.check_database(folder)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"installation": 1}', b"\xff"])
def test_a_damaged_mark_is_named(folder: DataFolder, content: bytes) -> None:
    (folder.stream / installation.NAME).write_bytes(content)
    code, message = refusal(folder, NOTHING)
    assert code == "damaged_mark"
    assert str(folder.stream / installation.NAME) in message


def test_a_mark_is_written_once(folder: DataFolder) -> None:
    installation.mark(folder, OURS)
    before = {path: path.stat().st_ino for path in folder.root.parent.rglob(installation.NAME)}
    installation.mark(folder, OURS)
    assert len(before) == 3
    assert {path: path.stat().st_ino for path in folder.root.parent.rglob(installation.NAME)} == before
