"""Which folders belong together: each carries the mark of its installation, and the data folder remembers
where the others are.

    DATA/installation.json       the installation, and where uploads and stream are, if not here
    uploads/installation.json    the installation
    stream/installation.json     the installation

A disk that is not mounted looks like an empty folder, and somebody else's folder like one full of leftovers.
Without a mark nobody could tell them from folders in which files were lost.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from insta_stream.errors import BadSettings, WrongState
from insta_stream.ids import new_id
from insta_stream.storage.folder import DataFolder

NAME = "installation.json"

Part = Literal["data", "uploads", "stream"]

_FLAGS: dict[Part, str] = {"data": "--data", "uploads": "--upload-dir", "stream": "--stream-dir"}
_CONTENT: dict[Part, str] = {"data": "the database", "uploads": "originals", "stream": "packages"}

_FOLDERS = len(_FLAGS)

_WAY_OUT = "run `insta-stream adopt` with the same folders"


class _Mark(BaseModel):
    """What a folder says of itself. uploads, stream: only of the data folder; None where they are in it."""

    model_config = ConfigDict(frozen=True)

    installation: str
    part: Part
    uploads: Path | None = None
    stream: Path | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a database says: whose it is, and the ids of originals and of packages that should be there."""

    installation: str
    originals: frozenset[str]
    packages: frozenset[str]


def located(root: Path, uploads: Path | None, stream: Path | None) -> DataFolder:
    """Return the data folder at `root`. What is not chosen is where it was last, or else in it.

    Raises BadSettings for one folder with two duties, WrongState where the mark is damaged.
    """
    last = _read(root)
    uploads = uploads or (last and last.uploads) or root / "uploads"
    stream = stream or (last and last.stream) or root / "stream"
    if len({root.resolve(), uploads.resolve(), stream.resolve()}) < _FOLDERS:
        raise BadSettings(
            f"Data, uploads and encoded video each need a folder of their own, not {root}, {uploads} and "
            f"{stream}: choose different ones with --data, --upload-dir and --stream-dir."
        )
    return DataFolder(root, uploads, stream)


def check(folder: DataFolder, known: Known) -> None:
    """Raise WrongState ("foreign_folder", "folder_lost") unless database and folders belong together.

    One that has no mark yet, as of an earlier version, belongs to the database that knows what is in it.
    """
    if (mark := _read(folder.root)) is not None and mark.installation != known.installation:
        raise WrongState(
            f"The database in {folder.root} is not the one that this data folder was created with. Put "
            "back the right one, or restore a backup into a new folder; to continue with this one, "
            f"{_WAY_OUT}.",
            code="foreign_folder",
        )
    found = {"uploads": folder.originals, "stream": folder.packages}
    named: dict[Part, frozenset[str]] = {"uploads": known.originals, "stream": known.packages}
    for part, path in _others(folder):
        if (mark := _read(path)) is not None:
            _check_mark(mark, known.installation, part, path)
        else:
            _check_content(frozenset(found[part]()), named[part], part, path)


def check_marks(folder: DataFolder) -> None:
    """Raise WrongState unless the other folders carry the mark of the data folder.

    It asks no database, and lets pass what no server of this version has used yet.
    """
    if (own := _read(folder.root)) is None:
        return
    for part, path in _others(folder):
        if (mark := _read(path)) is None:
            raise WrongState(
                f"The folder {path} does not have this installation's mark: is its disk mounted? If the "
                f"{_CONTENT[part]} were moved, give the new path with {_FLAGS[part]}.",
                code="folder_lost",
            )
        _check_mark(mark, own.installation, part, path)


def check_database(folder: DataFolder) -> None:
    """Raise WrongState ("database_lost") where a data folder was begun and has no database any more."""
    database = folder.database
    if _read(folder.root) is not None and not (database.is_file() and database.stat().st_size):
        raise WrongState(
            f"The database {database} is lost. Put it back, or restore a backup into a new folder; to "
            f"start with an empty library, {_WAY_OUT}.",
            code="database_lost",
        )


def mark(folder: DataFolder, installation: str) -> None:
    """Mark the folders, and remember where they are."""
    inside = DataFolder.under(folder.root)
    elsewhere = {
        part: path.resolve()
        for part, path in _others(folder)
        if path.resolve() != getattr(inside, part).resolve()
    }
    _write(folder.root, _Mark(installation=installation, part="data", **elsewhere))
    for part, path in _others(folder):
        _write(path, _Mark(installation=installation, part=part))


def _others(folder: DataFolder) -> Iterator[tuple[Part, Path]]:
    yield "uploads", folder.uploads
    yield "stream", folder.stream


def _check_mark(mark: _Mark, installation: str, part: Part, path: Path) -> None:
    if mark.installation != installation:
        raise WrongState(
            f"The folder {path} belongs to another installation of Insta-Stream. Give this one a folder of "
            f"its own with {_FLAGS[part]}, or name that one's data folder with --data; to take it over, "
            f"{_WAY_OUT}.",
            code="foreign_folder",
        )
    if mark.part != part:
        raise WrongState(
            f"The folder {path} contains {_CONTENT[mark.part]}, not {_CONTENT[part]}: pass it with "
            f"{_FLAGS[mark.part]}.",
            code="foreign_folder",
        )


def _check_content(found: frozenset[str], named: frozenset[str], part: Part, path: Path) -> None:
    """Raise WrongState for a folder without a mark, unless some of it is known, or there is nothing."""
    if found & named or not (found or named):
        return
    if found:
        raise WrongState(
            f"The folder {path} contains {_CONTENT[part]} of another installation: this database knows "
            f"none of them. Give this installation a folder of its own with {_FLAGS[part]}; to take this "
            f"one over, {_WAY_OUT}.",
            code="foreign_folder",
        )
    raise WrongState(
        f"The folder {path} is empty, but the database names {_CONTENT[part]} ({len(named)}): is its disk "
        f"mounted? If they were moved, give the new path with {_FLAGS[part]}; to continue without them, "
        f"{_WAY_OUT}.",
        code="folder_lost",
    )


def _read(folder: Path) -> _Mark | None:
    """Return the mark of a folder, None where it has none. Raises WrongState for one that is damaged."""
    path = folder / NAME
    try:
        return _Mark.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValidationError, OSError) as error:
        raise WrongState(
            f"{path} cannot be read: it is damaged, or belongs to another user. If the folder is the "
            "right one, remove that file and start again.",
            code="damaged_mark",
        ) from error


def _write(folder: Path, wanted: _Mark) -> None:
    """Write a mark that outlives a power failure, unless it is there."""
    path = folder / NAME
    if path.exists() and _read(folder) == wanted:
        return
    draft = path.with_suffix(f".{new_id()}.new")  # several processes may begin at once
    with draft.open("w", encoding="utf-8") as file:
        file.write(wanted.model_dump_json(exclude_none=True, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
