"""One attempt at a package writes at a time, whichever process makes it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.library.packages import COUNT, INSPECTION, opened, package, plan_of, rendition, some_video

from insta_stream.library.attempt import Attempt, begin_attempt, held
from insta_stream.library.catalogue import Superseded
from insta_stream.storage.folder import DataFolder


async def test_who_goes_on_after_another_has_begun_writes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, opened(tmp_path) as two:
        row = package(rendition("240p", 3))
        await some_video(one, row)
        old = await begin_attempt(one, row.id)
        await old.save(replace(old.package, attempts=1))
        await two.load()
        new = await begin_attempt(two, row.id)
        await new.save(replace(new.package, renditions=(rendition("240p", 5),)))
        assert not old.is_over  # it has not heard of that, and is refused all the same
        with pytest.raises(Superseded):
            await old.save(replace(old.package, state="failed", error="It was stopped for a while."))
        assert old.is_over
        assert one.package(row.id) == two.package(row.id)
        assert one.package(row.id).renditions == (rendition("240p", 5),)
        await new.save(replace(new.package, attempts=2))
        assert not new.is_over


async def test_who_is_over_lets_no_package_take_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        video = await some_video(catalogue, package(rendition("240p", COUNT), state="ready"))
        new = package(rendition("240p", COUNT), is_current=False, video=video)
        await catalogue.add_package(new, INSPECTION, plan_of(new))
        old, present = await begin_attempt(catalogue, new.id), await begin_attempt(catalogue, new.id)
        with pytest.raises(Superseded):
            await old.take_over()
        assert catalogue.current(video).id != new.id
        await present.take_over()
        assert catalogue.current(video).id == new.id


async def test_who_is_superseded_lets_go_of_the_files_before_the_next_one_has_them(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path)
    folder.create()
    async with opened(tmp_path) as catalogue:
        row = package(rendition("240p", 3))
        await some_video(catalogue, row)
        old = await begin_attempt(catalogue, row.id)
        async with held(old, folder):
            new = await begin_attempt(catalogue, row.id)
            next_one = asyncio.create_task(_hold(new, folder))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(next_one), 0.3)
        await next_one
    assert not folder.package(row.id).exists()  # nothing was made


async def test_who_waits_for_files_and_is_superseded_gives_up(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path)
    folder.create()
    async with opened(tmp_path) as catalogue:
        row = package(rendition("240p", 3))
        await some_video(catalogue, row)
        async with held(await begin_attempt(catalogue, row.id), folder):
            next_one = asyncio.create_task(_hold(await begin_attempt(catalogue, row.id), folder))
            await catalogue.claim(row.id)
            with pytest.raises(Superseded):
                await next_one


async def _hold(attempt: Attempt, folder: DataFolder) -> None:
    async with held(attempt, folder):
        pass
