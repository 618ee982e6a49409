"""Runs the packaging of videos: one task for each video that is not finished.

There is no queue to lose: what should exist is in the database. A task is begun for each video that lacks
something and has none, as soon as that is known here, and every minute, since what fails is tried again.
Tasks wait for their turn in the packager.
"""

import asyncio
from collections.abc import Awaitable, Callable

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
        self._is_begun = False
        catalogue.watch(self._look_at)

    async def reconcile(self) -> None:
        """Go on with all that is not finished, for ever."""
        self._is_begun = True
        while True:
            for video in list(self._catalogue.videos()):
                self._look_at(video.id)
            await asyncio.sleep(RECONCILE_SECONDS)

    async def stop(self) -> None:
        """Stop all tasks, and begin no more; they go on at the next start, or elsewhere."""
        self._is_begun = False
        tasks = tuple(self._tasks.values())
        for task in tasks:
            cancel(task)
        await asyncio.gather(*tasks, return_exceptions=True)

    def is_running(self, video: VideoId) -> bool:
        """Say whether a video is being packaged, or waits for its turn."""
        return video in self._tasks

    def _look_at(self, video: VideoId) -> None:
        """Begin what is to be made of a video; end what is made of it and is no more to be."""
        task = self._tasks.get(video)
        if task is not None:
            if self._has_lost(video):
                cancel(task)
        elif self._is_begun and self._catalogue.is_being_made(video):
            task = self._tasks[video] = asyncio.create_task(self._run(video))
            # Not at the end of `_run`: a task that is cancelled before its first step never gets there.
            task.add_done_callback(lambda task: self._ended(video, task))

    def _ended(self, video: VideoId, task: asyncio.Task[None]) -> None:
        del self._tasks[video]
        if task.cancelled():  # perhaps for something else that is to be made of it
            self._look_at(video)

    async def _run(self, video: VideoId) -> None:
        try:
            await self._make(video)
        except Superseded:
            log.info("packaging_superseded", video=video)
        except DiskFull:
            log.warning("packaging_waits_for_disk_space", video=video)
        except Exception:
            # It is tried again in a minute; ending the server over one video would stop all channels.
            log.exception("packaging_crashed", video=video)
