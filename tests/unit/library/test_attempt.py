"""One attempt at a package writes at a time, whichever process makes it."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.libraries import FFMPEG, LADDER
from tests.unit.library.packages import COUNT, INSPECTION, opened, package, plan_of, rendition, some_video

from insta_stream.clock import Clock
from insta_stream.library.attempt import begin_attempt
from insta_stream.library.catalogue import Superseded
from insta_stream.library.packager import Packager
from insta_stream.library.profile import Profile
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks


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


async def test_what_is_cancelled_or_deleted_elsewhere_is_lost_here(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        profile = Profile(LADDER, segment_seconds=2, jobs=1, min_free_bytes=0)
        packager, other = (
            Packager(catalogue, DataFolder.under(tmp_path), FFMPEG, Clock(), profile) for _ in range(2)
        )
        row = package(rendition("240p", 3))
        video = await some_video(catalogue, row)
        with packager._showing(await begin_attempt(catalogue, row.id)):
            assert not packager.has_lost(video)
            await other.cancel(video)
            assert packager.has_lost(video)
        with packager._showing(await begin_attempt(catalogue, row.id)):
            await catalogue.delete(video, Ticks(1))
            assert packager.has_lost(video)
        assert not packager.has_lost(video)
