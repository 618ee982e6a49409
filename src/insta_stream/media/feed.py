"""Runs one FFmpeg that another may feed through a named pipe."""

import asyncio
import fcntl
import os
import termios
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from insta_stream.media.process import Limits, run

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Programs:
    """A program that reads `pipe`, and its feeder, which writes it; no feeder where nothing is read so.

    Both run in the folder of the pipe.
    """

    program: Sequence[str]
    feeder: Sequence[str]
    pipe: Path

    async def run(self, *, limits: Limits, on_line: Callable[[str], bool]) -> None:
        """Run the program to its end as `process.run` does, and the feeder beside it.

        Raises ProcessFailed of the one that failed first.
        """
        if not self.feeder:
            await self._make(limits, on_line)
            return
        with _held(self.pipe) as held:
            making = asyncio.create_task(self._make(limits, on_line))
            feeding = asyncio.create_task(self._feed(held, limits))
            try:
                await asyncio.wait({making, feeding}, return_when=asyncio.FIRST_COMPLETED)
                if not making.done():
                    feeding.result()
                await making
            finally:
                making.cancel()
                feeding.cancel()
                await asyncio.wait({making, feeding})

    async def _make(self, limits: Limits, on_line: Callable[[str], bool]) -> None:
        await run(self.program, limits=limits, on_line=on_line, folder=self.pipe.parent)

    async def _feed(self, held: "_Held", limits: Limits) -> None:
        # A feeder says nothing for as long as nobody reads.
        patient = replace(limits, stall_seconds=limits.wall_seconds)
        await run(self.feeder, limits=patient, folder=self.pipe.parent)
        while not held.is_empty():  # noqa: ASYNC110 - nobody tells when it is
            await asyncio.sleep(_POLL_SECONDS)
        held.let_go()


class _Held:
    """A pipe that is open at both ends as long as we hold it.

    So neither end waits for the other to be opened, what was written waits for the reader, and the reader
    sees no end: what a feeder wrote that died half way is not taken for the whole.
    """

    def __init__(self, pipe: Path) -> None:
        self._descriptor: int | None = os.open(pipe, os.O_RDWR | os.O_CLOEXEC)

    def is_empty(self) -> bool:
        """Whether all that was written has been read."""
        assert self._descriptor is not None
        return not any(fcntl.ioctl(self._descriptor, termios.FIONREAD, bytes(4)))

    def let_go(self) -> None:
        """Let the reader see the end."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def _held(pipe: Path) -> Iterator[_Held]:
    os.mkfifo(pipe)
    held = _Held(pipe)
    try:
        yield held
    finally:
        held.let_go()
        pipe.unlink()
