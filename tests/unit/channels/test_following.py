"""What channels make of the library's news: videos that grow, fail and are deleted."""

import asyncio
from dataclasses import replace

import pytest
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.support.shelf import TestShelf
from tests.support.waiting import until
from tests.unit.channels.conftest import MAIN, MUSIC, Desk, Hands, Studio, entries, failing, listed, programs

from insta_stream.channels import store
from insta_stream.channels.channel import Channel
from insta_stream.channels.growth import is_due
from insta_stream.ticks import Ticks, seconds
from insta_stream.work import follower


async def test_a_growing_video_is_planned_anew_when_it_has_doubled_or_its_part_ends(
    desk: Desk, shelf: TestShelf, hands: Hands
) -> None:
    film = shelf.film("film", segments=1000, available=20)
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)

    def planned() -> int:
        slots = [slot for run in desk.channels.get(MAIN).timeline.runs for slot in run.program.slots]
        return max(slot.last + 1 for slot in slots if slot.package == film.package)

    assert planned() == 20
    shelf.grow(film, 30)
    await asyncio.sleep(0.05)
    assert planned() == 20
    shelf.grow(film, 40)
    await until(lambda: planned() == 40)
    hands.forward(80 - 12 - 14)
    shelf.grow(film, 45)
    await until(lambda: planned() == 45)


async def test_a_growing_part_is_made_longer_before_its_end_is_frozen(desk: Desk, shelf: TestShelf) -> None:
    film = shelf.film("film", segments=1000, available=40)
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)
    channel = desk.channels.get(MAIN)
    timeline = replace(channel.timeline, horizon=seconds(30))
    (ends_at,) = (run.ends_at for run in timeline.runs if run.ends_at is not None)
    film.available = 50
    more = shelf.playable(film.video.id, channel.ceilings)
    assert not is_due(timeline, more, Ticks(ends_at - seconds(50)))
    assert is_due(timeline, more, Ticks(ends_at - seconds(40)))


async def test_what_becomes_of_a_video_while_it_is_added_is_not_missed(
    desk: Desk, shelf: TestShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = shelf.film("film", segments=9, available=2)
    await desk.playlists.add(MAIN, [shelf.film("other").video.id])
    await desk.streams.start(MAIN)
    write = store.update

    async def write_and_wait(connection: AsyncConnection, before: Channel, after: Channel) -> None:
        await write(connection, before, after)
        if film.available == 2:
            shelf.grow(film, 9)  # and nothing more is ever said of it

    monkeypatch.setattr(store, "update", write_and_wait)
    await desk.playlists.add(MAIN, [film.video.id])
    await until(lambda: film.package in programs(desk)[-1], 5)


async def test_a_video_that_is_deleted_while_it_is_added_leaves_again(desk: Desk, shelf: TestShelf) -> None:
    one, two, three = (shelf.film(name) for name in ("one", "two", "three"))
    await desk.playlists.add(MAIN, [one.video.id, two.video.id])
    async with desk.database.write():  # the edit has to wait
        adding = asyncio.create_task(desk.playlists.add(MAIN, [three.video.id]))
        await asyncio.sleep(0.02)
        shelf.delete(three)
    await adding
    await until(lambda: len(entries(desk, MAIN)) == 2, 5)
    await desk.playlists.reorder_videos(MAIN, [two.video.id, one.video.id])


async def test_only_what_somebody_did_is_awaited(desk: Desk, shelf: TestShelf, hands: Hands) -> None:
    growing = shelf.film("growing", segments=60, available=20)
    await desk.playlists.add(MAIN, [growing.video.id, shelf.film("two").video.id])
    await desk.streams.start(MAIN)
    hands.forward(5)
    added = await desk.playlists.add(MAIN, [shelf.film("three").video.id])
    assert desk.channels.get(MAIN).effective_at == added.effective_at
    planned = desk.channels.get(MAIN).timeline.runs
    await desk.registry.update("main", title="Another title")
    shelf.grow(growing, 40)
    await until(lambda: desk.channels.get(MAIN).timeline.runs != planned)
    assert desk.channels.get(MAIN).effective_at == added.effective_at
    skipped = await desk.streams.skip(MAIN)
    assert desk.channels.get(MAIN).effective_at == skipped.effective_at < added.effective_at


async def test_a_deleted_video_leaves_every_playlist_and_the_air(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    gone, stays = shelf.film("gone", segments=100), shelf.film("stays", segments=100)
    await desk.registry.create("music", "Music")
    for slug in (MAIN, MUSIC):
        await desk.playlists.add(slug, [gone.video.id, stays.video.id, gone.video.id])
        await desk.streams.start(slug)
    await desk.registry.update("music", slate=gone.video.id)
    shelf.delete(gone)
    for slug in (MAIN, MUSIC):
        await until(lambda slug=slug: len(desk.channels.get(slug).timeline.entries) == 1)  # type: ignore[misc]
    assert desk.channels.get(MUSIC).slate is None
    hands.forward(5)
    for slug in (MAIN, MUSIC):
        assert [entry.video for entry in desk.channels.get(slug).timeline.entries] == [stays.video.id]
        assert listed(desk, studio, slug).segments[-1].package == stays.package


async def test_what_the_library_did_while_nobody_followed_it_is_caught_up_with(
    studio: Studio, shelf: TestShelf
) -> None:
    gone, grown = shelf.film("gone"), shelf.film("grown")
    async with studio.open() as desk:
        await desk.registry.create("music", "Music")
        await desk.playlists.add(MAIN, [gone.video.id])
        await desk.playlists.add(MUSIC, [gone.video.id, grown.video.id])
        await desk.streams.start(MUSIC)
    shelf.callbacks.clear()
    shelf.delete(gone)
    async with studio.open() as desk:
        await until(lambda: desk.channels.get(MAIN).timeline.entries == ())
        await until(lambda: len(desk.channels.get(MUSIC).timeline.entries) == 1)
    shelf.callbacks.clear()
    grown.package = shelf.film("grown, again").package  # it has taken the place of the one that airs
    async with studio.open() as desk:
        await until(
            lambda: desk.channels.get(MUSIC).timeline.runs[-1].program.slots[0].package == grown.package
        )


async def test_a_restart_with_nothing_new_edits_nothing(
    studio: Studio, shelf: TestShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with studio.open() as desk:
        await desk.playlists.add(MAIN, [shelf.film("one").video.id])
        await desk.streams.start(MAIN)
    monkeypatch.setattr(store, "update", failing)
    with structlog.testing.capture_logs() as logs:
        async with studio.open() as desk:
            await asyncio.sleep(0.05)
    assert logs == []


async def test_a_channel_that_is_deleted_while_it_waits_to_be_planned_anew_is_no_news(
    desk: Desk, shelf: TestShelf
) -> None:
    film, later = shelf.film("film"), shelf.film("later")
    await desk.registry.create("music", "Music")
    await desk.playlists.add(MUSIC, [film.video.id])
    await desk.playlists.add(MAIN, [later.video.id])
    with structlog.testing.capture_logs() as logs:
        async with desk.database.write():  # somebody else is writing
            deleting = asyncio.create_task(desk.registry.delete(MUSIC))
            await asyncio.sleep(0)
            shelf.delete(film)
        await deleting
        shelf.delete(later)
        await until(lambda: desk.channels.get(MAIN).timeline.entries == ())  # whose turn is after the other's
    assert [line["event"] for line in logs] == ["channel_deleted"]


@pytest.mark.parametrize("failures", [1, 2, 4])
async def test_a_database_that_is_busy_for_a_moment_is_no_news(
    desk: Desk, shelf: TestShelf, hands: Hands, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    monkeypatch.setattr(follower, "RETRY_SECONDS", 0)
    film = shelf.film("film")
    await desk.playlists.add(MAIN, [film.video.id])
    write, tries = store.update, 0

    async def stalled(connection: AsyncConnection, before: Channel, after: Channel) -> None:
        nonlocal tries
        tries += 1
        await write(connection, before, after)
        if tries <= failures:
            hands.forward(10)

    monkeypatch.setattr(store, "update", stalled)
    with structlog.testing.capture_logs() as logs:
        shelf.delete(film)
        await until(lambda: desk.channels.get(MAIN).timeline.entries == ())
    assert tries == failures + 1
    assert [line["event"] for line in logs] == ["channel_not_refreshed"] * (failures > 1)
