"""Whom cookies let in: those of our own pages, and of nobody else's."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope
from tests.support.people import KIDS, Site, site

from insta_stream.access.principal import NOBODY, OWNER
from insta_stream.access.role import Role
from insta_stream.access.sessions import Tickets
from insta_stream.api.callers import LINK, Access
from insta_stream.api.cookies import Cookies
from insta_stream.api.devices import device
from insta_stream.api.events.frames import Farewell
from insta_stream.errors import Forbidden
from insta_stream.ids import AccountId
from insta_stream.ticks import Ticks, seconds

STUDIO = "https://studio.example"
TICKETS = Tickets(
    AccountId("a" * 32), "s" * 32, "access.a.a", "refresh.a.a", Ticks(1), seconds(60), "device.a.a"
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as made:
        yield made


def request(cookie: str = "", **headers: str) -> Scope:
    sent = {"host": "tv.example:3000", "cookie": cookie, **headers}
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items() if value]
    return {"type": "http", "method": "GET", "path": "/api/videos", "query_string": b"", "headers": raw}


def cookie(here: Site, tickets: Tickets, prefix: str = "") -> str:
    return f"other=x; {prefix}insta_stream_access_{here.roster.installation[:8]}={tickets.access}; z"


async def test_nobody_is_asked_until_there_is_an_admin_who_can_sign_in(here: Site) -> None:
    access, shut = Access(roster=here.roster), Access(roster=here.roster, is_shut=True)
    assert access.caller(request()) is OWNER
    assert shut.caller(request()) is NOBODY
    _, invited = await here.people.add("anna", "", Role.ADMIN, None)
    assert access.is_open
    await here.credentials.accept(invited.secret, "correct horse battery")
    assert access.caller(request()) is NOBODY
    assert access.tv.folder == shut.tv.folder != ""


@pytest.mark.parametrize(
    ("headers", "counts"),
    [
        ({}, True),
        ({"origin": "http://tv.example:3000"}, True),
        ({"origin": "https://TV.example:3000"}, True),
        ({"origin": "https://public.example"}, True),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"origin": STUDIO}, False),
        ({"origin": "http://tv.example:4000"}, False),
        ({"origin": "null"}, False),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
    ],
)
async def test_only_our_own_pages_use_their_visitors_cookies(
    here: Site, headers: dict[str, str], *, counts: bool
) -> None:
    access = Access(roster=here.roster, origins=(STUDIO,), public_url="https://public.example/tv")
    anna = await here.add()
    tickets = await here.sign_in()
    for prefix in ("", "__Host-"):
        caller = access.caller(request(cookie(here, tickets, prefix), **headers))
        assert caller.account == (anna.id if counts else None)
        assert (caller is NOBODY) == (not counts)


async def test_a_token_that_is_shown_counts_and_a_wrong_one_takes_nothing_away(here: Site) -> None:
    access = Access(roster=here.roster, token="a-token-that-is-long")
    await here.add()
    shown = cookie(here, await here.sign_in())
    assert access.caller(request(shown, authorization="Bearer a-token-that-is-long")) is OWNER
    assert access.caller(request(shown, authorization="Bearer wrong")).session is not None
    assert access.caller(request("x=y")) is NOBODY


async def test_who_listens_with_a_session_is_told_how_it_ends(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = Access(roster=here.roster)
    anna = await here.add()
    tickets = await here.sign_in()
    scope = request(cookie(here, tickets))
    with pytest.raises(Farewell) as refused:
        access.listener(request(), None)
    assert (refused.value.close, refused.value.code) == (4401, "unauthorized")
    who = access.listener(scope, None)
    assert who().account == anna.id
    await here.sessions.end_all(anna.id)
    with pytest.raises(Farewell) as ended:
        who()
    assert (ended.value.close, ended.value.code) == (4401, "changed")
    monkeypatch.setattr("insta_stream.api.callers.wall_clock", lambda: tickets.expires_at)
    with pytest.raises(Farewell) as expired:
        who()
    assert (expired.value.close, expired.value.code) == (4401, "expired")


@pytest.mark.parametrize("is_secure", [False, True])
def test_cookies_are_for_no_script_and_no_other_site(*, is_secure: bool) -> None:
    response = Response()
    Cookies("0123456789").give(response, TICKETS, is_secure=is_secure)
    given = response.headers.getlist("set-cookie")
    prefix = "__Host-" if is_secure else ""
    for kind, each in zip(("access", "refresh", "device"), given, strict=True):
        name, *rules = each.split("; ")
        assert name == f"{prefix}insta_stream_{kind}_01234567={kind}.a.a"
        assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(rules)
        assert ("Secure" in rules) == is_secure
        assert not any(rule.startswith("Domain") for rule in rules)


def test_what_is_given_is_read_and_taken_and_another_servers_is_neither() -> None:
    ours, others = Cookies("0123456789"), Cookies("9876543210")
    response = Response()
    ours.give(response, TICKETS, is_secure=True)
    sent = "; ".join(each.partition(";")[0] for each in response.headers.getlist("set-cookie"))
    shown = ours.read(Headers({"cookie": sent}))
    assert (shown.access, shown.refresh, shown.device) == ("access.a.a", "refresh.a.a", "device.a.a")
    assert others.read(Headers({"cookie": sent})).access == ""
    gone = Response()
    ours.take(gone)
    taken = [each.partition("=")[0] for each in gone.headers.getlist("set-cookie")]
    assert "__Host-insta_stream_refresh_01234567" in taken
    assert "__Host-insta_stream_device_01234567" not in taken


@pytest.mark.parametrize(
    "sent", ['a="' + "\\" * 60_000 + '"', ";" * 60_000, "=" * 60_000, "insta_stream_access_"]
)
def test_cookies_of_strangers_are_read_at_once(sent: str) -> None:
    assert Cookies("0123456789").read(Headers({"cookie": sent})).access == ""


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
        ("\x00" * 5000, "Unknown browser"),
    ],
)
def test_browsers_are_named_as_people_know_them(user_agent: str, words: str) -> None:
    assert device(user_agent) == words


async def test_a_browser_that_is_known_shares_no_limit_with_a_flood_from_its_address(here: Site) -> None:
    await here.add()
    tickets = await here.sign_in()
    access = Access(roster=here.roster, requests_per_minute=1)
    known = request(f"insta_stream_device_{here.roster.installation[:8]}={tickets.known_as}")
    stranger = request()
    assert access.too_fast(stranger, NOBODY) is None
    assert access.too_fast(stranger, NOBODY) is not None
    assert (
        access.too_fast(request(f"insta_stream_device_{here.roster.installation[:8]}=made-up"), NOBODY)
        is not None
    )
    assert access.too_fast(known, NOBODY) is None
    assert access.too_fast(known, NOBODY) is not None


async def test_nobody_gets_the_addresses_of_whoever_may_do_everything(here: Site) -> None:
    access = Access(roster=here.roster, token="a-token-that-is-long-enough")
    assert access.as_viewer(OWNER)[0].principal == OWNER
    for caller in (NOBODY, replace(OWNER, channels=frozenset({KIDS})), LINK):
        with pytest.raises(Forbidden):
            access.as_viewer(caller)
