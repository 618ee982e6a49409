"""A clock that had run ahead and was brought back: channels go on today, above all that was ever listed."""

import sqlite3
from contextlib import closing

import pytest
from tests.unit.channels.conftest import Desk, Studio
from tests.unit.channels.test_broken import FAULTS, spoil

from insta_stream.channels.channel import Channel
from insta_stream.clock import Clock
from insta_stream.db import restored
from insta_stream.db.engine import Database
from insta_stream.errors import Unknown
from insta_stream.ids import ChannelSlug, PackageId
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline.airings import airings, on_air
from insta_stream.timeline.window import Window, window

MAIN, KIDS = ChannelSlug("main"), ChannelSlug("kids")
AHEAD = 400 * 86_400
LATE = seconds(10)


async def set_right(studio: Studio, *, taken_at: Ticks | None = None) -> None:
    """Set the clock right, and let the database say that it was ahead, as the command does.

    taken_at: what it says; how far the clock had got, when not told otherwise.
    """
    database = Database(studio.path)
    async with database.write() as connection:
        await restored.mark(connection, studio.clock.now() if taken_at is None else taken_at)
    await database.close()
    jump(studio, -AHEAD)


def jump(studio: Studio, by: int) -> None:
    """Let the next server find another clock."""
    studio.hands.forward(by)
    studio.clock = Clock(wall_ns=studio.hands, monotonic_ns=studio.hands)


def listed(channel: Channel, now: Ticks) -> Window:
    assert channel.on_air is not None
    return window(channel.timeline, channel.on_air.id, now)


async def put_on_air(desk: Desk, studio: Studio) -> PackageId:
    """Start the main channel; return the package that it airs."""
    films = [studio.shelf.film("one", segments=50), studio.shelf.film("two", segments=70)]
    await desk.playlists.add(MAIN, [film.video.id for film in films])
    await desk.streams.start(MAIN)
    return films[0].package


async def test_a_channel_goes_on_where_it_stood_with_its_past(studio: Studio) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, studio)
        studio.hands.forward(60)
        before, today = desk.channels.get(MAIN), studio.clock.now()
    jump(studio, AHEAD)
    async with studio.open() as desk:
        await desk.registry.create(KIDS, "Kids")
        await desk.playlists.add(KIDS, [before.timeline.entries[0].video])
        await desk.streams.start(KIDS)
        await desk.streams.skip(MAIN)
        studio.hands.forward(20)
        wrong = {slug: desk.channels.get(slug) for slug in (MAIN, KIDS)}
        served = {slug: listed(channel, studio.clock.now()).segments[-1] for slug, channel in wrong.items()}
        stood = on_air(wrong[MAIN].timeline, studio.clock.now())
    await set_right(studio)
    studio.hands.forward(5)
    async with studio.open() as desk:
        now = studio.clock.now()
        for slug, channel in wrong.items():
            right = desk.channels.get(slug)
            assert channel.on_air is not None
            with pytest.raises(Unknown):
                right.broadcast(channel.on_air.id)
            assert {each.id for each in right.timeline.broadcasts} == set(right.broadcasts)
            assert right.timeline.committed_at <= now
            assert right.timeline.entries == channel.timeline.entries
        main = desk.channels.get(MAIN).timeline
        found = on_air(main, now)
        assert found is not None
        assert stood is not None
        assert found.airing.entry == stood.airing.entry
        assert abs(found.position - stood.position) < LATE
        past, known = (list(airings(each, Ticks(0), today)) for each in (main, before.timeline))
        assert past[:-1] == known[:-1]
        assert len(desk.channels.get(KIDS).timeline.broadcasts) == 1  # nothing of it was truly past
        studio.hands.forward(20)
        for slug, segment in served.items():
            shown = listed(desk.channels.get(slug), studio.clock.now())
            assert shown.segments[0].msn > segment.msn
            assert shown.segments[0].discontinuity > segment.discontinuity
            assert studio.clock.now() - shown.segments[-1].ends_at < seconds(4)


async def test_a_pause_stays_a_pause_and_goes_on_where_it_was(studio: Studio) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, studio)
    jump(studio, AHEAD)
    async with studio.open() as desk:
        await desk.streams.pause(MAIN)
        studio.hands.forward(10)
        held = desk.channels.get(MAIN).timeline.held
    await set_right(studio)
    async with studio.open() as desk:
        assert desk.streams.status(MAIN).state == "paused"
        assert desk.channels.get(MAIN).timeline.held == held is not None


async def test_a_channel_that_was_stopped_ahead_stays_off(studio: Studio) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, studio)
        studio.hands.forward(30)
    jump(studio, AHEAD)
    async with studio.open() as desk:
        wrong = desk.channels.get(MAIN)
        served = listed(wrong, studio.clock.now()).segments[-1]
        await desk.streams.stop(MAIN)
    await set_right(studio)
    async with studio.open() as desk:
        right, now = desk.channels.get(MAIN), studio.clock.now()
        assert right.timeline.state == "off"
        assert right.showing(now) is None
        assert wrong.on_air is not None
        with pytest.raises(Unknown):
            right.broadcast(wrong.on_air.id)
        assert list(airings(right.timeline, Ticks(0), now))  # what had aired by now is history
        await desk.streams.start(MAIN)
        studio.hands.forward(20)
        assert listed(desk.channels.get(MAIN), studio.clock.now()).segments[0].msn > served.msn


@pytest.mark.parametrize("is_on", [True, False])
async def test_a_backup_of_a_server_whose_clock_was_ahead_airs_today(studio: Studio, is_on: bool) -> None:
    jump(studio, AHEAD)
    async with studio.open() as desk:
        await put_on_air(desk, studio)
        served = listed(desk.channels.get(MAIN), studio.clock.now()).segments[-1]
        if not is_on:
            await desk.streams.stop(MAIN)
    await set_right(studio, taken_at=Ticks(studio.clock.now() - seconds(AHEAD)))
    studio.hands.forward(5)
    async with studio.open() as desk:
        assert desk.streams.status(MAIN).state == ("on" if is_on else "off")
        if not is_on:
            await desk.streams.start(MAIN)
        studio.hands.forward(20)
        shown = listed(desk.channels.get(MAIN), studio.clock.now())
        assert shown.segments[0].msn > served.msn
        assert studio.clock.now() - shown.segments[-1].ends_at < seconds(4)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_broken_channel_begins_anew_today_and_above(studio: Studio, fault: str) -> None:
    async with studio.open() as desk:
        package = await put_on_air(desk, studio)
    jump(studio, AHEAD)
    async with studio.open() as desk:
        await desk.streams.stop(MAIN)
        await desk.streams.start(MAIN)
        studio.hands.forward(20)
        served = listed(desk.channels.get(MAIN), studio.clock.now()).segments[-1]
        await desk.streams.stop(MAIN)
    spoil(studio.path, fault, package)
    with closing(sqlite3.connect(studio.path)) as database:
        texts = database.execute("SELECT timeline FROM channel").fetchall()
    await set_right(studio)
    async with studio.open() as desk:
        assert desk.channels.get(MAIN).broken
    if "timeline" in fault:  # it stays as it is, for whoever can read it
        with closing(sqlite3.connect(studio.path)) as database:
            assert database.execute("SELECT timeline FROM channel").fetchall() == texts
    async with studio.open() as desk:
        await desk.streams.start(MAIN)
        studio.hands.forward(20)
        shown = listed(desk.channels.get(MAIN), studio.clock.now())
        assert shown.segments[0].msn > served.msn
        assert shown.segments[0].discontinuity > served.discontinuity
        assert studio.clock.now() - shown.segments[-1].ends_at < seconds(4)
