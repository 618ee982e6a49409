"""Files from the page cache to the network, without a copy: sendfile(2) on the event loop's terms.

The loop must not wait for a disk. What is not in memory yet is read in a thread first, so that the system
call finds it there; where the kernel does not tell what is in memory, each piece is read that way.
"""

import asyncio
import os
from collections.abc import AsyncIterator

PIECE_BYTES = 256 * 1024
"""What is sent before others get their turn."""

READ_BYTES = 64 * 1024
"""What is read at once where the kernel cannot send by itself: each client that is slow keeps as much."""

_NOWAIT: int | None = getattr(os, "RWF_NOWAIT", None)


async def send_file(connection: int, file: int, offset: int, count: int, stalled_seconds: float) -> None:
    """Send `count` bytes of a file, from `offset` on, over a connected socket that does not block.

    connection, file: descriptors. Raises OSError when the client is gone (TimeoutError when it has read
    nothing for `stalled_seconds`), EOFError when the file is shorter.
    """
    # Our own descriptor of the connection: whoever closes the other one does not make it another client's.
    ours = os.dup(connection)
    try:
        end = offset + count
        while offset < end:
            piece = min(PIECE_BYTES, end - offset)
            if not _is_in_memory(file, offset + piece - 1):
                await asyncio.to_thread(os.pread, file, piece, offset)
            try:
                sent = os.sendfile(ours, file, offset, piece)
            except BlockingIOError:
                async with asyncio.timeout(stalled_seconds):
                    await _until_writable(ours)
                continue
            if sent == 0:
                raise EOFError("a file became shorter while it was sent")
            offset += sent
            await asyncio.sleep(0)
    finally:
        os.close(ours)


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
