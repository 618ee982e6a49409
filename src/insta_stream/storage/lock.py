"""Files and folders that one process holds; the operating system lets go of them when it ends, however.

Whoever holds one may remove or replace it, so a lock counts only where its file is still the one at its path.
"""

import fcntl
import os
from pathlib import Path

from insta_stream.errors import NotReady


def opened(path: Path) -> int:
    """Return a file that is there to be locked, open; it is made where it is missing. Raises NotReady."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotReady(f"{path} cannot be opened ({error.strerror}).") from error


def takes(file: int, kind: int = fcntl.LOCK_EX) -> bool:
    """Lock an open file; return False where another one has it. kind: LOCK_SH for a share."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class FileLock:
    """What nobody else holds until `release`. file: open; for reading and writing where this made it."""

    def __init__(self, file: int) -> None:
        self.file = file

    def release(self) -> None:
        """Let others have it; a second time, this does nothing."""
        if self.file >= 0:
            fcntl.flock(self.file, fcntl.LOCK_UN)  # a child that is just being started has it open, too
            os.close(self.file)
            self.file = -1


def lock(path: Path) -> FileLock | None:
    """Return the lock of a file or folder, None where somebody has it. Raises FileNotFoundError, OSError."""
    while True:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if not takes(file):
            os.close(file)
            return None
        if _is_at(path, file):
            return FileLock(file)
        os.close(file)


def is_held(path: Path) -> bool:
    """Return whether somebody holds a file that is there. Raises OSError."""
    try:
        held = lock(path)
    except FileNotFoundError:
        return False
    if held is not None:
        held.release()
    return held is None


def create(path: Path) -> FileLock:
    """Make an empty file that only this user may read, and hold it. Raises FileExistsError, OSError."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)  # who tidies up may have it for an instant, and remove it
        if _is_at(path, file):
            return FileLock(file)
        os.close(file)


def _is_at(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
