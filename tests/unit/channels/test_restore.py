"""A database that was restored: its channels begin anew, once, whatever its server did after the backup."""

import shutil
import sqlite3
from pathlib import Path

import pytest
import structlog
from tests.unit.channels.conftest import MAIN, Desk, Studio

from insta_stream.channels.channel import Channel
from insta_stream.db import restored
from insta_stream.db.engine import Database
from insta_stream.errors import Unknown
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline.airings import airings, on_air
from insta_stream.timeline.window import Window, window


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup.db"


async def back_up(studio: Studio, backup: Path) -> None:
    source, copy = sqlite3.connect(studio.path), sqlite3.connect(backup)
    source.backup(copy)
    source.close()
    copy.close()
    database = Database(backup)
    async with database.write() as connection:
        await restored.mark(connection, studio.clock.now())
    await database.close()


def restore(studio: Studio, backup: Path) -> None:
    for path in studio.path.parent.glob(f"{studio.path.name}*"):
        path.unlink()
    shutil.copyfile(backup, studio.path)


def listed(channel: Channel, now: Ticks) -> Window:
    assert channel.on_air is not None
    return window(channel.timeline, channel.on_air.id, now)


async def put_on_air(desk: Desk, studio: Studio) -> None:
    films = [studio.shelf.film("one", segments=50), studio.shelf.film("two", segments=70)]
    await desk.playlists.add(MAIN, [film.video.id for film in films])
    await desk.streams.start(MAIN)


async def test_a_channel_begins_a_new_broadcast_above_all_that_was_served(
    studio: Studio, backup: Path
) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, studio)
        studio.hands.forward(30)
        await back_up(studio, backup)
        taken_at, before = studio.clock.now(), desk.channels.get(MAIN)
        for _ in range(3):
            await desk.streams.stop(MAIN)
            studio.hands.forward(2)
            await desk.streams.start(MAIN)
            studio.hands.forward(2)
        served = listed(desk.channels.get(MAIN), studio.clock.now()).segments[-1]
    restore(studio, backup)
    async with studio.open() as desk:
        channel, now = desk.channels.get(MAIN), studio.clock.now()
        shown = listed(channel, now)
        assert shown.segments[0].msn > served.msn
        assert shown.segments[0].discontinuity > served.discontinuity
        assert len(shown.segments) >= 6
        assert before.on_air is not None
        with pytest.raises(Unknown):
            channel.broadcast(before.on_air.id)
        history = list(airings(channel.timeline, Ticks(0), taken_at))
        assert [airing.video for airing in history] == [before.timeline.entries[0].video]
        ended = history[-1].ends_at
        assert ended is not None
        assert ended - taken_at < seconds(4)
        assert {each.id for each in channel.timeline.broadcasts} == set(channel.broadcasts)


async def test_a_channel_goes_on_with_what_the_guide_said(studio: Studio, backup: Path) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, studio)
        await back_up(studio, backup)
        studio.hands.forward(150)
        expected = on_air(desk.channels.get(MAIN).timeline, studio.clock.now())
    restore(studio, backup)
    async with studio.open() as desk:
        found = on_air(desk.channels.get(MAIN).timeline, studio.clock.now())
    assert found is not None
    assert expected is not None
    assert found.airing.entry == expected.airing.entry
    assert abs(found.position - expected.position) < seconds(15)


async def test_a_pause_stays_a_pause_and_goes_on_where_it_was(studio: Studio, backup: Path) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, studio)
        studio.hands.forward(20)
        await desk.streams.pause(MAIN)
        studio.hands.forward(10)
        held = desk.channels.get(MAIN).timeline.held
        await back_up(studio, backup)
        await desk.streams.resume(MAIN)
    restore(studio, backup)
    async with studio.open() as desk:
        assert desk.streams.status(MAIN).state == "paused"
        assert desk.channels.get(MAIN).timeline.held == held
        assert all(
            segment.slot.is_slate for segment in listed(desk.channels.get(MAIN), studio.clock.now()).segments
        )
        await desk.streams.resume(MAIN)
        studio.hands.forward(3)
        place = on_air(desk.channels.get(MAIN).timeline, studio.clock.now())
        assert place is not None
        assert place.airing.first_segment == (held.segment if held else None)


async def test_a_channel_that_was_off_stays_off_and_keeps_its_playlist(studio: Studio, backup: Path) -> None:
    film = studio.shelf.film("one")
    async with studio.open() as desk:
        await desk.playlists.add(MAIN, [film.video.id])
        await back_up(studio, backup)
        await desk.streams.start(MAIN)
        served = listed(desk.channels.get(MAIN), studio.clock.now()).segments[-1]
    restore(studio, backup)
    async with studio.open() as desk:
        assert desk.channels.get(MAIN).timeline.state == "off"
        assert desk.channels.get(MAIN).undo == ()
        await desk.streams.start(MAIN)
        assert listed(desk.channels.get(MAIN), studio.clock.now()).segments[0].msn > served.msn


async def test_only_the_first_start_begins_anew(studio: Studio, backup: Path) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, studio)
        await back_up(studio, backup)
    restore(studio, backup)
    async with studio.open() as desk:
        begun = desk.channels.get(MAIN)
    studio.hands.forward(5)
    async with studio.open() as desk:
        assert desk.channels.get(MAIN) == begun


async def test_a_channel_without_anything_to_show_is_off_and_says_so(studio: Studio, backup: Path) -> None:
    async with studio.open() as desk:
        await desk.streams.start(MAIN)
        await back_up(studio, backup)
    restore(studio, backup)
    studio.shelf.slate_film.available = 0
    with structlog.testing.capture_logs() as logs:
        async with studio.open() as desk:
            assert desk.channels.get(MAIN).timeline.state == "off"
    assert "restored_channel_stays_off" in [log["event"] for log in logs]
