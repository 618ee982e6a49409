import asyncio

import pytest

from insta_stream.library.side_by_side import together


async def test_all_parts_run_at_the_same_time() -> None:
    meeting = asyncio.Barrier(3)

    async def part() -> None:
        await meeting.wait()

    async with asyncio.timeout(5):
        await together(part() for _ in range(3))


async def test_the_first_failure_ends_the_others_and_is_raised_as_it_is() -> None:
    ended: list[str] = []

    async def failing() -> None:
        raise KeyError("the reason")

    async def waiting() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waiting")

    with pytest.raises(KeyError, match="the reason"):
        await together([waiting(), failing()])
    assert ended == ["waiting"]


async def test_cancelling_waits_for_all_parts() -> None:
    ended: list[int] = []

    async def waiting(turns: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(turns):
                await asyncio.sleep(0)
            ended.append(turns)

    both = asyncio.create_task(together(waiting(turns) for turns in (1, 9)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    both.cancel()
    with pytest.raises(asyncio.CancelledError):
        await both
    assert ended == [1, 9]
