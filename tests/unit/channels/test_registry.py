"""Channels: created, listed, kept through a restart, deleted."""

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.shelf import TestShelf
from tests.unit.channels.conftest import MAIN, MUSIC, Desk, Hands, Studio, listed

from insta_stream.channels.shown import Shown
from insta_stream.errors import NotReady, Unknown, WrongState
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import Ticks


async def test_there_is_a_main_channel_from_the_start(desk: Desk) -> None:
    assert [channel.slug for channel in desk.channels.all()] == [MAIN]
    assert desk.channels.get(MAIN).timeline.state == "off"


async def test_of_several_processes_that_begin_a_folder_one_makes_the_main_channel(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Shown.load

    async def load_together(shown: Shown) -> None:
        await load(shown)
        await loaded.wait()

    loaded = asyncio.Barrier(3)
    monkeypatch.setattr(Shown, "load", load_together)

    async def begin() -> list[str]:
        async with studio.open(follows=False) as desk:
            return [channel.slug for channel in desk.channels.all()]

    assert await asyncio.gather(*(begin() for _ in range(3))) == [["main"]] * 3


async def test_channels_are_listed_in_the_order_in_which_they_were_created(studio: Studio) -> None:
    def listed(desk: Desk) -> list[str]:
        return [channel.slug for channel in desk.channels.all()]

    async with studio.open() as desk:
        for slug in ("b", "c", "a"):
            studio.hands.forward(1)
            await desk.registry.create(slug, slug)
        await desk.registry.update("b", title="B")
        assert listed(desk) == [MAIN, "b", "c", "a"]
        await desk.registry.delete("c")
        now = studio.clock.now()
        desk.registry.news._clock = SimpleNamespace(now=lambda: Ticks(now - 1))  # type: ignore[assignment]
        await desk.registry.create("c", "It waited for the database, and another one was there sooner")
        assert listed(desk) == [MAIN, "b", "c", "a"]
    async with studio.open() as desk:
        assert listed(desk) == [MAIN, "b", "c", "a"]


async def test_names_that_are_read_are_in_memory_once(studio: Studio, shelf: TestShelf) -> None:
    film = shelf.film("one").video.id
    async with studio.open() as desk:
        for slug in ("a", "b"):
            await desk.registry.create(slug, slug)
            await desk.playlists.add(ChannelSlug(slug), ["".join(film), "".join(film)])  # type: ignore[list-item]
            await desk.playlists.clear(ChannelSlug(slug))
            await desk.playlists.undo(ChannelSlug(slug))
            await desk.streams.start(ChannelSlug(slug))
    async with studio.open() as desk:
        channels = [desk.channels.get("a"), desk.channels.get("b")]
    names = [
        name
        for channel in channels
        for run in channel.timeline.runs
        for slot in run.program.slots
        for name in (slot.entry, slot.video, slot.package, *slot.renditions, run.broadcast)
    ]
    names += [
        name
        for channel in channels
        for entry in channel.timeline.entries
        for name in (entry.id, entry.video, *channel.broadcasts, *channel.added_at)
    ]
    assert film in names
    assert len({id(name) for name in names}) == len(set(names))
    assert channels[0].rungs is channels[1].rungs


async def test_a_restart_changes_nothing(studio: Studio, shelf: TestShelf, hands: Hands) -> None:
    films = [shelf.film("one"), shelf.film("two", segments=7)]
    async with studio.open() as desk:
        await desk.registry.create("music", "Music", rungs=["720p", "240p"], window_seconds=30)
        await desk.playlists.add(MUSIC, [film.video.id for film in films])
        await desk.streams.start(MUSIC)
        hands.forward(4)
        await desk.streams.skip(MUSIC)
        hands.forward(9)
        before, seen = desk.channels.get("music"), listed(desk, studio, MUSIC)
    async with studio.open() as desk:
        assert desk.channels.get("music") == before
        assert listed(desk, studio, MUSIC) == seen


async def test_a_channel_exists_once(desk: Desk) -> None:
    await desk.registry.create("music", "Music")
    with pytest.raises(WrongState, match="already"):
        await desk.registry.create("music", "Other music")


async def test_a_caller_that_goes_away_leaves_no_channel_half_made_or_half_deleted(
    desk: Desk, studio: Studio
) -> None:
    for attempt in range(0, 60, 3):
        await given_up(desk.registry.create(f"made-{attempt}", "Made"), after_turns=attempt)
        await desk.registry.create(f"gone-{attempt}", "Gone")
        await given_up(desk.registry.delete(f"gone-{attempt}"), after_turns=attempt)
    async with studio.open() as again:
        known = {channel.slug for channel in desk.channels.all()}
        assert {channel.slug for channel in again.channels.all()} == known


async def given_up(work: Coroutine[Any, Any, object], *, after_turns: int) -> None:
    """Do something whose caller goes away after so many turns of the event loop."""
    task = asyncio.create_task(work)
    for _ in range(after_turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def test_only_what_is_off_the_air_can_be_deleted_and_main_never(desk: Desk, studio: Studio) -> None:
    await desk.registry.create("music", "Music")
    await desk.streams.start(MUSIC)
    with pytest.raises(WrongState, match="stop it first"):
        await desk.registry.delete("music")
    await desk.streams.stop(MUSIC)
    await desk.registry.delete("music")
    with pytest.raises(Unknown):
        desk.channels.get("music")
    with pytest.raises(WrongState, match="main channel cannot be deleted"):
        await desk.registry.delete("main")
    async with studio.open() as again:
        assert [channel.slug for channel in again.channels.all()] == [MAIN]


async def test_a_channel_that_is_gone_is_not_told_of_the_library(desk: Desk, shelf: TestShelf) -> None:
    film = shelf.film("film")
    await desk.registry.create("music", "Music")
    await desk.playlists.add(MUSIC, [film.video.id])
    await desk.registry.delete("music")
    shelf.delete(film)
    await desk.registry.create("music", "Music")
    assert desk.channels.get(MUSIC).timeline.entries == ()


async def test_before_there_is_a_slate_only_what_needs_one_has_to_wait(
    desk: Desk, studio: Studio, shelf: TestShelf
) -> None:
    shelf.slate_film.available = 3
    growing, complete = shelf.film("growing", available=4), shelf.film("complete", segments=20)
    await desk.playlists.add(MAIN, [growing.video.id])
    with pytest.raises(NotReady, match="standby picture is being created"):
        await desk.streams.start(MAIN)
    await desk.playlists.replace(MAIN, [complete.video.id])
    await desk.streams.start(MAIN)
    assert listed(desk, studio).segments[-1].package == complete.package
    with pytest.raises(NotReady):
        await desk.streams.pause(MAIN)
    assert desk.channels.get(MAIN).timeline.state == "on"
