"""People in a real database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs
from tests.support.people import KIDS, NEWS, PASSWORD, Site, site

from insta_stream.access import people as module
from insta_stream.access.oidc import Identity
from insta_stream.access.passwords import Whose
from insta_stream.access.permission import Permission
from insta_stream.access.principal import OWNER, Principal
from insta_stream.access.role import Role, principal_of
from insta_stream.backup.content import prepare
from insta_stream.db import engine
from insta_stream.db.accounts import account, invitation
from insta_stream.db.channels import channel
from insta_stream.db.engine import Database
from insta_stream.db.sessions import failed_sign_in, load_keys, session
from insta_stream.db.snapshot import copy
from insta_stream.errors import BadRequest, InstaStreamError, Unknown, WrongState
from insta_stream.ids import AccountId, ChannelSlug
from insta_stream.ticks import seconds


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as made:
        yield made


@pytest.fixture
async def there(here: Site, tmp_path: Path) -> AsyncIterator[Site]:
    """Another server, which has read nothing lately."""
    assert here.roster.installation
    made = Site(Database(tmp_path / "insta-stream.db"))
    yield made
    await made.close()


async def refusal(doing: object) -> str:
    with pytest.raises(InstaStreamError) as caught:
        await doing  # type: ignore[misc]
    return caught.value.code


async def test_an_invitation_makes_a_password_once(here: Site) -> None:
    row, invited = await here.people.add("Bob", "Bob B", Role.VIEWER, frozenset({KIDS}))
    assert (row.name, row.channels, row.password) == ("bob", {KIDS}, None)
    assert invited.path == f"/studio/invitation#{invited.secret}"
    assert (await here.credentials.invited(invited.secret)).title == "Bob B"
    assert await refusal(here.credentials.accept(invited.secret, "too short")) == "weak_password"
    await here.credentials.accept(invited.secret, PASSWORD)
    assert await refusal(here.credentials.accept(invited.secret, PASSWORD)) == "unknown_invitation"
    assert here.is_open_to(await here.sign_in("bob"))


async def test_a_newer_invitation_ends_the_one_before_and_a_time_ends_both(here: Site) -> None:
    row, first = await here.people.add("bob", "", Role.VIEWER, None)
    second = await here.people.invite(row.id)
    assert await refusal(here.credentials.invited(first.secret)) == "unknown_invitation"
    assert (await here.credentials.invited(second.secret)).id == row.id
    async with here.database.write() as connection:
        await connection.execute(update(invitation).values(expires_at=1))
    assert await refusal(here.credentials.accept(second.secret, PASSWORD)) == "unknown_invitation"


async def test_a_new_password_by_invitation_ends_all_that_was_opened_with_the_old(here: Site) -> None:
    anna = await here.add()
    tickets = await here.sign_in()
    invited = await here.people.invite(anna.id)
    assert here.is_open_to(tickets)  # until it is followed
    await here.credentials.accept(invited.secret, "another good password")
    assert not here.is_open_to(tickets)
    assert await refusal(here.sign_in()) == "wrong_sign_in"


@pytest.mark.parametrize("name", ["", " ", "-", "a b", "anna!", "ä", "a" * 64, "a\x00", ".anna", "anna@"])
async def test_a_name_that_cannot_be_typed_everywhere_is_none(here: Site, name: str) -> None:
    with pytest.raises(BadRequest, match="`name`"):
        await here.people.add(name, "", Role.VIEWER, None)


async def test_names_are_taken_in_any_case_and_channels_have_to_be_there(here: Site) -> None:
    await here.people.add("anna@example.org", "", Role.VIEWER, None)
    assert await refusal(here.people.add("ANNA@example.org ", "", Role.VIEWER, None)) == "name_taken"
    nowhere = frozenset({ChannelSlug("nowhere"), KIDS})
    with pytest.raises(Unknown, match="no channel “nowhere”"):
        await here.people.add("bob", "", Role.VIEWER, nowhere)
    assert [each.name for each in here.people.all()] == ["anna@example.org"]


async def test_there_are_not_endlessly_many(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    await here.add()
    assert await refusal(here.people.add("bob", "", Role.VIEWER, None)) == "too_many_people"


async def test_a_change_is_what_was_asked_for_and_nothing_else(here: Site) -> None:
    bob = await here.add("bob", Role.VIEWER, frozenset({KIDS}))
    changed = await here.people.change(bob.id, title="Bob B")
    assert (changed.title, changed.role, changed.channels) == ("Bob B", "viewer", {KIDS})
    changed = await here.people.change(
        bob.id, role=Role.OPERATOR, has_channels=True, channels=frozenset({NEWS})
    )
    assert (changed.title, changed.role, changed.channels) == ("Bob B", "operator", {NEWS})
    changed = await here.people.change(bob.id, has_channels=True, channels=None)
    assert changed.channels is None
    assert await refusal(here.people.change(AccountId("x"), title="X")) == "unknown_person"


async def test_the_last_admin_who_can_sign_in_stays(here: Site) -> None:
    anna = await here.add()
    await here.people.add("invited", "", Role.ADMIN, None)  # and has not come yet
    for doing in (
        here.people.remove(anna.id),
        here.people.change(anna.id, is_disabled=True),
        here.people.change(anna.id, role=Role.OPERATOR),
    ):
        assert await refusal(doing) == "last_admin"
    assert here.people.get(anna.id).role == "admin"
    assert here.is_open_to(await here.sign_in())
    await here.add("carla")
    await here.people.remove(anna.id)
    assert {each.name for each in here.people.all()} == {"carla", "invited"}


async def test_a_channel_that_is_deleted_takes_its_grant_along(here: Site) -> None:
    bob = await here.add("bob", Role.OPERATOR, frozenset({KIDS}))
    async with here.database.write() as connection:
        await connection.execute(delete(channel).where(channel.c.slug == KIDS))
    await here.directory.read()
    assert here.people.get(bob.id).channels == frozenset()


async def test_whoever_is_removed_leaves_nothing(here: Site) -> None:
    await here.add()
    bob = await here.add("bob", Role.OPERATOR, frozenset({KIDS}))
    await here.sign_in("bob")
    await here.people.invite(bob.id)
    await here.people.remove(bob.id)
    async with here.database.read() as connection:
        assert (await connection.execute(select(session))).all() == []
        assert (await connection.execute(select(invitation))).all() == []


async def test_a_server_that_is_set_up_invites_its_first_admin_until_there_is_one(here: Site) -> None:
    first, second = await here.people.set_up(), await here.people.set_up()
    assert first is not None
    assert second is not None
    assert [(each.name, each.role) for each in here.people.all()] == [("admin", "admin")]
    assert await refusal(here.credentials.invited(first.secret)) == "unknown_invitation"
    assert not here.roster.has_admin
    await here.credentials.accept(second.secret, PASSWORD)
    assert here.roster.has_admin
    assert await here.people.set_up() is None


async def test_a_link_that_was_sent_by_hand_outlives_the_start_of_a_server(here: Site) -> None:
    _, sent = await here.people.add("anna", "", Role.ADMIN, None)
    await here.people.set_up()
    assert (await here.credentials.invited(sent.secret)).name == "anna"
    assert {each.name for each in here.people.all()} == {"anna", "admin"}


async def test_a_first_admin_finds_another_name_where_that_one_is_taken(here: Site) -> None:
    await here.people.add("admin", "", Role.VIEWER, None)
    await here.people.set_up()
    assert [(each.name, each.role) for each in here.people.all()] == [
        ("admin", "viewer"),
        ("admin2", "admin"),
    ]


async def test_one_own_password_is_changed_by_who_knows_it(here: Site) -> None:
    anna = await here.add()
    here_too, elsewhere = await here.sign_in(), await here.sign_in()
    change = here.credentials.change_password
    assert (
        await refusal(change(anna.id, "not the one", "another good one", here_too.session))
        == "wrong_password"
    )
    assert await refusal(change(anna.id, PASSWORD, "short", here_too.session)) == "weak_password"
    await change(anna.id, PASSWORD, "another good one", here_too.session)
    assert here.is_open_to(here_too)
    assert not here.is_open_to(elsewhere)
    assert here.is_open_to(await here.sign_in(password="another good one"))


async def test_at_an_open_browser_nobody_guesses_for_long(here: Site) -> None:
    anna = await here.add()
    told = [await refusal(here.credentials.enrol(anna.id, f"guess {i}")) for i in range(6)]
    assert told == ["wrong_password"] * 5 + ["too_many_sign_ins"]
    assert here.is_open_to(await here.sign_in())  # which is counted apart


@pytest.mark.parametrize("password", ["", "a" * 9, "a" * 257, "a" * 12, "abcabcabcabc", "Anna.Bauer@x"])
async def test_a_password_that_is_easy_to_guess_is_none(here: Site, password: str) -> None:
    _, invited = await here.people.add("anna.bauer@x", "", Role.VIEWER, None)
    with pytest.raises(BadRequest):
        await here.credentials.accept(invited.secret, password)
    assert (await here.credentials.invited(invited.secret)).name == "anna.bauer@x"  # and may try again


async def test_a_second_factor_begins_with_the_password_and_ends_with_it(here: Site) -> None:
    anna = await here.add()
    with pytest.raises(WrongState, match="Begin with"):
        await here.credentials.confirm(anna.id, "123456")
    await here.credentials.enrol(anna.id, PASSWORD)
    assert await refusal(here.credentials.confirm(anna.id, "12345")) == "wrong_code"
    assert here.is_open_to(await here.sign_in())  # which asks for nothing yet
    assert await refusal(here.credentials.disenrol(anna.id, "not the one")) == "wrong_password"
    await here.credentials.disenrol(anna.id, PASSWORD)
    assert await refusal(here.credentials.confirm(anna.id, "123456")) == "no_enrolment"


@pytest.mark.parametrize("damage", ["created_at = 'x'", "title = x'00'"])
async def test_a_row_that_cannot_be_read_opens_nothing_and_the_others_do(here: Site, damage: str) -> None:
    await here.add()
    bob = await here.add("bob", Role.VIEWER)
    ours, theirs = await here.sign_in(), await here.sign_in("bob")
    async with here.database.write() as connection:
        await connection.execute(text(f"UPDATE account SET {damage} WHERE id = '{bob.id}'"))  # noqa: S608
    with capture_logs() as logs:
        await here.directory.read()
    assert [(entry["event"], entry["id"]) for entry in logs] == [("row_broken", bob.id)]
    assert here.is_open_to(ours)
    assert not here.is_open_to(theirs)


async def test_damage_to_the_only_admin_opens_the_server_to_nobody(here: Site) -> None:
    await here.add()
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE account SET created_at = 'x'"))
    await here.directory.read()
    assert here.people.all() == ()
    assert here.roster.has_admin
    with pytest.raises(WrongState, match="damaged"):
        await here.people.find("anna")
    await here.add("carla")  # the way back
    assert here.is_open_to(await here.sign_in("carla"))


async def test_a_token_is_listed_though_its_owner_cannot_be_read(here: Site) -> None:
    await here.add()
    bob = await here.add("bob")
    row, _ = await here.tokens.issue("camera", OWNER, owner=bob.id)
    assert here.people.name(row.account) == "bob"
    async with here.database.write() as connection:
        await connection.execute(text(f"UPDATE account SET title = x'00' WHERE id = '{bob.id}'"))  # noqa: S608
    await here.directory.read()
    assert [here.people.name(each.account) for each in here.tokens.all()] == [None]
    assert here.people.name(None) is None


async def test_an_admin_whose_role_is_damaged_may_have_been_the_only_one(here: Site) -> None:
    await here.add()
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE account SET role = 'admim'"))
    await here.directory.read()
    assert here.roster.has_admin


async def test_no_key_can_be_read_from_a_backup(
    here: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.add()
    tickets = await here.sign_in()
    async with here.database.read() as connection:
        keys = await load_keys(connection, lambda *_: None)
    copied = tmp_path / "copy.db"
    copy(tmp_path / "insta-stream.db", copied)
    monkeypatch.setattr(engine, "_PRAGMAS", (*engine._PRAGMAS, "secure_delete=OFF"))  # as some have it
    await prepare(copied, seconds(1))
    content = copied.read_bytes()
    for secret in (tickets.session, *(key.secret for key in keys)):
        assert secret.encode() not in content


async def test_errors_of_the_database_tell_no_secret(here: Site) -> None:
    anna = await here.add()
    with pytest.raises(IntegrityError) as caught:
        async with here.database.write() as connection:
            await connection.execute(update(account).values(id=None, password="its hash"))
    assert anna.password is not None
    assert "its hash" not in str(caught.value)


async def test_a_backup_has_the_people_and_nothing_that_lets_them_in_by_itself(
    here: Site, tmp_path: Path
) -> None:
    await here.add()
    tickets = await here.sign_in()
    await here.people.invite((await here.people.find("anna")).id)
    (tmp_path / "copy").mkdir()
    copy(tmp_path / "insta-stream.db", tmp_path / "copy/insta-stream.db")
    await prepare(tmp_path / "copy/insta-stream.db", seconds(1))
    restored = Site(Database(tmp_path / "copy/insta-stream.db"))
    await restored.directory.start()
    assert not restored.is_open_to(tickets)
    assert restored.people.all()[0].invited_until is None
    assert restored.is_open_to(await restored.sign_in())
    await restored.close()


async def test_a_token_is_for_nothing_that_its_owner_may_not_do(here: Site) -> None:
    await here.add()
    bob = await here.add("bob")
    row, secret = await here.tokens.issue("camera", OWNER, owner=bob.id)
    opened = here.roster.issued.opened_by
    assert opened(secret) == replace(OWNER, account=bob.id, token=row.id)
    of_kids = {"has_channels": True, "channels": frozenset({KIDS})}
    await here.people.change(bob.id, role=Role.OPERATOR, **of_kids)
    kids = principal_of("operator", frozenset({KIDS}), bob.id)
    assert opened(secret) == replace(kids, token=row.id)
    await here.people.change(bob.id, is_disabled=True)
    assert opened(secret) is None
    await here.people.change(bob.id, is_disabled=False)
    assert opened(secret) is not None
    await here.people.remove(bob.id)
    assert opened(secret) is None
    assert here.tokens.all() == ()


async def test_whoever_knows_a_password_that_was_just_replaced_changes_nothing(here: Site) -> None:
    anna = await here.add()
    matches = here.passwords.matches

    async def slow(password: str, stored: str | None, whose: Whose) -> bool:
        is_right = await matches(password, stored, whose)
        await here.credentials.set_password(anna, f"{password}, renewed")
        return is_right

    here.passwords.matches = slow  # type: ignore[method-assign]
    credentials, renewed = here.credentials, f"{PASSWORD}, renewed"
    assert await refusal(credentials.change_password(anna.id, PASSWORD, "of a thief", None)) == "signed_out"
    assert await refusal(credentials.enrol(anna.id, renewed)) == "signed_out"
    assert await refusal(credentials.disenrol(anna.id, f"{renewed}, renewed")) == "signed_out"


async def test_whoever_is_disabled_while_they_choose_a_password_has_none(here: Site) -> None:
    await here.add()
    bob, invited = await here.people.add("bob", "", Role.VIEWER, None)
    hashed = here.passwords.hash

    async def slow(password: str) -> str:
        await here.people.change(bob.id, is_disabled=True)
        return await hashed(password)

    here.passwords.hash = slow  # type: ignore[method-assign]
    assert await refusal(here.credentials.accept(invited.secret, PASSWORD)) == "unknown_invitation"


HELPER = Principal(
    frozenset({Permission.PEOPLE_MANAGE, Permission.CHANNEL_VIEW, Permission.ACCOUNT_OWN}), channels=None
)


async def test_nobody_invites_removes_or_changes_who_may_more_by_now(here: Site, there: Site) -> None:
    await here.add()
    bob = await here.add("bob", Role.VIEWER)
    await there.directory.read()
    assert there.people.get(bob.id, HELPER).role == "viewer"
    await here.people.change(bob.id, role=Role.ADMIN)
    assert there.people.get(bob.id, HELPER).role == "viewer"  # which is not true any more
    for doing in (
        there.people.invite(bob.id, HELPER),
        there.people.remove(bob.id, HELPER),
        there.people.change(bob.id, HELPER, title="X"),
        there.people.change(bob.id, HELPER, role=Role.VIEWER),
        there.people.add("eve", "", Role.OPERATOR, None, HELPER),
    ):
        assert await refusal(doing) == "forbidden"
    assert (await here.people.find("bob")).role == "admin"
    carla = await here.add("carla", Role.VIEWER)
    assert await refusal(here.people.change(carla.id, HELPER, role=Role.OPERATOR)) == "forbidden"
    assert (await here.people.change(carla.id, HELPER, title="C")).title == "C"


async def test_a_link_that_was_made_to_less_ends_when_somebody_may_more(here: Site) -> None:
    await here.add()
    bob = await here.add("bob", Role.OPERATOR, frozenset({KIDS}))
    kept = await here.people.invite(bob.id)
    await here.people.change(bob.id, has_channels=True, channels=frozenset())
    assert (await here.credentials.invited(kept.secret)).id == bob.id
    await here.people.change(bob.id, role=Role.ADMIN)
    assert await refusal(here.credentials.accept(kept.secret, PASSWORD)) == "unknown_invitation"
    carla, first = await here.people.add("carla", "", Role.VIEWER, None)
    await here.people.change(carla.id, role=Role.OPERATOR)
    assert (await here.credentials.invited(first.secret)).id == carla.id  # who has not come yet


async def test_a_code_that_begins_a_second_factor_is_not_guessed_for_long(here: Site) -> None:
    anna = await here.add()
    secret = (await here.credentials.enrol(anna.id, PASSWORD)).secret
    told = [await refusal(here.credentials.confirm(anna.id, f"{i}")) for i in range(6)]
    assert told == ["wrong_code"] * 5 + ["too_many_sign_ins"]
    async with here.database.write() as connection:
        await connection.execute(delete(failed_sign_in))
    assert len(await here.credentials.confirm(anna.id, pyotp.TOTP(secret).now())) == 10


async def test_many_who_are_signed_in_leave_a_place_to_who_is_not(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await here.add()
    monkeypatch.setattr("insta_stream.access.passwords._MOST_AT_ONCE", 1)
    with here.passwords.place("signed in"):
        assert await refusal(here.credentials.enrol(anna.id, PASSWORD)) == "too_many_sign_ins"
        assert here.is_open_to(await here.sign_in())


async def test_a_server_that_is_set_up_lets_no_disabled_admin_in(here: Site) -> None:
    await here.add()
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE account SET disabled_at = 1"))
    await here.people.set_up()
    assert {(each.name, each.disabled_at) for each in here.people.all()} == {("anna", 1), ("admin", None)}


async def test_whoever_comes_twice_at_once_from_another_service_is_one(here: Site) -> None:
    identity = Identity("https://id.example#7", "anna", "Anna", Role.VIEWER)
    both = await asyncio.gather(here.people.admit(identity), here.people.admit(identity))
    assert [each.name for each in both] == ["anna", "anna"]
    assert len(here.people.all()) == 1
