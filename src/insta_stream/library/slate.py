"""Built-in: a hidden video, made once, packaged like any other."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from insta_stream.ids import VideoId
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.intake import Intake
from insta_stream.library.jobs import Jobs
from insta_stream.library.packager import Packager
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.slate import make_slate
from insta_stream.storage.folder import DataFolder

log = structlog.get_logger()

RETRY_SECONDS = 60.0


class Slate:
    """Sees to it that there is a slate."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        packager: Packager,
        jobs: Jobs,
        intake: Intake,
        folder: DataFolder,
        ffmpeg: FFmpeg,
    ) -> None:
        self._catalogue = catalogue
        self._packager = packager
        self._jobs = jobs
        self._intake = intake
        self._folder = folder
        self._ffmpeg = ffmpeg

    async def keep(self, remove: Callable[[VideoId], Awaitable[None]]) -> None:
        """See to it that there is a slate; what fails is tried again. remove: deletes a video."""
        while True:
            try:
                await self._provide(remove)
            except Exception:  # a full disk, FFmpeg: channels cannot do without it for good
                log.exception("slate_failed")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _provide(self, remove: Callable[[VideoId], Awaitable[None]]) -> None:
        """Keep the slate that there is, mend it, or make a new one."""
        present = self._catalogue.hidden()
        if present is not None:
            if await self._is_good(present):
                return
            await remove(present)
        made = self._folder.work / "slate"
        await make_slate(self._ffmpeg, made)
        await self._intake.adopt(made, "Slate", is_hidden=True)
        made.unlink()

    async def _is_good(self, slate: VideoId) -> bool:
        await self._packager.check(slate)
        if self._catalogue.newest(slate).state == "packaging" and self._folder.original(slate).exists():
            self._jobs.begin(slate)
            return True
        return self._catalogue.newest(slate).state == "ready"
