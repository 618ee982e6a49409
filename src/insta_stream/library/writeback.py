"""Files handed to the disk while they grow, so that little is left for the last sync, whatever their size.

The operating system keeps what is written in memory, for half a minute or until there is much of it. A film
that came quickly would all be there when its last byte is in, and its sender would wait for the disk then.
"""

import ctypes
import errno
import os
from collections.abc import Callable
from functools import cache

STEP_BYTES = 8 << 20
"""What is handed over at once; each step may be under way while the next one comes."""

# sync_file_range(2). What is written out is not yet durable: that keeps no size of the file, and the disk may
# have a cache. So a sync must follow; but unlike a sync, it is no commit that the database has to wait for.
_BEGIN = 2
_END = 1 | 2 | 4

_UNKNOWN = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ESPIPE, errno.EPERM}
"""What a kernel, file system or sandbox says that cannot do so."""

_Call = Callable[[int, int, int, int], int]


def hand_over(file: int, before: int, after: int) -> None:
    """Begin to write out what a file has got, its bytes from `before` to `after`; call it after each write.

    It waits for what was begun a step earlier, so that a slow disk slows the sender down, and never more than
    two steps are on their way. Which bytes belong to a step depends on their place in the file alone: the
    pieces of one file may come in many requests. Raises OSError, and then only `kept(before)` bytes are sure.
    """
    first = before // STEP_BYTES * STEP_BYTES
    for begin in range(first, after - STEP_BYTES + 1, STEP_BYTES):
        _write_out(file, begin, _BEGIN)
        if begin >= STEP_BYTES:
            _write_out(file, begin - STEP_BYTES, _END)


def kept(size_bytes: int) -> int:
    """Return how many of so many bytes were written out for sure.

    After an error, the system counts the others as written, so a later sync would not tell of them: they must
    be sent again.
    """
    return max(0, size_bytes // STEP_BYTES - 1) * STEP_BYTES


def _write_out(file: int, begin: int, flags: int) -> None:
    call = _sync_file_range()
    if call is not None and call(file, begin, STEP_BYTES, flags) == 0:
        return
    if call is not None and (number := ctypes.get_errno()) not in _UNKNOWN:
        raise OSError(number, os.strerror(number))
    if flags == _BEGIN:
        os.fsync(file)


@cache
def _sync_file_range() -> _Call | None:
    """Return the C library's function; None where there is none, as everywhere but on Linux."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "sync_file_range", None)
    if function is not None:
        function.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    return function
