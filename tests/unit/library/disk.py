"""A disk that takes note of what it is handed, and fails when it is told to."""

import ctypes
import errno
import os
from dataclasses import dataclass, field

STEP = 1 << 18
BEGIN, END = 2, 7


@dataclass
class Disk:
    """begun, ended: the steps of one file, by their first byte. waiting: bytes that each sync found to do.

    fails_at: the step at whose end it fails once.
    """

    begun: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    fails_at: int | None = None

    def sync_file_range(self, _file: int, begin: int, size_bytes: int, flags: int) -> int:
        assert size_bytes == STEP
        if flags == END and begin == self.fails_at:
            self.fails_at = None
            ctypes.set_errno(errno.EIO)
            return -1
        {BEGIN: self.begun, END: self.ended}[flags].append(begin)
        return 0

    def fsync(self, file: int) -> None:
        self.waiting.append(os.fstat(file).st_size - (max(self.ended, default=-STEP) + STEP))
