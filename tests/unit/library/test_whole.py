import asyncio

import pytest

from insta_stream.library.whole import whole


async def test_a_cancellation_waits_for_the_end() -> None:
    done: list[str] = []
    begun = asyncio.Event()

    @whole
    async def write(word: str) -> str:
        begun.set()
        for _ in range(3):
            await asyncio.sleep(0)
        done.append(word)
        return word

    assert await write("a") == "a"
    begun.clear()
    task = asyncio.create_task(write("b"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["a", "b"]
