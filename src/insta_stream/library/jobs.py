"""Runs the packaging of videos: one task for each video that is not finished.

There is no queue to lose: what should exist is in the database, and at the start and every minute a task is
begun for each video that lacks something and has none. Tasks wait for their turn in the packager.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from insta_stream.errors import DiskFull
from insta_stream.ids import VideoId
from insta_stream.library.catalogue import Catalogue, Superseded
from insta_stream.library.side_by_side import cancel

log = structlog.get_logger()

RECONCILE_SECONDS = 60.0


class Jobs:
    """The tasks that package videos. make: brings one video to its end. has_lost: returns whether what is
    made of one is no more to be.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        make: Callable[[VideoId], Awaitable[None]],
        has_lost: Callable[[VideoId], bool],
    ) -> None:
        self._catalogue = catalogue
        self._make = make
        self._has_lost = has_lost
        self._tasks: dict[VideoId, asyncio.Task[None]] = {}
        self._held: set[VideoId] = set()
        self._is_stopped = False
        catalogue.watch(self._look_at)

    async def reconcile(self) -> None:
        """Go on with all that is not finished, for ever."""
        while True:
            for video in list(self._catalogue.videos()):
                if self._catalogue.newest(video.id).state == "packaging":
                    self.begin(video.id)
            await asyncio.sleep(RECONCILE_SECONDS)

    async def stop(self) -> None:
        """Stop all tasks, and begin no more; they go on at the next start."""
        self._is_stopped = True
        tasks = tuple(self._tasks.values())
        for task in tasks:
            cancel(task)
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, video: VideoId) -> None:
        """Package a video, unless that is being done, or may not be done now."""
        if not (self._is_stopped or video in self._tasks or video in self._held):
            task = self._tasks[video] = asyncio.create_task(self._run(video))
            # Not at the end of `_run`: a task that is cancelled before its first step never gets there.
            task.add_done_callback(lambda _: self._tasks.pop(video))

    def is_running(self, video: VideoId) -> bool:
        """Say whether a video is being packaged, or waits for its turn."""
        return video in self._tasks

    @asynccontextmanager
    async def held(self, video: VideoId) -> AsyncIterator[None]:
        """Cancel encoding a video, and begin nothing until the end of the block."""
        self._held.add(video)
        try:
            if task := self._tasks.get(video):
                cancel(task)
                await asyncio.wait([task])
            yield
        finally:
            self._held.discard(video)

    def _look_at(self, video: VideoId) -> None:
        """End what is made of a video, where another process has changed that it is to be made."""
        task = self._tasks.get(video)
        if task is not None and self._has_lost(video):
            cancel(task)

    async def _run(self, video: VideoId) -> None:
        try:
            await self._make(video)
        except Superseded:
            log.info("packaging_superseded", video=video)
        except DiskFull:
            log.warning("packaging_waits_for_disk_space", video=video)
        except Exception:
            # The reconciler tries again; ending the server over one video would stop all channels.
            log.exception("packaging_crashed", video=video)
