"""The number that the clocks of all processes on a data folder share: a page of memory, which is a file.

Who has the file locked leads the clock. All have a share of a lock on the mark (`storage.mark`), so whoever
comes to lead can tell whether it is alone; only then, and after a start of the machine, the clock begins
anew. A process that is killed leaves its locks to others.
"""

import asyncio
import fcntl
import mmap
import os
import time
import uuid
from pathlib import Path

from insta_stream.clock import Offset
from insta_stream.errors import NotReady
from insta_stream.storage.lock import opened, takes

_SIZE = 16
_OFFSET, _BOOT = 0, 1

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

LOOK_SECONDS = 1.0
"""How often it is looked whether the clock is led."""

BEGINS_WITHIN_SECONDS = 2.0
"""How long another process may take from its lock to its number."""


class SharedOffset:
    """The offset of a data folder's clocks, for one process."""

    def __init__(self, page: Path, mark: Path) -> None:
        """Share it from now on. page, mark: files, made where they are missing. Raises NotReady."""
        self._users = opened(mark)
        fcntl.flock(self._users, fcntl.LOCK_SH)
        self._file = opened(page)
        os.ftruncate(self._file, _SIZE)
        self._memory = mmap.mmap(self._file, _SIZE)
        self._page = memoryview(self._memory).cast("q")
        leads = takes(self._file)
        is_new = leads and (takes(self._users) or self._page[_BOOT] != boot())
        self.offset = Offset(self._page, is_new=is_new, leads=leads)

    def begin(self) -> None:
        """Let others share it, once the clock has begun. Raises NotReady where nobody begins it."""
        if self.offset.is_new:
            self._page[_BOOT] = boot()
        fcntl.flock(self._users, fcntl.LOCK_SH)
        deadline = time.monotonic() + BEGINS_WITHIN_SECONDS
        while self._page[_BOOT] != boot():
            if time.monotonic() > deadline:
                raise NotReady(
                    "Another process of this server began the clock and did not finish. Try again."
                )
            time.sleep(0.01)

    async def succeed(self) -> None:
        """Lead the clock as soon as nobody else does, for ever."""
        while True:
            self.offset.leads = self.offset.leads or takes(self._file)
            await asyncio.sleep(LOOK_SECONDS)

    def give_up(self) -> None:
        """Share it no more; this process's clock goes on by itself."""
        self.offset.page = [self._page[_OFFSET]]
        self._page.release()
        self._memory.close()
        os.close(self._file)
        os.close(self._users)


def boot() -> int:
    """Return what is another number after each start of the machine, where the system says; else 1."""
    try:
        return uuid.UUID(_BOOT_ID.read_text().strip()).int >> 65 | 1
    except (OSError, ValueError):
        return 1
