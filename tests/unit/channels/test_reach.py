"""Which packages viewers may still ask for, and when history is forgotten."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing

import pytest
from tests.support.rests import Rests
from tests.support.shelf import Film, TestShelf
from tests.support.waiting import until
from tests.unit.channels.conftest import MAIN, MUSIC, Desk, Hands, Studio, listed

from insta_stream.ids import PackageId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks


async def reach(desk: Desk, studio: Studio, *films: Film) -> Mapping[PackageId, Ticks | None]:
    """Return until when somebody can ask for the packages of films, of those that are named."""
    return (await desk.history.reach({film.package for film in films}, studio.clock.now())).until


async def test_a_package_is_within_reach_until_no_player_can_ask_for_it_and_named_by_the_log_after_that(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    aired, never = shelf.film("aired"), shelf.film("never")
    await desk.playlists.add(MAIN, [aired.video.id])
    await desk.streams.start(MAIN)
    assert (await reach(desk, studio, aired))[aired.package] is None
    hands.forward(20)
    await desk.streams.stop(MAIN)
    shelf.delete(aired)
    await until(lambda: desk.channels.get(MAIN).timeline.entries == ())
    await desk.channels.ask()
    assert (await reach(desk, studio, aired, never)).keys() == {aired.package}
    needed = (await reach(desk, studio, aired))[aired.package]
    assert needed is not None
    assert 60 < (needed - studio.clock.now()) / TICKS_PER_SECOND < 4 * 60
    assert await desk.history.named({aired.package, never.package}) == {aired.package}
    hands.forward(3 * 86_400)
    await desk.channels.ask()
    assert (await reach(desk, studio, aired))[aired.package] == needed  # the as-run log names it
    await desk.streams.start(MAIN)
    hands.forward(40 * 86_400)
    assert [each.slug for each in await desk.history.old(studio.clock.now())] == [MAIN]
    await desk.history.forget(MAIN)
    assert await desk.history.old(studio.clock.now()) == []
    assert await reach(desk, studio, aired) == {}
    assert await desk.history.named({aired.package, never.package}) == frozenset()


async def test_a_held_edge_keeps_its_packages_within_reach(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    film = shelf.film("film", segments=50)
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)
    hands.forward(20)
    await desk.playlists.clear(MAIN)
    needed = (await reach(desk, studio, film))[film.package]
    assert needed is not None
    async with desk.parts.editor.news.edit():  # it takes long to be stored
        hands.forward(3600)
        held = (await reach(desk, studio, film))[film.package]
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
    needed = (await reach(desk, studio, film))[film.package]
    await desk.registry.delete("music")
    async with studio.open() as again:
        for each in (desk, again):
            assert (await reach(each, studio, film))[film.package] == needed
        hands.forward(3600)
        await again.history.tidy_up()
        assert await reach(again, studio, film) == {}


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


async def test_channels_that_name_packages_and_old_ones_are_gone_through_in_turns(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = shelf.film("film")
    await desk.registry.create(MUSIC, "Music")
    for slug in (MAIN, MUSIC):
        await desk.playlists.add(slug, [film.video.id])
        await desk.streams.start(slug)
        hands.forward(5)
        await desk.streams.skip(slug)
    rests = Rests(monkeypatch)
    await reach(desk, studio, film)
    assert rests.count == 2
    hands.forward(40 * 86_400)
    await desk.history.old(studio.clock.now())
    assert rests.count == 4


async def test_what_another_process_has_begun_to_air_is_within_reach(
    desk: Desk, studio: Studio, shelf: TestShelf
) -> None:
    film = shelf.film("film")
    async with studio.open(follows=False) as other:
        await other.playlists.add(MAIN, [film.video.id])
        await other.streams.start(MAIN)
        assert await reach(desk, studio, film) == {film.package: None}


@pytest.mark.parametrize(
    "fault",
    [
        "UPDATE channel SET timeline = '{' WHERE slug = 'main'",
        "UPDATE run SET body = '' WHERE channel = 'main'",
        "UPDATE program SET body = '['",
        "DELETE FROM program",
    ],
)
async def test_a_broken_channel_keeps_what_it_named_until_it_begins_anew(
    studio: Studio, shelf: TestShelf, hands: Hands, fault: str
) -> None:
    film, other = shelf.film("film"), shelf.film("other")
    async with studio.open() as desk:
        await desk.playlists.add(MAIN, [film.video.id])
        await desk.streams.start(MAIN)
        hands.forward(20)
        await desk.streams.stop(MAIN)
    with closing(sqlite3.connect(studio.path)) as database, database:
        database.execute(fault)
    hands.forward(3 * 86_400)
    async with studio.open() as desk:
        assert desk.channels.get(MAIN).broken
        assert await reach(desk, studio, film, other) == {film.package: None}
        shelf.delete(film)
        await desk.streams.start(MAIN)
        await desk.history.tidy_up()
        assert await reach(desk, studio, film) == {}
