"""Files to a socket, by a loop that must not wait."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from insta_stream.delivery import sendfile
from insta_stream.delivery.sendfile import PIECE_BYTES, send_file

STALLED = 60.0
SIZE = 8 * PIECE_BYTES + 5


class Threads(ThreadPoolExecutor):
    """Counts what it is given to do."""

    count = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.count += 1
        return super().submit(fn, *args, **kwargs)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    """A file that was written to the disk."""
    path = tmp_path / "file"
    path.write_bytes(os.urandom(SIZE))
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[int]:
    """What takes everything at once, as a connection with room does: another file."""
    descriptor = os.open(tmp_path / "target", os.O_RDWR | os.O_CREAT)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize("cold", [(), (3,), range(9)], ids=["all is there", "one is not", "nothing is there"])
async def test_what_is_not_in_memory_is_read_in_threads(
    file: int, target: int, monkeypatch: pytest.MonkeyPatch, cold: Sequence[int]
) -> None:
    monkeypatch.setattr(sendfile, "_is_in_memory", lambda _, position: position // PIECE_BYTES not in cold)
    threads = Threads()
    asyncio.get_running_loop().set_default_executor(threads)
    await send_file(target, file, 0, SIZE, STALLED)
    assert threads.count == len(cold)
    assert os.pread(target, SIZE, 0) == os.pread(file, SIZE, 0)


def test_the_kernel_is_asked_what_is_in_memory(file: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says depends on the machine, and there are file systems that do not tell."""
    asked: list[tuple[int, int]] = []

    def preadv(_file: int, _buffers: list[bytearray], position: int, flags: int) -> int:
        asked.append((position, flags))
        if position > 10:
            raise BlockingIOError
        return 1

    monkeypatch.setattr(os, "preadv", preadv)
    monkeypatch.setattr(sendfile, "_NOWAIT", 8)
    assert sendfile._is_in_memory(file, 10)
    assert not sendfile._is_in_memory(file, 11)
    assert asked == [(10, 8), (11, 8)]
    monkeypatch.setattr(sendfile, "_NOWAIT", None)
    assert not sendfile._is_in_memory(file, 10)


async def test_others_get_their_turn(file: int, target: int) -> None:
    os.pread(file, SIZE, 0)
    sending = asyncio.create_task(send_file(target, file, 0, SIZE, STALLED))
    turns = 0
    while not sending.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > SIZE // PIECE_BYTES


async def test_what_fits_into_a_piece_goes_at_once(
    file: int, target: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sendfile, "_is_in_memory", lambda *_: True)
    monkeypatch.delattr(os, "dup")
    with pytest.raises(StopIteration):
        send_file(target, file, 0, PIECE_BYTES, STALLED).send(None)
    assert os.pread(target, SIZE, 0) == os.pread(file, PIECE_BYTES, 0)


async def test_a_part_of_a_file_is_sent_exactly(file: int, target: int) -> None:
    await send_file(target, file, 7, PIECE_BYTES + 1, STALLED)
    assert os.pread(target, SIZE, 0) == os.pread(file, PIECE_BYTES + 1, 7)


async def test_a_file_that_is_too_short_is_an_error(file: int, target: int) -> None:
    with pytest.raises(EOFError):
        await send_file(target, file, 0, SIZE + 1, STALLED)


async def test_no_descriptor_is_left_open(file: int, target: int) -> None:
    before = _open_files()
    await send_file(target, file, 0, SIZE, STALLED)
    with pytest.raises(EOFError):
        await send_file(target, file, SIZE, 1, STALLED)
    assert _open_files() == before


def _open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))
