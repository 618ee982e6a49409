"""What is shown, and up to when: several processes on one database tell the same."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from tests.support.shelf import TestShelf
from tests.unit.channels.conftest import DEFAULTS, MAIN, MUSIC, Desk, Hands, Studio, entries

from insta_stream.channels.shown import Shown
from insta_stream.db.news import Heard, mend
from insta_stream.errors import NotReady, Unknown, WrongState
from insta_stream.storage.fence import Fence
from insta_stream.ticks import Ticks, seconds


@pytest.fixture
async def other(desk: Desk, studio: Studio) -> AsyncIterator[Desk]:
    """Another process on the same database, which asks for news when it is told to."""
    async with studio.open(follows=False) as other:
        assert other.channels.all() == desk.channels.all()
        yield other


async def test_what_one_process_changes_the_others_show(desk: Desk, other: Desk, shelf: TestShelf) -> None:
    told: list[str] = []
    other.channels.watch(told.append)
    await desk.registry.create("music", "Music")
    await desk.playlists.add(MUSIC, [shelf.film("one").video.id])
    with pytest.raises(Unknown):
        other.channels.get(MUSIC)
    await other.channels.ask()
    assert other.channels.all() == desk.channels.all()
    assert told == [MUSIC]
    await other.streams.start(MUSIC)
    await desk.channels.ask()
    assert desk.channels.get(MUSIC) == other.channels.get(MUSIC)
    await desk.streams.stop(MUSIC)
    await desk.registry.delete("music")
    await other.channels.ask()
    assert [each.slug for each in other.channels.all()] == [MAIN]
    assert told == [MUSIC, MUSIC, MUSIC]


async def test_the_news_is_told_to_whoever_wants_it(desk: Desk, other: Desk) -> None:
    told: list[Heard] = []

    async def hear(news: Heard) -> None:
        told.append(news)

    other.channels.tell(hear)
    await desk.registry.create("music", "Music")
    await other.channels.ask()
    await other.channels.ask()
    assert [each.revision for each in told] == [desk.channels.get("music").revision] * 2


async def test_a_channel_of_the_same_name_that_is_made_again_is_another_one(
    desk: Desk, other: Desk, studio: Studio
) -> None:
    await desk.registry.create("music", "Music")
    await other.channels.ask()
    await desk.registry.delete("music")
    studio.hands.forward(1)
    await desk.registry.create("music", "Other music")
    await other.channels.ask()
    assert other.channels.get("music") == desk.channels.get("music")
    assert other.channels.get("music").title == "Other music"


async def test_what_is_made_while_others_are_seen_to_be_gone_stays(
    desk: Desk, other: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.registry.create("music", "Music")
    await other.channels.ask()
    await desk.registry.delete("music")
    show = other.channels._catch_up

    async def make_and_catch_up() -> None:
        await show()
        await other.registry.create("made", "Made")

    monkeypatch.setattr(other.channels, "_catch_up", make_and_catch_up)
    await other.channels.ask()
    await other.channels.ask()
    assert [each.slug for each in other.channels.all()] == [MAIN, "made"]


async def test_an_edit_is_made_of_the_channel_as_it_then_is(
    desk: Desk, other: Desk, shelf: TestShelf
) -> None:
    one, two = shelf.film("one"), shelf.film("two")
    await desk.playlists.add(MAIN, [one.video.id])
    await other.playlists.add(MAIN, [two.video.id])  # it has not heard of the first
    assert [entry.video for entry in entries(other, MAIN)] == [one.video.id, two.video.id]
    await desk.channels.ask()
    assert desk.channels.get(MAIN) == other.channels.get(MAIN)


async def test_what_others_did_is_not_undone_by_who_has_not_heard_of_it(desk: Desk, other: Desk) -> None:
    await desk.registry.create("music", "Music")
    with pytest.raises(WrongState, match="already"):
        await other.registry.create("music", "Mine")
    await other.channels.ask()
    await desk.registry.delete("music")
    with pytest.raises(Unknown):
        await other.streams.start(MUSIC)
    with pytest.raises(Unknown):
        await other.registry.delete("music")


async def test_what_is_shown_is_listed_for_as_long_as_it_is_known_to_be_right(
    other: Desk, hands: Hands, studio: Studio
) -> None:
    channel = other.channels.get(MAIN)
    began = studio.clock.now()
    hands.forward(0.9)
    assert other.channels.edge(channel) == studio.clock.now()
    hands.forward(5)
    assert other.channels.edge(channel) == began + channel.timeline.horizon
    assert other.channels.seconds_behind() == pytest.approx(5.9)
    await other.channels.ask()
    assert other.channels.edge(channel) == studio.clock.now()


async def test_while_an_edit_is_being_stored_no_process_goes_further_than_what_it_leaves_alone(
    desk: Desk, other: Desk, hands: Hands, studio: Studio
) -> None:
    channel = desk.channels.get(MAIN)
    async with desk.registry.news.edit() as writing:
        hands.forward(30)
        for each in (desk, other):
            await each.channels.ask()
            assert each.channels.edge(channel) == writing.now + channel.timeline.horizon
    for each in (desk, other):
        await each.channels.ask()
        assert each.channels.edge(channel) == studio.clock.now()


async def test_who_begins_while_an_edit_is_being_stored_lists_nothing_before_that_has_ended(
    desk: Desk, studio: Studio
) -> None:
    await desk.streams.start(MAIN)
    channel = desk.channels.get(MAIN)
    news, clock = desk.registry.news, studio.clock
    begun = Shown(desk.database, news, studio.shelf, clock, DEFAULTS.timeline())
    async with news.edit():
        await begun.load()
        await begun.ask()
        assert begun.edge(channel) < channel.timeline.committed_at
    await begun.ask()
    assert begun.edge(channel) == clock.now()


async def test_where_the_database_cannot_be_asked_the_edge_is_held_for_a_moment_and_then_goes_on(
    desk: Desk, other: Desk, hands: Hands, studio: Studio
) -> None:
    timeline = other.channels.get(MAIN).timeline
    began = studio.clock.now()
    async with desk.database.write() as connection:
        await connection.execute(text("UPDATE news SET revision = 'x'"))
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            await other.channels.ask()
    assert [line["event"] for line in logs] == ["channels_not_read"]
    hands.forward(0.5)
    assert other.channels.edge(other.channels.get(MAIN)) == studio.clock.now()
    hands.forward(2)
    assert other.channels.edge(other.channels.get(MAIN)) == began + timeline.horizon
    hands.forward(1)
    assert other.channels.edge(other.channels.get(MAIN)) == studio.clock.now()
    with pytest.raises(NotReady, match="does not say how many edits"):
        await desk.registry.create("music", "Music")
    async with desk.database.write() as connection:
        await mend(connection)  # as a start does
    await desk.registry.create("music", "Music")
    await other.channels.ask()
    assert other.channels.get("music").title == "Music"


async def test_after_a_mistake_while_asking_the_edge_goes_on_too(
    desk: Desk, other: Desk, hands: Hands, studio: Studio
) -> None:
    async with desk.database.write() as connection:
        await connection.execute(text("ALTER TABLE news RENAME TO elsewhere"))
    with pytest.raises(sqlite3.OperationalError):
        await other.channels.ask()
    hands.forward(10)
    assert other.channels.edge(other.channels.get(MAIN)) == studio.clock.now()
    async with desk.database.write() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO news"))
    await other.channels.ask()
    assert other.channels.seconds_behind() == 0


async def test_an_edit_waits_for_the_fence_but_not_for_ever(
    desk: Desk, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence = Fence(studio.path.with_name("fence"))
    monkeypatch.setattr("insta_stream.db.news.COMMIT_LIMIT", Ticks(seconds(0.05)))
    assert fence.close()
    with pytest.raises(NotReady, match="Another process"):
        await desk.registry.create("music", "Music")
    assert not Fence(studio.path.with_name("fence")).is_open()  # of another one
    fence.give_up()
    await desk.registry.create("music", "Music")


async def test_an_edit_that_is_given_up_while_it_waits_leaves_the_fence_to_the_one_that_has_it(
    desk: Desk, other: Desk
) -> None:
    fence = other.registry.news._fence
    async with desk.registry.news.edit():
        waiting = asyncio.create_task(desk.registry.news.edit().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert not fence.is_open()
    assert fence.is_open()


def test_a_fence_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="cannot be opened"):
        Fence(tmp_path / "missing" / "fence")
