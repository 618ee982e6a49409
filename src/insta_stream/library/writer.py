"""Who writes to the file of an upload: the body of one request, in a thread and in large pieces."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from insta_stream.db.uploads import UploadRow
from insta_stream.errors import InstaStreamError, TooLarge
from insta_stream.library.buffers import Buffers
from insta_stream.library.part import Appended
from insta_stream.library.room import UploadLimits

Claim = Callable[[int], Awaitable[None]]
"""Is told how large a file is at least, before it is. Raises what says that it may not be."""

Write = Callable[[Callable[[], None], Appended, int], None]
"""Does a step of writing, in a thread, after which the target has so many bytes more at most."""

FLUSH_SECONDS = 1.0
"""Bytes that come slowly wait no longer than that for the disk."""


class Writer:
    """Writes the body of one request. since: changes of the upload's row that are newer tell it to give way.

    Ends with `finish`, where the body is whole, or with `keep`, where it broke off; else what it still holds
    is dropped. is_over: nothing of it is left.
    """

    def __init__(
        self,
        target: Appended,
        most_bytes: int,
        buffers: Buffers,
        write: Write,
        since: int,
    ) -> None:
        self.since = since
        self.is_over = asyncio.Event()
        self._target = target
        self._left = most_bytes
        self._buffers = buffers
        self._write = write
        self._buffer = bytearray()
        self._flushed_at = _now()
        self._writing: asyncio.Future[None] | None = None
        self._lease: asyncio.Timeout | None = None
        self._stopped_by: InstaStreamError | None = None

    @property
    def is_last(self) -> bool:
        """Nothing is missing of the file when this body is whole."""
        return self._left == 0

    @asynccontextmanager
    async def until_stopped(self) -> AsyncIterator[None]:
        """Let the block run until somebody calls `stop`; it then ends with their reason."""
        try:
            async with asyncio.timeout(None) as self._lease:
                yield
        except TimeoutError:
            if self._stopped_by is None:
                raise
            raise self._stopped_by from None
        finally:
            self._lease = None

    def stop(self, reason: InstaStreamError) -> None:
        """Make the block end with `reason` as soon as it waits for something."""
        if self._lease is not None and self._stopped_by is None:
            self._stopped_by = reason
            self._lease.reschedule(_now())

    async def settled(self) -> None:
        """Wait for the thread, and tidy up."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await asyncio.to_thread(self._target.drop)

    async def write(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLarge ("beyond_length"), DiskFull, NotReady."""
        if len(piece) > self._left:
            raise TooLarge("More bytes arrived than the upload's length allows.", code="beyond_length")
        self._left -= len(piece)
        self._buffer += piece
        if len(self._buffer) >= self._buffers.bytes_each or _now() - self._flushed_at > FLUSH_SECONDS:
            await self._flush()

    async def finish(self) -> None:
        """Write the rest; the bytes are safe when this returns. Raises Damaged, and nothing of it is kept."""
        await self._flush()
        await self._in_thread(partial(self._target.settle, is_last=self.is_last), 0)

    async def keep(self) -> None:
        """Write what came before the request broke off."""
        await self._flush()
        await self._in_thread(partial(self._target.break_off, is_last=self.is_last), 0)

    async def _flush(self) -> None:
        data, self._buffer = self._buffer, bytearray()
        self._flushed_at = _now()
        if data:
            await self._in_thread(partial(self._target.write, data), len(data))

    async def _in_thread(self, step: Callable[[], None], size_bytes: int) -> None:
        write = asyncio.to_thread(self._write, step, self._target, size_bytes)
        self._writing = asyncio.ensure_future(write)
        await asyncio.shield(self._writing)


_NOBODY = sys.maxsize
"""No change of its row makes it give way, but for its end: there are no newcomers."""


class FormWriter(Writer):
    """Writes all of a file. id: of the upload. size_bytes: what came. claim: is asked before that is more
    than was announced.
    """

    is_last = True

    def __init__(  # noqa: PLR0917 - made in one place
        self,
        row: UploadRow,
        target: Appended,
        buffers: Buffers,
        write: Write,
        limits: UploadLimits,
        claim: Claim,
    ) -> None:
        super().__init__(target, limits.max_bytes, buffers, write, _NOBODY)
        self.id = row.id
        self.size_bytes = 0
        self._claimed_bytes = row.size_bytes
        self._limits = limits
        self._claim = claim

    async def write(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLarge, DiskFull, NotReady, and what `claim` raises."""
        self._limits.check_size(self.size_bytes + len(piece))
        self.size_bytes += len(piece)
        await super().write(piece)

    async def finish(self) -> None:
        """Write the rest; the bytes are safe when this returns. It claims nothing: whoever ends this does."""
        self._claimed_bytes = self.size_bytes
        await super().finish()

    async def _flush(self) -> None:
        if self.size_bytes > self._claimed_bytes:
            await self._claim(self.size_bytes)
            self._claimed_bytes = self.size_bytes
        await super()._flush()


def _now() -> float:
    return asyncio.get_running_loop().time()
