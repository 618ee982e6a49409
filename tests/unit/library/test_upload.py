import asyncio
import errno
import os
import shutil
from pathlib import Path

import pytest
from tests.unit.library.disk import STEP, Disk

from insta_stream.errors import DiskFull, NotAVideo, NotReady, TooLarge
from insta_stream.ids import VideoId, new_id
from insta_stream.library.buffers import Buffers
from insta_stream.library.room import Room, UploadLimits
from insta_stream.library.upload import Upload
from insta_stream.library.video import Video
from insta_stream.storage.folder import DataFolder


class Desk:
    """Takes uploads, and refuses them all."""

    def __init__(self, root: Path, *, max_bytes: int = 10_000_000) -> None:
        self.folder = DataFolder.under(root)
        self.folder.create()
        self.limits = UploadLimits(max_bytes, min_free_bytes=0)
        self.room = Room(self.folder, 0)
        self.buffers = Buffers()
        self.over: list[VideoId] = []
        self.found = b""
        self.claimed: list[int] = []

    async def take(self, upload: Upload) -> Video:
        self.found = self.folder.part(upload.id).read_bytes()
        raise NotAVideo

    async def claim(self, size_bytes: int) -> None:
        self.claimed.append(size_bytes)

    def begin(self) -> Upload:
        return Upload(
            VideoId(new_id()),
            "a",
            owner=None,
            folder=self.folder,
            limits=self.limits,
            room=self.room,
            buffers=self.buffers,
            announced_bytes=0,
            claim=self.claim,
            take=self.take,
            is_over=self.over.append,
        )


async def test_the_pieces_arrive_in_order_and_whole(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    upload = desk.begin()
    data = os.urandom(3_000_001)
    for start in range(0, len(data), 7_777):
        await upload.write(data[start : start + 7_777])
    with pytest.raises(NotAVideo):
        await upload.finish()
    assert desk.found == data
    assert upload.size_bytes == len(data) == desk.claimed[-1]
    assert list(desk.folder.uploads.iterdir()) == []
    assert desk.over == [upload.id]


async def test_a_file_is_handed_to_the_disk_while_it_comes(tmp_path: Path, disk: Disk) -> None:
    upload = Desk(tmp_path).begin()
    for _ in range(100):
        await upload.write(b"x" * 77_777)
    assert len(disk.begun) > 20
    with pytest.raises(NotAVideo):
        await upload.finish()
    assert disk.begun == list(range(0, upload.size_bytes - STEP + 1, STEP))
    assert len(disk.waiting) == 1
    assert disk.waiting[0] < 2 * STEP < upload.size_bytes // 10


async def test_what_the_disk_refuses_later_is_refused(tmp_path: Path, disk: Disk) -> None:
    desk = Desk(tmp_path)
    upload = desk.begin()
    disk.fails_at = 2 * STEP
    with pytest.raises(NotReady, match="Input/output error"):
        await upload.write(b"x" * (4 * STEP))
    assert list(desk.folder.uploads.iterdir()) == []


async def test_a_file_that_grows_too_large_is_refused_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_bytes=10)
    upload = desk.begin()
    await upload.write(b"x" * 10)
    with pytest.raises(TooLarge, match="up to 10 bytes"):
        await upload.write(b"x")
    assert list(desk.folder.uploads.iterdir()) == []


async def test_a_disk_that_fills_up_in_mid_upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    desk = Desk(tmp_path)
    upload = desk.begin()
    monkeypatch.setattr(os, "write", no_room)
    with pytest.raises(DiskFull):
        await upload.write(b"x" * (1 << 20))
    assert list(desk.folder.uploads.iterdir()) == []


async def test_many_uploads_share_the_memory(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    uploads = [desk.begin() for _ in range(300)]
    for _ in range(10):
        for upload in uploads:
            await upload.write(b"x" * 30_000)
    assert sum(len(upload._buffer) for upload in uploads) <= 300 * desk.buffers.bytes_each <= 64 << 20
    for upload in uploads:
        await upload.abort()
        await upload.abort()
    assert (desk.buffers.writers, sum(len(upload._buffer) for upload in uploads)) == (0, 0)


async def test_a_client_that_goes_away_while_a_piece_is_being_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    upload = desk.begin()
    writing = asyncio.create_task(upload.write(b"x" * (8 << 20)))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert list(desk.folder.uploads.iterdir()) == []
    await upload.abort()  # as whoever reads the request does, too


async def test_a_folder_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    upload = desk.begin()
    shutil.rmtree(desk.folder.uploads)
    with pytest.raises(NotReady, match="No such file"):
        desk.begin()
    with pytest.raises(NotReady, match="No such file"):
        desk.room.check(1)
    await upload.abort()
