"""Where a backup is read from, and whether it is whole and unchanged."""

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Protocol, cast

from insta_stream.backup.reader import Reader, Tell
from insta_stream.backup.seal import SEAL, BadBackup, Seal, is_part, last_line, line, read_seal
from insta_stream.db.upgrade import is_known

Keep = Callable[[str, Reader], None]
"""Does something with a file of a backup, or reads it in vain."""

_CHECKSUM_LENGTH = 64


class Source(Protocol):
    """A backup that is read from its beginning to its end."""

    @property
    def seal(self) -> Seal:
        """What it says of itself."""

    def parts(self) -> Iterator[tuple[str, BinaryIO]]:
        """Yield the names and contents of its files, the list of them last."""


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Give the backup at a path. Raises BadBackup where there is none, or one of a newer version."""
    if path.is_dir():
        yield _checked(_folder(path), path)
    elif path.is_file():
        with _reading(path), tarfile.open(path, "r|*") as tar:
            yield _checked(_tar(tar, path), path)
    else:
        raise BadBackup(f"There is no backup at {path}.")


def check(source: Source, keep: Keep, tell: Tell, where: Path) -> int:
    """Read a backup to its end, and return how many files it has. keep: gets each of them.

    Raises BadBackup when it is not whole, or a file is not what was put in.
    """
    count = total = 0
    with TemporaryFile("w+b") as seen:
        for name, file in source.parts():
            if name == source.seal.checksums:
                seen.write(last_line(count, total).encode())
                seen.seek(0)
                _compare(seen, file, where)
                return count
            if is_part(name) is None:
                raise BadBackup(f"{where} has a file that is not part of a backup: {name!r}.")
            reader = Reader(file, tell)
            keep(name, reader)
            seen.write(line(name, reader.drain()).encode())
            count, total = count + 1, total + reader.size_bytes
    raise BadBackup(f"{where} ends too early: was it made and copied completely?")


def _compare(seen: BinaryIO, stated: BinaryIO, where: Path) -> None:
    """Compare what was read with the list, line by line: it may be long."""
    for found in seen:
        if found != (wanted := stated.readline()):
            name = found[_CHECKSUM_LENGTH:]
            if wanted[_CHECKSUM_LENGTH:] == name and not found.startswith(b"#"):
                what = name.decode().strip()
                raise BadBackup(f"{what} in {where} has changed since it was saved: the backup is damaged.")
            raise BadBackup(f"{where} lacks files that it lists: the backup is damaged.")
    if stated.readline():
        raise BadBackup(f"{where} lists more files than it has: the backup is damaged.")


def _checked(source: Source, path: Path) -> Source:
    if not is_known(source.seal.revision):
        raise BadBackup(
            f"{path} was made by Insta-Stream {source.seal.version}, which is newer than this version: "
            "use that one.",
            code="newer_backup",
        )
    return source


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A backup in a folder."""

    path: Path
    seal: Seal

    def parts(self) -> Iterator[tuple[str, BinaryIO]]:
        """Yield the files that the list names."""
        listing = self.path / self.seal.checksums
        with _present(listing) as lines:
            for entry in lines:
                if entry.startswith(b"#"):
                    break
                name = entry.decode(errors="replace").split(maxsplit=1)[-1].strip()
                if is_part(name) is None:
                    raise BadBackup(f"{self.path} has a file that is not part of a backup: {name!r}.")
                with _present(self.path / name) as file:
                    yield name, file
        with _present(listing) as file:
            yield self.seal.checksums, file


@dataclass(frozen=True, slots=True)
class TarSource:
    """A backup in a tar file, of which the seal has been read."""

    tar: tarfile.TarFile
    path: Path
    seal: Seal

    def parts(self) -> Iterator[tuple[str, BinaryIO]]:
        """Yield the files in the order in which they are there."""
        while True:
            with _reading(self.path):
                member = self.tar.next()
            if member is None:
                return
            self.tar.members.clear()  # type: ignore[attr-defined]  # see `TarTarget`
            with _reading(self.path):
                yield member.name, _content(self.tar, member, self.path)


def _folder(path: Path) -> FolderSource:
    if not (path / SEAL).is_file():
        raise BadBackup(f"{path} is not a backup, or an unfinished one: it has no {SEAL}.")
    with (path / SEAL).open("rb") as file:
        return FolderSource(path, read_seal(file, path))


def _tar(tar: tarfile.TarFile, path: Path) -> TarSource:
    first = tar.next()
    if first is None or first.name != SEAL:
        raise BadBackup(f"{path} is not a backup: it does not begin with {SEAL}.")
    return TarSource(tar, path, read_seal(_content(tar, first, path), path))


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> BinaryIO:
    file = tar.extractfile(member) if member.isreg() else None
    if file is None:
        raise BadBackup(f"{path} contains something that is not a file: {member.name!r}.")
    return cast("BinaryIO", file)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say what is wrong with a tar file that cannot be read."""
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise BadBackup(f"{path} cannot be read ({error}): is it a complete backup?") from error


@contextmanager
def _present(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise BadBackup(f"{error.filename} is missing: the backup is damaged.") from error
