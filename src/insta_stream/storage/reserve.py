"""Room that is kept for when the disk is full: also then a channel must come off the air, and a video go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from insta_stream.errors import DiskFull

T = TypeVar("T")

RESERVE_BYTES = 8 << 20
"""Enough for hundreds of edits: the database's log is written over again and again."""

_STEP_BYTES = 1 << 18


class Reserve:
    """A file that only takes up room."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._one_at_a_time = asyncio.Lock()

    async def keep(self) -> None:
        """Take the room, or as much of it as the disk has, unless it is there or lent."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self._fill)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[None]:
        """Give the room away, and take it back afterwards, or what is left of it. Others wait for that."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self._path.unlink, missing_ok=True)
            try:
                yield
            finally:
                await asyncio.to_thread(self._fill)

    async def helped(self, deed: Callable[[], Awaitable[T]]) -> T:
        """Do something that must be possible on a full disk: once more with this room, where it is."""
        try:
            return await deed()
        except DiskFull:
            async with self.lent():
                return await deed()

    def _fill(self) -> None:
        try:
            with self._path.open("ab", buffering=0) as file:
                while file.tell() < RESERVE_BYTES:
                    file.write(bytes(_STEP_BYTES))
        except OSError:  # the disk is full, or may not be written to; others say so
            return
