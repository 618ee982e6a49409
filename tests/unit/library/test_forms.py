import asyncio
import errno
import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.waiting import until
from tests.unit.library.desks import Desk, opened
from tests.unit.library.disk import STEP, Disk
from tests.unit.library.test_shared_uploads import other, two

from insta_stream.errors import DiskFull, NotAVideo, NotReady, TooLarge, Unknown, WrongState
from insta_stream.ids import VideoId
from insta_stream.library import forms
from insta_stream.library.room import UploadLimits
from insta_stream.storage.folder import DataFolder
from insta_stream.work import inspections
from insta_stream.work.inspections import Outcome

MEGABYTE = 1 << 20


def nothing_is_left(desk: Desk) -> bool:
    return list(desk.folder.uploads.iterdir()) == [] and len(desk.reception.transfers) == 0


async def whole_file(desk: Desk, *pieces: bytes, channel: str = "") -> VideoId:
    """Send a file in one request, and wait for what becomes of it."""
    id_ = await desk.send_form(*pieces, channel=channel)
    await desk.forms.decided(id_)
    return id_


async def begun(desk: Desk, data: bytes = b"abc", announced: int = 0) -> tuple[asyncio.Task[None], VideoId]:
    """Return a request that has sent something and sends no more, and its upload."""
    stalled = asyncio.Event()
    sending = asyncio.create_task(desk.stall_form(data, stalled=stalled, announced=announced))
    await stalled.wait()
    (id_,) = (each.id for each in desk.reception.all() if each.row.is_form)
    return sending, id_


async def test_the_pieces_arrive_in_order_and_whole(tmp_path: Path) -> None:
    data = os.urandom(3_000_001)
    async with opened(tmp_path) as desk:
        id_ = await whole_file(desk, *(data[at : at + 7_777] for at in range(0, len(data), 7_777)))
        assert desk.catalogue.has(id_)
        await until(desk.folder.original(id_).exists)
        assert desk.folder.original(id_).read_bytes() == data
        assert await desk.inspections.outcomes.get() == Outcome(id_, "", is_video=True)
        await until(lambda: len(desk.reception.transfers) == 0)


async def test_a_file_is_handed_to_the_disk_while_it_comes(tmp_path: Path, disk: Disk) -> None:
    async with opened(tmp_path) as desk:
        await whole_file(desk, *(b"x" * 77_777 for _ in range(100)))
    size_bytes = 7_777_700
    assert disk.begun == list(range(0, size_bytes - STEP + 1, STEP))
    assert len(disk.waiting) == 1
    assert disk.waiting[0] < 2 * STEP < size_bytes // 10


async def test_what_the_disk_refuses_later_is_refused(tmp_path: Path, disk: Disk) -> None:
    disk.fails_at = 2 * STEP
    async with opened(tmp_path) as desk:
        with pytest.raises(NotReady, match="Input/output error"):
            await desk.send_form(b"x" * (4 * STEP))
        assert nothing_is_left(desk)


async def test_a_file_that_grows_too_large_is_refused_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path, UploadLimits(max_bytes=10, min_free_bytes=0)) as desk:
        with pytest.raises(TooLarge, match="up to 10 bytes"):
            await desk.send_form(b"x" * 10, b"x")
        with pytest.raises(TooLarge, match="up to 10 bytes"):
            await desk.send_form(announced=11)
        assert nothing_is_left(desk)


async def test_a_disk_that_fills_up_in_mid_upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_file: int, _data: bytes, _at: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", no_room)
    async with opened(tmp_path) as desk:
        with pytest.raises(DiskFull):
            await desk.send_form(b"x" * MEGABYTE)
        assert nothing_is_left(desk)


async def test_many_forms_share_the_memory(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        sending = []
        for _ in range(100):
            stalled = asyncio.Event()
            sending.append(asyncio.create_task(desk.stall_form(b"x", stalled=stalled)))
            await stalled.wait()
        buffers = next(iter(desk.reception.transfers))._buffers
        assert (buffers.writers, buffers.bytes_each) == (100, (64 << 20) // 100)
        for each in sending:
            each.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
        assert buffers.writers == 0
        assert nothing_is_left(desk)


async def test_a_client_that_goes_away_while_a_piece_is_being_written(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        sending = asyncio.create_task(desk.send_form(*[b"x" * MEGABYTE] * 8))
        await until(lambda: any(each.received for each in desk.reception.all()))
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert nothing_is_left(desk)


async def test_a_folder_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        sending, _ = await begun(desk)
        shutil.rmtree(desk.folder.uploads)
        with pytest.raises(NotReady, match="No such file"):
            await desk.send_form(b"x")
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert len(desk.reception.transfers) == 0


async def test_an_empty_file_is_refused_and_not_kept(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        with pytest.raises(NotAVideo) as refusal:
            await desk.send_form()
        assert refusal.value.code == "empty_file"
        assert nothing_is_left(desk)


async def test_every_process_lists_what_comes_to_one(tmp_path: Path) -> None:
    async with two(tmp_path) as (a, b):
        sending, id_ = await begun(a, b"x" * 100, announced=400)
        await a.forms.name(id_, "films/a\0 film.mp4")
        await until(lambda: [each.row.name for each in b.reception.all()] == ["a film.mp4"])
        (shown,) = b.reception.all()
        assert (shown.row.size_bytes, shown.received, shown.is_complete) == (400, 100, False)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await until(lambda: b.reception.all() == ())
        assert nothing_is_left(a)


async def test_room_is_promised_over_all_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DataFolder, "free_bytes", lambda _: 20 * MEGABYTE)
    async with two(tmp_path) as (a, b):
        sending, _ = await begun(a, announced=15 * MEGABYTE)
        with pytest.raises(DiskFull):
            await b.send_form(announced=6 * MEGABYTE)
        with pytest.raises(DiskFull):
            await b.begin(6 * MEGABYTE)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await b.begin(6 * MEGABYTE)


async def test_nobody_goes_on_with_what_comes_in_one_request(tmp_path: Path) -> None:
    async with two(tmp_path) as (a, b):
        sending, id_ = await begun(a)
        for desk in (a, b):
            assert await desk.offset(id_) == 3
            assert not desk.reception.get(id_).is_complete  # nobody had said how much would come
            with pytest.raises(WrongState) as refusal:
                await desk.send(id_, 3, b"d")
            assert refusal.value.code == "not_resumable"
            await desk.inspections._tend()
        assert not sending.done()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def test_another_process_inspects_what_one_receives(tmp_path: Path) -> None:
    async with opened(tmp_path, works=False) as a, opened(tmp_path) as b:
        async with asyncio.timeout(20):
            id_ = await whole_file(a, b"abc", channel="main")
        assert a.catalogue.has(id_)
        assert (a.settled, b.settled) == ([], [id_])
        assert await b.inspections.outcomes.get() == Outcome(id_, "main", is_video=True)
        await b.inspections.joined(id_)
        await until(lambda: len(a.reception.transfers) == 0)


async def test_a_file_is_inspected_as_soon_as_its_receiver_lets_go(tmp_path: Path) -> None:
    async with opened(tmp_path, works=False) as a, opened(tmp_path) as b:
        id_ = await a.begin(3)
        held = a.reception.get(id_).locked()
        assert held is not None
        a.folder.part(id_).write_bytes(b"abc")
        await a.reception.transfers.call(id_)
        transfer = a.reception.get(id_)
        soon = inspections.TEND_SECONDS / 2
        await until(
            lambda: (found := b.reception.find(id_)) is not None and found.inspection is not None, soon
        )
        assert b.settled == []
        held.release()
        async with asyncio.timeout(soon):
            await transfer.decided.wait()


async def test_a_refusal_by_another_process_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    async with opened(tmp_path, works=False) as a, opened(tmp_path) as b:
        b.refusal = NotAVideo("This is a letter.", code="not_media")
        with pytest.raises(NotAVideo, match="This is a letter") as refusal:
            await whole_file(a, b"Dear Anna")
        assert refusal.value.code == "not_media"
        assert nothing_is_left(a)
        assert not (await b.inspections.outcomes.get()).is_video
        await until(lambda: nothing_is_left(b))


async def test_a_file_goes_on_whose_sender_has_gone(tmp_path: Path) -> None:
    async with opened(tmp_path, works=False) as a:
        id_ = await a.send_form(b"abc", channel="main")
        waiting = asyncio.create_task(a.forms.decided(id_))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        a.work()
        assert await a.inspections.outcomes.get() == Outcome(id_, "main", is_video=True)
        assert a.folder.original(id_).read_bytes() == b"abc"


@pytest.mark.parametrize("is_at_start", [False, True])
async def test_where_the_receiving_process_is_killed_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_at_start: bool
) -> None:
    monkeypatch.setattr(inspections, "TEND_SECONDS", 0.02)
    async with opened(tmp_path, works=not is_at_start) as desk:
        async with other(tmp_path, "form", VideoId("-"), 0, MEGABYTE) as process:
            await until(lambda: bool(desk.reception.all()))
            (coming,) = desk.reception.all()
            assert coming.received == MEGABYTE
            async with opened(tmp_path) as late:  # it is left alone by who starts meanwhile
                assert [each.id for each in late.reception.all()] == [coming.id]
            process.kill()
            await process.wait()
        if is_at_start:
            await desk.start()
        await until(lambda: nothing_is_left(desk))


async def test_a_row_whose_file_is_gone_goes_too(tmp_path: Path) -> None:
    async with opened(tmp_path, works=False) as desk:
        async with other(tmp_path, "form", VideoId("-"), 0, 3) as process:
            process.kill()
            await process.wait()
        (part,) = desk.folder.uploads.iterdir()
        part.unlink()
        await desk.reception.load()
        assert nothing_is_left(desk)


async def test_what_became_complete_at_the_last_moment_is_kept(tmp_path: Path) -> None:
    """Whoever looks for what a killed process has left may not have heard of that yet."""
    async with opened(tmp_path, works=False) as desk:
        sending, id_ = await begun(desk)
        known = desk.reception.get(id_)
        held, known._part = known.row, known._part
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        id_ = await desk.send_form(b"abc")
        transfer = desk.reception.get(id_)
        whole, transfer.row = transfer.row, held
        desk.reception.transfers._revision = -1  # it reads all of it anew
        await desk.reception.forget_form(transfer)
        assert desk.folder.part(id_).exists()
        assert desk.reception.get(id_).row == whole


async def test_a_form_is_removed_while_it_comes_from_any_process(tmp_path: Path) -> None:
    async with two(tmp_path) as (a, b):
        for desk in (a, b):
            sending, id_ = await begun(a)
            await until(lambda: len(b.reception.transfers) == 1)
            async with asyncio.timeout(20):
                await desk.reception.end(id_)
            with pytest.raises(Unknown):
                await sending
            await until(lambda: nothing_is_left(a) and nothing_is_left(b))


async def test_who_waits_is_told_that_an_upload_was_removed(tmp_path: Path) -> None:
    async with opened(tmp_path, works=False) as a, opened(tmp_path, works=False) as b:
        id_ = await a.send_form(b"abc")
        waiting = asyncio.create_task(a.forms.decided(id_))
        await b.reception.end(id_)
        with pytest.raises(Unknown, match="was removed"):
            await waiting


async def test_where_nobody_inspects_it_is_said_that_the_file_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "PATIENCE_SECONDS", 0.3)
    async with opened(tmp_path, works=False) as desk:
        id_ = await desk.send_form(b"abc")
        with pytest.raises(WrongState, match="do not send it again") as refusal:
            await desk.forms.decided(id_)
        assert refusal.value.code == "upload_kept"
        (kept,) = desk.reception.all()
        assert (kept.id, kept.is_complete) == (id_, True)
        async with opened(tmp_path):
            await until(lambda: desk.catalogue.has(id_))


async def test_as_long_as_somebody_inspects_it_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "PATIENCE_SECONDS", 0.05)
    async with opened(tmp_path) as desk:
        desk.may_settle.clear()
        id_ = await desk.send_form(b"abc")
        await until(lambda: desk.settled == [id_])
        waiting = asyncio.create_task(desk.forms.decided(id_))
        looked = 0

        def look(_path: Path) -> bool:
            nonlocal looked
            looked += 1
            return True

        monkeypatch.setattr(forms, "is_held", look)
        await until(lambda: looked > 5)
        desk.may_settle.set()
        await waiting


async def test_a_server_that_stops_waits_a_moment_and_keeps_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "LAST_SECONDS", 0.1)
    async with opened(tmp_path) as desk:
        desk.may_settle.clear()
        id_ = await desk.send_form(b"abc")
        await until(lambda: desk.settled == [id_])
        sending, _ = await begun(desk)
        await desk.reception.part()
        with pytest.raises(WrongState) as refusal:
            await desk.forms.decided(id_)
        assert refusal.value.code == "upload_kept"
        with pytest.raises(NotReady, match="is stopping"):
            await desk.send_form(b"abc")
        assert not sending.done()  # it may still come to its end
        await desk.rest()
        await desk.reception.stop()
        with pytest.raises(NotReady, match="send the file again"):
            await sending
    async with opened(tmp_path) as desk:
        await until(lambda: desk.catalogue.has(id_))


async def test_what_an_older_version_refused_has_no_code(tmp_path: Path) -> None:
    async with opened(tmp_path, works=False) as desk:
        id_ = await desk.send_form(b"abc")
    with closing(sqlite3.connect(tmp_path / "insta-stream.db")) as database, database:
        database.execute("UPDATE upload SET error = 'This is a letter.', refused_at = 1")
    async with opened(tmp_path) as desk:
        desk.reception.get(id_).decided.set()
        with pytest.raises(NotAVideo, match="letter") as refusal:
            await desk.forms.decided(id_)
        assert refusal.value.code == "not_a_video"


async def test_a_process_that_is_stopped_keeps_its_form(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk, other(tmp_path, "form", VideoId("-"), 0, 3) as process:
        process.send_signal(signal.SIGSTOP)
        await desk.reception.transfers.ask()
        await desk.inspections._tend()
        assert len(list(desk.reception.all())) == 1
        process.kill()
        await process.wait()
        await desk.inspections._tend()
        assert nothing_is_left(desk)
