"""Where a backup is written: a folder, which can be brought up to date later, or one tar file."""

import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

from insta_stream.backup import source
from insta_stream.backup.reader import CHUNK_BYTES, Reader, Tell
from insta_stream.backup.seal import SEAL, BadBackup, Seal
from insta_stream.errors import WrongState

PARTIAL = ".partial"


class Target(Protocol):
    """Takes files one after the other."""

    def put(self, name: str, path: Path, tell: Tell) -> tuple[str, int]:
        """Take a file; return its checksum and size. Raises FileNotFoundError where it is gone."""


@contextmanager
def opened(path: Path, seal: Seal) -> Iterator[Target]:
    """Give the target at a path: a tar file where its name ends so, else a folder.

    Only when the block ends without an error there is a whole backup, and it is on the disk. What the backup
    before has besides is then removed from a folder, unless files were missing: it may have them.
    """
    with _tar(path, seal) if path.suffix == ".tar" else _folder(path, seal) as target:
        yield target


def check(path: Path, installation: str) -> None:
    """Raise WrongState for a path where no backup of this installation can be written."""
    if path.suffix == ".tar":
        if path.is_dir():
            raise WrongState(
                f"{path} is a folder: name a file, or a folder whose name does not end with .tar."
            )
    elif path.exists() and not path.is_dir():
        raise WrongState(f"{path} is a file: name a folder, or a file that ends in .tar.")
    elif path.is_dir() and any(path.iterdir()) and not any(path.glob(f"{SEAL}*")):
        raise WrongState(f"The folder {path} contains other files: name an empty or a new folder.")
    if (owner := _owner(path)) and owner != installation:
        raise WrongState(
            f"{path} is the backup of another installation, which this one would replace: choose another "
            "place, or check that --data is right."
        )


def _owner(path: Path) -> str:
    """Return whose backup is at a path; "" for nobody's, or where that is not known."""
    try:
        with source.opened(path) as found:
            return found.seal.installation
    except BadBackup:
        return ""


class FolderTarget:
    """A folder. What is there from the backup before is read, and not copied again.

    Until it is finished, the backup before is whole, and describes itself with files of other names.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: set[str] = set()

    def put(self, name: str, path: Path, tell: Tell) -> tuple[str, int]:
        """Copy a file, unless it is there already, byte for byte: what a disk has spoilt is mended."""
        to = self._path / name
        self._keep(name)
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            reader = Reader(file, tell)
            if not (to.is_file() and to.stat().st_size == size and _is_same(to, reader)):
                file.seek(0)
                reader = Reader(file, tell)
                to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                partial = to.with_name(to.name + PARTIAL)
                with partial.open("wb") as sink:
                    shutil.copyfileobj(reader, sink, CHUNK_BYTES)
                partial.replace(to)
            return reader.drain(), size

    def finish(self) -> None:
        """Give the seal its name when everything is on the disk."""
        os.sync()
        (self._path / (SEAL + PARTIAL)).replace(self._path / SEAL)
        _sync_folder(self._path)

    def remove_others(self) -> None:
        """Remove what is no part any more."""
        for pattern in ("uploads/*", "stream/*", "insta-stream.*.db", "files.*.sha256"):
            for path in self._path.glob(pattern):
                if path.relative_to(self._path).as_posix() not in self._kept:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _keep(self, name: str) -> None:
        """Remember the first two parts of a name: there are as many as packages, not as segments."""
        self._kept.add("/".join(name.split("/")[:2]))


def _is_same(path: Path, reader: Reader) -> bool:
    """Say whether a file is what a reader reads from its beginning on."""
    with path.open("rb") as file:
        while data := reader.read(CHUNK_BYTES):
            if file.read(CHUNK_BYTES) != data:
                return False
    return True


class TarTarget:
    """One uncompressed tar file: segments do not become smaller."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def put(self, name: str, path: Path, tell: Tell) -> tuple[str, int]:
        """Append a file."""
        with path.open("rb") as file:
            about = tarfile.TarInfo(name)
            about.size = os.fstat(file.fileno()).st_size
            about.mode = 0o600
            reader = Reader(file, tell)
            self._tar.addfile(about, cast("IO[bytes]", reader))
            self._tar.members.clear()  # type: ignore[attr-defined]  # it remembers millions of files
            return reader.drain(), about.size


@contextmanager
def _folder(path: Path, seal: Seal) -> Iterator[FolderTarget]:
    """Give a folder that is marked as ours, so that a backup that breaks off can be repeated into it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    (path / (SEAL + PARTIAL)).write_text(seal.to_text(), encoding="utf-8")
    target = FolderTarget(path)
    yield target
    target.finish()
    if not seal.missing:
        target.remove_others()


@contextmanager
def _tar(path: Path, seal: Seal) -> Iterator[TarTarget]:
    """Give a tar file that gets its name when it is whole and on the disk. The seal is its first file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + PARTIAL)
    try:
        with partial.open("wb") as file:
            partial.chmod(0o600)
            with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                text = seal.to_text().encode()
                about = tarfile.TarInfo(SEAL)
                about.size = len(text)
                tar.addfile(about, io.BytesIO(text))
                yield TarTarget(tar)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def _sync_folder(path: Path) -> None:
    """See to it that a change of names in a folder survives a power failure."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
