import asyncio
from pathlib import Path

from tests.support.waiting import until
from tests.unit.library.packages import opened, package, rendition, some_video

from insta_stream.duties import Duties
from insta_stream.errors import DiskFull
from insta_stream.ids import VideoId, new_id
from insta_stream.library.jobs import Jobs
from insta_stream.ticks import Ticks


class Maker:
    """Packages until it is told to end."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun: list[VideoId] = []
        self.end = asyncio.Event()
        self._error = error

    async def __call__(self, video: VideoId) -> None:
        self.begun.append(video)
        await self.end.wait()
        if self._error:
            raise self._error


async def test_what_is_not_finished_is_gone_on_with_at_the_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        unfinished = await some_video(catalogue, package(rendition("240p", 3)))
        await some_video(catalogue, package(rendition("240p", 100), state="ready"))
        deleted = await some_video(catalogue, package(rendition("240p", 3)))
        await catalogue.delete(deleted, Ticks(1))
        maker = Maker()
        jobs = Jobs(catalogue, maker, never)
        duties = Duties()
        duties.begin("encoding queue", jobs.reconcile)
        await until(lambda: bool(maker.begun))
        jobs.begin(unfinished)
        assert jobs.is_running(unfinished)
        assert maker.begun == [unfinished]
        await duties.stop()
        await jobs.stop()
        assert not jobs.is_running(unfinished)


async def test_nothing_begins_while_a_video_is_held(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        maker = Maker()
        jobs = Jobs(catalogue, maker, never)
        video = VideoId(new_id())
        jobs.begin(video)
        await asyncio.sleep(0)
        async with jobs.held(video):
            assert not jobs.is_running(video)
            jobs.begin(video)
            assert not jobs.is_running(video)
        jobs.begin(video)
        assert jobs.is_running(video)
        await jobs.stop()


async def test_a_job_that_is_stopped_before_its_first_step_can_begin_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        jobs = Jobs(catalogue, Maker(), never)
        video = VideoId(new_id())
        jobs.begin(video)
        async with jobs.held(video):
            assert not jobs.is_running(video)
        jobs.begin(video)
        assert jobs.is_running(video)
        await jobs.stop()


async def test_a_stop_waits_for_a_job_that_is_ending_already(tmp_path: Path) -> None:
    is_ending, ended = asyncio.Event(), list[VideoId]()

    async def make(video: VideoId) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            is_ending.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            ended.append(video)

    async def hold(video: VideoId) -> None:
        async with jobs.held(video):
            assert ended == [video]

    async with opened(tmp_path) as catalogue:
        jobs = Jobs(catalogue, make, never)
        video = VideoId(new_id())
        jobs.begin(video)
        await asyncio.sleep(0)
        holding = asyncio.create_task(hold(video))
        await is_ending.wait()
        await jobs.stop()
        await holding
        assert ended == [video]


async def test_a_job_that_fails_ends_nothing_else(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        for error in (DiskFull(), ZeroDivisionError()):
            maker = Maker(error)
            jobs = Jobs(catalogue, maker, never)
            video = VideoId(new_id())
            jobs.begin(video)
            maker.end.set()
            await until(lambda jobs=jobs, video=video: not jobs.is_running(video))  # type: ignore[misc]
            jobs.begin(video)
            assert jobs.is_running(video)
            await jobs.stop()


async def test_a_job_that_has_lost_its_package_ends(tmp_path: Path) -> None:
    lost: set[VideoId] = set()
    async with opened(tmp_path) as catalogue:
        jobs = Jobs(catalogue, Maker(), lost.__contains__)
        video = await some_video(catalogue, package(rendition("240p", 3)))
        jobs.begin(video)
        await asyncio.sleep(0)
        await catalogue.rename(video, "another name")
        assert jobs.is_running(video)
        lost.add(video)
        await catalogue.rename(video, "and another")
        await until(lambda: not jobs.is_running(video))
        await jobs.stop()


def never(_: VideoId) -> bool:
    return False
