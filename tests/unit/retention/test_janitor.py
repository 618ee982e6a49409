"""What the janitor does while others go on."""

import pytest
from tests.support.shelf import TestShelf
from tests.unit.channels.conftest import Desk, Studio
from tests.unit.retention.conftest import JanitorOf

from insta_stream.channels.channel import Channel
from insta_stream.channels.history import History
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import Ticks

MUSIC = ChannelSlug("music")


async def test_a_channel_that_is_deleted_while_it_tidies_up_does_not_stop_it(
    desk: Desk,
    studio: Studio,
    shelf: TestShelf,
    janitor_of: JanitorOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await desk.registry.create(MUSIC, "Music")
    await desk.playlists.add(MUSIC, [shelf.film("one").video.id, shelf.film("two").video.id])
    await desk.streams.start(MUSIC)
    studio.hands.forward(5)
    await desk.streams.skip(MUSIC)
    studio.hands.forward(5)
    await desk.streams.stop(MUSIC)
    studio.hands.forward(40 * 86_400)
    assert [each.slug for each in await desk.history.old(studio.clock.now())] == [MUSIC]

    look = History.old

    async def look_and_lose(history: History, now: Ticks) -> list[Channel]:
        found = await look(history, now)
        await desk.registry.delete(MUSIC)
        return found

    monkeypatch.setattr(History, "old", look_and_lose)
    assert await (await janitor_of(desk)).tidy_up() == ()
