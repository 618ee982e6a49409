"""Uploads that reach several processes: one database, one data folder, and nothing else in common."""

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from tests.support.waiting import until
from tests.unit.library.desks import Desk, opened

from insta_stream.clock import Clock
from insta_stream.errors import (
    BadRequest,
    DiskFull,
    NotAVideo,
    NotReady,
    QuotaReached,
    TooMany,
    Unknown,
    WrongState,
)
from insta_stream.ids import AccountId, VideoId, new_id
from insta_stream.library import reception, transfer
from insta_stream.library.part import Checksum
from insta_stream.library.room import UploadLimits
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import create
from insta_stream.work import inspections
from insta_stream.work.inspections import Outcome

MEGABYTE = 1 << 20
ANNA = AccountId("a" * 32)


@asynccontextmanager
async def two(root: Path, limits: UploadLimits | None = None) -> AsyncIterator[tuple[Desk, Desk]]:
    async with opened(root, limits) as a, opened(root, limits) as b:
        yield a, b


@asynccontextmanager
async def other(
    root: Path, deed: str, id_: VideoId, at: int = 0, size_bytes: int = 0
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Give a real process once it has done what it is to do."""
    arguments = (str(root), deed, id_, str(at), str(size_bytes))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.unit.library.desks", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert await line(process) == "there"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return (await process.stdout.readline()).decode().strip()


async def looked(desk: Desk, id_: VideoId) -> None:
    """Let a process see to an upload."""
    transfer = desk.reception.transfers.find(id_)
    assert transfer is not None
    await desk.inspections._see_to(transfer)


def only_original(desk: Desk, id_: VideoId) -> bytes:
    """Return a file that has become a video, and see that nothing else is left."""
    assert list(desk.folder.uploads.iterdir()) == [desk.folder.original(id_)]
    return desk.folder.original(id_).read_bytes()


async def test_pieces_that_reach_different_processes_become_one_video(tmp_path: Path) -> None:
    data = os.urandom(4 * MEGABYTE)
    async with two(tmp_path) as (a, b):
        id_ = await a.begin(len(data))
        at = 0
        for desk in (b, a, b, a):
            assert await desk.offset(id_) == at
            await desk.send(id_, at, data[at : at + MEGABYTE])
            at += MEGABYTE
        await until(lambda: a.catalogue.has(id_) and b.catalogue.has(id_))
        assert a.settled + b.settled == [id_]
        for desk in (a, b):
            with pytest.raises(WrongState, match="is a video now"):
                await desk.offset(id_)
        await until(lambda: not (a.reception.kept() or b.reception.kept()))
        assert only_original(a, id_) == data


async def test_what_one_process_has_every_one_lists(tmp_path: Path) -> None:
    async with two(tmp_path) as (a, b):
        id_ = await a.begin(10)
        await until(lambda: [each.id for each in b.reception.all()] == [id_])
        await a.send(id_, 0, b"12345")
        (shown,) = b.reception.all()
        assert shown.received == 5
        a.refusal = b.refusal = NotAVideo("This is a letter.")
        await a.send(id_, 5, b"67890")
        await until(lambda: [each.row.error for each in b.reception.all()] == ["This is a letter."])
        await b.reception.end(id_)
        await until(lambda: a.reception.all() == ())
        assert list(a.folder.uploads.iterdir()) == []


async def test_a_newcomer_in_another_process_takes_over_and_nothing_is_written_twice(tmp_path: Path) -> None:
    data = os.urandom(4 * MEGABYTE)
    async with two(tmp_path) as (a, b):
        id_, stalled = await a.begin(len(data)), asyncio.Event()
        old = asyncio.create_task(a.stall(id_, 0, data[:MEGABYTE], stalled=stalled))
        await stalled.wait()
        at = await b.offset(id_)
        assert at == MEGABYTE
        with pytest.raises(WrongState, match="continues at byte"):
            await b.send(id_, 0, data)
        assert not old.done()
        async with asyncio.timeout(20):
            await b.send(id_, at, data[at:])
        with pytest.raises(BadRequest) as superseded:
            await old
        assert superseded.value.code == "superseded"
        await until(lambda: b.catalogue.has(id_))
        await until(lambda: not b.reception.kept())
        assert only_original(b, id_) == data


async def test_ten_newcomers_in_two_processes_write_nothing_twice(tmp_path: Path) -> None:
    data = os.urandom(2 * MEGABYTE)
    async with two(tmp_path) as desks:
        id_ = await desks[0].begin(len(data))
        sending = (desks[number % 2].send(id_, 0, data) for number in range(10))
        async with asyncio.timeout(20):
            results = await asyncio.gather(*sending, return_exceptions=True)
        assert results.count(None) <= 1
        assert {each.code for each in results if isinstance(each, BadRequest)} <= {"superseded"}
        if results.count(None) == 0:
            with suppress(WrongState):  # every byte may be there of those that gave way: it is a video
                at = await desks[1].offset(id_)
                await desks[1].send(id_, at, data[at:])
        await until(lambda: desks[0].catalogue.has(id_))
        await until(lambda: not desks[0].reception.kept())
        assert only_original(desks[0], id_) == data


async def test_a_writer_that_does_not_give_way_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "PATIENCE_SECONDS", 0.2)
    async with opened(tmp_path) as desk:
        id_ = await desk.begin(10)
        async with other(tmp_path, "stall", id_, 0, 3) as process:
            process.send_signal(signal.SIGSTOP)
            with pytest.raises(NotReady, match="still busy"):
                await desk.send(id_, 3, b"4567890")
            with pytest.raises(NotReady, match="still busy"):
                await desk.reception.end(id_)
            process.kill()
            await process.wait()
        with pytest.raises(WrongState, match="was removed"):  # that holds, whoever died
            await desk.send(id_, 3, b"4567890")
        await desk.reception.end(id_)
        assert list(desk.folder.uploads.iterdir()) == []


async def test_of_several_who_wait_the_last_one_wins(tmp_path: Path) -> None:
    async with two(tmp_path) as (a, b):
        id_ = await a.begin(MEGABYTE)
        async with other(tmp_path, "stall", id_, 0, 3) as process:
            process.send_signal(signal.SIGSTOP)
            waiting = []
            for desk in (a, b, a, b):
                before = a.reception.get(id_).row.revision
                waiting.append(asyncio.create_task(desk.send(id_, 3, b"y" * (MEGABYTE - 3))))
                await until(lambda: a.reception.get(id_).row.revision > before)  # noqa: B023
            *old, newest = waiting
            for each in old:
                with pytest.raises(BadRequest, match="Another request"):
                    await each
            process.kill()
            await newest
        await until(lambda: a.catalogue.has(id_))


async def test_a_newcomer_supersedes_a_real_process(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        id_ = await desk.begin(3 * MEGABYTE)
        async with other(tmp_path, "stall", id_, 0, MEGABYTE) as process:
            async with asyncio.timeout(20):
                await desk.send(id_, MEGABYTE, b"y" * 2 * MEGABYTE)
            assert await line(process) == "superseded"
        await until(lambda: desk.catalogue.has(id_))
        await until(lambda: not desk.reception.kept())
        assert only_original(desk, id_) == b"y" * 3 * MEGABYTE


async def test_where_a_process_is_killed_that_writes_another_one_goes_on(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        id_ = await desk.begin(3 * MEGABYTE)
        async with other(tmp_path, "stall", id_, 0, MEGABYTE) as process:
            process.kill()
            await process.wait()
        assert await desk.offset(id_) == MEGABYTE
        await desk.send(id_, MEGABYTE, b"y" * 2 * MEGABYTE)
        await until(lambda: desk.catalogue.has(id_))
        await until(lambda: not desk.reception.kept())
        assert only_original(desk, id_) == b"y" * 3 * MEGABYTE


async def test_a_complete_file_is_inspected_once_and_taken_over_from_a_process_that_is_killed(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, works=False) as a, opened(tmp_path, works=False) as b:
        a.may_settle.clear()
        b.may_settle.clear()
        id_ = await a.begin(3)
        await a.send(id_, 0, b"abc")
        async with other(tmp_path, "inspect", id_) as process:
            a.work()
            b.work()
            await b.send(id_, 3, b"")  # that there is no more is no reason to inspect it again
            await looked(a, id_)
            await looked(b, id_)
            assert a.settled + b.settled == []
            process.kill()
            await process.wait()
        await until(lambda: bool(a.settled + b.settled))
        a.may_settle.set()
        b.may_settle.set()
        await until(lambda: a.catalogue.has(id_) and b.catalogue.has(id_))
        await until(lambda: not (a.reception.kept() or b.reception.kept()))
        assert a.settled + b.settled == [id_]
        assert only_original(a, id_) == b"abc"


async def test_a_video_joins_its_playlist_once_whichever_process_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspections, "TEND_SECONDS", 0.02)
    async with opened(tmp_path, works=False) as b:
        async with opened(tmp_path) as a:
            id_ = await a.begin(3, "main")
            await a.send(id_, 0, b"abc")
            assert await a.inspections.outcomes.get() == Outcome(id_, "main", is_video=True)
            await until(lambda: b.catalogue.has(id_) and b.reception.channel_awaited(id_) == "main")
            b.work()
            await looked(b, id_)
            assert b.inspections.outcomes.empty()
        assert await b.inspections.outcomes.get() == Outcome(id_, "main", is_video=True)
        await b.inspections.joined(id_)
        assert b.reception.channel_awaited(id_) == ""
    async with opened(tmp_path) as a:
        assert a.reception.kept() == frozenset()


async def test_an_upload_is_ended_from_a_process_that_does_not_receive_it(tmp_path: Path) -> None:
    async with two(tmp_path) as (a, b):
        id_, stalled = await a.begin(10), asyncio.Event()
        sending = asyncio.create_task(a.stall(id_, 0, b"123", stalled=stalled))
        await stalled.wait()
        async with asyncio.timeout(20):
            await b.reception.end(id_)
        with pytest.raises(Unknown):
            await sending
        assert list(a.folder.uploads.iterdir()) == []
        with pytest.raises(Unknown):
            await a.offset(id_)


async def test_an_inspection_ends_where_another_process_removes_the_upload(tmp_path: Path) -> None:
    async with opened(tmp_path) as a, opened(tmp_path, works=False) as b:
        a.may_settle.clear()
        id_ = await a.begin(3)
        await a.send(id_, 0, b"abc")
        await until(lambda: a.settled == [id_])
        async with asyncio.timeout(20):
            await b.reception.end(id_)
        await until(lambda: not a.reception.kept())
        assert list(a.folder.uploads.iterdir()) == []


async def test_what_was_to_be_removed_by_a_process_that_was_killed_is_removed(tmp_path: Path) -> None:
    async with two(tmp_path) as (a, b):
        id_ = await a.begin(3)
        await b.reception.transfers.ask()
        await b.reception.transfers.call(id_, is_over=True)
        with pytest.raises(WrongState, match="was removed"):
            await a.send(id_, 0, b"abc")
        await asyncio.gather(looked(a, id_), looked(b, id_), return_exceptions=True)
        await until(lambda: not list(a.folder.uploads.iterdir()))
        await until(lambda: not (a.reception.kept() or b.reception.kept()))


async def test_what_comes_to_one_process_expires_in_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspections, "TEND_SECONDS", 0.01)
    wall = 0
    clock = Clock(lambda: wall, lambda: wall)
    async with opened(tmp_path, clock=clock) as a, opened(tmp_path, clock=clock) as b:
        grows, held, silent = [await a.begin(10) for _ in range(3)]
        stalled = asyncio.Event()
        sending = asyncio.create_task(a.stall(held, 0, b"123", stalled=stalled))
        await stalled.wait()
        await until(lambda: len(list(b.reception.all())) == 3)
        wall = 40_000_000_000
        await a.send(grows, 0, b"12345")
        await until(lambda: b.reception.get(grows).touched_at >= a.reception.get(grows).touched_at)
        wall = 70_000_000_000
        await until(lambda: not a.folder.part(silent).exists())
        assert a.folder.part(grows).exists()
        await looked(a, held)
        await looked(b, held)
        assert a.folder.part(held).exists()
        assert not sending.done()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def test_checked_pieces_of_two_processes_have_files_of_their_own(tmp_path: Path) -> None:
    data = os.urandom(2 * MEGABYTE)
    right = Checksum("sha256", hashlib.sha256(data).digest())
    async with two(tmp_path) as (a, b):
        id_, has_come = await a.begin(len(data)), asyncio.Event()
        b.folder.unchecked(id_).touch()  # of a process that was killed

        async def stall() -> None:
            async with a.reception.receive(id_, 0, None, right) as writer:
                await writer.write(data[:MEGABYTE])
                await writer._flush()
                has_come.set()
                await asyncio.Event().wait()

        old = asyncio.create_task(stall())
        await has_come.wait()
        await b.reception.load()
        assert len(list(a.folder.uploads.glob("*.check"))) == 1
        await b.send(id_, 0, data, right)
        with pytest.raises(BadRequest):
            await old
        await until(lambda: b.catalogue.has(id_) and not b.reception.kept())
        assert only_original(b, id_) == data


async def test_a_file_that_a_checked_piece_began_has_one_writer_still(tmp_path: Path) -> None:
    """Such a piece takes the file's place, and a lock belongs to what it took the place of."""
    data = os.urandom(MEGABYTE)
    right = Checksum("sha256", hashlib.sha256(data).digest())
    async with two(tmp_path) as (a, b):
        id_ = await a.begin(2 * MEGABYTE)
        async with a.reception.receive(id_, 0, MEGABYTE, right) as writer:
            await writer.write(data)
            await writer.finish()
            await b.reception.ask(id_)
            assert b.reception.get(id_).is_busy
        assert not b.reception.get(id_).is_busy


async def test_two_that_start_at_once_remove_nothing_that_lives(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path)
    async with opened(tmp_path) as a:
        begun = await a.begin(10)
        stalled = asyncio.Event()
        form = asyncio.create_task(a.stall_form(b"12", stalled=stalled))
        await stalled.wait()
        (coming,) = (each.id for each in a.reception.all() if each.row.is_form)
        left, piece = folder.part(VideoId(new_id())), folder.unchecked(begun)
        left.touch()
        piece.touch()

        async def begin() -> list[VideoId]:
            return [await a.begin(10) for _ in range(50)]

        async def start() -> None:
            async with opened(tmp_path) as desk:
                await desk.offset(begun)

        more, *_ = await asyncio.gather(begin(), *(start() for _ in range(4)))
        kept = {folder.part(each) for each in (begun, coming, *more)}
        assert set(folder.uploads.iterdir()) == kept
        assert len(list(a.reception.all())) == 52
        form.cancel()
        await asyncio.gather(form, return_exceptions=True)


@pytest.mark.parametrize("is_at_start", [False, True])
async def test_another_process_finishes_what_one_that_was_killed_had_entered(
    tmp_path: Path, *, is_at_start: bool
) -> None:
    async with opened(tmp_path, works=False) as a, opened(tmp_path, works=False) as b:
        id_ = await a.begin(3)
        original = a.folder.original(id_)
        await a.send(id_, 0, b"abc")
        held = a.reception.get(id_).locked()
        assert held is not None
        await a._settle(id_, "a film", None)
        original.replace(a.folder.part(id_))
        await b.start()
        assert not original.exists()  # its process lives
        held.release()
        if is_at_start:
            await b.start()
            assert original.read_bytes() == b"abc"
        await looked(b, id_)
        assert original.read_bytes() == b"abc"
        await until(lambda: not b.reception.kept())


async def test_room_is_promised_once_over_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DataFolder, "free_bytes", lambda _: 20 * MEGABYTE)
    async with two(tmp_path) as (a, b):
        begun = await asyncio.gather(
            *(desk.begin(8 * MEGABYTE) for desk in (a, b, a, b)), return_exceptions=True
        )
        assert [type(each) for each in begun if not isinstance(each, str)] == [DiskFull] * 2
        first = next(each for each in begun if isinstance(each, str))
        await a.send(VideoId(first), 0, bytes(4 * MEGABYTE))
        monkeypatch.setattr(DataFolder, "free_bytes", lambda _: 16 * MEGABYTE)
        with pytest.raises(DiskFull):
            await b.begin(4 * MEGABYTE + 1)
        await b.reception.end(await b.begin(4 * MEGABYTE))
        await b.reception.end(VideoId(first))
        await a.begin(8 * MEGABYTE)


async def test_there_are_no_more_uploads_than_may_be_over_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "MOST_UPLOADS", 3)
    limits = UploadLimits(max_bytes=1 << 40, min_free_bytes=0, quota_bytes=1000, uploads_each=2)
    async with two(tmp_path, limits) as (a, b):
        begun = await asyncio.gather(*(desk.begin(1) for desk in (a, b, a, b, a)), return_exceptions=True)
        assert [type(each) for each in begun if not isinstance(each, str)] == [TooMany] * 2
        for id_ in begun:
            if isinstance(id_, str):
                await b.reception.end(VideoId(id_))
        await a.begin(600, owner=ANNA)
        with pytest.raises(QuotaReached):
            await b.begin(401, owner=ANNA)
        await b.begin(1, owner=ANNA)
        with pytest.raises(TooMany, match="already have 2 uploads"):
            await a.begin(1, owner=ANNA)


async def test_a_file_of_which_only_the_lock_is_left_is_no_obstacle(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        id_ = await desk.begin(3)
        path = desk.folder.part(id_)
        held = desk.reception.get(id_).locked()
        assert held is not None
        path.unlink()
        create(path).release()
        await desk.send(id_, 0, b"abc")
        await until(lambda: desk.catalogue.has(id_))
        held.release()


async def test_forms_of_all_processes_count_as_long_as_those_live(tmp_path: Path) -> None:
    limits = UploadLimits(max_bytes=1 << 40, min_free_bytes=0, quota_bytes=1000, uploads_each=2)
    async with two(tmp_path, limits) as (a, b):
        stalled = asyncio.Event()
        form = asyncio.create_task(a.stall_form(b"x" * 600, stalled=stalled, owner=ANNA))
        await stalled.wait()
        assert (await b.quotas.usage())[ANNA].uploads == 600
        with pytest.raises(QuotaReached):
            await b.stall_form(b"x" * 401, stalled=stalled, owner=ANNA)
        with pytest.raises(QuotaReached):
            await b.begin(401, owner=ANNA)
        await b.begin(400, owner=ANNA)
        with pytest.raises(TooMany):
            await b.begin(1, owner=ANNA)
        form.cancel()
        await asyncio.gather(form, return_exceptions=True)
        assert (await b.quotas.usage())[ANNA].uploads == 400
        await b.begin(600, owner=ANNA)
