"""What is stored of a channel cannot be read: it says so, the others air, and a start begins it anew."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.channels.conftest import MAIN, MUSIC, Desk, Studio

from insta_stream.channels.channel import Channel
from insta_stream.errors import Unknown, WrongState
from insta_stream.ids import PackageId
from insta_stream.ticks import Ticks
from insta_stream.timeline.airings import on_air
from insta_stream.timeline.window import Window, window

FAULTS = {
    "a package without a row": "UPDATE program SET body = replace(body, 'PACKAGE', printf('%032d', 0))",
    "a program that is gone": "DELETE FROM program WHERE body LIKE '%PACKAGE%'",
    "a program that is no JSON": "UPDATE program SET body = '[' WHERE body LIKE '%PACKAGE%'",
    "a run that is no JSON": "UPDATE run SET body = '' WHERE channel = 'main'",
    "a run that lacks a field": "UPDATE run SET body = '{}' WHERE channel = 'main'",
    "a rung that there never was": """UPDATE channel SET rungs = '["8K"]' WHERE slug = 'main'""",
    "a broadcast that has no rungs": "UPDATE channel SET broadcast_rungs = '{}' WHERE slug = 'main'",
    "a timeline that is no JSON": "UPDATE channel SET timeline = '{' WHERE slug = 'main'",
    "a time of creation that is none": "UPDATE channel SET created_at = 'x' WHERE slug = 'main'",
    "dates of entries that are no JSON": "UPDATE channel SET added_at = '{' WHERE slug = 'main'",
    "an undo that is no JSON": "UPDATE channel SET undo = '{' WHERE slug = 'main'",
    "runs without a broadcast": """UPDATE channel SET
        timeline = json_set(timeline, '$.broadcasts', json('[]')) WHERE slug = 'main'""",
    "a broadcast without a run": "DELETE FROM run WHERE channel = 'main'",
    "a last edit that is beyond all time": """UPDATE channel SET
        timeline = json_set(timeline, '$.committed_at', 1000000000000000000) WHERE slug = 'main'""",
    "a number that is none": "UPDATE channel SET number = 'x' WHERE slug = 'main'",
    "a number of its last edit that is none": "UPDATE channel SET revision = 'x' WHERE slug = 'main'",
    "a number of its last edit beyond all": """UPDATE channel SET
        revision = 1000000000000000000 WHERE slug = 'main'""",
    "an instant of its last edit that is none": "UPDATE channel SET effective_at = 'x' WHERE slug = 'main'",
    "no rung": "UPDATE channel SET rungs = '[]' WHERE slug = 'main'",
    "a title that is no text": "UPDATE channel SET title = x'ff' WHERE slug = 'main'",
    "nothing that can be read": """UPDATE channel SET timeline = '', rungs = '', broadcast_rungs = '',
        added_at = '', undo = '', absent = '', created_at = '', window_seconds = '' WHERE slug = 'main'""",
}


async def put_on_air(desk: Desk, studio: Studio) -> PackageId:
    """Start two channels; return the package that only the main one airs."""
    one, two = studio.shelf.film("one"), studio.shelf.film("two")
    await desk.registry.create(MUSIC, "Music")
    for slug, film in ((MAIN, one), (MUSIC, two)):
        await desk.playlists.add(slug, [film.video.id])
        await desk.streams.start(slug)
    return one.package


def spoil(path: Path, fault: str, package: PackageId) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(FAULTS[fault].replace("PACKAGE", package))


def listed(channel: Channel, now: Ticks) -> Window:
    assert channel.on_air is not None
    return window(channel.timeline, channel.on_air.id, now)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_broken_channel_says_why_and_the_others_air(studio: Studio, fault: str) -> None:
    async with studio.open() as desk:
        package = await put_on_air(desk, studio)
        before = listed(desk.channels.get(MAIN), studio.clock.now())
        music = desk.channels.get(MUSIC)
    spoil(studio.path, fault, package)
    studio.hands.forward(3)
    async with studio.open() as desk:
        assert desk.channels.get(MUSIC) == music
        assert listed(music, studio.clock.now()).segments
        broken = desk.channels.get(MAIN)
        assert broken.broken.startswith("This channel's stored data cannot be read.")
        assert (broken.timeline.state, broken.timeline.runs) == ("off", ())
        for deed in (desk.streams.stop, desk.streams.pause):
            with pytest.raises(WrongState, match=r"cannot be read\. .* Start it"):
                await deed(MAIN)
        with pytest.raises(WrongState, match="Start it"):
            await desk.registry.update(MAIN, title="Another")
    async with studio.open() as desk:  # looking changes nothing
        assert desk.channels.get(MAIN) == broken
        await desk.streams.start(MAIN)
        mended = desk.channels.get(MAIN)
        now = studio.clock.now()
        assert mended.broken == ""
        after = listed(mended, now)
        assert after.segments[0].msn > before.segments[-1].msn
        assert after.discontinuity_sequence > before.discontinuity_sequence
        assert on_air(mended.timeline, now) is not None
    async with studio.open() as desk:
        assert desk.channels.get(MAIN) == mended


async def test_a_broken_channel_keeps_its_playlist(studio: Studio) -> None:
    async with studio.open() as desk:
        package = await put_on_air(desk, studio)
        entries = desk.channels.get(MAIN).timeline.entries
    spoil(studio.path, "a package without a row", package)
    async with studio.open() as desk:
        assert desk.channels.get(MAIN).timeline.entries == entries
        assert [item.entry for item in desk.playlists.status(MAIN).items] == [entry.id for entry in entries]
        await desk.streams.start(MAIN)
        assert desk.channels.get(MAIN).timeline.entries == entries


async def test_a_broken_channel_can_be_deleted(studio: Studio) -> None:
    async with studio.open() as desk:
        await put_on_air(desk, studio)
    with closing(sqlite3.connect(studio.path)) as database, database:
        database.execute("UPDATE run SET body = '' WHERE channel = 'music'")
    async with studio.open() as desk:
        assert desk.channels.get(MUSIC).broken
        await desk.registry.delete(MUSIC)
    async with studio.open() as desk:
        with pytest.raises(Unknown):
            desk.channels.get(MUSIC)
