import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.support.shelf import TestShelf
from tests.support.waiting import until
from tests.unit.channels.conftest import Desk, Hands, Studio

from insta_stream.channels import follower, store
from insta_stream.channels.channel import Channel
from insta_stream.channels.growth import is_due
from insta_stream.errors import BadRequest, NotReady, Unknown, WrongState
from insta_stream.ids import ChannelSlug, PackageId, VideoId, new_id
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds
from insta_stream.timeline.timeline import Entry
from insta_stream.timeline.window import Window, window

MAIN, MUSIC = ChannelSlug("main"), ChannelSlug("music")


@pytest.fixture
def shelf(studio: Studio) -> TestShelf:
    return studio.shelf


@pytest.fixture
def hands(studio: Studio) -> Hands:
    return studio.hands


def listed(desk: Desk, studio: Studio, slug: ChannelSlug = MAIN) -> Window:
    channel = desk.channels.get(slug)
    present = channel.on_air
    assert present is not None
    return window(channel.timeline, present.id, studio.clock.now(), listed_until=channel.listed_until)


async def test_there_is_a_main_channel_from_the_start(desk: Desk) -> None:
    assert [channel.slug for channel in desk.channels.all()] == [MAIN]
    assert desk.channels.get(MAIN).timeline.state == "off"


async def test_channels_are_listed_in_the_order_in_which_they_were_created(studio: Studio) -> None:
    def listed(desk: Desk) -> list[str]:
        return [channel.slug for channel in desk.channels.all()]

    async with studio.open() as desk:
        for slug in ("b", "c", "a"):
            studio.hands.forward(1)
            await desk.channels.create(slug, slug)
        await desk.channels.update("b", title="B")
        assert listed(desk) == [MAIN, "b", "c", "a"]
        await desk.channels.delete("c")
        now = studio.clock.now()
        desk.channels._clock = SimpleNamespace(now=lambda: Ticks(now - 1))  # type: ignore[assignment]
        await desk.channels.create("c", "It waited for the database, and another one was there sooner")
        assert listed(desk) == [MAIN, "b", "c", "a"]
    async with studio.open() as desk:
        assert listed(desk) == [MAIN, "b", "c", "a"]


async def test_names_that_are_read_are_in_memory_once(studio: Studio, shelf: TestShelf) -> None:
    film = shelf.film("one").video.id
    async with studio.open() as desk:
        for slug in ("a", "b"):
            await desk.channels.create(slug, slug)
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
        await desk.channels.create("music", "Music", rungs=["720p", "240p"], window_seconds=30)
        await desk.playlists.add(MUSIC, [film.video.id for film in films])
        await desk.streams.start(MUSIC)
        hands.forward(4)
        await desk.streams.skip(MUSIC)
        hands.forward(9)
        before, seen = desk.channels.get("music"), listed(desk, studio, MUSIC)
    async with studio.open() as desk:
        assert desk.channels.get("music") == before
        assert listed(desk, studio, MUSIC) == seen


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
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.playlists.add(MAIN, [shelf.film("one", segments=9).video.id, shelf.film("two").video.id])
    await desk.streams.start(MAIN)
    seen: list[Window] = []
    write = store.update

    async def slow(connection: AsyncConnection, before: Channel, after: Channel) -> None:
        hands.forward(1.9)
        seen.append(listed(desk, studio))
        await write(connection, before, after)

    monkeypatch.setattr(store, "update", slow)
    for phase in (0.9, 0.3, 1.1, 0.7):
        hands.forward(phase)
        await desk.streams.skip(MAIN)
        after = {segment.msn: segment for segment in listed(desk, studio).segments}
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

    monkeypatch.setattr(store, "update", _failing)
    with pytest.raises(OSError, match="no answer"):
        await desk.playlists.add(MAIN, [shelf.film("one").video.id])
    assert desk.channels.get(MAIN) == before
    monkeypatch.undo()
    await desk.playlists.add(MAIN, [shelf.film("two").video.id])
    assert len(desk.channels.get(MAIN).timeline.entries) == 1


async def test_the_edge_is_held_while_the_database_does_not_say_what_it_has(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.playlists.add(MAIN, [shelf.film("one").video.id, shelf.film("two").video.id])
    await desk.streams.start(MAIN)
    monkeypatch.setattr(store, "update", _failing)
    monkeypatch.setattr(store, "load", _failing)
    with pytest.raises(OSError, match="no answer"):
        await desk.streams.skip(MAIN)
    hands.forward(60)
    held = desk.channels.get(MAIN).listed_until
    assert held is not None
    assert listed(desk, studio).segments[-1].ends_at <= held
    monkeypatch.undo()
    await until(lambda: desk.channels.get(MAIN).listed_until is None)
    assert listed(desk, studio).segments[-1].ends_at > held


async def _failing(*_: object) -> None:
    raise OSError("no answer")


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


def programs(desk: Desk) -> list[list[PackageId]]:
    return [[slot.package for slot in run.program.slots] for run in desk.channels.get(MAIN).timeline.runs]


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
    assert desk.channels.effective_at(MAIN) == added.effective_at
    planned = desk.channels.get(MAIN).timeline.runs
    await desk.channels.update("main", title="Another title")
    shelf.grow(growing, 40)
    await until(lambda: desk.channels.get(MAIN).timeline.runs != planned)
    assert desk.channels.effective_at(MAIN) == added.effective_at
    skipped = await desk.streams.skip(MAIN)
    assert desk.channels.effective_at(MAIN) == skipped.effective_at < added.effective_at


async def test_a_deleted_video_leaves_every_playlist_and_the_air(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    gone, stays = shelf.film("gone", segments=100), shelf.film("stays", segments=100)
    await desk.channels.create("music", "Music")
    for slug in (MAIN, MUSIC):
        await desk.playlists.add(slug, [gone.video.id, stays.video.id, gone.video.id])
        await desk.streams.start(slug)
    await desk.channels.update("music", slate=gone.video.id)
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
        await desk.channels.create("music", "Music")
        await desk.playlists.add(MAIN, [gone.video.id])
        await desk.playlists.add(MUSIC, [gone.video.id, grown.video.id])
        await desk.streams.start(MUSIC)
    shelf.callbacks.clear()
    shelf.delete(gone)
    async with studio.open() as desk:
        await until(lambda: desk.channels.get(MAIN).timeline.entries == ())
        await until(lambda: len(desk.channels.get(MUSIC).timeline.entries) == 1)
    shelf.callbacks.clear()
    grown.package = PackageId(new_id())  # another package has taken the place of the one that airs
    shelf.tables[grown.package] = grown.table
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
    monkeypatch.setattr(store, "update", _failing)
    with structlog.testing.capture_logs() as logs:
        async with studio.open() as desk:
            await asyncio.sleep(0.05)
    assert logs == []


async def test_a_channel_that_is_deleted_while_it_waits_to_be_planned_anew_is_no_news(
    desk: Desk, shelf: TestShelf
) -> None:
    film, later = shelf.film("film"), shelf.film("later")
    await desk.channels.create("music", "Music")
    await desk.playlists.add(MUSIC, [film.video.id])
    await desk.playlists.add(MAIN, [later.video.id])
    with structlog.testing.capture_logs() as logs:
        async with desk.database.write():  # somebody else is writing
            deleting = asyncio.create_task(desk.channels.delete(MUSIC))
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


async def test_a_package_is_within_reach_until_no_player_can_ask_for_it_and_named_by_the_log_after_that(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    aired, never = shelf.film("aired"), shelf.film("never")
    await desk.playlists.add(MAIN, [aired.video.id])
    await desk.streams.start(MAIN)
    assert desk.channels.reach(studio.clock.now())[aired.package] is None
    hands.forward(20)
    await desk.streams.stop(MAIN)
    shelf.delete(aired)
    await until(lambda: desk.channels.get(MAIN).timeline.entries == ())
    reach = desk.channels.reach(studio.clock.now())
    assert never.package not in reach
    needed = reach[aired.package]
    assert needed is not None
    assert 60 < (needed - studio.clock.now()) / TICKS_PER_SECOND < 4 * 60
    hands.forward(3 * 86_400)
    assert desk.channels.reach(studio.clock.now())[aired.package] == needed  # the as-run log names it
    await desk.streams.start(MAIN)
    hands.forward(40 * 86_400)
    assert [each.slug for each in desk.channels.old_history(studio.clock.now())] == [MAIN]
    await desk.channels.forget_history(MAIN)
    assert desk.channels.old_history(studio.clock.now()) == []
    assert aired.package not in desk.channels.reach(studio.clock.now())


async def test_a_held_edge_keeps_its_packages_within_reach(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = shelf.film("film", segments=50)
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)
    hands.forward(20)
    await desk.playlists.clear(MAIN)
    needed = desk.channels.reach(studio.clock.now())[film.package]
    assert needed is not None
    monkeypatch.setattr(store, "update", _failing)
    monkeypatch.setattr(store, "load", _failing)
    with pytest.raises(OSError, match="no answer"):
        await desk.streams.stop(MAIN)
    hands.forward(3600)
    held = desk.channels.reach(studio.clock.now())[film.package]
    assert held is not None
    assert held > studio.clock.now()


async def test_players_of_a_deleted_channel_may_ask_for_what_it_listed(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    film = shelf.film("film")
    await desk.channels.create("music", "Music")
    await desk.playlists.add(MUSIC, [film.video.id])
    await desk.streams.start(MUSIC)
    await desk.streams.stop(MUSIC)
    needed = desk.channels.reach(studio.clock.now())[film.package]
    await desk.channels.delete("music")
    async with studio.open() as again:
        for channels in (desk.channels, again.channels):
            assert channels.reach(studio.clock.now())[film.package] == needed
        hands.forward(3600)
        await again.channels.forget_echoes()
        assert film.package not in again.channels.reach(studio.clock.now())


async def test_a_restored_video_comes_back_to_every_playlist_to_its_places(
    desk: Desk, studio: Studio, shelf: TestShelf
) -> None:
    one, two, three = (shelf.film(name) for name in ("one", "two", "three"))
    await desk.channels.create("music", "Music")
    await desk.playlists.add(MAIN, [film.video.id for film in (one, two, one, three)])
    await desk.playlists.add(MUSIC, [two.video.id])
    before = {slug: desk.channels.get(slug) for slug in (MAIN, MUSIC)}
    for film in (one, two):
        shelf.delete(film)
    await until(lambda: len(entries(desk, MAIN)) == 1)
    await until(lambda: entries(desk, MUSIC) == ())
    extra = shelf.film("extra")
    (added,) = (await desk.playlists.add(MAIN, [extra.video.id])).added
    async with studio.open() as again:  # it outlives a restart
        assert again.channels.get(MAIN) == desk.channels.get(MAIN)
    for film in (two, one):
        shelf.restore(film)
    await until(lambda: len(entries(desk, MAIN)) == 5)
    await until(lambda: len(entries(desk, MUSIC)) == 1)
    assert entries(desk, MAIN)[:4] == before[MAIN].timeline.entries
    assert entries(desk, MAIN)[4].id == added
    assert entries(desk, MUSIC) == before[MUSIC].timeline.entries
    assert desk.channels.get(MAIN).absent == ()
    assert desk.channels.get(MUSIC).added_at == before[MUSIC].added_at


async def test_a_video_that_was_restored_while_nobody_looked_comes_back(
    studio: Studio, shelf: TestShelf
) -> None:
    film = shelf.film("film")
    async with studio.open() as desk:
        await desk.playlists.add(MAIN, [film.video.id])
        shelf.delete(film)
        await until(lambda: entries(desk, MAIN) == ())
    shelf.callbacks.clear()
    shelf.restore(film)
    async with studio.open() as desk:
        await until(lambda: len(entries(desk, MAIN)) == 1)


async def test_what_somebody_removed_or_cleared_does_not_come_back_with_its_video(
    desk: Desk, shelf: TestShelf
) -> None:
    one, two = shelf.film("one"), shelf.film("two")
    (first, _) = (await desk.playlists.add(MAIN, [one.video.id, two.video.id])).added
    await desk.playlists.remove(MAIN, [first])
    shelf.delete(one)
    shelf.delete(two)
    await until(lambda: entries(desk, MAIN) == ())
    shelf.restore(one)
    shelf.restore(two)
    await until(lambda: [entry.video for entry in entries(desk, MAIN)] == [two.video.id])
    shelf.delete(two)
    await until(lambda: entries(desk, MAIN) == ())
    await desk.playlists.clear(MAIN)
    shelf.restore(two)
    await desk.playlists.add(MAIN, [one.video.id])
    assert [entry.video for entry in entries(desk, MAIN)] == [one.video.id]


async def test_what_is_not_in_a_list_that_replaced_all_does_not_come_back_with_its_video(
    desk: Desk, shelf: TestShelf
) -> None:
    one, two = shelf.film("one"), shelf.film("two")
    await desk.playlists.add(MAIN, [one.video.id, two.video.id])
    whole = entries(desk, MAIN)
    shelf.delete(two)
    await until(lambda: len(entries(desk, MAIN)) == 1)
    await desk.playlists.replace(MAIN, [one.video.id])
    assert desk.channels.get(MAIN).awaited == frozenset()
    shelf.restore(two)
    await desk.playlists.undo(MAIN)
    assert entries(desk, MAIN) == whole


async def test_undo_takes_back_the_last_edit_of_a_person_not_a_deletion(desk: Desk, shelf: TestShelf) -> None:
    one, two = shelf.film("one"), shelf.film("two")
    await desk.playlists.add(MAIN, [one.video.id])
    await desk.playlists.add(MAIN, [two.video.id])
    shelf.delete(one)
    await until(lambda: len(entries(desk, MAIN)) == 1)
    await desk.playlists.undo(MAIN)
    assert entries(desk, MAIN) == ()
    shelf.restore(one)
    await until(lambda: [entry.video for entry in entries(desk, MAIN)] == [one.video.id])


async def test_undo_leaves_what_was_restored_meanwhile_in_its_place(desk: Desk, shelf: TestShelf) -> None:
    one, two, three = (shelf.film(name) for name in ("one", "two", "three"))
    await desk.playlists.add(MAIN, [film.video.id for film in (one, two, one)])
    whole = entries(desk, MAIN)
    shelf.delete(two)
    await until(lambda: len(entries(desk, MAIN)) == 2)
    await desk.playlists.add(MAIN, [three.video.id])
    shelf.restore(two)
    await until(lambda: len(entries(desk, MAIN)) == 4)
    await desk.playlists.undo(MAIN)
    assert entries(desk, MAIN) == whole


async def test_what_undo_brings_back_of_a_deleted_video_comes_back_with_it(
    desk: Desk, shelf: TestShelf
) -> None:
    one, two = shelf.film("one"), shelf.film("two")
    await desk.playlists.add(MAIN, [two.video.id, one.video.id])
    whole = entries(desk, MAIN)
    shelf.delete(two)
    await until(lambda: len(entries(desk, MAIN)) == 1)
    await desk.playlists.clear(MAIN)
    await desk.playlists.undo(MAIN)
    assert entries(desk, MAIN) == whole[1:]
    shelf.restore(two)
    await until(lambda: entries(desk, MAIN) == whole)


def entries(desk: Desk, slug: ChannelSlug) -> tuple[Entry, ...]:
    return desk.channels.get(slug).timeline.entries


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
    await desk.channels.forget_history(MAIN)
    assert len(desk.channels.get(MAIN).timeline.runs) == 1
    async with studio.open() as again:
        assert again.channels.get(MAIN).timeline == desk.channels.get(MAIN).timeline
    await desk.streams.start(MAIN)
    assert listed(desk, studio).segments[0].msn > last


async def test_other_rungs_come_with_the_next_broadcast(desk: Desk, shelf: TestShelf, hands: Hands) -> None:
    await desk.playlists.add(MAIN, [shelf.film("one").video.id])
    await desk.streams.start(MAIN)
    channel = await desk.channels.update("main", rungs=["240p", "720p"])
    assert channel.on_air is not None
    assert len(channel.on_air.rungs) == 5
    assert [rung.name for rung in channel.rungs] == ["720p", "240p"]
    await desk.streams.stop(MAIN)
    hands.forward(5)
    await desk.streams.start(MAIN)
    present = desk.channels.get(MAIN).on_air
    assert present is not None
    assert [rung.name for rung in present.rungs] == ["720p", "240p"]


async def test_a_slate_of_ones_own_covers_an_empty_playlist(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    own = shelf.film("own slate")
    await desk.channels.update("main", slate=own.video.id)
    await desk.streams.start(MAIN)
    assert listed(desk, studio).segments[-1].package == own.package
    await desk.channels.update("main", slate=None)
    hands.forward(8)
    assert listed(desk, studio).segments[-1].package == shelf.slate_film.package


async def test_a_slate_and_a_window_that_change_together_both_show(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    own = shelf.film("own slate")
    await desk.streams.start(MAIN)
    await desk.channels.update("main", slate=own.video.id, window_seconds=120)
    hands.forward(120)
    first, *_, last = listed(desk, studio).segments
    assert last.package == own.package
    assert last.ends_at - first.starts_at == 120 * TICKS_PER_SECOND


async def test_a_slate_that_is_deleted_gives_way_to_the_built_in_one_for_good(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    own = shelf.film("own slate")
    await desk.channels.update("main", slate=own.video.id)
    await desk.streams.start(MAIN)
    shelf.delete(own)
    await until(lambda: desk.channels.get(MAIN).slate is None)
    hands.forward(8)
    assert listed(desk, studio).segments[-1].package == shelf.slate_film.package
    shelf.restore(own)
    await desk.channels.update("main", title="Still")
    assert desk.channels.get(MAIN).slate is None


async def test_a_window_can_be_made_longer_on_the_air(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    await desk.playlists.add(MAIN, [shelf.film("one").video.id])
    await desk.streams.start(MAIN)
    hands.forward(100)
    await desk.channels.update("main", window_seconds=120)
    hands.forward(100)
    first, *_, last = listed(desk, studio).segments
    assert last.ends_at - first.starts_at == 120 * TICKS_PER_SECOND


async def test_settings_that_make_no_sense_are_refused_by_name(desk: Desk) -> None:
    with pytest.raises(BadRequest, match="`title`") as title:
        await desk.channels.create("music", "  ")
    with pytest.raises(BadRequest, match="`rungs`") as rungs:
        await desk.channels.create("music", "Music", rungs=["8K"])
    with pytest.raises(BadRequest, match="`windowSeconds`") as window:
        await desk.channels.create("music", "Music", window_seconds=0)
    assert [each.value.code for each in (title, rungs, window)] == ["bad_title", "bad_rungs", "bad_window"]
    with pytest.raises(Unknown):
        await desk.channels.create("music", "Music", slate=VideoId("nothing"))
    assert len(desk.channels.all()) == 1


async def test_a_channel_exists_once(desk: Desk) -> None:
    await desk.channels.create("music", "Music")
    with pytest.raises(WrongState, match="already"):
        await desk.channels.create("music", "Other music")


async def test_a_caller_that_goes_away_leaves_no_channel_half_made_or_half_deleted(
    desk: Desk, studio: Studio
) -> None:
    for attempt in range(0, 60, 3):
        await given_up(desk.channels.create(f"made-{attempt}", "Made"), after_turns=attempt)
        await desk.channels.create(f"gone-{attempt}", "Gone")
        await given_up(desk.channels.delete(f"gone-{attempt}"), after_turns=attempt)
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
    await desk.channels.create("music", "Music")
    await desk.streams.start(MUSIC)
    with pytest.raises(WrongState, match="stop it first"):
        await desk.channels.delete("music")
    await desk.streams.stop(MUSIC)
    await desk.channels.delete("music")
    with pytest.raises(Unknown):
        desk.channels.get("music")
    with pytest.raises(WrongState, match="main channel stays"):
        await desk.channels.delete("main")
    async with studio.open() as again:
        assert [channel.slug for channel in again.channels.all()] == [MAIN]


async def test_a_channel_that_is_gone_is_not_told_of_the_library(desk: Desk, shelf: TestShelf) -> None:
    film = shelf.film("film")
    await desk.channels.create("music", "Music")
    await desk.playlists.add(MUSIC, [film.video.id])
    await desk.channels.delete("music")
    shelf.delete(film)
    await desk.channels.create("music", "Music")
    assert desk.channels.get(MUSIC).timeline.entries == ()


async def test_before_there_is_a_slate_only_what_needs_one_has_to_wait(
    desk: Desk, studio: Studio, shelf: TestShelf
) -> None:
    shelf.slate_film.available = 3
    growing, complete = shelf.film("growing", available=4), shelf.film("complete", segments=20)
    await desk.playlists.add(MAIN, [growing.video.id])
    with pytest.raises(NotReady, match="slate is being made"):
        await desk.streams.start(MAIN)
    await desk.playlists.replace(MAIN, [complete.video.id])
    await desk.streams.start(MAIN)
    assert listed(desk, studio).segments[-1].package == complete.package
    with pytest.raises(NotReady):
        await desk.streams.pause(MAIN)
    assert desk.channels.get(MAIN).timeline.state == "on"
