"""Edits: one at a time, stored before they show, whole or not at all."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.support.shelf import TestShelf
from tests.support.waiting import until
from tests.unit.channels.conftest import MAIN, Desk, Hands, Studio, failing

from insta_stream.channels import store
from insta_stream.channels.channel import Channel
from insta_stream.errors import NotReady
from insta_stream.timeline.window import Window, window


async def test_two_edits_at_once_both_apply(desk: Desk, shelf: TestShelf) -> None:
    films = [shelf.film(f"film {n}") for n in range(20)]
    await asyncio.gather(*(desk.playlists.add(MAIN, [film.video.id]) for film in films))
    entries = desk.channels.get(MAIN).timeline.entries
    assert {entry.video for entry in entries} == {film.video.id for film in films}


async def test_a_caller_that_goes_away_does_not_stop_its_edit(desk: Desk, shelf: TestShelf) -> None:
    adding = asyncio.create_task(desk.playlists.add(MAIN, [shelf.film("one").video.id]))
    await asyncio.sleep(0)
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding
    await until(lambda: len(desk.channels.get(MAIN).timeline.entries) == 1)


async def test_nothing_that_an_edit_replaces_is_listed_while_it_commits(
    desk: Desk, shelf: TestShelf, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.playlists.add(MAIN, [shelf.film("one", segments=9).video.id, shelf.film("two").video.id])
    await desk.streams.start(MAIN)
    seen: list[Window] = []
    write = store.update

    async def slow(connection: AsyncConnection, before: Channel, after: Channel) -> None:
        hands.forward(1.9)
        await desk.channels.ask()
        seen.append(shown(desk))
        await write(connection, before, after)

    monkeypatch.setattr(store, "update", slow)
    for phase in (0.9, 0.3, 1.1, 0.7):
        hands.forward(phase)
        await desk.channels.ask()
        await desk.streams.skip(MAIN)
        await desk.channels.ask()
        after = {segment.msn: segment for segment in shown(desk).segments}
        assert [after.get(segment.msn, segment) for segment in seen[-1].segments] == list(seen[-1].segments)


async def test_an_edit_that_the_database_takes_too_slowly_is_refused_whole(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.playlists.add(MAIN, [shelf.film("one").video.id, shelf.film("two").video.id])
    await desk.streams.start(MAIN)
    before = desk.channels.get(MAIN)
    write = store.update

    async def stalled(connection: AsyncConnection, before: Channel, after: Channel) -> None:
        await write(connection, before, after)
        hands.forward(10)

    monkeypatch.setattr(store, "update", stalled)
    with pytest.raises(NotReady, match="nothing has changed"):
        await desk.streams.skip(MAIN)
    assert desk.channels.get(MAIN) == before
    async with studio.open() as again:
        assert again.channels.get(MAIN) == before


async def test_a_write_that_fails_leaves_what_the_database_says(
    desk: Desk, shelf: TestShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.channels.get(MAIN)

    monkeypatch.setattr(store, "update", failing)
    with pytest.raises(OSError, match="no answer"):
        await desk.playlists.add(MAIN, [shelf.film("one").video.id])
    assert desk.channels.get(MAIN) == before
    monkeypatch.undo()
    await desk.playlists.add(MAIN, [shelf.film("two").video.id])
    assert len(desk.channels.get(MAIN).timeline.entries) == 1


async def test_where_nobody_knows_what_a_commit_did_the_next_news_says_so(
    desk: Desk, shelf: TestShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = shelf.film("one")

    def fail(*_: object) -> None:
        raise OSError("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(desk.channels, "show", fail)
        with pytest.raises(OSError, match="no answer"):
            await desk.playlists.add(MAIN, [film.video.id])
        assert desk.channels.get(MAIN).timeline.entries == ()
    await until(lambda: len(desk.channels.get(MAIN).timeline.entries) == 1)
    await desk.playlists.add(MAIN, [film.video.id])
    assert len(desk.channels.get(MAIN).timeline.entries) == 2


def shown(desk: Desk) -> Window:
    """Return what a server lists now."""
    channel = desk.channels.get(MAIN)
    assert channel.on_air is not None
    return window(channel.timeline, channel.on_air.id, desk.channels.edge(channel))
