"""Files from the page cache to the network, without a copy: sendfile(2) on the event loop's terms.

The loop must not wait for a disk. What is not in memory yet is read in a thread first, so that the system
call finds it there; where the kernel does not tell what is in memory, each piece is read that way.
"""

import asyncio
import os
from collections.abc import AsyncIterator

PIECE_BYTES = 2 * 1024 * 1024
"""What is sent before others get their turn: most segments at once, which takes the kernel some 0.1 ms. In
pieces of 256 KiB the same bytes took a third more processor time.
"""

READ_BYTES = 64 * 1024
"""What is read at once where the kernel cannot send by itself: each client that is slow keeps as much."""

_NOWAIT: int | None = getattr(os, "RWF_NOWAIT", None)


async def send_file(connection: int, file: int, offset: int, count: int, stalled_seconds: float) -> None:
    """Send `count` bytes of a file, from `offset` on, over a connected socket that does not block.

    connection, file: descriptors. Raises OSError when the client is gone (TimeoutError when it has read
    nothing for `stalled_seconds`), EOFError when the file is shorter.
    """
    end = offset + count
    if _is_in_memory(file, _last(offset, end)):
        offset += _send(connection, file, offset, end)
    if offset < end:
        # Our own descriptor of the connection: whoever closes the other one meanwhile does not make it
        # another client's.
        ours = os.dup(connection)
        try:
            await _send_rest(ours, file, offset, end, stalled_seconds)
        finally:
            os.close(ours)


async def _send_rest(connection: int, file: int, offset: int, end: int, stalled_seconds: float) -> None:
    """Send a file up to `end`, and let others get their turn before each piece."""
    while offset < end:
        await asyncio.sleep(0)
        last = _last(offset, end)
        if not _is_in_memory(file, last):
            await asyncio.to_thread(os.pread, file, last + 1 - offset, offset)
        if sent := _send(connection, file, offset, end):
            offset += sent
            continue
        async with asyncio.timeout(stalled_seconds):
            await _until_writable(connection)


def _last(offset: int, end: int) -> int:
    """Return where the last byte of the piece is that begins at `offset`."""
    return min(offset + PIECE_BYTES, end) - 1


def _send(connection: int, file: int, offset: int, end: int) -> int:
    """Send as much of a piece as there is room for, and return how many bytes that was."""
    try:
        sent = os.sendfile(connection, file, offset, _last(offset, end) + 1 - offset)
    except BlockingIOError:
        return 0
    if sent == 0:
        raise EOFError("a file became shorter while it was sent")
    return sent


async def read_pieces(file: int, offset: int, count: int) -> AsyncIterator[bytes]:
    """Yield `count` bytes of a file, from `offset` on, in pieces; raises EOFError when it is shorter."""
    end = offset + count
    while offset < end:
        size = min(READ_BYTES, end - offset)
        if _is_in_memory(file, offset + size - 1):
            piece = os.pread(file, size, offset)
        else:
            piece = await asyncio.to_thread(os.pread, file, size, offset)
        if not piece:
            raise EOFError("a file became shorter while it was sent")
        offset += len(piece)
        yield piece
        await asyncio.sleep(0)


def _is_in_memory(file: int, position: int) -> bool:
    """Tell whether a byte can be had without the disk; False where nobody knows."""
    if _NOWAIT is None:
        return False
    try:
        os.preadv(file, [bytearray(1)], position, _NOWAIT)
    except OSError:  # the disk is needed, or the file system cannot tell
        return False
    return True


async def _until_writable(connection: int) -> None:
    loop = asyncio.get_running_loop()
    writable = loop.create_future()
    loop.add_writer(connection, writable.set_result, None)
    try:
        await writable
    finally:
        loop.remove_writer(connection)
