"""The library with real files, a real database and a real FFmpeg."""

import asyncio
import errno
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.support.depth import DEEP
from tests.support.libraries import (
    CAPS,
    FFMPEG,
    NAMES,
    decoded_frames,
    make_clip,
    make_short_slate,
    open_library,
    segments,
    settled,
)
from tests.support.paced import paced
from tests.support.seeds import plant
from tests.support.waiting import LONG, until

from insta_stream.clock import Clock
from insta_stream.errors import BadRequest, DiskFull, NotAVideo, NotReady, TooLarge, Unknown, WrongState
from insta_stream.ids import PackageId, VideoId
from insta_stream.library import forecast
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.library import Library
from insta_stream.library.video import Video
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.inspect import inspect
from insta_stream.media.model import Inspection
from insta_stream.retention.disposal import Disposal
from insta_stream.retention.janitor import facts_of
from insta_stream.retention.policy import DEFAULT_RULES, Deletion, Rules, plan
from insta_stream.storage.folder import DataFolder, FolderLock
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline.playable import Playable
from insta_stream.work import intake, leftovers, packager, slate


@pytest.fixture(autouse=True)
def _short_slate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The test's folder has a slate, and if another one is made, it is short."""
    monkeypatch.setattr(slate, "make_slate", make_short_slate)
    plant(tmp_path, ",".join(NAMES))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    folder = tmp_path_factory.mktemp("clips")

    def clip(length: int) -> Path:
        """Return a clip that is soon encoded; `paced`, that can be watched."""
        path = folder / f"{length}.mp4"
        return path if path.exists() else make_clip(path, length, picture="smptebars")

    return clip


def playable(library: Library, video: Video) -> Playable:
    found = library.playable(video.id, CAPS)
    assert found is not None
    return found


async def at_first(library: Library, id_: VideoId) -> Playable:
    """Return what can air of a video in the instant in which something can."""
    found: asyncio.Future[Playable] = asyncio.get_running_loop().create_future()

    def look(changed: VideoId) -> None:
        if changed == id_ and library.get(id_).airable and not found.done():
            found.set_result(playable(library, library.get(id_)))

    library.subscribe(look)
    async with asyncio.timeout(LONG):
        return await found


def package_of(video: Video) -> PackageId:
    assert video.package is not None
    return video.package


async def upload(library: Library, path: Path, name: str = "a clip.mp4") -> Video:
    data = path.read_bytes()  # noqa: ASYNC240 - a test
    async with library.forms.receive(len(data), channel="", owner=None) as writer:
        await library.forms.name(writer.id, name)
        for start in range(0, len(data), 4096):
            await writer.write(data[start : start + 4096])
    await library.forms.decided(writer.id)
    return library.get(writer.id)


async def test_the_size_of_a_video_is_that_of_its_picture_as_shown(
    tmp_path: Path, clips: Callable[[int], Path], bundled_ffmpeg: Path
) -> None:
    turned = tmp_path / "turned.mp4"
    command = [bundled_ffmpeg, "-loglevel", "error", "-display_rotation:v", "90", "-i", clips(5)]
    subprocess.run([*command, "-c", "copy", "-aspect", "4:3", turned], check=True)  # noqa: ASYNC221 - a test
    async with open_library(tmp_path) as library:
        video = await upload(library, turned)
        assert (video.width, video.height) == (360, 480)


async def test_an_upload_becomes_a_video_that_airs(tmp_path: Path, clips: Callable[[int], Path]) -> None:
    folder = DataFolder.under(tmp_path)
    async with open_library(tmp_path) as library:
        heard: list[str] = []
        library.subscribe(heard.append)
        video = await upload(library, clips(5), "C:\\films\\my\x00 film.mp4")
        assert (video.state, video.name, video.airable) == ("packaging", "my film.mp4", False)
        assert (video.width, video.height, video.video_codec) == (640, 360, "mpeg4")
        assert video.duration == seconds(5)

        video = await settled(library, video.id)
        assert (video.state, video.airable, video.error) == ("ready", True, "")
        assert video.has_pictures
        assert (folder.package(package_of(video)) / "poster.jpg").stat().st_size > 0
        assert video.id in heard
        found = playable(library, video)
        assert (found.is_complete, found.renditions) == (True, NAMES)
        sizes = 0
        for name in NAMES:
            files = segments(folder, found.package, name)
            assert len(files) == found.table.count == found.available
            assert decoded_frames(files) == 5 * 25
            sizes += sum(path.stat().st_size for path in files)
        assert video.disk_use_bytes == clips(5).stat().st_size + sizes
        assert library.videos() == (video,)

    async with open_library(tmp_path) as library:
        assert library.get(video.id) == video
        assert playable(library, video) == found


async def test_a_ladder_airs_while_it_grows_each_rung_with_its_own(
    tmp_path: Path, clips: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packager, "TRIAL", seconds(3600))  # however slow this machine is
    async with open_library(tmp_path, ffmpeg=paced(FFMPEG, tmp_path, times=4)) as library:
        id_ = (await library.adopt(clips(12), "a film")).id
        early = await at_first(library, id_)
        assert (early.renditions, early.is_complete) == (NAMES, False)
        assert early.available >= forecast.LEAD_SEGMENTS
        done = playable(library, await settled(library, id_))
        assert (done.package, done.renditions, done.is_complete) == (early.package, NAMES, True)


@pytest.mark.deep
async def test_a_ladder_that_is_slow_has_its_lowest_rung_made_first(
    tmp_path: Path, clips: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packager, "TRIAL", 0)
    monkeypatch.setattr(forecast, "LEAST_SPEED", 1e6)
    with capture_logs() as logs:
        async with open_library(tmp_path) as library:
            id_ = (await library.adopt(clips(20), "a film")).id
            early = await at_first(library, id_)
            assert early.renditions == ("240p", "240p")
            video = await settled(library, id_)
            done = playable(library, video)
            assert (done.package, done.renditions, done.is_complete) == (early.package, NAMES, True)
            files = segments(DataFolder.under(tmp_path), done.package, "360p")
            assert decoded_frames(files) == 20 * 25
    assert [log["starter"] for log in logs if log["event"] == "ladder_slow"] == ["240p"]
    async with open_library(tmp_path) as library:  # a job that is interrupted has to know what it makes
        made = library._catalogue.package(done.package).renditions
        assert [(each.name, each.is_early) for each in made] == [("360p", False), ("240p", True)]
    assert not [log for log in logs if log["event"] == "packaging_failed"]


@pytest.mark.deep
async def test_long_videos_that_air_already_keep_no_other_from_the_air(
    tmp_path: Path, clips: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packager, "TRIAL", seconds(3600))
    async with open_library(tmp_path, ffmpeg=paced(FFMPEG, tmp_path, times=2)) as library:
        long = [(await library.adopt(clips(60), "a recording")).id for _ in range(packager.URGENT_JOBS)]
        await until(lambda: all(library.get(id_).airable for id_ in long))
        short = (await library.adopt(clips(5), "a clip")).id
        await at_first(library, short)
        assert [library.get(id_).state for id_ in long] == ["packaging"] * len(long)
        first = playable(library, library.get(long[0])).available
        await until(lambda: playable(library, library.get(long[0])).available > first)


async def test_what_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path)
    async with open_library(tmp_path, max_bytes=100_000) as library:
        await _until_there_is_a_slate(library)
        before = sorted(folder.uploads.iterdir())
        with pytest.raises(TooLarge, match=r"97\.66 KiB"):
            await upload_unannounced(library, b"", announced=100_001)
        with pytest.raises(TooLarge):
            await upload_unannounced(library, b"x" * 100_001)
        with pytest.raises(NotAVideo):
            await upload_unannounced(library, b"no video at all")
        with pytest.raises(BadRequest):
            await library.adopt(tmp_path / "nowhere", "a")
        with pytest.raises(BadRequest):
            await upload_in_part(library, b"x" * 50_000)
        assert (library.videos(), library.uploads()) == ((), ())
        assert sorted(folder.uploads.iterdir()) == before


async def upload_in_part(library: Library, data: bytes) -> None:
    async with library.forms.receive(0, channel="", owner=None) as writer:
        await writer.write(data)
        assert [incoming.state for incoming in library.uploads()] == ["uploading"]
        raise BadRequest


async def upload_unannounced(library: Library, data: bytes, announced: int = 0) -> Video:
    async with library.forms.receive(announced, channel="", owner=None) as writer:
        await writer.write(data)
    await library.forms.decided(writer.id)
    return library.get(writer.id)


async def test_no_upload_fills_the_disk(tmp_path: Path) -> None:
    async with open_library(tmp_path, min_free_bytes=1 << 60) as library:
        with pytest.raises(DiskFull):
            await upload_unannounced(library, b"a film")
        assert list(DataFolder.under(tmp_path).parts()) == []


async def test_a_crash_in_mid_upload_leaves_nothing_behind(
    tmp_path: Path, clips: Callable[[int], Path]
) -> None:
    folder = DataFolder.under(tmp_path)
    async with open_library(tmp_path) as library:
        video = await library.adopt(clips(2), "a")
    folder.part(video.id).write_bytes(b"x")
    folder.original(video.id).replace(folder.part(video.id))  # it crashed before the last rename
    (folder.uploads / ("0" * 32 + ".part")).write_bytes(b"half of a film")
    async with open_library(tmp_path) as library:
        assert list(folder.parts()) == []
        assert folder.original(video.id).exists()
        assert (await settled(library, video.id)).state == "ready"


async def test_a_file_that_is_being_inspected_when_the_server_ends_is_inspected_at_the_next_start(
    tmp_path: Path, clips: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, is_inspecting = DataFolder.under(tmp_path), asyncio.Event()

    async def for_ever(path: Path) -> Inspection:
        is_inspecting.set()
        await asyncio.Event().wait()
        return await inspect(path)

    async with open_library(tmp_path) as library:
        await _until_there_is_a_slate(library)
        monkeypatch.setattr(intake, "inspect", for_ever)
        async with library.forms.receive(0, channel="", owner=None) as writer:
            await writer.write(clips(2).read_bytes())
        await is_inspecting.wait()
    assert folder.part(writer.id).exists()
    monkeypatch.setattr(intake, "inspect", inspect)
    async with open_library(tmp_path) as library:
        await until(lambda: library.has(writer.id))
        assert (await settled(library, writer.id)).state == "ready"
    assert folder.original(writer.id).exists()


async def test_lost_segments_are_made_anew(tmp_path: Path, clips: Callable[[int], Path]) -> None:
    folder = DataFolder.under(tmp_path)
    async with open_library(tmp_path) as library:
        video = await settled(library, (await library.adopt(clips(5), "a")).id)
    files = segments(folder, package_of(video), NAMES[0])
    files[1].unlink()
    kept = files[0].stat().st_ino
    async with open_library(tmp_path) as library:
        await until(lambda: playable(library, video).renditions != NAMES)
        assert playable(library, video).renditions == (NAMES[1], NAMES[1])
        assert (await settled(library, video.id)).state == "ready"
        assert playable(library, video).renditions == NAMES
        assert decoded_frames(segments(folder, package_of(video), NAMES[0])) == 5 * 25
        assert files[0].stat().st_ino == kept


async def test_a_video_that_cannot_be_looked_at_keeps_no_other_from_being_mended(
    tmp_path: Path, clips: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_library(tmp_path) as library:
        first = await settled(library, (await library.adopt(clips(3), "a")).id)
        second = await settled(library, (await library.adopt(clips(3), "b")).id)
    lost = segments(DataFolder.under(tmp_path), package_of(second), NAMES[0])[1]
    lost.unlink()
    check = leftovers.check

    async def refused(catalogue: Catalogue, folder: DataFolder, video: VideoId) -> None:
        if video == first.id:
            raise NotReady
        await check(catalogue, folder, video)

    monkeypatch.setattr(leftovers, "check", refused)
    async with open_library(tmp_path):
        await until(lost.exists, 30)


async def test_a_deleted_video_comes_back_until_it_is_gone_for_good(
    tmp_path: Path, clips: Callable[[int], Path]
) -> None:
    folder = DataFolder.under(tmp_path)
    async with open_library(tmp_path) as library:
        video = await settled(library, (await library.adopt(clips(2), "a")).id)
        with pytest.raises(WrongState, match="not in the bin"):
            await library.restore(video.id)
        heard: list[str] = []
        library.subscribe(heard.append)
        await library.delete(video.id)
        assert heard == [video.id]
        assert library.playable(video.id, CAPS) is None
        assert not library.has(video.id)
        assert library.name(video.id) == "a"
        (deleted,) = library.deleted()
        assert deleted.video.id == video.id
        assert due(library) == ()
        assert library.disk_use().deleted == video.disk_use_bytes
    async with open_library(tmp_path) as library:
        assert (await library.restore(video.id)).airable
        assert await settled(library, video.id) == video
        assert library.deleted() == ()
        await library.delete(video.id)
    async with open_library(tmp_path) as library:
        (released, package) = due(library, AT_ONCE)
        assert not await carry_out(library, package)  # as long as it can be restored
        assert segments(folder, package_of(video), NAMES[0])
        assert await carry_out(library, released)
        with pytest.raises(WrongState, match="permanently deleted"):
            await library.restore(video.id)
        assert not await carry_out(library, released)
        assert not folder.original(video.id).exists()
        assert await carry_out(library, package)
        assert not folder.package(package_of(video)).exists()
        assert library.disk_use().deleted == 0
        assert library.table(package_of(video)).length == video.duration  # runs may still name it
        (record,) = due(library)
        assert (record.kind, record.reason) == ("record", "unnamed")
    async with open_library(tmp_path) as library:
        assert library.name(video.id) == "a"
        assert await carry_out(library, record)
        with pytest.raises(Unknown):
            library.table(package_of(video))
        assert due(library) == ()
        with pytest.raises(Unknown):
            await library.restore(VideoId("f" * 32))


async def test_a_video_that_is_deleted_while_it_is_packaged_is_packaged_on_when_it_comes_back(
    tmp_path: Path, clips: Callable[[int], Path]
) -> None:
    async with open_library(tmp_path) as library:
        video = await library.adopt(clips(5), "a")
        await library.delete(video.id)
        await library.restore(video.id)
        assert (await settled(library, video.id)).state == "ready"


async def test_originals_are_dropped_once_all_is_packaged_and_found_when_they_are_put_back(
    tmp_path: Path, clips: Callable[[int], Path]
) -> None:
    folder = DataFolder.under(tmp_path)
    async with open_library(tmp_path) as library:
        video = await library.adopt(clips(5), "a")
        assert due(library, DROPPING) == ()
        video = await settled(library, video.id)
        (drop,) = due(library, DROPPING)
        assert (drop.kind, drop.size_bytes) == ("original", video.size_bytes)
        segments(folder, package_of(video), NAMES[0])[1].unlink()
        assert not await carry_out(library, drop, DROPPING)  # what is not whole is mended first
        video = await settled(library, video.id)
        assert await carry_out(library, drop, DROPPING)
        assert not folder.original(video.id).exists()
        with pytest.raises(WrongState) as refusal:
            await library.repackage(video.id)
        assert refusal.value.code == "no_original"
        assert library.get(video.id).disk_use_bytes == video.disk_use_bytes - video.size_bytes
    shutil.copy(clips(5), folder.original(video.id))
    async with open_library(tmp_path) as library:
        assert library.get(video.id).disk_use_bytes == video.disk_use_bytes
        assert due(library) == ()


async def test_database_and_disk_agree_after_a_start(tmp_path: Path, clips: Callable[[int], Path]) -> None:
    folder = DataFolder.under(tmp_path)
    async with open_library(tmp_path) as library:
        first = await settled(library, (await library.adopt(clips(2), "a")).id)
        await library.repackage(first.id)
        await settled(library, first.id)
        (purge,) = due(library)
        assert await carry_out(library, purge)
        video = library.get(first.id)
    folder.original(video.id).unlink()
    leftover = folder.package(package_of(first))
    leftover.mkdir()  # as if the server had been killed while it removed that
    original, package = folder.original(VideoId("a" * 32)), folder.package(PackageId("b" * 32))
    original.write_bytes(b"perhaps the last copy")
    package.mkdir()
    async with open_library(tmp_path) as library:
        assert library.get(video.id).disk_use_bytes == video.disk_use_bytes - video.size_bytes
        assert not leftover.exists()
        assert original.exists()
        assert package.exists()


async def test_repackaging_replaces_the_package_when_the_new_one_can_air(
    tmp_path: Path, clips: Callable[[int], Path]
) -> None:
    folder = DataFolder.under(tmp_path)
    async with open_library(tmp_path) as library:
        video = await settled(library, (await library.adopt(clips(4), "a")).id)
        again = await library.repackage(video.id)
        assert (again.package, again.state, again.airable) == (video.package, "ready", True)
        done = await settled(library, video.id)
        assert done.package != video.package
        assert done.state == "ready"
        (purge,) = due(library)
        assert (purge.id, purge.reason) == (video.package, "replaced")
        assert await carry_out(library, purge)
        assert not folder.package(package_of(video)).exists()
        packages = video.disk_use_bytes - video.size_bytes
        assert library.get(video.id).disk_use_bytes == done.disk_use_bytes - packages
        assert playable(library, done).package == done.package


async def test_a_video_that_is_deleted_while_it_is_packaged_anew_airs_as_it_was_when_it_comes_back(
    tmp_path: Path, clips: Callable[[int], Path]
) -> None:
    async with open_library(tmp_path) as library:
        video = await settled(library, (await library.adopt(clips(4), "a")).id)
        await library.repackage(video.id)
        await library.delete(video.id)
        assert (await library.restore(video.id)).package == video.package
        again = await settled(library, video.id)
        assert (again.state, again.package) == ("ready", library._catalogue.newest(video.id).id)
        assert again.package != video.package


async def test_a_slate_that_finds_no_room_is_made_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles: list[Exception] = [OSError(errno.ENOSPC, "No space left on device")]

    async def make(ffmpeg: FFmpeg, path: Path) -> None:
        if troubles:
            raise troubles.pop()
        await make_short_slate(ffmpeg, path)

    monkeypatch.setattr(slate, "make_slate", make)
    monkeypatch.setattr(slate, "RETRY_SECONDS", 0.0)
    async with open_library(tmp_path / "new") as library:
        await until(lambda: library.slate(CAPS) is not None, 30)


async def test_a_file_that_is_copied_and_finds_no_room_is_told_so(
    tmp_path: Path, clips: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    def no_room(_: Path, to: Path) -> None:
        to.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", no_link)
    monkeypatch.setattr(shutil, "copyfile", no_room)
    before = list((tmp_path / "uploads").iterdir())
    async with open_library(tmp_path) as library:
        with pytest.raises(DiskFull):
            await library.adopt(clips(4), "a")
    assert list((tmp_path / "uploads").iterdir()) == before


async def test_what_failed_to_replace_a_package_keeps_no_disk_space(
    tmp_path: Path, clips: Callable[[int], Path]
) -> None:
    folder = DataFolder.under(tmp_path)
    async with open_library(tmp_path) as library:
        video = await settled(library, (await library.adopt(clips(5), "a")).id)
    async with open_library(tmp_path, ffmpeg=paced(FFMPEG, tmp_path, times=1)) as library:
        await library.repackage(video.id)
        await until(lambda: library.get(video.id).disk_use_bytes > video.disk_use_bytes)
        await library.cancel(video.id)
        await settled(library, video.id)
        (purge,) = due(library)
        assert purge.reason == "failed"
        assert await carry_out(library, purge)
        assert not folder.package(PackageId(purge.id)).exists()
        assert library.get(video.id).disk_use_bytes == video.disk_use_bytes
        assert library.get(video.id).airable
        assert due(library) == ()


AT_ONCE = Rules(Ticks(0), "keep")
DROPPING = replace(DEFAULT_RULES, keep_originals="drop")


def due(library: Library, rules: Rules = DEFAULT_RULES) -> tuple[Deletion, ...]:
    """Return what goes now when no run names anything."""
    facts = facts_of(library.parts, Clock().now())
    return tuple(each for each in plan(facts, rules) if each.is_due(facts.now))


async def carry_out(library: Library, deletion: Deletion, rules: Rules = DEFAULT_RULES) -> bool:
    return await Disposal(library.parts, Clock(), rules).carry_out(deletion, as_of=0)


async def test_cancelling_keeps_what_is_complete(tmp_path: Path, clips: Callable[[int], Path]) -> None:
    async with open_library(tmp_path, ffmpeg=paced(FFMPEG, tmp_path, times=1)) as library:
        video = await library.adopt(clips(5), "a")
        with capture_logs() as lines:
            await library.cancel(video.id)
        assert {line["log_level"] for line in lines} == {"info"}  # it was asked for, so it is no trouble
        video = library.get(video.id)
        assert (video.state, video.error, video.airable) == ("failed", "Encoding was cancelled.", False)
        assert video.progress.percent < 100
        with pytest.raises(WrongState):
            await library.cancel(video.id)
    async with open_library(tmp_path) as library:
        await library.repackage(video.id)
        video = await settled(library, video.id)
        assert (video.state, video.error, video.airable) == ("ready", "", True)


async def test_a_file_that_is_shorter_than_it_claimed_airs_as_far_as_it_goes(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mkv", 12, picture="smptebars", container="matroska")
    folder = DataFolder.under(tmp_path / "data")
    async with open_library(folder.root) as library:
        video = await library.adopt(clip, "a")
        os.truncate(folder.original(video.id), video.size_bytes // 2)  # after its inspection
        done = await settled(library, video.id)
        assert (done.state, done.airable, done.error) == ("ready", True, "")
        assert "source_shorter" in {caution.code for caution in done.cautions}
        assert seconds(4) < done.duration < seconds(8)
        assert done.package != video.package
        for name in NAMES:
            files = segments(folder, package_of(done), name)
            assert seconds(decoded_frames(files) * Fraction(1, 25)) == done.duration
        (purge,) = due(library)
        assert purge.id == video.package
        assert await carry_out(library, purge)
        assert not folder.package(package_of(video)).exists()
        assert playable(library, done).is_complete


async def test_there_is_always_a_slate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundled_ffmpeg: Path
) -> None:
    if DEEP:
        monkeypatch.undo()  # the real one
        assert bundled_ffmpeg == FFMPEG.path
    folder = DataFolder.under(tmp_path / "new")
    async with open_library(tmp_path / "new", max_bytes=1000) as library:  # the limit is not for the slate
        assert library.slate(CAPS) is None
        first = await _until_there_is_a_slate(library)
        assert first.is_complete
        assert library.videos() == ()

    monkeypatch.setattr(slate, "make_slate", None)  # it must not be made again
    async with open_library(tmp_path / "new") as library:
        assert library.slate(CAPS) == first

    monkeypatch.setattr(slate, "make_slate", make_short_slate)
    folder.original(first.video).unlink()
    folder.remove_package(first.package)
    async with open_library(tmp_path / "new") as library:
        await until(lambda: (found := library.slate(CAPS)) is not None and found.video != first.video)
        second = await _until_there_is_a_slate(library)
        assert segments(folder, second.package, second.renditions[0])


async def _until_there_is_a_slate(library: Library) -> Playable:
    await until(lambda: library.slate(CAPS) is not None)
    found = library.slate(CAPS)
    assert found is not None
    return found


async def test_two_servers_do_not_share_a_folder(tmp_path: Path) -> None:
    async with open_library(tmp_path):
        with pytest.raises(WrongState, match=f"process {os.getpid()}") as refusal:
            FolderLock(DataFolder.under(tmp_path)).take()
        assert refusal.value.code == "data_in_use"
