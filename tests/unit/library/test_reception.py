import asyncio
import errno
import hashlib
import os
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest
from tests.support.databases import database_at
from tests.support.waiting import until
from tests.unit.library.disk import STEP, Disk

from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.errors import (
    BadRequest,
    Damaged,
    DiskFull,
    NotAVideo,
    NotReady,
    TooLarge,
    TooMany,
    Unknown,
    WrongState,
)
from insta_stream.ids import AccountId, VideoId
from insta_stream.library import reception
from insta_stream.library import writer as writer_module
from insta_stream.library.buffers import Buffers
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.part import Checksum
from insta_stream.library.quotas import Quotas
from insta_stream.library.reception import Reception
from insta_stream.library.room import LEAST_PROMISE_BYTES, PROMISE_SECONDS, Room, UploadLimits
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks, seconds
from insta_stream.work import inspections
from insta_stream.work.inspections import Inspections, Outcome

MEGABYTE = 1 << 20


class Desk:
    """Uploads on a data folder; what is complete waits for `judge`, which the test sets."""

    def __init__(self, folder: DataFolder, database: Database, clock: Clock) -> None:
        self.folder = folder
        limits = UploadLimits(max_bytes=1 << 40, min_free_bytes=0, expiry=seconds(60))
        self.room = Room(folder, 0)
        self.refusal: Exception | None = None
        self.settled: list[VideoId] = []
        catalogue = Catalogue(database)
        self.reception = Reception(
            database=database,
            catalogue=catalogue,
            folder=folder,
            room=self.room,
            limits=limits,
            quotas=Quotas(database, limits),
            clock=clock,
        )
        self.inspections = Inspections(self.reception, catalogue, folder, clock, self.settle)

    async def settle(self, id_: VideoId, _name: str, _owner: AccountId | None) -> None:
        self.settled.append(id_)
        if self.refusal is not None:
            raise self.refusal
        self.folder.part(id_).replace(self.folder.original(id_))

    async def send(self, id_: VideoId, at: int, data: bytes, checksum: Checksum | None = None) -> None:
        async with self.reception.receive(id_, at, len(data), checksum) as writer:
            for start in range(0, len(data), 70_001):
                await writer.write(data[start : start + 70_001])
            await writer.finish()

    def bytes_of(self, id_: VideoId) -> bytes:
        return self.folder.part(id_).read_bytes()


def _sha1(data: bytes) -> Checksum:
    return Checksum("sha1", hashlib.sha1(data, usedforsecurity=False).digest())


@asynccontextmanager
async def opened(root: Path, clock: Clock | None = None) -> AsyncIterator[Desk]:
    folder = DataFolder.under(root)
    folder.create()
    database = await database_at(folder.database)
    desk = Desk(folder, database, clock or Clock())
    await desk.reception.load()
    tending = asyncio.create_task(desk.inspections.work())
    try:
        yield desk
    finally:
        tending.cancel()
        await asyncio.gather(tending, return_exceptions=True)
        await desk.reception.stop()
        await database.close()


@pytest.mark.parametrize(
    "fault", ["name = x'ff'", "size_bytes = 'x'", "size_bytes = -1", "refused_at = 1", "error = 'x'"]
)
async def test_an_upload_that_cannot_be_read_keeps_its_file_and_no_other_from_going_on(
    tmp_path: Path, fault: str
) -> None:
    async with opened(tmp_path) as desk:
        broken, whole = [(await desk.reception.begin(name, 10)).id for name in "ab"]
    with closing(sqlite3.connect(tmp_path / "insta-stream.db")) as database, database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute(f"UPDATE upload SET {fault} WHERE id = ?", (broken,))  # noqa: S608
    async with opened(tmp_path) as desk:
        assert [upload.id for upload in desk.reception.all()] == [whole]
        assert {broken, whole} <= desk.reception.kept()
        await desk.send(whole, 0, bytes(10))


async def test_the_size_of_the_file_is_the_offset_whoever_looks(tmp_path: Path) -> None:
    data = os.urandom(3 * MEGABYTE)
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a.mp4", len(data), channel="main", metadata="x")).id
        await desk.send(id_, 0, data[:MEGABYTE])
    async with opened(tmp_path) as desk:  # the next server
        upload = desk.reception.get(id_)
        assert (upload.look(), upload.row.name, upload.row.channel, upload.row.metadata) == (
            MEGABYTE,
            "a.mp4",
            "main",
            "x",
        )
        await desk.send(id_, MEGABYTE, data[MEGABYTE:])
        assert await desk.inspections.outcomes.get() == Outcome(id_, "main", is_video=True)
        assert desk.folder.original(id_).read_bytes() == data
        assert desk.reception.channel_awaited(id_) == "main"
        await desk.inspections.joined(id_)
        assert desk.reception.channel_awaited(id_) == ""
    async with opened(tmp_path) as desk:
        assert desk.reception.all() == ()


@pytest.mark.parametrize("is_checked", [False, True])
async def test_a_file_is_handed_to_the_disk_while_it_comes_in_however_many_requests(
    tmp_path: Path, disk: Disk, is_checked: bool
) -> None:
    data = os.urandom(4 * MEGABYTE + 1)
    ends = (*range(100_000, len(data) - MEGABYTE, 100_000), len(data))
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", len(data))).id
        at = 0
        for end in ends:
            piece = data[at:end]
            await desk.send(id_, at, piece, _sha1(piece) if is_checked else None)
            at = end
        await desk.inspections.outcomes.get()
        assert desk.folder.original(id_).read_bytes() == data
    assert disk.begun == list(range(0, len(data) - STEP + 1, STEP))
    assert [left for left in disk.waiting if left >= 2 * STEP] == []
    assert len(disk.waiting) == 1


async def test_a_checked_body_that_is_a_whole_file_is_handed_over_while_it_comes(
    tmp_path: Path, disk: Disk
) -> None:
    data = os.urandom(4 * MEGABYTE + 1)
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", len(data))).id
        await desk.send(id_, 0, data, _sha1(data))
        await desk.inspections.outcomes.get()
        assert desk.folder.original(id_).read_bytes() == data
    assert disk.begun == list(range(0, len(data) - STEP + 1, STEP))
    assert len(disk.waiting) == 1
    assert disk.waiting[0] < 2 * STEP


async def test_bytes_that_the_disk_refuses_later_must_be_sent_again(tmp_path: Path, disk: Disk) -> None:
    data = os.urandom(4 * MEGABYTE)
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", len(data))).id
        disk.fails_at = 5 * STEP
        with pytest.raises(NotReady, match="Input/output error"):
            await desk.send(id_, 0, data)
        at = desk.reception.get(id_).look()
        assert at <= 5 * STEP
        assert desk.bytes_of(id_) == data[:at]
        assert desk.room.promised_bytes == len(data) - at
        await desk.send(id_, at, data[at:])
        await desk.inspections.outcomes.get()
        assert desk.folder.original(id_).read_bytes() == data


@pytest.mark.usefixtures("disk")
async def test_a_file_whose_last_sync_fails_is_not_taken_for_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    data = os.urandom(MEGABYTE + 1)
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", len(data))).id
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", fails)
            with pytest.raises(NotReady, match="Input/output error"):
                await desk.send(id_, 0, data)
        at = desk.reception.get(id_).look()
        assert (at, desk.settled) == (MEGABYTE - STEP, [])
        await desk.send(id_, at, data[at:])
        await desk.inspections.outcomes.get()
        assert desk.folder.original(id_).read_bytes() == data


async def test_a_disk_that_fills_up_leaves_a_true_offset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(3 * MEGABYTE)
    really = os.pwrite
    left = MEGABYTE + 12_345

    def pwrite(file: int, some: memoryview, at: int) -> int:
        nonlocal left
        if left == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = really(file, some[:left], at)
        left -= written
        return written

    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", len(data))).id
        with monkeypatch.context() as full:
            full.setattr(os, "pwrite", pwrite)
            with pytest.raises(DiskFull):
                await desk.send(id_, 0, data)
        at = desk.reception.get(id_).look()
        assert at == MEGABYTE + 12_345
        assert desk.bytes_of(id_) == data[:at]
        assert desk.room.promised_bytes == len(data) - at
        await desk.send(id_, at, data[at:])
        await desk.inspections.outcomes.get()
        assert desk.folder.original(id_).read_bytes() == data


async def test_room_is_promised_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DataFolder, "free_bytes", lambda _: 20 * MEGABYTE)
    async with opened(tmp_path) as desk:
        first = await desk.reception.begin("a", 10 * MEGABYTE)
        await desk.reception.begin("b", 10 * MEGABYTE)
        with pytest.raises(DiskFull):
            await desk.reception.begin("c", 1)
        await desk.send(first.id, 0, bytes(MEGABYTE))
        assert desk.room.promised_bytes == 19 * MEGABYTE
        await desk.reception.end(first.id)
        assert desk.room.promised_bytes == 10 * MEGABYTE
        await desk.reception.begin("c", 10 * MEGABYTE)
    async with opened(tmp_path) as desk:  # the promises are kept by the next server
        assert desk.room.promised_bytes == 20 * MEGABYTE


async def test_a_word_takes_no_room_from_those_who_send(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 50 << 30
    monkeypatch.setattr(DataFolder, "free_bytes", lambda _: free)
    async with opened(tmp_path) as desk:
        await desk.reception.begin("announced", free)
        assert desk.room.promised_bytes == LEAST_PROMISE_BYTES
        await desk.reception.begin("other", free - LEAST_PROMISE_BYTES)
        with pytest.raises(DiskFull):
            await desk.reception.begin("too large", free + 1)


async def test_many_words_take_half_of_the_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each for 256 MiB: 200 of them took all of it."""
    free = 50 << 30
    monkeypatch.setattr(DataFolder, "free_bytes", lambda _: free)
    room = Room(DataFolder.under(tmp_path), 0)
    for number in range(1000):
        room.owe(VideoId(f"{number}"), free)
    room.check_besides(free // 2)
    with pytest.raises(DiskFull):
        room.check_besides(free // 2 + 1)
    room.owe(VideoId("one that sends"), 40 << 30, 10 << 30)
    room.check_besides(20 << 30)
    with pytest.raises(DiskFull):
        room.check_besides((20 << 30) + 1)


def test_a_promise_grows_with_what_came_and_ends_with_silence(tmp_path: Path) -> None:
    now = 0.0
    room, gib = Room(DataFolder.under(tmp_path), 0, lambda: now), 1 << 30
    a, b = VideoId("a"), VideoId("b")
    room.owe(a, 50 * gib)
    room.owe(b, 40 * gib, 10 * gib)
    assert room.promised_bytes == LEAST_PROMISE_BYTES + 10 * gib
    now = PROMISE_SECONDS - 1
    room.owe(a, 50 * gib)  # somebody looked
    room.owe(b, 39 * gib, 11 * gib)
    now = PROMISE_SECONDS
    assert room.promised_bytes == 11 * gib
    room.owe(b, gib, 49 * gib)
    assert room.promised_bytes == gib
    room.owe(b, 0, 50 * gib)
    assert room.promised_bytes == 0
    room.owe(a, 50 * gib - 1, 1)  # it goes on
    assert room.promised_bytes == LEAST_PROMISE_BYTES


async def test_uploads_of_which_nothing_comes_lock_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "MOST_UPLOADS", 3)
    async with opened(tmp_path) as desk:
        empty, half, late = [(await desk.reception.begin(name, 10)).id for name in ("a", "b", "c")]
        await desk.send(half, 0, b"12345")
        with pytest.raises(TooMany):
            await desk.reception.begin("d", 10)
        for id_ in (empty, half):
            desk.reception.get(id_).touched_at = Ticks(0)
        await desk.reception.begin("d", 10)
        assert desk.reception.find(empty) is None
        assert not desk.folder.part(empty).exists()
        assert desk.reception.find(half)
        assert desk.reception.find(late)
        with pytest.raises(TooMany):
            await desk.reception.begin("e", 10)


async def test_a_newcomer_takes_over_and_nothing_is_written_twice(tmp_path: Path) -> None:
    data = os.urandom(4 * MEGABYTE)
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", len(data))).id
        is_stalled = asyncio.Event()

        async def stalled() -> None:
            async with desk.reception.receive(id_, 0, len(data)) as writer:
                await writer.write(data[: 2 * MEGABYTE])
                await writer.write(data[2 * MEGABYTE : 2 * MEGABYTE + 500])
                is_stalled.set()
                await asyncio.Event().wait()

        old = asyncio.create_task(stalled())
        await is_stalled.wait()
        at = desk.reception.get(id_).look()
        assert at == 2 * MEGABYTE
        with pytest.raises(WrongState, match="continues at byte"):
            await desk.send(id_, 0, data)
        assert not old.done()
        await desk.send(id_, at, data[at:])
        with pytest.raises(BadRequest) as superseded:
            await old
        assert superseded.value.code == "superseded"
        await desk.inspections.outcomes.get()
        assert desk.folder.original(id_).read_bytes() == data


async def test_a_newcomer_waits_for_what_is_being_written_and_is_told_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(2 * MEGABYTE)
    really = os.pwrite
    is_writing, may_write = threading.Event(), threading.Event()

    def slowly(file: int, some: memoryview, at: int) -> int:
        is_writing.set()
        assert may_write.wait(60)
        return really(file, some, at)

    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", len(data))).id
        monkeypatch.setattr(os, "pwrite", slowly)
        old = asyncio.create_task(desk.send(id_, 0, data))
        await until(is_writing.is_set)
        newcomer = asyncio.create_task(desk.send(id_, 0, b"x" * len(data)))
        await asyncio.sleep(0.05)  # it cannot be seen to wait; without the pause it would not have begun to
        assert not newcomer.done()
        may_write.set()
        with pytest.raises(WrongState, match="continues at byte"):
            await newcomer
        with pytest.raises(BadRequest):
            await old
        at = desk.reception.get(id_).look()
        assert desk.bytes_of(id_) == data[:at]
        await desk.send(id_, at, data[at:])


async def test_ten_newcomers_at_once_write_nothing_twice(tmp_path: Path) -> None:
    data = os.urandom(2 * MEGABYTE)
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", len(data))).id
        results = await asyncio.gather(*(desk.send(id_, 0, data) for _ in range(10)), return_exceptions=True)
        assert (
            results.count(None) <= 1
        )  # bytes of one that gave way may have arrived: then all must ask again
        if results.count(None) == 0:
            with suppress(Unknown):  # every byte may be there of those that gave way: it is a video
                at = desk.reception.get(id_).look()
                await desk.send(id_, at, data[at:])
        await desk.inspections.outcomes.get()
        assert desk.folder.original(id_).read_bytes() == data


async def test_slow_bytes_reach_the_disk_before_the_buffer_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "FLUSH_SECONDS", -1.0)
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", 100)).id
        async with desk.reception.receive(id_, 0, None) as writer:
            await writer.write(b"x")
            assert desk.bytes_of(id_) == b"x"


async def test_what_came_of_a_broken_body_is_kept_and_no_more_than_the_length(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", 10)).id
        async with desk.reception.receive(id_, 0, None) as writer:
            await writer.write(b"abcde")
            with pytest.raises(TooLarge):
                await writer.write(b"fghijk")
            await writer.keep()
        assert desk.bytes_of(id_) == b"abcde"
        with pytest.raises(TooLarge):
            await desk.send(id_, 5, b"fghijk")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
async def test_only_checked_bytes_are_in_the_file(tmp_path: Path, algorithm: str) -> None:
    data = os.urandom(MEGABYTE)
    right = Checksum(algorithm, hashlib.new(algorithm, data).digest())
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", 2 * MEGABYTE)).id
        for at in (0, MEGABYTE):
            with pytest.raises(Damaged):
                await desk.send(id_, at, bytes(MEGABYTE), right)
            async with desk.reception.receive(id_, at, None, right) as writer:
                await writer.write(data)
                await writer.keep()  # it broke off
            assert len(desk.bytes_of(id_)) == at
            assert not list(desk.folder.uploads.glob("*.check"))
            await desk.send(id_, at, data, right)
        await desk.inspections.outcomes.get()
        assert desk.folder.original(id_).read_bytes() == data + data


async def test_a_refused_file_goes_at_once_and_its_reason_stays(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        desk.refusal = NotAVideo("This is a letter.")
        id_ = (await desk.reception.begin("a", 3)).id
        await desk.send(id_, 0, b"abc")
        assert await desk.inspections.outcomes.get() == Outcome(id_, "", is_video=False)
        await until(lambda: not desk.folder.part(id_).exists())
    async with opened(tmp_path) as desk:
        upload = desk.reception.get(id_)
        assert (upload.row.error, upload.look()) == ("This is a letter.", 3)
        assert desk.settled == []
        await desk.reception.end(id_)
        with pytest.raises(Unknown):
            desk.reception.get(id_)


async def test_a_file_that_goes_while_it_is_refused_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[tuple[str, int]] = []

    async def look() -> None:
        looked.append((upload.row.error, upload.look()))

    async with opened(tmp_path) as desk:
        loop, remove = asyncio.get_running_loop(), desk.folder.remove_original

        def remove_and_look(video: VideoId) -> None:
            remove(video)
            asyncio.run_coroutine_threadsafe(look(), loop).result()

        monkeypatch.setattr(DataFolder, "remove_original", lambda _, video: remove_and_look(video))
        desk.refusal = NotAVideo("This is a letter.")
        upload = await desk.reception.begin("a", 3)
        await desk.send(upload.id, 0, b"abc")
        await desk.inspections.outcomes.get()
        assert looked == [("This is a letter.", 3)]


async def test_what_is_not_the_files_fault_is_tried_again_at_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        desk.refusal = NotReady("No process can be started.")
        id_ = (await desk.reception.begin("a", 3)).id
        await desk.send(id_, 0, b"abc")
        await until(lambda: desk.settled == [id_])
    async with opened(tmp_path) as desk:
        assert (await desk.inspections.outcomes.get()).is_video
        assert desk.folder.original(id_).read_bytes() == b"abc"


async def test_an_upload_of_which_nothing_comes_expires(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        stale = (await desk.reception.begin("a", 3)).id
        fresh = (await desk.reception.begin("b", 3)).id
    old = desk.folder.part(stale).stat().st_mtime - 61
    os.utime(desk.folder.part(stale), (old, old))
    async with opened(tmp_path) as desk:
        await until(lambda: not desk.folder.part(stale).exists())
        assert [upload.id for upload in desk.reception.all()] == [fresh]


async def test_an_upload_whose_file_somebody_removed_is_unknown(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", 3)).id
        desk.folder.part(id_).unlink()
        with pytest.raises(Unknown):
            await desk.send(id_, 0, b"abc")
    async with opened(tmp_path) as desk:
        assert desk.reception.all() == ()


async def test_an_upload_can_be_ended_while_it_comes(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        id_ = (await desk.reception.begin("a", 10)).id
        is_sending = asyncio.Event()

        async def send() -> None:
            async with desk.reception.receive(id_, 0, 10) as writer:
                await writer.write(b"abc")
                is_sending.set()
                await asyncio.Event().wait()

        sending = asyncio.create_task(send())
        await is_sending.wait()
        await desk.reception.end(id_)
        with pytest.raises(Unknown):
            await sending
        assert list(desk.folder.uploads.iterdir()) == []


async def test_a_thousand_uploads_at_once_share_the_memory(tmp_path: Path) -> None:
    buffers = Buffers()
    assert buffers.bytes_each == MEGABYTE
    buffers.writers = 10_000
    assert buffers.bytes_each == 1 << 16
    async with opened(tmp_path) as desk:
        uploads = [await desk.reception.begin("a", 9) for _ in range(50)]
        await asyncio.gather(*(desk.send(upload.id, 0, b"something") for upload in uploads))
        for _ in uploads:
            assert (await desk.inspections.outcomes.get()).is_video
        assert len(desk.settled) == 50


async def test_one_file_that_cannot_be_removed_keeps_no_other_from_expiring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspections, "TEND_SECONDS", 0.01)
    wall = 0
    async with opened(tmp_path, Clock(lambda: wall, lambda: wall)) as desk:
        first, second = [(await desk.reception.begin(name, 10)).id for name in ("a", "b")]
        really = DataFolder.remove_original

        def remove(folder: DataFolder, id_: VideoId) -> None:
            if id_ == first:
                raise PermissionError(errno.EROFS, "Read-only file system")
            really(folder, id_)

        monkeypatch.setattr(DataFolder, "remove_original", remove)
        wall = 61_000_000_000
        await until(lambda: not desk.folder.part(second).exists(), 10)
