"""Who has the role, and who gets it when that one ends."""

import asyncio
from pathlib import Path

import pytest
from tests.support.waiting import until

from insta_stream.work.role import Role


async def test_one_has_the_role_and_the_next_when_it_is_given_up(tmp_path: Path) -> None:
    first, second = Role(tmp_path / "work"), Role(tmp_path / "work")
    await first.take()
    standing_by = asyncio.create_task(second.take())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(standing_by), 0.5)
    assert (first.is_held, second.is_held) == (True, False)
    first.give_up()
    await standing_by
    assert second.is_held
    second.give_up()


async def test_whoever_gives_up_standing_by_takes_nothing(tmp_path: Path) -> None:
    first, second, third = (Role(tmp_path / "work") for _ in range(3))
    await first.take()
    standing_by = asyncio.create_task(second.take())
    await asyncio.sleep(0)
    standing_by.cancel()
    await until(standing_by.done)
    second.give_up()
    first.give_up()
    await asyncio.wait_for(third.take(), 5)
    third.give_up()
