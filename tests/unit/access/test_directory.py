"""The roster of one server while another on the same database changes who may do what."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs
from tests.support.people import KIDS, NEWS, PASSWORD, Site, another, site
from tests.support.waiting import until

from insta_stream.access import directory as module
from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.access.role import Role
from insta_stream.api.events import connection
from insta_stream.db.channels import channel
from insta_stream.db.news import asked, told_of_accounts
from insta_stream.db.tokens import api_token, note_use
from insta_stream.ticks import Ticks

VIEWER = Principal(frozenset({Permission.CHANNEL_VIEW}), frozenset({KIDS}))


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as made:
        yield made


async def told(at: Site) -> int:
    async with at.database.read() as connection:
        number = await told_of_accounts(connection)
    assert number is not None
    return number


async def disable(at: Site) -> None:
    ben = await at.add("ben", Role.VIEWER, frozenset({KIDS}))
    before = await told(at)
    await at.people.change(ben.id, is_disabled=True)
    assert await told(at) > before


async def give_channels(at: Site) -> None:
    ben = await at.add("ben", Role.VIEWER, frozenset({KIDS}))
    before = await told(at)
    await at.people.change(ben.id, has_channels=True, channels=frozenset({NEWS}))
    assert await told(at) > before


async def remove(at: Site) -> None:
    ben = await at.add("ben", Role.VIEWER)
    before = await told(at)
    await at.people.remove(ben.id)
    assert await told(at) > before


async def invite(at: Site) -> None:
    ben = await at.add("ben", Role.VIEWER)
    before = await told(at)
    await at.people.invite(ben.id)
    assert await told(at) > before


async def sign_out(at: Site) -> None:
    tickets = await at.sign_in()
    before = await told(at)
    await at.sessions.end(tickets.account, tickets.session)
    assert await told(at) > before


async def revoke(at: Site) -> None:
    row, _ = await at.tokens.issue("camera", VIEWER)
    before = await told(at)
    await at.tokens.revoke(row.id)
    assert await told(at) > before


async def delete_channel(at: Site) -> None:
    await at.add("ben", Role.VIEWER, frozenset({KIDS}))
    before = await told(at)
    async with at.database.write() as connection:
        await connection.execute(delete(channel).where(channel.c.slug == KIDS))
    assert await told(at) > before


async def end_link(at: Site) -> None:
    row = await at.links.make(KIDS, "Grandma")
    before = await told(at)
    await at.links.end(KIDS, row.id)
    assert await told(at) > before


async def end_key(at: Site) -> None:
    before = await told(at)
    await at.links.end_key(at.roster.passes.own.id)
    assert await told(at) > before


async def replace_tv(at: Site) -> None:
    before = await told(at)
    await at.links.replace_tv()
    assert await told(at) > before


@pytest.mark.parametrize(
    "change",
    [
        disable,
        give_channels,
        remove,
        invite,
        sign_out,
        revoke,
        delete_channel,
        end_link,
        end_key,
        replace_tv,
    ],
)
async def test_whatever_lets_somebody_do_more_or_less_is_news(
    here: Site, change: Callable[[Site], Awaitable[None]]
) -> None:
    await here.add()
    await change(here)


async def test_what_nobody_may_more_or_less_by_is_no_news(here: Site) -> None:
    await here.add()
    tickets = await here.sign_in()
    await here.links.make(KIDS, "Grandma")
    before = await told(here)
    await here.sessions.renew(tickets.refresh)
    await here.links.make(KIDS, "Grandpa")
    assert await told(here) == before


async def test_the_roster_is_read_when_there_is_news_and_not_before(
    here: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.001)
    asked: list[object] = []

    async def ask(database: Any) -> Any:
        asked.append(database)
        return await module_asked(database)

    module_asked = module.asked  # type: ignore[attr-defined]
    monkeypatch.setattr(module, "asked", ask)
    async with another(tmp_path) as there:
        edition = there.roster.edition
        await until(lambda: asked.count(there.database) >= 3)
        assert there.roster.edition is edition
        anna = await here.add()
        await until(lambda: there.roster.account(anna.id) is not None)
        assert there.roster.edition is not edition


async def test_who_is_told_the_news_does_not_ask(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = here.roster.edition
    async with here.database.write() as connection:  # as another process does
        await connection.execute(text("UPDATE news SET accounts = accounts + 1"))
    news = await asked(here.database)
    monkeypatch.setattr(module, "asked", None)
    await here.directory.hear(news)
    assert here.roster.edition is not edition
    edition = here.roster.edition
    await here.directory._follow()
    await here.directory.hear(news)
    assert here.roster.edition is edition


async def test_who_is_told_nothing_any_more_asks(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await here.directory.hear(await asked(here.database))
    edition = here.roster.edition
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE news SET accounts = accounts + 1"))
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    await here.directory._follow()
    assert here.roster.edition is not edition


async def test_what_goes_wrong_when_the_news_is_told_goes_wrong_when_it_is_asked_for(here: Site) -> None:
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE news SET accounts = accounts + 1"))
    news = await asked(here.database)
    async with here.database.write() as connection:
        await connection.execute(text("ALTER TABLE account RENAME TO gone"))
    await here.directory.hear(news)
    with pytest.raises(OperationalError):
        await here.directory._follow()


@pytest.mark.parametrize("change", ["clock", "time"])
async def test_the_roster_is_read_without_news_where_the_clock_was_set_or_long_ago(
    here: Site, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    edition = here.roster.edition
    await here.directory.ask()
    assert here.roster.edition is edition
    if change == "clock":
        monkeypatch.setattr(module, "wall_clock", lambda: Ticks(1))
    else:
        monkeypatch.setattr(module, "READ_SECONDS", 0.0)
    await here.directory.ask()
    assert here.roster.edition is not edition


def test_what_is_taken_away_opens_nothing_within_a_second_also_where_somebody_listens() -> None:
    assert module.LOOK_SECONDS + connection.LOOK_SECONDS < 1


async def test_news_that_cannot_be_read_is_told_once_and_read_later(here: Site) -> None:
    tickets = await signed_in(here)
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE news SET accounts = 'x'"))
    with capture_logs() as logs:
        await here.directory.ask()
        await here.directory.ask()
    assert [entry["event"] for entry in logs] == ["access_not_read"]
    assert here.is_open_to(tickets)
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE news SET accounts = 7"))
    with capture_logs() as logs:
        await here.directory.ask()
    assert logs == []


async def signed_in(at: Site) -> Any:
    await at.add()
    return await at.sign_in(password=PASSWORD)


@pytest.mark.parametrize("purpose", ["tv", "session"])
async def test_a_key_that_is_damaged_is_replaced_for_all(
    here: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, purpose: str
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    await here.add()
    async with another(tmp_path) as there:
        async with here.database.write() as connection:
            await connection.execute(
                text("UPDATE signing_key SET secret = 'x' WHERE purpose = :purpose"), {"purpose": purpose}
            )
        await here.directory.ask()
        assert here.roster.lacks_keys
        async with asyncio.timeout(20):
            while here.roster.lacks_keys:
                await asyncio.sleep(0.01)
                await here.directory.ask()
        await there.directory.ask()
        assert here.roster.tv_secret == there.roster.tv_secret != ""
        assert there.is_open_to(await here.sign_in())


async def test_of_two_servers_the_later_use_of_a_token_counts(here: Site) -> None:
    row, _ = await here.tokens.issue("camera", VIEWER)
    for at in (50, 20):  # another server, which notes later what it saw before
        async with here.database.write() as connection:
            await note_use(connection, {row.id: Ticks(at)})
    async with here.database.read() as connection:
        assert await connection.scalar(select(api_token.c.used_at)) == 50
