"""Folders that are elsewhere, lost or somebody else's: commands find them, and nothing is deleted."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.command import insta_stream, must
from tests.support.seeds import plant
from tests.support.server import RunningServer, free_port, running

RUNGS = ("--rungs", "240p")


@dataclass(frozen=True, slots=True)
class Place:
    """A data folder with two videos and a slate. Originals and packages are on disks of their own."""

    data: Path
    uploads: Path
    stream: Path

    @property
    def flags(self) -> tuple[str, ...]:
        return "--upload-dir", str(self.uploads), "--stream-dir", str(self.stream)

    def files(self) -> set[str]:
        """Return the originals and segments that are there."""
        found = (*self.uploads.glob("[0-9a-f]*"), *self.stream.glob("[0-9a-f]*/*/*.ts"))
        return {path.relative_to(self.data.parent).as_posix() for path in found}


@pytest.fixture
def place(shared: Path, tmp_path: Path) -> Place:
    data = plant(tmp_path / "data", "240p", make_clips(shared, seconds=1, count=2))
    for part in ("uploads", "stream"):
        (data / part).rename(tmp_path / f"disk-of-{part}")
    return Place(data, tmp_path / "disk-of-uploads", tmp_path / "disk-of-stream")


@pytest.fixture
def begun(place: Place) -> Place:
    """One that a server has used."""
    with running(place.data, *RUNGS, *place.flags) as server:
        assert states(server) == ["ready", "ready"]
    return place


def states(server: RunningServer) -> list[str]:
    return [video["state"] for video in httpx.get(f"{server.url}/api/videos").json()["data"]]


def refusal(*arguments: str) -> str:
    """Run a command, which must refuse in one sentence; return it."""
    done = insta_stream(*arguments)
    assert done.returncode == 1, done
    *others, said = done.stderr.splitlines()
    assert all(line.startswith("Waiting for another Insta-Stream") for line in others), done.stderr
    assert said.startswith("error: ")
    return said


def serve(place: Place, *flags: str) -> tuple[str, ...]:
    return "serve", "--port", str(free_port()), "--data", str(place.data), *RUNGS, *flags


@contextmanager
def unmounted(folder: Path) -> Iterator[None]:
    """Let a folder be empty, as the place of a disk that is not there."""
    disk = folder.rename(folder.with_name("unmounted"))
    folder.mkdir()
    yield
    shutil.rmtree(folder)
    disk.rename(folder)


@pytest.mark.deep
def test_what_a_server_was_told_once_every_command_knows(begun: Place, tmp_path: Path) -> None:
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    must("backup", "--data", str(begun.data), str(backup))
    assert "is complete" in must("backup", "--verify", str(backup))
    must("restore", str(backup), "--data", str(restored))
    assert "restored this data folder from a backup" in must("audit", "--data", str(restored))
    with running(restored, *RUNGS) as server:
        assert states(server) == ["ready", "ready"]
    before = begun.files()
    with running(begun.data, *RUNGS) as server:
        assert states(server) == ["ready", "ready"]
        assert not (begun.data / "uploads").exists()
    assert begun.files() == before


def test_a_backup_without_its_files_is_none_and_takes_nothing_from_the_one_before(
    place: Place, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    arguments = ("backup", "--data", str(place.data), str(backup))
    said = refusal(*arguments)  # no server has told where the files are
    assert "originals (3)" in said
    assert str(place.data / "uploads") in said
    assert str(place.data / "stream") in said
    assert not (backup / "backup.json").exists()
    with running(place.data, *RUNGS, *place.flags):
        pass
    must(*arguments)
    before = {path for path in backup.rglob("*") if path.is_file()}
    for folder in (place.uploads, place.stream):
        with unmounted(folder):
            assert str(folder) in refusal(*arguments)
        assert {path for path in backup.rglob("*") if path.is_file()} == before
    assert "is complete" in must("backup", "--verify", str(backup))


@pytest.mark.parametrize("part", ["uploads", "stream"])
@pytest.mark.deep
def test_a_server_does_not_start_without_a_disk_that_it_had(begun: Place, part: str) -> None:
    before, folder = begun.files(), getattr(begun, part)
    with unmounted(folder):
        said = refusal(*serve(begun))
        assert f"{folder} is empty" in said
        assert "is its disk mounted?" in said
        assert str(folder) in insta_stream("doctor", "--data", str(begun.data), COLUMNS="300").stdout
    assert begun.files() == before
    with running(begun.data, *RUNGS) as server:
        assert states(server) == ["ready", "ready"]


def test_a_second_server_leaves_the_folders_of_the_first_alone(begun: Place, tmp_path: Path) -> None:
    other, before = Place(tmp_path / "other", begun.uploads, begun.stream), begun.files()
    with running(begun.data, *RUNGS) as server:
        for flag, folder in zip(begun.flags[::2], begun.flags[1::2], strict=True):
            said = refusal(*serve(other, flag, folder))
            assert f"(process {server.process.pid}) is using the folder {folder}" in said
        assert states(server) == ["ready", "ready"]
    for flag, folder in zip(begun.flags[::2], begun.flags[1::2], strict=True):
        assert f"{folder} belongs to another installation" in refusal(*serve(other, flag, folder))
    assert begun.files() == before


@pytest.mark.parametrize("is_emptied", [False, True])
@pytest.mark.deep
def test_a_lost_database_takes_no_video_with_it(begun: Place, tmp_path: Path, *, is_emptied: bool) -> None:
    before, database = begun.files(), begun.data / "insta-stream.db"
    kept = shutil.copy(database, tmp_path / "kept.db")
    database.unlink()
    if is_emptied:
        database.touch()
    backup = tmp_path / "backup"
    for command in (serve(begun), ("backup", "--data", str(begun.data), str(backup))):
        assert "insta-stream.db" in refusal(*command)
    assert not (backup / "backup.json").exists()
    assert database.exists() == is_emptied
    shutil.copy(kept, database)
    with running(begun.data, *RUNGS) as server:
        assert states(server) == ["ready", "ready"]
    assert begun.files() == before


@pytest.mark.deep
def test_a_library_is_begun_anew_only_when_asked_to_and_leaves_what_was_there(begun: Place) -> None:
    before = begun.files()
    (begun.data / "insta-stream.db").unlink()
    said = must("adopt", "--data", str(begun.data))
    assert f"{begun.uploads} has 0 of the 0 originals" in said
    with running(begun.data, *RUNGS, is_first=True) as server:
        assert states(server) == []
    assert before <= begun.files()


@pytest.mark.deep
def test_a_new_disk_is_taken_when_asked_to_and_everything_is_packaged_again(begun: Place) -> None:
    shutil.rmtree(begun.stream)
    assert "is empty" in refusal(*serve(begun))
    assert f"{begun.stream} has 0 of the 3 packages" in must("adopt", "--data", str(begun.data))
    assert "adopted folders of originals and packages" in must("audit", "--data", str(begun.data))
    with running(begun.data, *RUNGS) as server:
        assert states(server) != []
        assert str(begun.stream) in must("doctor", "--data", str(begun.data), COLUMNS="300")


def test_a_database_that_is_damaged_is_named_so(place: Place, tmp_path: Path) -> None:
    (place.data / "insta-stream.db").write_bytes(b"no database" * 1000)
    elsewhere = ("--data", str(place.data))
    for command in (serve(place), ("backup", *elsewhere, str(tmp_path / "b")), ("simulate", *elsewhere)):
        assert "The database is damaged" in refusal(*command)


@pytest.mark.deep
def test_the_database_of_before_an_upload_deletes_nothing_of_it(begun: Place, tmp_path: Path) -> None:
    old = shutil.copy(begun.data / "insta-stream.db", tmp_path / "old.db")
    before = begun.files()
    with closing(sqlite3.connect(old)) as database, database:
        database.executescript("DELETE FROM rendition; DELETE FROM package; DELETE FROM video")
    shutil.copy(old, begun.data / "insta-stream.db")
    with running(begun.data, *RUNGS, is_first=True) as server:
        assert states(server) == []
        assert "unknown_packages" in server.log.read_text()
    assert before <= begun.files()
