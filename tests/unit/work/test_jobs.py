import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.waiting import until
from tests.unit.library.packages import opened, package, rendition, some_video

from insta_stream.db.news import asked
from insta_stream.duties import Duties
from insta_stream.errors import DiskFull
from insta_stream.ids import VideoId
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.verdict import cancelled
from insta_stream.ticks import Ticks
from insta_stream.work.jobs import Jobs


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


@asynccontextmanager
async def working(
    catalogue: Catalogue,
    make: Callable[[VideoId], Awaitable[None]],
    has_lost: Callable[[VideoId], bool] = lambda _: False,
) -> AsyncIterator[Jobs]:
    jobs, duties = Jobs(catalogue, make, has_lost), Duties()
    duties.begin("encoding queue", jobs.reconcile)
    await asyncio.sleep(0)
    try:
        yield jobs
    finally:
        await duties.stop()
        await jobs.stop()


async def test_what_is_not_finished_is_gone_on_with_at_the_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        unfinished = await some_video(catalogue, package(rendition("240p", 3)))
        await some_video(catalogue, package(rendition("240p", 100), state="ready"))
        deleted = await some_video(catalogue, package(rendition("240p", 3)))
        await catalogue.delete(deleted, Ticks(1))
        maker = Maker()
        async with working(catalogue, maker) as jobs:
            await until(lambda: bool(maker.begun))
            assert jobs.is_running(unfinished)
            assert maker.begun == [unfinished]
        assert not jobs.is_running(unfinished)


async def test_nothing_is_made_before_the_role_is_taken(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        jobs = Jobs(catalogue, Maker(), lambda _: False)
        video = await some_video(catalogue, package(rendition("240p", 3)))
        assert not jobs.is_running(video)


async def test_what_another_process_has_added_is_begun(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, opened(tmp_path) as other:
        maker = Maker()
        async with working(one, maker):
            video = await some_video(other, package(rendition("240p", 3)))
            await one.catch_up(await asked(one._database))
            await until(lambda: maker.begun == [video])


async def test_a_stop_waits_for_a_job_that_is_ending_already(tmp_path: Path) -> None:
    is_ending, ended, lost = asyncio.Event(), list[VideoId](), set[VideoId]()

    async def make(video: VideoId) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            is_ending.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            ended.append(video)

    async with opened(tmp_path) as catalogue, working(catalogue, make, lost.__contains__) as jobs:
        video = await some_video(catalogue, package(rendition("240p", 3)))
        await asyncio.sleep(0)
        lost.add(video)
        await catalogue.rename(video, "another name")
        await is_ending.wait()
        await jobs.stop()
        assert ended == [video]


@pytest.mark.parametrize("error", [DiskFull(), ZeroDivisionError()])
async def test_a_job_that_fails_ends_nothing_else(tmp_path: Path, error: Exception) -> None:
    async with opened(tmp_path) as catalogue:
        maker = Maker(error)
        async with working(catalogue, maker) as jobs:
            video = await some_video(catalogue, package(rendition("240p", 3)))
            maker.end.set()
            await until(lambda: not jobs.is_running(video))
            assert maker.begun == [video]  # it is tried again later, not at once
            maker.end.clear()
            await catalogue.rename(video, "another name")
            assert jobs.is_running(video)


async def test_a_job_that_has_lost_its_package_ends(tmp_path: Path) -> None:
    lost: set[VideoId] = set()
    row = package(rendition("240p", 3))
    async with opened(tmp_path) as catalogue, working(catalogue, Maker(), lost.__contains__) as jobs:
        video = await some_video(catalogue, row)
        await asyncio.sleep(0)
        await catalogue.rename(video, "another name")
        assert jobs.is_running(video)
        lost.add(video)
        await catalogue.conclude(row.id, cancelled)
        await until(lambda: not jobs.is_running(video))


async def test_after_a_job_that_has_lost_its_package_the_next_one_is_made(tmp_path: Path) -> None:
    lost: set[VideoId] = set()
    maker, row = Maker(), package(rendition("240p", 3))
    async with opened(tmp_path) as catalogue, working(catalogue, maker, lost.__contains__) as jobs:
        video = await some_video(catalogue, row)
        await until(lambda: maker.begun == [video])
        lost.add(video)
        await catalogue.claim(row.id)
        lost.clear()
        await until(lambda: maker.begun == [video, video])
        assert jobs.is_running(video)


async def test_a_job_that_is_stopped_before_its_first_step_can_begin_again(tmp_path: Path) -> None:
    lost: set[VideoId] = set()
    maker, row = Maker(), package(rendition("240p", 3))
    async with opened(tmp_path) as catalogue, working(catalogue, maker, lost.__contains__):
        video = row.video
        catalogue.watch(lost.add)  # lost as soon as it has begun
        await some_video(catalogue, row)
        await catalogue.save(replace(catalogue.package(row.id), attempts=1))
        lost.clear()
        await until(lambda: maker.begun == [video])
