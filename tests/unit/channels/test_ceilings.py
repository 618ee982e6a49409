"""What a broadcast declares stays as it was at its start, whatever happens to the channel."""

import json
import sqlite3
from contextlib import closing
from fractions import Fraction

import pytest
from tests.support.shelf import TestShelf
from tests.unit.channels.conftest import MAIN, Desk, Hands, Studio

from insta_stream.channels.channel import Channel
from insta_stream.media.ceilings import Ceiling, Need, Rates, caps, chosen
from insta_stream.media.ladder import LADDER

QUIET = Need(Fraction(24), {rung.name: Rates(rung.peak_bps // 3, rung.average_bps // 3) for rung in LADDER})
BUSY = Need(Fraction(60), {rung.name: Rates(rung.peak_bps, rung.average_bps) for rung in LADDER})


def declared(channel: Channel) -> tuple[Ceiling, ...]:
    assert channel.on_air is not None
    return channel.on_air.rungs


async def put_on_air(desk: Desk, shelf: TestShelf, need: Need | None = QUIET) -> None:
    film = shelf.film("film")
    film.need = need
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)


async def test_it_is_what_the_playlist_needs(desk: Desk, shelf: TestShelf) -> None:
    await put_on_air(desk, shelf)
    assert declared(desk.channels.get(MAIN)) == chosen(LADDER, [QUIET]) != caps(LADDER)


@pytest.mark.parametrize("need", [None, BUSY])
async def test_it_is_the_caps_where_nothing_is_known_and_where_they_are_needed(
    desk: Desk, shelf: TestShelf, need: Need | None
) -> None:
    await put_on_air(desk, shelf, need)
    assert declared(desk.channels.get(MAIN)) == caps(LADDER)


async def test_an_empty_playlist_declares_the_caps(desk: Desk) -> None:
    await desk.streams.start(MAIN)
    assert declared(desk.channels.get(MAIN)) == caps(LADDER)


async def test_what_is_added_changes_nothing_before_the_next_start(
    desk: Desk, shelf: TestShelf, hands: Hands
) -> None:
    await put_on_air(desk, shelf)
    before = declared(desk.channels.get(MAIN))
    shelf.asked.clear()
    busy = shelf.film("busy")
    busy.need = BUSY
    await desk.playlists.add(MAIN, [busy.video.id])
    await desk.streams.pause(MAIN)
    await desk.streams.resume(MAIN)
    assert declared(desk.channels.get(MAIN)) == before
    assert shelf.asked == {before}, "what airs keeps what is declared"
    await desk.streams.stop(MAIN)
    ended = desk.channels.get(MAIN).timeline.broadcasts[-1].id
    hands.forward(5)
    await desk.streams.start(MAIN)
    channel = desk.channels.get(MAIN)
    assert declared(channel) == caps(LADDER)
    assert channel.broadcast(ended).rungs == before, "players still hold its multivariant playlist"


async def test_a_restart_keeps_it_though_the_library_is_another(studio: Studio, shelf: TestShelf) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, shelf)
        before = declared(desk.channels.get(MAIN))
    for film in shelf.films.values():
        film.need = BUSY
    async with studio.open() as desk:
        assert declared(desk.channels.get(MAIN)) == before


async def test_a_broadcast_of_an_older_version_declared_the_caps(studio: Studio, shelf: TestShelf) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, shelf)
        present = desk.channels.get(MAIN).on_air
        assert present is not None
    older = json.dumps({present.id: [rung.name for rung in LADDER]})
    with closing(sqlite3.connect(studio.path)) as database, database:
        database.execute("UPDATE channel SET broadcast_rungs = ?", (older,))
    async with studio.open() as desk:
        channel = desk.channels.get(MAIN)
        assert channel.broken == ""
        assert declared(channel) == caps(LADDER)
        assert channel.ceilings == caps(LADDER)


async def test_what_is_declared_is_stored_by_value(studio: Studio, shelf: TestShelf) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, shelf)
        (top, *_) = declared(desk.channels.get(MAIN))
    with closing(sqlite3.connect(studio.path)) as database:
        (text,) = database.execute("SELECT broadcast_rungs FROM channel").fetchone()
    ((stored, *_),) = json.loads(text).values()
    assert stored == top._asdict()
