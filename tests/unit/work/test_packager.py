"""What is made of packages, without FFmpeg: that is `tests/integration/test_library.py`."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.unit.library.packages import COUNT, INSPECTION, opened, package, plan_of, rendition, some_video
from tests.unit.work.packagers import packager_of

from insta_stream.db.videos import PackageState
from insta_stream.errors import NotAVideo
from insta_stream.library.attempt import begin_attempt
from insta_stream.library.verdict import cancelled
from insta_stream.media.model import Inspection
from insta_stream.ticks import Ticks


@pytest.mark.parametrize(("state", "is_replaced"), [("ready", False), ("failed", True)])
async def test_a_finished_package_does_not_go_for_one_that_lacks_a_rendition(
    tmp_path: Path, state: PackageState, *, is_replaced: bool
) -> None:
    async with opened(tmp_path) as catalogue:
        airs = package(rendition("360p", COUNT), rendition("240p", COUNT), state=state)
        video = await some_video(catalogue, airs)
        new = package(rendition("360p", 7), rendition("240p", COUNT), is_current=False, video=video)
        await catalogue.add_package(new, INSPECTION, plan_of(new))
        await catalogue.conclude(new.id, cancelled)
        assert catalogue.package(new.id).state == "ready"
        assert catalogue.current(video).id == (new.id if is_replaced else airs.id)


async def test_a_package_that_is_whole_takes_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        video = await some_video(catalogue, package(rendition("240p", COUNT), state="ready"))
        new = package(rendition("360p", COUNT), rendition("240p", COUNT), is_current=False, video=video)
        await catalogue.add_package(new, INSPECTION, plan_of(new))
        await catalogue.conclude(new.id, cancelled)
        assert catalogue.current(video).id == new.id


async def test_what_waited_for_a_package_that_fails_fails_with_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        video = await some_video(catalogue, package(rendition("240p", 3)))
        new = package(rendition("240p", 0), is_current=False, video=video)
        await catalogue.add_package(new, INSPECTION, plan_of(new))
        await catalogue.conclude(new.id, cancelled)
        assert (catalogue.newest(video).state, catalogue.current(video).state) == ("failed", "failed")


async def test_what_is_cancelled_or_deleted_elsewhere_is_lost_here(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        packager, row = packager_of(catalogue, tmp_path), package(rendition("240p", 3))
        video = await some_video(catalogue, row)
        with packager._at_work(await begin_attempt(catalogue, row.id)):
            assert not packager.has_lost(video)
            await catalogue.conclude(row.id, cancelled)
            assert packager.has_lost(video)
        with packager._at_work(await begin_attempt(catalogue, row.id)):
            await catalogue.delete(video, Ticks(1))
            assert packager.has_lost(video)
        assert not packager.has_lost(video)


async def test_a_package_that_gives_way_to_a_newer_one_is_lost(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        packager, row = packager_of(catalogue, tmp_path), package(rendition("240p", 3))
        video = await some_video(catalogue, row)
        with packager._at_work(await begin_attempt(catalogue, row.id)):
            new = package(rendition("240p", 0), is_current=False, video=video)
            await catalogue.add_package(new, INSPECTION, plan_of(new))
            assert packager.has_lost(video)


async def test_a_file_that_is_inspected_anew_and_is_no_video_fails(tmp_path: Path) -> None:
    async def inspect(_: Path) -> Inspection:
        raise NotAVideo("It has no picture.")

    async with opened(tmp_path) as catalogue:
        packager = packager_of(catalogue, tmp_path, inspect)
        airs = package(rendition("240p", COUNT), state="ready")
        video = await some_video(catalogue, airs)
        (tmp_path / "uploads" / video).touch()
        await catalogue.begin_anew(video, Ticks(5))
        begun = catalogue.newest(video)
        assert (begun.state, begun.renditions, begun.is_current) == ("packaging", (rendition("240p"),), False)
        await packager.make(video)
        newest = catalogue.newest(video)
        assert (newest.id, newest.state, newest.error) == (begun.id, "failed", "It has no picture.")
        assert catalogue.current(video) == airs


async def test_what_cannot_be_read_of_an_old_inspection_hinders_no_new_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        video = await some_video(catalogue, package(rendition("240p", COUNT), state="failed"))
        async with catalogue._database.write() as connection:
            await connection.execute(text("UPDATE package SET inspection = 'damaged', plan = ''"))
        await catalogue.begin_anew(video, Ticks(5))
        attempt = await begin_attempt(catalogue, catalogue.newest(video).id)
        plan = plan_of(attempt.package)
        await attempt.inspected(replace(attempt.package, is_inspected=True), INSPECTION, plan)
        assert await catalogue.documents(attempt.id) == (INSPECTION, plan)
        assert attempt.package.is_inspected
