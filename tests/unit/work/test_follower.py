"""Who looks at the library again, and how much of that is done at once."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from structlog.testing import capture_logs
from tests.support.scene import FILM, Scene
from tests.support.waiting import until

from insta_stream.channels.channel import Channel
from insta_stream.channels.shelf import Shelf
from insta_stream.duties import Duties
from insta_stream.ids import ChannelSlug, VideoId
from insta_stream.timeline.playable import Playable
from insta_stream.work.follower import AT_ONCE, Follower


class Library:
    """Has one film. looks: how often somebody asked what of it can air. mistake: what that raises, once."""

    def __init__(self) -> None:
        self.looks = 0
        self.tell: Callable[[VideoId], None] = lambda _: None
        self.mistake: Exception | None = None

    def subscribe(self, callback: Callable[[VideoId], None]) -> None:
        self.tell = callback

    def has(self, _: VideoId) -> bool:
        return True

    def playable(self, _: VideoId, __: tuple[str, ...]) -> Playable:
        mistake, self.mistake = self.mistake, None
        if mistake is not None:
            raise mistake
        self.looks += 1
        return FILM


class Shown:
    """Has many channels, which all play the film."""

    def __init__(self, channel: Channel) -> None:
        names = (ChannelSlug(f"channel-{number}") for number in range(10 * AT_ONCE))
        self.channels = {name: replace(channel, slug=name) for name in names}

    def all(self) -> tuple[Channel, ...]:
        return tuple(self.channels.values())

    def get(self, slug: ChannelSlug) -> Channel:
        return self.channels[slug]

    def using(self, _: set[VideoId]) -> list[Channel]:
        return list(self.channels.values())

    def watch(self, _: Callable[[ChannelSlug], None]) -> None:
        """Nothing changes."""


class Editor:
    """Takes note of whom it is to plan anew."""

    def __init__(self) -> None:
        self.edited = set[ChannelSlug]()

    async def edit(self, slug: ChannelSlug, _: object) -> None:
        self.edited.add(slug)


async def test_what_there_was_to_look_at_is_looked_at_after_a_mistake() -> None:
    library, died = Library(), list[str]()
    scene = Scene.on_air()
    shown = Shown(scene.channel)
    follower = Follower(cast(Any, shown), cast(Any, Editor()), cast(Shelf, library), scene.clock)
    follower.begin()
    library.mistake = ZeroDivisionError()
    duties = Duties(died.append, sleep=lambda _: asyncio.sleep(0))
    with capture_logs():
        duties.begin("schedules", follower.follow)
        await until(lambda: library.looks >= len(shown.channels) - AT_ONCE)
    await duties.stop()
    assert died == ["schedules"]


async def test_channels_that_play_what_has_changed_are_looked_at_bit_by_bit() -> None:
    library, editor = Library(), Editor()
    scene = Scene.on_air()
    shown = Shown(scene.channel)
    names, renewed = shown.channels.keys(), editor.edited
    follower = Follower(cast(Any, shown), cast(Any, editor), cast(Shelf, library), scene.clock)
    follower.begin()
    following = asyncio.create_task(follower.follow())
    await until(lambda: library.looks == len(names))
    assert renewed == set()
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
