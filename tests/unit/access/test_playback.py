"""Links and keys in a real database, as two servers on it see them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update
from structlog.testing import capture_logs
from tests.support.people import KIDS, NEWS, Site, another, site
from tests.support.scene import Scene
from tests.support.waiting import until

from insta_stream.access import directory as directory_module
from insta_stream.access import playback as module
from insta_stream.access.passes import split
from insta_stream.access.principal import NOBODY
from insta_stream.access.upkeep import Upkeep
from insta_stream.access.wall import wall_clock
from insta_stream.api.callers import TELEVISION, Access
from insta_stream.backup.content import prepare
from insta_stream.channels.channel import Playback
from insta_stream.db.channels import channel
from insta_stream.db.engine import Database
from insta_stream.db.playback import load_ended_links, playback_key, playback_link, prune_links
from insta_stream.db.snapshot import copy
from insta_stream.delivery.admission import may_watch
from insta_stream.duties import Duties
from insta_stream.errors import NotReady, Unauthorized, Unknown, WrongState
from insta_stream.ids import AccountId, ChannelSlug
from insta_stream.ticks import Ticks, seconds


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as made:
        yield made


@pytest.fixture
async def there(here: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Another server on the same database, which looks often."""
    del here
    monkeypatch.setattr(directory_module, "LOOK_SECONDS", 0.01)
    async with another(tmp_path) as made:
        yield made


def is_open(at: Site, folder: str) -> bool:
    found = split(f"{folder}/stream")
    assert found is not None
    return at.roster.passes.viewer(found[0], lambda *_: NOBODY) is not None


async def test_a_link_works_on_every_server_at_once_and_ends_on_every_one(here: Site, there: Site) -> None:
    anna = await here.add()
    made = await here.links.make(KIDS, "Grandma", account=anna.id, site="https://example.org")
    other = await here.links.make(KIDS, "Grandpa")
    await here.links.make(NEWS, "the press", Ticks(wall_clock() + seconds(60)))
    folder = here.links.folder(made)
    assert is_open(there, folder)
    assert await here.links.of(KIDS) == ([other, made], 2)
    await here.links.end(KIDS, made.id)
    assert not is_open(here, folder)
    await until(lambda: not is_open(there, folder))
    assert is_open(there, here.links.folder(other))
    for channel_of, id_ in ((KIDS, made.id), (NEWS, other.id), (KIDS, "nothing")):
        with pytest.raises(Unknown):
            await there.links.end(channel_of, id_)
    assert await there.links.end_all(KIDS) == 1
    assert await here.links.of(KIDS) == ([], 0)
    assert (await here.links.of(NEWS))[1] == 1


async def test_a_link_is_no_older_than_its_channel_whose_clock_is_ahead(here: Site) -> None:
    created_at = Ticks(wall_clock() + seconds(86_400))
    channel_there = replace(Scene.on_air().channel, slug=KIDS, playback=Playback.LINK, created_at=created_at)
    made = await here.links.make(KIDS, "x", since=channel_there.created_at)
    found = split(f"{here.links.folder(made)}/stream")
    assert found is not None
    viewer = here.roster.passes.viewer(found[0], lambda *_: NOBODY)
    assert may_watch(viewer, channel_there)
    assert not may_watch(viewer, replace(channel_there, created_at=Ticks(created_at + seconds(2))))


async def test_who_made_a_link_may_go_and_the_link_stays(here: Site) -> None:
    await here.add()
    bob = await here.add("bob")
    made = await here.links.make(KIDS, "x", account=bob.id)
    await here.people.remove(bob.id)
    ((left,), _) = await here.links.of(KIDS)
    assert (left.id, left.account) == (made.id, None)


async def test_a_channel_takes_its_links_and_keys_along(here: Site) -> None:
    await here.links.make(KIDS, "x")
    key = await here.links.make_key("Website", KIDS)
    every = await here.links.make_key("All", None)
    assert [each.id for each in here.links.every_key()[:2]] == [every.id, key.id]
    async with here.database.write() as connection:
        await connection.execute(delete(channel).where(channel.c.slug == KIDS))
    await here.directory.read()
    assert key.id not in {each.id for each in here.links.every_key()}
    assert (await here.links.of(KIDS))[1] == 0


async def test_what_was_deleted_since_it_was_looked_up_is_unknown(here: Site) -> None:
    gone = ChannelSlug("gone")
    await here.links.make(KIDS, "x")
    for made in (here.links.make(gone, "x"), here.links.make_key("x", gone)):
        with pytest.raises(Unknown, match="no channel “gone”") as caught:
            await made
        assert caught.value.code == "unknown_channel"
    with pytest.raises(Unauthorized):
        await here.links.make(KIDS, "x", account=AccountId("0" * 32))
    assert (await here.links.of(KIDS))[1] == 1


async def test_our_own_key_can_be_ended_and_there_is_another_one(here: Site, there: Site) -> None:
    made = await here.links.make(KIDS, "x")
    folder = here.links.folder(made)
    await here.links.end_key(made.key)
    assert not is_open(here, folder)
    await until(lambda: not is_open(there, folder))
    assert await here.links.of(KIDS) == ([], 0)
    again = here.links.folder(await here.links.make(KIDS, "x"))
    await until(lambda: is_open(there, again))
    with pytest.raises(Unknown):
        await here.links.end_key(made.key)


async def test_the_addresses_for_tv_apps_are_replaced_on_every_server(here: Site, there: Site) -> None:
    await here.add()
    doors = [Access(roster=each.roster) for each in (here, there)]
    await until(lambda: doors[1].has_tv_key)
    list_, original = f"{doors[0].tv.folder}/channels.m3u", "/api/videos/1/original"
    query = doors[0].links.sign(original)[0].partition("?")[2].encode()
    found = split(f"{doors[0].as_viewer(TELEVISION)[0].folder}/stream")
    assert found is not None

    def opened(door: Access) -> list[bool]:
        return [
            door.tv.admits(list_),
            door.viewer(found[0]) is not None,
            door.links.admit(original, query),
        ]

    assert opened(doors[0]) == opened(doors[1]) == [True] * 3
    async with here.database.write() as connection:  # one that cannot be read must not come back
        damage = "INSERT INTO signing_key VALUES ('x', 'tv', 'no hexadecimal digits', 1)"
        await connection.execute(text(damage))
    await here.links.replace_tv()
    assert opened(doors[0]) == [False] * 3
    await until(lambda: opened(doors[1]) == [False] * 3)
    assert doors[1].tv.folder == doors[0].tv.folder
    async with here.database.read() as connection:
        keys = await connection.scalars(text("SELECT id FROM signing_key WHERE purpose = 'tv'"))
        assert len(keys.all()) == 1


async def test_a_key_of_our_own_is_never_lacking_for_long(
    here: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = here.roster.passes.own.id
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE playback_key SET secret = x'00'"))
    await here.directory.read()
    assert not here.roster.passes.has_own
    with pytest.raises(NotReady):
        await here.links.make(KIDS, "x")
    monkeypatch.setattr(directory_module, "LOOK_SECONDS", 0.01)
    async with another(tmp_path) as there:
        await until(lambda: there.roster.passes.has_own)
    await here.directory.read()
    second = here.roster.passes.own.id
    assert second != first
    async with another(tmp_path) as there:
        await there.links.end_key(second)
        third = there.roster.passes.own.id
    with pytest.raises(NotReady):
        await here.links.make(KIDS, "x")
    await here.links.end_key(third)  # which was not ours when this server last looked
    assert here.roster.passes.own.id not in {second, third}


async def test_who_reads_and_writes_has_ended_when_it_is_over(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = set[str](), list[str]()

    async def slow(name: str) -> None:
        begun.add(name)
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(20 if name == "write" else 0):
                await asyncio.sleep(0)
            ended.append(name)

    monkeypatch.setattr(directory_module, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(here.directory, "ask", lambda: slow("read"))
    monkeypatch.setattr(here.directory, "_write", lambda: slow("write"))
    duties = Duties()
    here.directory.begin(duties)
    await until(lambda: len(begun) == 2)
    await duties.stop()
    assert sorted(ended) == ["read", "write"]


async def test_what_was_ended_is_known_while_others_write(
    here: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(directory_module, "NOTE_SECONDS", 0.0)
    folder = here.links.folder(await here.links.make(KIDS, "x"))
    async with another(tmp_path) as there, there.database._one_writer:  # who holds it is slow
        there.roster.issued._used["x"] = wall_clock()
        await until(lambda: not there.roster.issued._used)
        await here.links.end_all(KIDS)
        await until(lambda: not is_open(there, folder))


async def test_there_are_not_more_than_can_be_looked_after(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LINKS", 1)
    monkeypatch.setattr(module, "MOST_KEYS", 2)
    made = await here.links.make(KIDS, "x")
    await here.links.make_key("x", None)
    with pytest.raises(WrongState, match="1 links"):
        await here.links.make(KIDS, "y")
    with pytest.raises(WrongState, match="2 keys"):
        await here.links.make_key("y", None)
    await here.links.end(KIDS, made.id)
    last = await here.links.make(KIDS, "y")
    await here.links.end(KIDS, last.id)
    monkeypatch.setattr(module, "MOST_ENDED", 2)  # nothing else bounds what every process remembers
    with pytest.raises(WrongState, match=r"2 links were ended.*\(in the Studio: API tokens, End all links;"):
        await here.links.make(KIDS, "z")
    await here.links.end_key(made.key)
    await here.links.make(KIDS, "z")


async def test_a_link_that_cannot_be_read_hides_no_other(here: Site) -> None:
    broken, good = await here.links.make(KIDS, "broken"), await here.links.make(KIDS, "good")
    async with here.database.write() as connection:
        damage = text(f"UPDATE playback_link SET label = x'00' WHERE id = '{broken.id}'")  # noqa: S608
        await connection.execute(damage)
    assert await here.links.of(KIDS) == ([good], 2)


async def test_a_clock_that_is_years_ahead_has_no_more_than_a_day_of_links_forgotten(here: Site) -> None:
    now = wall_clock()
    made = [await here.links.make(KIDS, "x", Ticks(now + seconds(86_400 * days))) for days in (3, 3.5, 9, 99)]
    await here.links.end_all(KIDS)
    async with here.database.write() as connection:
        await prune_links(connection, Ticks(now + seconds(86_400 * 3650)))
        left = await load_ended_links(connection, now)
    assert left == {each.id for each in made[2:]}
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE playback_link SET expires_at = 'x'"))
    await Upkeep(here.database).tidy()


async def test_links_whose_time_is_up_are_forgotten(here: Site) -> None:
    made = await here.links.make(KIDS, "x", Ticks(wall_clock() + seconds(60)))
    ended = await here.links.make(KIDS, "y")
    await here.links.end(KIDS, ended.id)
    long_ago = Ticks(wall_clock() - seconds(2 * 86_400))
    async with here.database.write() as connection:
        row = update(playback_link).where(playback_link.c.id == made.id)
        await connection.execute(row.values(expires_at=long_ago))
    await Upkeep(here.database).tidy()
    async with here.database.read() as connection:
        left = (await connection.execute(playback_link.select())).mappings().all()
    assert [row["id"] for row in left] == [ended.id]  # it would work again otherwise


async def test_a_key_that_cannot_be_read_signs_nothing_and_the_others_do(here: Site) -> None:
    broken, good = await here.links.make_key("broken", None), await here.links.make_key("good", None)
    async with here.database.write() as connection:
        damage = text(f"UPDATE playback_key SET created_at = 'x' WHERE id = '{broken.id}'")  # noqa: S608
        await connection.execute(damage)
    with capture_logs() as logs:
        await here.directory.read()
    assert [(entry["event"], entry["id"]) for entry in logs] == [("row_broken", broken.id)]
    assert broken.id not in {each.id for each in here.links.every_key()}
    assert good.id in {each.id for each in here.links.every_key()}


async def test_no_link_and_no_key_is_in_a_backup(here: Site, tmp_path: Path) -> None:
    made = await here.links.make(KIDS, "x")
    (tmp_path / "copy").mkdir()
    copy(tmp_path / "insta-stream.db", tmp_path / "copy/insta-stream.db")
    await prepare(tmp_path / "copy/insta-stream.db", seconds(1))
    database = Database(tmp_path / "copy/insta-stream.db")
    async with database.read() as connection:
        for table in (playback_key, playback_link):
            assert (await connection.execute(table.select())).all() == []
    await database.close()
    assert here.roster.passes.own.secret.encode() not in (tmp_path / "copy/insta-stream.db").read_bytes()
    assert made.account is None


async def test_who_signs_out_watches_no_more_for_as_long_as_a_pass_would_last(here: Site) -> None:
    await here.add()
    tickets = await here.sign_in()
    found = here.roster.signed_in(tickets.access)
    assert found is not None
    account, session = AccountId(str(found[0].account)), str(found[0].session)
    assert here.roster.person(account, session) is not None
    await here.sessions.end(account, session)
    async with here.database.write() as connection:
        hours = text(f"UPDATE session SET ended_at = ended_at - {seconds(17 * 3600)}")  # noqa: S608
        await connection.execute(hours)
    await here.directory.read()
    assert here.roster.person(account, session) is None
