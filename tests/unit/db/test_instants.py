"""Dates that a clock wrote which had run ahead, and where they belong."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, select, text
from tests.support.databases import database_at

from insta_stream.db import channels, restored, uploads, videos
from insta_stream.db.engine import Database
from insta_stream.db.instants import HAPPENED, LONGEST_ECHO, bring_back, committed, latest, moved
from insta_stream.db.schema import METADATA
from insta_stream.ticks import Ticks, seconds

NOW = seconds(1_800_000_000)
DAY = seconds(86_400)
AHEAD = Ticks(400 * DAY)
LATER = Ticks(NOW + AHEAD)
"""What the clock said that was ahead, when it was brought back."""

OTHERS = {
    "video.size_bytes",
    "rendition.size_bytes",
    "upload.size_bytes",
    "run.starts_at",  # of a timeline
    "channel.effective_at",  # of a timeline
    "channel.revision",
    "news.revision",
    "news.last_deletion",
    "news.library",
    "news.last_forgotten",
    "news.last_ended",
    "news.uploads",
    "news.headway",
    "headway.airable_at",  # a guess, made anew every second
    "news.accounts",
    "upload.revision",
    "video.revision",
    "package.revision",
    "echo.until",  # a deadline, which is capped
    "restored.taken_at",
    "api_token.created_at",  # by the machine's clock
    "api_token.expires_at",
    "api_token.used_at",
    "account.created_at",
    "account.used_at",
    "account.disabled_at",
    "account.totp_step",
    "account.quota_bytes",
    "invitation.expires_at",
    "session.created_at",
    "session.used_at",
    "session.expires_at",
    "session.ended_at",
    "signing_key.created_at",
    "failed_sign_in.last_at",
    "playback_key.created_at",
    "playback_link.created_at",
    "playback_link.expires_at",
    "playback_link.ended_at",
    "audit_entry.at",
}


def test_every_column_that_may_hold_an_instant_is_known() -> None:
    large = {
        str(column)
        for table in METADATA.tables.values()
        for column in table.columns
        if isinstance(column.type, BigInteger)
    }
    assert large == {str(column) for column in HAPPENED} | OTHERS


@given(
    st.lists(st.integers(NOW - 10 * DAY, NOW).map(Ticks)),
    st.lists(st.integers(NOW + 1, LATER).map(Ticks), min_size=1),
)
def test_what_is_moved_keeps_its_order_and_its_age(past: list[Ticks], to_come: list[Ticks]) -> None:
    places = moved([*to_come, *past], NOW, AHEAD)
    assert places.keys() == set(to_come)
    known = sorted({*past, *to_come})
    after = [places.get(at, at) for at in known]
    assert all(a < b for a, b in pairwise(after))
    newest = max(past, default=Ticks(0))
    for at, place in places.items():
        is_crowded = at - AHEAD <= newest + len(to_come)
        assert place == at - AHEAD or is_crowded
        assert place <= NOW + len(to_come)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await database_at(tmp_path / "insta-stream.db")
    yield database
    await database.close()


VIDEO = {
    "name": "",
    "size_bytes": 1,
    "is_hidden": False,
    "width": 1,
    "height": 1,
    "frame_rate": "25",
    "video_codec": "",
    "audio_codec": "",
}
PACKAGE = {
    "state": "ready",
    "is_current": True,
    "is_airable": True,
    "has_pictures": False,
    "attempts": 0,
    "error": "",
    "segment_table": [],
    "cautions": [],
    "inspection": "",
    "plan": "",
}
UPLOAD = {"name": "", "channel": "", "metadata": "", "size_bytes": 1, "error": ""}
CHANNEL = {"title": "", "rungs": [], "window_seconds": 60, "broadcast_rungs": {}}


async def fill(database: Database, at: Ticks) -> None:
    """Put rows into all tables that say that everything happened at one instant."""
    state = f'{{"committed_at": {at}}}'
    async with database.write() as connection:
        video = VIDEO | {"id": "v", "added_at": at, "deleted_at": at, "released_at": at}
        await connection.execute(videos.video.insert(), video)
        await connection.execute(
            videos.package.insert(), PACKAGE | {"id": "p", "video": "v", "created_at": at}
        )
        upload = UPLOAD | {"id": "u", "created_at": at, "refused_at": at}
        await connection.execute(uploads.upload.insert(), upload)
        for number, slug, timeline in ((1, "main", state), (2, "broken", "{")):
            channel = {"slug": slug, "number": number, "created_at": at, "timeline": timeline}
            added = {"added_at": {"e": at, "f": 1}}
            await connection.execute(channels.channel.insert(), CHANNEL | channel | added)


async def values(database: Database, column: Column[Any]) -> list[Any]:
    async with database.read() as connection:
        return list(await connection.scalars(select(column)))


async def test_every_date_that_is_to_come_is_moved_and_nothing_else(database: Database) -> None:
    hour = seconds(3600)
    await fill(database, Ticks(LATER - hour))
    async with database.write() as connection:
        old = VIDEO | {"id": "old", "added_at": NOW - DAY, "deleted_at": None, "released_at": None}
        await connection.execute(videos.video.insert(), old)
        deadlines = [{"package": "soon", "until": NOW + hour}, {"package": "late", "until": LATER}]
        await connection.execute(channels.echo.insert(), deadlines)
        assert await bring_back(connection, NOW, AHEAD) == 10
    for column in HAPPENED:
        found = set(await values(database, column)) - {None, NOW - DAY}
        assert found == {NOW - hour}, column
    assert await values(database, videos.video.c.added_at) == [NOW - hour, NOW - DAY]
    assert await values(database, channels.channel.c.added_at) == [{"e": NOW - hour, "f": 1}] * 2
    assert await values(database, channels.echo.c.until) == [NOW + hour, NOW + LONGEST_ECHO]
    async with database.write() as connection:
        assert await bring_back(connection, NOW, AHEAD) == 0


@pytest.mark.parametrize("column", HAPPENED, ids=str)
async def test_the_latest_date_is_found_wherever_it_is(database: Database, column: Column[Any]) -> None:
    await fill(database, NOW)
    async with database.write() as connection:
        await connection.execute(column.table.update().values({column.name: LATER}))
        assert await latest(connection) == LATER


async def test_the_last_edit_counts_until_channels_begin_anew(database: Database) -> None:
    async with database.write() as connection:
        assert (await latest(connection), await committed(connection)) == (0, 0)
    await fill(database, NOW)
    async with database.write() as connection:
        text = f'{{"committed_at": {LATER}}}'
        await connection.execute(channels.channel.update().values(timeline=text))
        assert (await latest(connection), await committed(connection)) == (LATER, LATER)
        await restored.mark(connection, NOW)
        assert await latest(connection) == NOW


async def test_a_mark_that_is_later_stays(database: Database) -> None:
    async with database.write() as connection:
        for instant, expected in ((NOW, NOW), (LATER, LATER), (NOW, LATER)):
            await restored.mark(connection, instant)
            assert await restored.taken_at(connection) == expected
        await restored.unmark(connection)
        assert await restored.taken_at(connection) is None


@pytest.mark.parametrize(
    "fault",
    [
        "UPDATE channel SET added_at = '{'",
        """UPDATE channel SET added_at = '{"entry": "x"}'""",
        "UPDATE channel SET added_at = '[1]'",
        "UPDATE channel SET created_at = 'x'",
        "UPDATE channel SET created_at = 9000000000000000000",
        "UPDATE channel SET timeline = json_set(timeline, '$.committed_at', 1e18) WHERE slug = 'main'",
        "UPDATE channel SET timeline = json_set(timeline, '$.committed_at', 'x') WHERE slug = 'main'",
    ],
)
async def test_what_is_no_instant_is_passed_over(database: Database, fault: str) -> None:
    await fill(database, LATER)
    async with database.write() as connection:
        await connection.execute(text(fault.replace(":", r"\:")))
        assert await latest(connection) == LATER
        await bring_back(connection, NOW, AHEAD)
    assert await values(database, videos.video.c.added_at) == [NOW]
