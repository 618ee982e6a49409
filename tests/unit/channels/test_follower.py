"""Who looks at the library again, and how much of that is done at once."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from tests.support.scene import FILM, Scene
from tests.support.waiting import until

from insta_stream.channels.follower import AT_ONCE, Follower
from insta_stream.channels.shelf import Shelf
from insta_stream.ids import ChannelSlug, VideoId
from insta_stream.timeline.playable import Playable


class Library:
    """Has one film. looks: how often somebody asked what of it can air."""

    def __init__(self) -> None:
        self.looks = 0
        self.tell: Callable[[VideoId], None] = lambda _: None

    def subscribe(self, callback: Callable[[VideoId], None]) -> None:
        self.tell = callback

    def has(self, _: VideoId) -> bool:
        return True

    def playable(self, _: VideoId, __: tuple[str, ...]) -> Playable:
        self.looks += 1
        return FILM


async def test_channels_that_play_what_has_changed_are_looked_at_bit_by_bit() -> None:
    library, renewed = Library(), set[ChannelSlug]()
    scene = Scene.on_air()

    async def renew(name: ChannelSlug) -> None:
        renewed.add(name)

    follower = Follower(cast(Shelf, library), scene.clock, renew)
    names = {ChannelSlug(f"channel-{number}") for number in range(10 * AT_ONCE)}
    for name in names:
        follower.look_at(replace(scene.channel, slug=name))
    follower.begin()
    following = asyncio.create_task(follower.follow())
    await asyncio.sleep(0)
    library.looks, most = 0, 0
    for _ in range(3):
        library.tell(FILM.video)  # however often it changes meanwhile, one look is enough

    async def count() -> Any:
        nonlocal most
        while True:
            before = library.looks
            await asyncio.sleep(0)
            most = max(most, library.looks - before)

    counting = asyncio.create_task(count())
    await until(lambda: library.looks >= len(names) and renewed == names)
    assert library.looks == len(names)
    assert most == AT_ONCE
    for task in (following, counting):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
