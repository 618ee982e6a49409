import os
from dataclasses import replace
from pathlib import Path

import pytest

from insta_stream.errors import WrongState
from insta_stream.ids import PackageId, VideoId, new_id
from insta_stream.storage.folder import DataFolder, FolderLock
from insta_stream.storage.lock import create


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder.under(tmp_path / "data")
    made.create()
    return made


@pytest.mark.parametrize(
    "name", ["", "..", "../" + "0" * 32, "0" * 31, "0" * 32 + "\n", "A" * 32, "/etc/passwd"]
)
def test_only_our_own_ids_reach_a_path(folder: DataFolder, name: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        folder.original(VideoId(name))
    with pytest.raises(ValueError, match="not an id"):
        folder.package(PackageId(name))
    with pytest.raises(ValueError, match="not the name of a rendition"):
        folder.rendition(PackageId("0" * 32), "../720p")


def test_segments_count_up_to_the_first_gap(folder: DataFolder) -> None:
    package = PackageId(new_id())
    shelf = folder.rendition(package, "720p")
    assert folder.published(package, "720p", 5) == []
    shelf.mkdir(parents=True)
    for number in (0, 1, 2, 4):
        (shelf / f"{number}.ts").write_bytes(b"x" * 10)
    assert folder.published(package, "720p", 5) == [10, 10, 10]
    (shelf / "1.ts").write_bytes(b"")  # a name without bytes, as a power failure leaves it
    assert folder.published(package, "720p", 5) == [10]
    assert folder.segment_sizes(package, "720p", (0, 2, 4)) == [10, 10, 10]
    folder.remove_segments(package, "720p", first=1)
    assert [path.name for path in shelf.iterdir()] == ["0.ts"]
    folder.remove_package(package)
    assert not folder.package(package).exists()
    folder.remove_package(package)


def test_uploads_under_way_are_found(folder: DataFolder) -> None:
    video = VideoId(new_id())
    folder.part(video).touch()
    (folder.uploads / "someone.part").touch()  # not ours
    assert list(folder.parts()) == [video]
    folder.remove_original(video)
    assert list(folder.parts()) == []
    folder.remove_original(video)


def test_pieces_are_removed_that_nobody_writes(folder: DataFolder) -> None:
    video = VideoId(new_id())
    written, left = folder.unchecked(video), folder.unchecked(video)
    held = create(written)
    left.touch()
    folder.remove_unchecked()
    assert list(folder.uploads.iterdir()) == [written]
    held.release()
    folder.remove_unchecked()
    assert list(folder.uploads.iterdir()) == []


@pytest.mark.parametrize("part", ["uploads", "stream"])
def test_a_folder_that_another_one_uses_is_locked(folder: DataFolder, tmp_path: Path, part: str) -> None:
    other = replace(DataFolder.under(tmp_path / "other"), **{part: getattr(folder, part)})
    other.create()
    first, second = FolderLock(folder), FolderLock(other)
    first.take()
    with pytest.raises(WrongState, match=f"is using the folder {getattr(folder, part)}"):
        second.take()
    first.release()
    second.take()  # what it had taken before it was refused, it has given back
    second.release()


def test_one_server_answers_and_one_works_and_then_nobody_has_all_of_it(folder: DataFolder) -> None:
    answers, works = FolderLock(folder, "serve"), FolderLock(folder, "work")
    answers.take()
    works.take()
    for other in (FolderLock(folder, "serve"), FolderLock(folder, "work"), FolderLock(folder)):
        with pytest.raises(WrongState):
            other.take()
    answers.release()
    with pytest.raises(WrongState):
        FolderLock(folder).take()
    answers.take()  # what all of it would have needed was given back
    answers.release()
    works.release()
    alone = FolderLock(folder)
    alone.take()
    alone.release()


def test_who_was_forked_has_the_folder_until_it_ends(folder: DataFolder) -> None:
    first, second = FolderLock(folder, "serve"), FolderLock(folder, "serve")
    first.take()
    end, told = os.pipe()
    if not (worker := os.fork()):
        os.close(told)
        os.read(end, 1)
        os._exit(0)
    first.release()
    with pytest.raises(WrongState):
        second.take()
    os.close(told)
    os.waitpid(worker, 0)
    second.take()
    second.release()
    os.close(end)
