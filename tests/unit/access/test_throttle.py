"""Pauses after sign-ins that failed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.support.people import Site, site

from insta_stream.access.throttle import Throttle, counters
from insta_stream.db import sessions as module
from insta_stream.db.sessions import failed_sign_in, prune_failures, write_failure
from insta_stream.errors import TooMany
from insta_stream.ticks import Ticks, seconds

COUNTED = counters("anna", "192.0.2.7", None)


class Clock:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.now = seconds(2_000_000_000)

    def __call__(self) -> Ticks:
        return self.now

    def set(self, by: int) -> None:
        self.now = Ticks(self.now + seconds(by))


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as made:
        yield made


async def paused(throttle: Throttle) -> int | None:
    """Return for how many seconds a try has to wait, None where it was counted."""
    try:
        throttle.check(COUNTED)
        await throttle.take(COUNTED)
    except TooMany as refusal:
        return refusal.pause_seconds
    return None


async def test_pauses_grow_from_the_sixth_try(here: Site) -> None:
    clock = Clock()
    throttle = Throttle(here.database, clock)
    assert [await paused(throttle) for _ in range(6)] == [None] * 5 + [1]
    told = []
    for pause in (1, 2, 4, 8):
        clock.set(pause)
        assert await paused(throttle) is None
        told.append(await paused(throttle))
    assert told == [2, 4, 8, 16]


async def test_a_clock_that_is_set_back_keeps_nobody_out(here: Site) -> None:
    clock = Clock()
    ours, theirs = Throttle(here.database, clock), Throttle(here.database, clock)
    assert [await paused(ours) for _ in range(6)] == [None] * 5 + [1]
    clock.set(-30 * 86_400)
    assert [await paused(each) for each in (ours, theirs)] == [1, 1]
    clock.set(1)
    assert [await paused(each) for each in (ours, theirs)] == [None, 2]


async def test_failures_do_not_fill_the_disk(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FAILURES", 3)
    for count in (3, 5):
        async with here.database.write() as connection:
            for number in range(count):
                await write_failure(connection, f"key {number}", 1, seconds(100 + number))
            await prune_failures(connection, seconds(1))
            kept = await connection.scalars(select(func.max(failed_sign_in.c.key)))
            assert kept.one() == f"key {count - 1}"
            assert await connection.scalar(select(func.count()).select_from(failed_sign_in)) == 3
