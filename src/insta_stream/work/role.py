"""A role, such as `work`: one process of a data folder does what is to be done once, and the others stand by.

The operating system takes the role from a process that ends, however it ends; another one has it a moment
later.
"""

import asyncio
import fcntl
import os
from pathlib import Path

from insta_stream.storage.lock import opened, takes

LOOK_SECONDS = 0.2
"""How often whoever stands by for `work` looks whether the role is free."""


class Role:
    """A role, for one process. is_held: this one has it, and keeps it until it gives it up.

    look_seconds: how often it looks whether the role is free while it stands by.
    """

    def __init__(self, path: Path, look_seconds: float = LOOK_SECONDS) -> None:
        """Open the file whose lock it is, and make it where it is missing. Raises NotReady."""
        self.is_held = False
        self._look_seconds = look_seconds
        self._file = opened(path)

    async def take(self) -> None:
        """Wait until nobody else has the role, and have it."""
        while not takes(self._file):  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(self._look_seconds)
        self.is_held = True

    def is_filled(self) -> bool:
        """Return whether somebody has the role at this moment."""
        if self.is_held:
            return True
        if not takes(self._file, fcntl.LOCK_SH):
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def give_up(self) -> None:
        """Leave the role to others."""
        self.is_held = False
        fcntl.flock(self._file, fcntl.LOCK_UN)  # a child that is just being started has it open, too
        os.close(self._file)
