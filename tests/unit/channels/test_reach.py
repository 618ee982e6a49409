"""Which packages viewers may still ask for, and when history is forgotten."""

import pytest
from tests.support.rests import Rests
from tests.support.shelf import TestShelf
from tests.support.waiting import until
from tests.unit.channels.conftest import MAIN, MUSIC, Desk, Hands, Studio, listed

from insta_stream.ticks import TICKS_PER_SECOND


async def test_a_package_is_within_reach_until_no_player_can_ask_for_it_and_named_by_the_log_after_that(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    aired, never = shelf.film("aired"), shelf.film("never")
    await desk.playlists.add(MAIN, [aired.video.id])
    await desk.streams.start(MAIN)
    assert (await desk.history.reach(studio.clock.now()))[aired.package] is None
    hands.forward(20)
    await desk.streams.stop(MAIN)
    shelf.delete(aired)
    await until(lambda: desk.channels.get(MAIN).timeline.entries == ())
    await desk.channels.ask()
    reach = await desk.history.reach(studio.clock.now())
    assert never.package not in reach
    needed = reach[aired.package]
    assert needed is not None
    assert 60 < (needed - studio.clock.now()) / TICKS_PER_SECOND < 4 * 60
    hands.forward(3 * 86_400)
    await desk.channels.ask()
    assert (await desk.history.reach(studio.clock.now()))[aired.package] == needed  # the as-run log names it
    await desk.streams.start(MAIN)
    hands.forward(40 * 86_400)
    assert [each.slug for each in await desk.history.old(studio.clock.now())] == [MAIN]
    await desk.history.forget(MAIN)
    assert await desk.history.old(studio.clock.now()) == []
    assert aired.package not in await desk.history.reach(studio.clock.now())


async def test_a_held_edge_keeps_its_packages_within_reach(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    film = shelf.film("film", segments=50)
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)
    hands.forward(20)
    await desk.playlists.clear(MAIN)
    needed = (await desk.history.reach(studio.clock.now()))[film.package]
    assert needed is not None
    async with desk.parts.editor.news.edit():  # it takes long to be stored
        hands.forward(3600)
        held = (await desk.history.reach(studio.clock.now()))[film.package]
    assert held is not None
    assert held > studio.clock.now()


async def test_players_of_a_deleted_channel_may_ask_for_what_it_listed(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    film = shelf.film("film")
    await desk.registry.create("music", "Music")
    await desk.playlists.add(MUSIC, [film.video.id])
    await desk.streams.start(MUSIC)
    await desk.streams.stop(MUSIC)
    needed = (await desk.history.reach(studio.clock.now()))[film.package]
    await desk.registry.delete("music")
    async with studio.open() as again:
        for history in (desk.history, again.history):
            assert (await history.reach(studio.clock.now()))[film.package] == needed
        hands.forward(3600)
        await again.history.tidy_up()
        assert film.package not in await again.history.reach(studio.clock.now())


async def test_history_is_forgotten_in_the_end_and_numbers_go_on(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    await desk.playlists.add(MAIN, [shelf.film("one").video.id, shelf.film("two").video.id])
    await desk.streams.start(MAIN)
    for _ in range(5):
        hands.forward(10)
        await desk.streams.skip(MAIN)
    last = listed(desk, studio).segments[-1].msn
    await desk.streams.stop(MAIN)
    hands.forward(40 * 86_400)
    await desk.history.forget(MAIN)
    assert len(desk.channels.get(MAIN).timeline.runs) == 1
    async with studio.open() as again:
        assert again.channels.get(MAIN).timeline == desk.channels.get(MAIN).timeline
    await desk.streams.start(MAIN)
    assert listed(desk, studio).segments[0].msn > last


async def test_all_channels_are_gone_through_in_turns(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.registry.create(MUSIC, "Music")
    rests, now = Rests(monkeypatch), desk.channels.get(MAIN).created_at
    await desk.history.reach(now)
    assert rests.count == len(desk.channels.all())
    await desk.history.old(now)
    assert rests.count == 2 * len(desk.channels.all())
