"""Listens to a run of FFmpeg and passes on what it publishes, in as few transactions as will do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import structlog

from insta_stream.errors import DiskFull, NotReady
from insta_stream.media.encoding import EncodingProgress

log = structlog.get_logger()

GATHER_SECONDS = 0.1
"""How long after the first news more is awaited, to write it in the same transaction."""

RETRY_SECONDS = 1.0
"""After how long to write again what could not be written."""

PLAUSIBLE_SPEED = 1000.0
"""FFmpeg divides by almost nothing at times; a speed above this says nothing."""


class Watch:
    """Gathers what is published while the last report is being written, and reports it in one go.

    publish: writes how many segments of which renditions there are; is given the speed, too. progress: is
    told of every sign of life.
    """

    def __init__(
        self,
        publish: Callable[[Mapping[str, int], float], Awaitable[None]],
        progress: Callable[[EncodingProgress], None],
    ) -> None:
        self._publish = publish
        self._progress = progress
        self._speed = 0.0
        self._counts: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._closed = asyncio.Event()

    def on_published(self, rendition: str, count: int) -> None:
        """Take note that segments 0 to count - 1 of a rendition are published."""
        self._counts[rendition] = count
        self._wake.set()

    def on_progress(self, progress: EncodingProgress) -> None:
        """Take note of how far FFmpeg is."""
        if progress.speed > PLAUSIBLE_SPEED:
            progress = replace(progress, speed=self._speed)
        self._speed = progress.speed
        self._progress(progress)

    def close(self) -> None:
        """Let `write` end when all is written."""
        self._closed.set()
        self._wake.set()

    async def write(self) -> None:
        """Report until closed. A database that cannot be written to is waited for as long as FFmpeg runs.

        Raises what `publish` raises, DiskFull and NotReady only at the end.
        """
        while self._counts or not self._closed.is_set():
            await self._wake.wait()
            await self._pause(GATHER_SECONDS)  # renditions that are made together finish together
            self._wake.clear()
            counts, self._counts = self._counts, {}
            try:
                await self._publish(counts, self._speed)
            except (DiskFull, NotReady) as error:
                if self._closed.is_set():
                    raise
                log.warning("publishing_waits", reason=error.message)
                self._counts = counts | self._counts
                self._wake.set()
                await self._pause(RETRY_SECONDS)

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closed.wait()
