"""Signing in, going on and signing out, as two servers on one database see it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import text, update
from structlog.testing import capture_logs
from tests.support.people import HERE, PASSWORD, Site, another, site
from tests.support.waiting import until

from insta_stream.access import directory as directory_module
from insta_stream.access import sessions as module
from insta_stream.access.passwords import Whose
from insta_stream.access.role import Role
from insta_stream.access.sessions import Browser
from insta_stream.access.throttle import OF_AN_ADDRESS
from insta_stream.access.wall import wall_clock
from insta_stream.db.sessions import load_keys, session, signing_key
from insta_stream.errors import InstaStreamError, TooMany, Unauthorized, Unknown
from insta_stream.ticks import Ticks, seconds


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as made:
        yield made


@pytest.fixture
async def there(here: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    assert here.roster.installation is not None
    monkeypatch.setattr(directory_module, "LOOK_SECONDS", 0.01)
    async with another(tmp_path) as made:
        yield made


async def refusal(doing: object) -> str:
    with pytest.raises(InstaStreamError) as caught:
        await doing  # type: ignore[misc]
    return caught.value.code


async def test_who_signs_in_may_what_their_role_may_until_they_sign_out(here: Site, there: Site) -> None:
    anna = await here.add()
    tickets = await here.sign_in(" ANNA ")
    found = here.roster.signed_in(tickets.access)
    assert found is not None
    assert (found[0].account, found[0].session) == (anna.id, tickets.session)
    await until(lambda: there.is_open_to(tickets))
    await here.sessions.end(anna.id, tickets.session)
    assert not here.is_open_to(tickets)
    await until(lambda: not there.is_open_to(tickets))
    assert await refusal(there.sessions.renew(tickets.refresh)) == "signed_out"
    assert await refusal(here.sessions.end(anna.id, tickets.session)) == "unknown_session"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("anna", "another password"),
        ("anna", ""),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("\x00" * 300, PASSWORD),
    ],
)
async def test_a_wrong_name_and_a_wrong_password_are_told_alike(here: Site, name: str, password: str) -> None:
    await here.add()
    with pytest.raises(Unauthorized) as caught:
        await here.sign_in(name, password)
    assert (caught.value.code, caught.value.message) == (
        "wrong_sign_in",
        "The name or the password is wrong.",
    )


async def test_who_is_disabled_or_removed_is_out_at_once(here: Site, there: Site) -> None:
    await here.add()
    for leave in (
        lambda id_: here.people.change(id_, is_disabled=True),
        here.people.remove,
    ):
        bob = await here.add("bob", Role.VIEWER)
        tickets = await here.sign_in("bob")
        await until(lambda tickets=tickets: there.is_open_to(tickets))
        await leave(bob.id)
        assert not here.is_open_to(tickets)
        await until(lambda tickets=tickets: not there.is_open_to(tickets))
        assert await refusal(there.sessions.renew(tickets.refresh)) == "signed_out"
        assert await refusal(here.sign_in("bob")) == "wrong_sign_in"
        if any(each.name == "bob" for each in here.people.all()):
            await here.people.change(bob.id, is_disabled=False)
            assert not here.is_open_to(tickets)  # what was ended stays so
            await here.people.remove(bob.id)


async def test_what_somebody_may_changes_with_their_role_not_with_what_they_hold(here: Site) -> None:
    await here.add()
    bob = await here.add("bob", Role.VIEWER)
    tickets = await here.sign_in("bob")
    await here.people.change(bob.id, role=Role.ADMIN)
    found = here.roster.signed_in(tickets.access)
    assert found is not None
    assert found[0].channels is None
    assert "people:manage" in found[0].permissions


async def age(site_: Site, by: Ticks) -> None:
    """Let all sessions have been used so long before."""
    async with site_.database.write() as connection:
        values = {"used_at": session.c.used_at - by, "expires_at": session.c.expires_at - by}
        await connection.execute(update(session).values(values))


async def test_a_session_goes_on_with_new_tickets(here: Site) -> None:
    await here.add()
    first = await here.sign_in()
    second = await here.sessions.renew(first.refresh)
    third = await here.sessions.renew(second.refresh)
    assert {first.session, second.session, third.session} == {first.session}
    assert len({first.refresh, second.refresh, third.refresh}) == 3
    assert here.is_open_to(third)


def generation(at: Site, refresh: str) -> int:
    claims = at.roster.signer.read(refresh, "refresh")
    assert claims is not None
    return claims.generation


async def test_of_two_who_renew_at_once_none_is_signed_out(here: Site, there: Site) -> None:
    await here.add()
    first = await here.sign_in()
    ours, theirs = await asyncio.gather(
        here.sessions.renew(first.refresh), there.sessions.renew(first.refresh)
    )
    generations = {generation(here, each.refresh) for each in (first, ours, theirs)}
    assert len(generations) == 2, "one renewal, whose tickets both have"
    assert here.is_open_to(await here.sessions.renew(theirs.refresh))


async def test_a_refresh_token_that_is_used_twice_ends_the_session(here: Site, there: Site) -> None:
    await here.add()
    stolen = await here.sign_in()
    present = await here.sessions.renew(stolen.refresh)
    await age(here, Ticks(module.OVERLAP + seconds(1)))
    with capture_logs() as logs:
        assert await refusal(here.sessions.renew(stolen.refresh)) == "signed_out"
    assert [entry["event"] for entry in logs] == ["refresh_token_used_twice"]
    assert await refusal(here.sessions.renew(present.refresh)) == "signed_out"
    assert not here.is_open_to(present)
    await until(lambda: not there.is_open_to(present))


async def test_one_of_two_generations_before_ends_it_at_once(here: Site) -> None:
    await here.add()
    first = await here.sign_in()
    third = await here.sessions.renew((await here.sessions.renew(first.refresh)).refresh)
    with pytest.raises(module.UsedTwice) as caught:
        await here.sessions.renew(first.refresh)
    assert (caught.value.code, caught.value.session.id) == ("signed_out", first.session)
    assert not here.is_open_to(third)
    with pytest.raises(Unauthorized) as again:
        await here.sessions.renew(first.refresh)
    assert not isinstance(again.value, module.UsedTwice)


async def test_other_sessions_do_not_care(here: Site) -> None:
    anna = await here.add()
    here_too, first = await here.sign_in(), await here.sign_in()
    assert await here.sessions.end_all(anna.id, but=here_too.session) == 1
    assert here.is_open_to(here_too)
    assert not here.is_open_to(first)
    assert [row.id for row in await here.sessions.listed(anna.id)] == [here_too.session]


async def test_a_session_that_nobody_used_is_over(here: Site) -> None:
    await here.add()
    tickets = await here.sign_in()
    await age(here, module.REMEMBERED_LASTS)
    assert await refusal(here.sessions.renew(tickets.refresh)) == "signed_out"


@pytest.mark.parametrize("text_", ["", "x", "a.b.c", "\x00"])
async def test_what_is_no_refresh_token_ends_nothing(here: Site, text_: str) -> None:
    await here.add()
    tickets = await here.sign_in()
    assert await refusal(here.sessions.renew(text_)) == "signed_out"
    assert await refusal(here.sessions.renew(tickets.access)) == "signed_out"
    await here.sessions.leave(text_, text_)
    assert here.is_open_to(tickets)
    await here.sessions.leave("", tickets.access)
    assert not here.is_open_to(tickets)


async def test_the_one_that_was_not_used_for_longest_makes_room(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SESSIONS", 2)
    await here.add()
    first, second, third = [await here.sign_in() for _ in range(3)]
    assert [here.is_open_to(each) for each in (first, second, third)] == [False, True, True]


async def age_keys(site_: Site, by: Ticks) -> None:
    """Let all keys have been made so long before."""
    async with site_.database.write() as connection:
        await connection.execute(update(signing_key).values(created_at=signing_key.c.created_at - by))


async def test_keys_change_and_nobody_notices(here: Site, there: Site) -> None:
    await here.add()
    tickets = await here.sign_in()
    for _ in range(2):  # the second change takes the first key away
        await age_keys(here, seconds(31 * 86_400))
        await here.directory.start()
        async with here.database.read() as connection:
            keys = await load_keys(connection, lambda *_: None)
        assert len([key for key in keys if key.purpose == "session"]) == 2
        await age_keys(here, seconds(60))
        await there.directory.read()
        tickets = await there.sessions.renew(tickets.refresh)
        assert here.is_open_to(tickets)


async def test_a_key_that_only_another_server_has_read_is_read_when_it_is_shown(
    here: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_module, "LOOK_SECONDS", 1000.0)
    await here.add()
    async with another(tmp_path) as there:
        await age_keys(here, seconds(31 * 86_400))
        await here.directory.start()
        await age_keys(here, seconds(60))
        await here.directory.read()
        tickets = await here.sign_in()
        assert there.roster.signer.read(tickets.refresh, "refresh") is None
        assert here.is_open_to(await there.sessions.renew(tickets.refresh))


async def test_a_damaged_key_is_passed_over(here: Site) -> None:
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE signing_key SET secret = 'x'"))
    with capture_logs() as logs:
        await here.directory.start()
    assert {entry["table"] for entry in logs} == {"signing_key"}
    await here.add()
    assert here.is_open_to(await here.sign_in())
    assert len(here.roster.tv_secret) == 64


async def test_a_code_that_was_used_at_one_server_opens_nothing_at_another(here: Site, there: Site) -> None:
    secret, recovery = await enrolled(here)
    code = pyotp.TOTP(secret).now()
    assert here.is_open_to(await here.sign_in(code=code))
    assert await refusal(there.sign_in(code=code)) == "wrong_code"
    assert there.is_open_to(await there.sign_in(code=recovery[0]))
    assert await refusal(here.sign_in(code=recovery[0])) == "wrong_code"


async def enrolled(here: Site) -> tuple[str, list[str]]:
    """Return the secret and the recovery codes of somebody with a second factor."""
    anna = await here.add()
    secret = (await here.credentials.enrol(anna.id, PASSWORD)).secret
    before = wall_clock() - seconds(30)
    codes = await here.credentials.confirm(anna.id, pyotp.TOTP(secret).at(before // 720_000))
    return secret, codes


async def test_a_second_factor_is_asked_for_after_the_password_and_each_code_opens_once(here: Site) -> None:
    secret, _ = await enrolled(here)
    assert await refusal(here.sign_in(password="wrong password")) == "wrong_sign_in"
    assert await refusal(here.sign_in()) == "code_needed"
    assert await refusal(here.sign_in(code="000 000")) == "wrong_code"
    code = pyotp.TOTP(secret).now()
    assert here.is_open_to(await here.sign_in(code=code))
    assert await refusal(here.sign_in(code=code)) == "wrong_code"


async def test_one_before_the_last_that_was_used_is_no_longer_valid(here: Site) -> None:
    secret, _ = await enrolled(here)
    await here.sign_in(code=pyotp.TOTP(secret).now())
    before = wall_clock() - seconds(30)
    assert await refusal(here.sign_in(code=pyotp.TOTP(secret).at(before // 720_000))) == "wrong_code"


async def test_a_recovery_code_opens_once(here: Site) -> None:
    _, (first, second, *_) = await enrolled(here)
    assert here.is_open_to(await here.sign_in(code=first.upper().replace("-", " ")))
    assert await refusal(here.sign_in(code=first)) == "wrong_code"
    assert here.is_open_to(await here.sign_in(code=second))


async def test_who_guesses_waits_and_a_known_browser_is_not_kept_out(here: Site, there: Site) -> None:
    await here.add()
    known = replace(HERE, known_as=(await here.sign_in()).known_as)
    told = [await refusal(here.sign_in(password=f"guess number {i}")) for i in range(5)]
    assert told == ["wrong_sign_in"] * 5
    for site_ in (here, there):
        with pytest.raises(TooMany) as caught:
            await site_.sign_in()  # though the password is right
        assert caught.value.code == "too_many_sign_ins"
        assert caught.value.pause_seconds == 1
    assert here.is_open_to(await here.sign_in(browser=known))
    elsewhere = replace(HERE, address="198.51.100.7")
    assert here.is_open_to(await here.sign_in(browser=elsewhere))


async def test_a_flood_is_turned_away_before_it_costs_anything(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.add()
    monkeypatch.setattr("insta_stream.access.passwords._MOST_AT_ONCE", 2)
    told = await asyncio.gather(
        *(refusal(here.sign_in(f"name-{i}", browser=Browser(f"192.0.2.{i}", ""))) for i in range(20))
    )
    assert told.count("too_many_sign_ins") == 18
    assert set(told) == {"wrong_sign_in", "too_many_sign_ins"}
    assert here.passwords._inside.total() == 0


async def test_a_flood_of_strangers_leaves_a_place_to_a_known_browser(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.add()
    known = replace(HERE, known_as=(await here.sign_in()).known_as)
    monkeypatch.setattr("insta_stream.access.passwords._MOST_AT_ONCE", 1)
    with here.passwords.place("stranger"):
        assert await refusal(here.sign_in()) == "too_many_sign_ins"
        assert here.is_open_to(await here.sign_in(browser=known))


async def test_who_is_known_does_not_wait_behind_strangers(here: Site) -> None:
    await here.add()
    known = replace(HERE, known_as=(await here.sign_in()).known_as)
    is_over = threading.Event()
    blocked = asyncio.ensure_future(here.passwords._do("stranger", is_over.wait))
    try:
        stranger = asyncio.ensure_future(here.sign_in())
        assert here.is_open_to(await here.sign_in(browser=known))
        assert not stranger.done()  # strangers' passwords are checked one at a time
    finally:
        is_over.set()
    await blocked
    assert here.is_open_to(await stranger)


async def test_who_would_be_refused_anyway_is_refused_before_anything_is_read(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.add()
    known_as = (await here.sign_in()).known_as
    monkeypatch.setattr("insta_stream.access.passwords._MOST_AT_ONCE", 1)
    here.sessions.refuse_early(HERE.address, "")
    with here.passwords.place("stranger"):
        here.sessions.refuse_early(HERE.address, known_as)
        for forged in ("", "x", f"{known_as}x"):
            with pytest.raises(TooMany, match="Too many people"):
                here.sessions.refuse_early(HERE.address, forged)
    for number in range(OF_AN_ADDRESS.free + 1):
        await refusal(here.sign_in(f"nobody-{number}"))
    with pytest.raises(TooMany, match="Wait"):
        here.sessions.refuse_early(HERE.address, "")
    here.sessions.refuse_early(HERE.address, known_as)
    here.sessions.refuse_early("192.0.2.8", "")


async def test_many_at_once_are_no_way_around(here: Site) -> None:
    await here.add()
    told = await asyncio.gather(*(refusal(here.sign_in(password=f"guess number {i}")) for i in range(12)))
    assert told.count("wrong_sign_in") == 5


async def test_nothing_that_a_browser_holds_is_stored(here: Site, tmp_path: Path) -> None:
    await here.add()
    tickets = await here.sign_in()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("*"))  # noqa: ASYNC240 - three small files
    assert tickets.session.encode() in stored
    for secret in (tickets.access, tickets.refresh, tickets.known_as, PASSWORD):
        assert secret.encode() not in stored
        assert secret not in repr(tickets)


async def test_who_is_signed_in_is_found_by_a_server_that_was_started_later(
    here: Site, tmp_path: Path
) -> None:
    await here.add()
    tickets = await here.sign_in()
    async with another(tmp_path) as there:
        assert there.is_open_to(tickets)


async def test_nobody_ends_another_persons_session(here: Site) -> None:
    await here.add()
    bob = await here.add("bob", Role.VIEWER)
    tickets = await here.sign_in()
    with pytest.raises(Unknown):
        await here.sessions.end(bob.id, tickets.session)
    await here.sessions.end_all(bob.id)
    assert here.is_open_to(tickets)


async def test_whoever_signs_in_while_the_password_changes_stays_out(here: Site) -> None:
    anna = await here.add()
    matches = here.passwords.matches

    async def slow(password: str, stored: str | None, whose: Whose) -> bool:
        is_right = await matches(password, stored, whose)
        await here.credentials.set_password(anna, "another good password")
        return is_right

    here.passwords.matches = slow  # type: ignore[method-assign]
    assert await refusal(here.sign_in()) == "wrong_sign_in"
    assert await here.sessions.listed(anna.id) == []


async def test_whoever_is_removed_while_they_sign_in_stays_out(here: Site) -> None:
    await here.add()
    bob = await here.add("bob", Role.VIEWER)
    matches = here.passwords.matches

    async def slow(password: str, stored: str | None, whose: Whose) -> bool:
        is_right = await matches(password, stored, whose)
        await here.people.remove(bob.id)
        return is_right

    here.passwords.matches = slow  # type: ignore[method-assign]
    assert await refusal(here.sign_in("bob")) == "wrong_sign_in"


async def test_a_password_of_half_a_letter_is_one_like_others(here: Site) -> None:
    anna = await here.add()
    assert await refusal(here.sign_in(password="\ud800")) == "wrong_sign_in"
    await here.credentials.set_password(anna, "half a letter \ud800")
    assert here.is_open_to(await here.sign_in(password="half a letter \ud800"))


async def test_a_stranger_does_not_have_all_read(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0
    read = here.directory.read

    async def counted() -> None:
        nonlocal reads
        reads += 1
        await read()

    monkeypatch.setattr(here.directory, "read", counted)
    for number in range(20):
        assert await refusal(here.sessions.renew(f"a.b.{number}")) == "signed_out"
    assert reads == 0


async def test_a_browser_is_known_as_long_as_its_session_goes_on(here: Site) -> None:
    await here.add()
    tickets = await here.sign_in()
    for _ in range(2):  # the second change takes the first key away
        await age_keys(here, seconds(31 * 86_400))
        await here.directory.start()
        await age_keys(here, seconds(60))
        await here.directory.read()
        tickets = await here.sessions.renew(tickets.refresh)
    known = replace(HERE, known_as=tickets.known_as)
    for number in range(5):
        assert await refusal(here.sign_in(password=f"guess number {number}")) == "wrong_sign_in"
    assert await refusal(here.sign_in()) == "too_many_sign_ins"
    assert here.is_open_to(await here.sign_in(browser=known))


async def test_a_session_is_good_for_one_series_of_guesses(here: Site) -> None:
    await here.add()
    tickets = await here.sign_in()
    told = []
    for number in range(6):
        tickets = await here.sessions.renew(tickets.refresh)
        known = replace(HERE, known_as=tickets.known_as)
        told.append(await refusal(here.sign_in(password=f"guess number {number}", browser=known)))
    assert told == ["wrong_sign_in"] * 5 + ["too_many_sign_ins"]


async def test_what_was_ended_stays_so_when_the_clock_was_set_back(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await here.add()
    monkeypatch.setattr(module, "wall_clock", lambda: Ticks(wall_clock() + seconds(30 * 86_400)))
    tickets = await here.sign_in()
    monkeypatch.undo()
    await here.sessions.end(anna.id, tickets.session)
    async with here.database.write() as connection:
        await connection.execute(update(session).values(ended_at=session.c.ended_at - seconds(3600)))
    await here.directory.read()
    assert not here.is_open_to(tickets)


async def test_whoever_cannot_be_read_signs_in_as_nobody_does(here: Site) -> None:
    await here.add()
    async with here.database.write() as connection:
        await connection.execute(text("UPDATE account SET title = x'00'"))
    assert await refusal(here.sign_in()) == "wrong_sign_in"
