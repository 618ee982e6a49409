"""An upload on its way in: written to the disk as it comes, in constant memory, within size and room."""

import asyncio
import os
from collections.abc import Awaitable, Callable

from insta_stream.ids import AccountId, VideoId
from insta_stream.library import writeback
from insta_stream.library.buffers import Buffers
from insta_stream.library.part import refusals
from insta_stream.library.room import Room, UploadLimits
from insta_stream.library.video import Video
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import create


class Upload:
    """Takes the pieces of one file; ends with `finish` or `abort`. name: may be set until `finish`.

    owner: who sends it. announced_bytes: how large its sender says that it is at least; its room is promised
    already. claim: is told where it is larger, before it is.
    """

    def __init__(
        self,
        id_: VideoId,
        name: str,
        *,
        owner: AccountId | None,
        folder: DataFolder,
        limits: UploadLimits,
        room: Room,
        buffers: Buffers,
        announced_bytes: int,
        claim: Callable[[int], Awaitable[None]],
        take: Callable[["Upload"], Awaitable[Video]],
        is_over: Callable[[VideoId], None],
    ) -> None:
        self.id = id_
        self.name = name
        self.owner = owner
        self.size_bytes = 0
        self.is_inspecting = False
        self._folder = folder
        self._limits = limits
        self._room = room
        self._buffers = buffers
        self._announced_bytes = self._claimed_bytes = announced_bytes
        self._claim = claim
        self._take = take
        self._is_over = is_over
        self._buffer = bytearray()
        self._written = 0
        self._writing: asyncio.Future[None] | None = None
        with refusals():
            self._lock = create(folder.part(id_))  # held until this has become a video, or is gone
        self._is_writing = True
        self._buffers.writers += 1

    async def write(self, chunk: bytes) -> None:
        """Take the next piece. Raises TooLarge, DiskFull or QuotaReached, and nothing is left
        behind.
        """
        try:
            self._limits.check_size(self.size_bytes + len(chunk))
            self.size_bytes += len(chunk)
            self._buffer += chunk
            if len(self._buffer) >= self._buffers.bytes_each:
                await self._flush()
        except BaseException:
            await self.abort()
            raise

    async def finish(self) -> Video:
        """Inspect the file and return it as a video. Raises NotAVideo or QuotaReached, and nothing is
        left behind.
        """
        try:
            await self._flush(is_last=True)
            self.is_inspecting = True
            return await self._take(self)
        finally:
            await self.abort()

    async def abort(self) -> None:
        """Forget what has come in; what has become a video stays."""
        if self._writing is not None:
            await asyncio.wait([self._writing])  # a thread must not write to a file that is closed
        self._end_writing()
        self._folder.part(self.id).unlink(missing_ok=True)
        self._lock.release()
        self._is_over(self.id)

    async def _flush(self, *, is_last: bool = False) -> None:
        if self.size_bytes > self._claimed_bytes:
            await self._claim(self.size_bytes)
            self._claimed_bytes = self.size_bytes
        data, self._buffer = bytes(self._buffer), bytearray()
        self._writing = asyncio.ensure_future(asyncio.to_thread(self._write, data, is_last=is_last))
        await asyncio.shield(self._writing)
        self._room.owe(self.id, self._announced_bytes - self.size_bytes, self.size_bytes)
        if is_last:
            self._end_writing()

    def _write(self, data: bytes, *, is_last: bool) -> None:
        self._room.check(len(data))
        file = self._lock.file
        with refusals():
            rest = memoryview(data)
            while rest:
                before, size = self._written, os.write(file, rest)
                rest, self._written = rest[size:], before + size
                writeback.hand_over(file, before, self._written)
            if is_last:
                os.fsync(file)

    def _end_writing(self) -> None:
        if self._is_writing:
            self._is_writing = False
            self._buffer = bytearray()
            self._buffers.writers -= 1
