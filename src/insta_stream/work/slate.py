"""Built-in: a hidden video, made once, packaged like any other."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from insta_stream.clock import Clock
from insta_stream.ids import VideoId
from insta_stream.library.parts import Parts
from insta_stream.library.recount import check
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.slate import make_slate

log = structlog.get_logger()

RETRY_SECONDS = 60.0


class Slate:
    """Sees to it that there is a slate. adopt: makes a hidden video of a file, of that name."""

    def __init__(
        self, parts: Parts, clock: Clock, ffmpeg: FFmpeg, adopt: Callable[[Path, str], Awaitable[object]]
    ) -> None:
        self._catalogue = parts.catalogue
        self._folder = parts.folder
        self._clock = clock
        self._ffmpeg = ffmpeg
        self._adopt = adopt

    async def keep(self) -> None:
        """See to it that there is a slate; what fails is tried again."""
        while True:
            try:
                await self._provide()
            except Exception:  # a full disk, FFmpeg: channels cannot do without it for good
                log.exception("slate_failed")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _provide(self) -> None:
        """Keep the slate that there is, mend it, or make a new one."""
        present = self._catalogue.hidden()
        if present is not None:
            if await self._is_good(present):
                return
            await self._catalogue.delete(present, self._clock.now())
        made = self._folder.work / "slate"
        await make_slate(self._ffmpeg, made)
        await self._adopt(made, "Slate")
        made.unlink()

    async def _is_good(self, slate: VideoId) -> bool:
        await check(self._catalogue, self._folder, slate)
        if self._catalogue.is_being_made(slate) and self._folder.original(slate).exists():
            return True
        return self._catalogue.newest(slate).state == "ready"
