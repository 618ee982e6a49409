from pathlib import Path

import pytest
from tests.support.libraries import FFMPEG, LADDER
from tests.unit.library.packages import COUNT, INSPECTION, opened, package, plan_of, rendition, some_video

from insta_stream.clock import Clock
from insta_stream.db.videos import PackageState
from insta_stream.library.packager import Packager
from insta_stream.library.profile import Profile
from insta_stream.storage.folder import DataFolder


@pytest.mark.parametrize(("state", "is_replaced"), [("ready", False), ("failed", True)])
async def test_a_finished_package_does_not_go_for_one_that_lacks_a_rendition(
    tmp_path: Path, state: PackageState, *, is_replaced: bool
) -> None:
    async with opened(tmp_path) as catalogue:
        profile = Profile(LADDER, segment_seconds=2, jobs=1, min_free_bytes=0)
        packager = Packager(catalogue, DataFolder.under(tmp_path), FFMPEG, Clock(), profile)
        airs = package(rendition("360p", COUNT), rendition("240p", COUNT), state=state)
        video = await some_video(catalogue, airs)
        new = package(rendition("360p", 7), rendition("240p", COUNT), is_current=False, video=video)
        await catalogue.add_package(new, INSPECTION, plan_of(new))
        await packager.cancel(video)
        assert catalogue.package(new.id).state == "ready"
        assert catalogue.current(video).id == (new.id if is_replaced else airs.id)


async def test_a_package_that_is_whole_takes_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as catalogue:
        profile = Profile(LADDER, segment_seconds=2, jobs=1, min_free_bytes=0)
        packager = Packager(catalogue, DataFolder.under(tmp_path), FFMPEG, Clock(), profile)
        video = await some_video(catalogue, package(rendition("240p", COUNT), state="ready"))
        new = package(rendition("360p", COUNT), rendition("240p", COUNT), is_current=False, video=video)
        await catalogue.add_package(new, INSPECTION, plan_of(new))
        await packager.cancel(video)
        assert catalogue.current(video).id == new.id
