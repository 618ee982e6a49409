import asyncio
from pathlib import Path

import pytest

from insta_stream.errors import DiskFull
from insta_stream.storage.reserve import RESERVE_BYTES, Reserve


async def test_room_is_lent_and_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    reserve = Reserve(path)
    await reserve.keep()
    assert path.stat().st_size == RESERVE_BYTES
    assert path.stat().st_blocks * 512 >= RESERVE_BYTES

    async def fail() -> None:
        async with reserve.lent():
            assert not path.exists()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert path.stat().st_size == RESERVE_BYTES


async def test_what_was_short_of_room_is_made_up_for(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    path.write_bytes(bytes(100))
    await Reserve(path).keep()
    assert path.stat().st_size >= RESERVE_BYTES


async def test_a_folder_that_is_gone_is_no_error_of_the_reserve(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "gone" / "reserve")
    await reserve.keep()
    async with reserve.lent():
        pass
    assert not (tmp_path / "gone").exists()


async def test_room_that_is_lent_is_not_taken_back_by_others(tmp_path: Path) -> None:
    reserve, path = Reserve(tmp_path / "reserve"), tmp_path / "reserve"
    await reserve.keep()
    async with reserve.lent():
        others = [asyncio.create_task(reserve.keep()) for _ in range(2)]
        done, _ = await asyncio.wait(others, timeout=0.2)
        assert (done, path.exists()) == (set(), False)
    await asyncio.gather(*others)
    assert path.stat().st_size == RESERVE_BYTES


async def test_a_deed_that_finds_the_disk_full_is_done_with_this_room(tmp_path: Path) -> None:
    reserve, path = Reserve(tmp_path / "reserve"), tmp_path / "reserve"
    await reserve.keep()

    async def deed() -> str:
        if path.exists():
            raise DiskFull
        return "done"

    assert await reserve.helped(deed) == "done"
    assert path.stat().st_size == RESERVE_BYTES
