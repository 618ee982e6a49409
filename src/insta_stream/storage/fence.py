"""The fence: as long as an edit is being stored, every process of this machine can tell.

It is a locked file. The operating system opens the fence when the process that closed it ends, however it
ends.
"""

import fcntl
import os
from pathlib import Path

from insta_stream.errors import NotReady


class Fence:
    """The fence of a database, for one process. It is open, until somebody closes it to store an edit."""

    def __init__(self, path: Path) -> None:
        """Open the file and make it where it is missing. Raises NotReady."""
        self._path = path
        # Two, because a lock belongs to what was opened: this process asks while it has closed the fence.
        self._asking = self._opened()
        self._storing = self._opened()

    def is_open(self) -> bool:
        """Return whether no process stores an edit at this moment."""
        if not _locks(self._asking, fcntl.LOCK_SH):
            return False
        fcntl.flock(self._asking, fcntl.LOCK_UN)
        return True

    def close(self) -> bool:
        """Close the fence; return False where another process has, or is just asking."""
        return _locks(self._storing, fcntl.LOCK_EX)

    def open(self) -> None:
        """Open the fence, where this process has closed it."""
        fcntl.flock(self._storing, fcntl.LOCK_UN)

    def give_up(self) -> None:
        """Let go of the file."""
        os.close(self._asking)
        os.close(self._storing)

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise NotReady(f"{self._path} cannot be opened ({error.strerror}).") from error


def _locks(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
