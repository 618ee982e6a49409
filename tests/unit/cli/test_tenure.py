"""Commands have a data folder to themselves, or a seat there."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from insta_stream.cli import tenure
from insta_stream.cli.tenure import held
from insta_stream.db.installation import opened
from insta_stream.errors import WrongState
from insta_stream.storage.folder import DataFolder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """A data folder that nobody has used yet; nobody who has it is waited for long."""
    monkeypatch.setattr(tenure, "ENDS_WITHIN_SECONDS", 0.0)
    made = DataFolder.under(tmp_path / "data")
    made.create()
    return made


def ask(folder: DataFolder, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder.database)) as database, database:
        return database.execute(question).fetchall()


def make_older(folder: DataFolder) -> None:
    """Leave a database of a version that is not this one's, nor newer."""
    ask(folder, "UPDATE alembic_version SET version_num = '0001'")


@pytest.mark.parametrize("first", ["serve", "work"])
def test_whoever_comes_first_makes_the_database(folder: DataFolder, first: tenure.Seat) -> None:
    with held(folder, first, 2), held(folder, "work" if first == "serve" else "serve", 2):
        assert ask(folder, "SELECT segment_seconds FROM profile") == [(2,)]


def test_a_second_server_is_refused(folder: DataFolder) -> None:
    with (
        held(folder, "serve", 2),
        pytest.raises(WrongState, match="is using the folder"),
        held(folder, "serve", 2),
    ):
        pass
    with held(folder, "serve", 2):
        pass


def test_nobody_upgrades_while_another_one_uses_the_database(folder: DataFolder) -> None:
    with held(folder, "serve", 2):
        make_older(folder)
        with pytest.raises(WrongState, match=r"has to be upgraded.*Stop it first"), held(folder, "work", 2):
            pass
        assert ask(folder, "SELECT version_num FROM alembic_version") == [("0001",)]


def test_a_worker_upgrades_nothing(folder: DataFolder) -> None:
    with held(folder, "serve", 2):
        make_older(folder)
        with pytest.raises(WrongState, match="another version"):
            asyncio.run(opened(folder, 2))


def test_who_is_refused_leaves_the_folder_free(folder: DataFolder) -> None:
    with held(folder, "serve", 2):
        pass
    with pytest.raises(WrongState, match="segments of 2 s"), held(folder, "serve", 4):
        pass
    with held(folder, "serve", 2):
        pass
