"""The fence: as long as an edit is being stored, every process of this machine can tell.

It is a locked file. The operating system opens the fence when the process that closed it ends, however it
ends.
"""

import fcntl
import os
from pathlib import Path

from insta_stream.storage.lock import opened, takes


class Fence:
    """The fence of a database, for one process. It is open, until somebody closes it to store an edit."""

    def __init__(self, path: Path) -> None:
        """Open the file and make it where it is missing. Raises NotReady."""
        # Two, because a lock belongs to what was opened: this process asks while it has closed the fence.
        self._asking, self._storing = opened(path), opened(path)

    def is_open(self) -> bool:
        """Return whether no process stores an edit at this moment."""
        if not takes(self._asking, fcntl.LOCK_SH):
            return False
        fcntl.flock(self._asking, fcntl.LOCK_UN)
        return True

    def close(self) -> bool:
        """Close the fence; return False where another process has, or is just asking."""
        return takes(self._storing)

    def open(self) -> None:
        """Open the fence, where this process has closed it."""
        fcntl.flock(self._storing, fcntl.LOCK_UN)

    def give_up(self) -> None:
        """Let go of the file."""
        os.close(self._asking)
        os.close(self._storing)
