"""Who has a place, and who gives it up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from insta_stream.work.lane import TURN_SECONDS, Lane, Place


@dataclass
class Scene:
    """A lane of two, a clock, and who has come. asked: tasks by name; having: places by name."""

    time: float = 0.0
    having: dict[str, Place] = field(default_factory=dict)
    asked: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lane = Lane(2, lambda: self.time)

    async def come(self, name: str, *, is_growing: bool = False, order: float = 0.0) -> None:
        self.asked[name] = asyncio.create_task(self._stay(name, is_growing=is_growing, order=order))
        await turn()

    async def _stay(self, name: str, *, is_growing: bool, order: float) -> None:
        async with self.lane.place(is_growing=is_growing, order=order) as self.having[name]:
            await asyncio.Event().wait()

    async def leave(self, name: str) -> None:
        self.having.pop(name, None)
        self.asked[name].cancel()
        await asyncio.gather(self.asked.pop(name), return_exceptions=True)
        await turn()

    def wanted(self) -> set[str]:
        return {name for name, place in self.having.items() if self.lane.is_wanted(place)}


async def turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


@asynccontextmanager
async def a_scene() -> AsyncIterator[Scene]:
    scene = Scene()
    async with AsyncExitStack() as stack:
        yield scene
        for name in list(scene.asked):
            stack.push_async_callback(scene.leave, name)


async def test_newcomers_have_their_places_in_the_order_in_which_they_came() -> None:
    async with a_scene() as scene:
        for name in "abcd":
            await scene.come(name)
        assert set(scene.having) == set("ab")
        await scene.leave("a")
        assert set(scene.having) == set("bc")
        assert scene.wanted() == set()


async def test_of_two_that_can_air_one_gives_way_to_a_newcomer_at_once() -> None:
    async with a_scene() as scene:
        for name in "ab":
            await scene.come(name)
            scene.lane.note(scene.having[name], is_growing=True)
        assert scene.wanted() == set()
        await scene.come("new")
        assert scene.wanted() == {"a", "b"}
        await scene.leave("a")
        await scene.come("a", is_growing=True, order=5)
        assert set(scene.having) == {"b", "new"}
        assert scene.wanted() == set()


async def test_newcomers_never_have_all_places_while_something_has_to_grow() -> None:
    async with a_scene() as scene:
        for name in ("a", "b", "c"):
            await scene.come(name)
        await scene.come("growing", is_growing=True)
        await scene.leave("a")
        assert set(scene.having) == {"b", "growing"}
        await scene.leave("growing")
        assert set(scene.having) == {"b", "c"}


async def test_those_that_grow_take_turns_the_least_grown_first() -> None:
    async with a_scene() as scene:
        await scene.come("a", is_growing=True, order=10)
        await scene.come("b", is_growing=True, order=20)
        await scene.come("much", is_growing=True, order=60)
        await scene.come("little", is_growing=True, order=30)
        assert scene.wanted() == set()
        scene.time += TURN_SECONDS + 1
        assert scene.wanted() == {"a", "b"}
        await scene.leave("a")
        assert set(scene.having) == {"b", "little"}
        await scene.leave("b")
        assert set(scene.having) == {"little", "much"}


async def test_what_was_slow_to_begin_has_a_longer_turn() -> None:
    async with a_scene() as scene:
        for name in "abc":
            await scene.come(name, is_growing=True)
        scene.time += 20
        scene.lane.note(scene.having["a"], is_growing=True)
        scene.time += TURN_SECONDS
        scene.lane.note(scene.having["a"], is_growing=True)
        assert scene.wanted() == {"b"}
        scene.time += 31
        assert scene.wanted() == {"a", "b"}


async def test_who_waits_is_known_and_no_longer_when_they_go_away() -> None:
    async with a_scene() as scene:
        for name in "abc":
            await scene.come(name)
        scene.time += 7
        await scene.come("d")
        await scene.come("growing", is_growing=True)
        assert scene.lane.waits() == (7, 0)
        await scene.leave("c")
        assert scene.lane.waits() == (0,)
