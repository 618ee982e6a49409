import base64
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Send

from insta_stream.access.principal import NOBODY, OWNER, Principal
from insta_stream.access.roster import Roster
from insta_stream.access.secret import digest
from insta_stream.api.application import guarded, routes
from insta_stream.api.attempts import FREE
from insta_stream.api.callers import Access
from insta_stream.api.guard import Guard
from insta_stream.api.problems import problem
from insta_stream.db.audit import EntryRow
from insta_stream.db.tokens import TokenRow
from insta_stream.ticks import Ticks

TOKEN = "a-token-that-is-long"


def access(*hosts: str, origins: tuple[str, ...] = (), public: str | None = None) -> Access:
    return Access(hosts=hosts, origins=origins, public_url=public, token=TOKEN)


async def test_a_flood_of_sign_ins_is_answered_without_being_read() -> None:
    async def never(_scope: object, _receive: object, _send: object) -> None:
        raise AssertionError

    def refused(_: object) -> Response:
        return problem(429, "too_many_sign_ins", "Too many.", {"retry-after": "5"})

    entries: list[EntryRow] = []

    async def record(entry: EntryRow) -> None:
        entries.append(entry)

    guard = Guard(never, access(), record, refused_early=refused)
    transport = httpx.ASGITransport(guard)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        reply = await client.post("/api/session", content=b"{")
        assert (reply.status_code, reply.headers["retry-after"]) == (429, "5")
        assert reply.headers["x-frame-options"] == "DENY"
        assert [(each.action, each.code, each.status, each.actor.kind) for each in entries] == [
            ("session.start", "too_many_sign_ins", 429, "nobody")
        ]
        for other in (client.delete("/api/session"), client.post("/api/sessions")):
            with pytest.raises(AssertionError):
                await other


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:3000",
        "LOCALHOST",
        "127.0.0.1:3000",
        "[::1]:3000",
        "192.168.1.7",
        "tv.localhost",
    ],
)
def test_addresses_and_localhost_are_always_known(host: str) -> None:
    assert access().knows_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "x@127.0.0.1",
        "127.0.0.1/evil",
        "127.0.0.1:3000:1",
        "[::1",
        "evil.example#localhost",
        "\u0661\u0662\u0667.0.0.1",
        "127.0.0.1\x00",
    ],
)
def test_other_names_are_not(host: str) -> None:
    assert not access().knows_host(host)


def test_names_can_be_added() -> None:
    assert access("TV.example").knows_host("tv.example:8080")
    assert access(public="https://tv.example/live").knows_host("tv.example")
    assert not access("tv.example").knows_host("www.tv.example")
    assert access("*").knows_host("whatever.example")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:3000", "127.0.0.1:3000"),
        ("https://tv.example", "tv.example"),
        ("HTTP://LocalHost:3000", "localhost:3000"),
    ],
)
def test_a_page_of_this_server_may_change_things(origin: str, host: str) -> None:
    assert access().trusts_origin(origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://127.0.0.1:4000",
        "http://127.0.0.1",
        "file://",
        "chrome-extension://127.0.0.1:3000",
        "http://127.0.0.1:3000.evil.example",
    ],
)
def test_a_page_of_another_may_not(origin: str) -> None:
    assert not access().trusts_origin(origin, "127.0.0.1:3000")


def test_origins_can_be_added_and_the_public_one_is_ours() -> None:
    assert access(origins=("https://studio.example/",)).trusts_origin("https://studio.example", "127.0.0.1")
    assert access(public="https://tv.example/live").trusts_origin("https://tv.example", "10.0.0.1:3000")
    assert access(public="https://tv.example:443").trusts_origin("https://tv.example", "10.0.0.1:3000")
    assert not access(public="https://tv.example").trusts_origin("http://tv.example", "10.0.0.1:3000")
    assert not access().trusts_origin("://", "10.0.0.1:3000")


def asked(who: Access, authorization: str) -> Principal:
    """Return who makes a request with this header."""
    headers = [(b"authorization", authorization.encode("latin-1"))]
    return who.caller(
        {"type": "http", "method": "GET", "path": "/api/playlist", "query_string": b"", "headers": headers}
    )


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("shown", [f"Bearer {TOKEN}", f"bearer  {TOKEN} ", basic(f"any:{TOKEN}")])
def test_the_token_opens(shown: str) -> None:
    assert asked(access(), shown) is OWNER


@pytest.mark.parametrize(
    "shown",
    [
        "",
        TOKEN,
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer \u00e9",
        "Basic",
        "Basic !",
        basic("any:"),
        basic(TOKEN),
        "Digest x",
    ],
)
def test_nothing_else_does(shown: str) -> None:
    assert asked(access(), shown) is NOBODY


def test_without_a_token_everybody_may() -> None:
    assert asked(Access(), "") is OWNER


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(access())


def browser(folder: Path, who: Access) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(guarded(routes(folder), who))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


async def test_where_one_signs_in_wrong_tokens_are_counted_too(tmp_path: Path) -> None:
    async with browser(tmp_path, access()) as client:
        wrong, right = {"authorization": "Bearer x"}, {"authorization": f"Bearer {TOKEN}"}
        told = [(await client.get("/api/session", headers=wrong)).status_code for _ in range(FREE + 1)]
        assert told == [200] * FREE + [429]
        for headers, via in (({}, "nothing"), (right, "token")):
            assert (await client.get("/api/session", headers=headers)).json()["data"]["via"] == via


async def test_a_server_that_nobody_can_sign_in_to_yet_says_what_to_do(tmp_path: Path) -> None:
    async with browser(tmp_path, Access(is_shut=True)) as client:
        reply = await client.get("/api/channels")
        assert (reply.status_code, reply.json()["code"]) == (401, "unauthorized")
        assert "link in the server's log" in reply.json()["message"]
    async with browser(tmp_path, access()) as client:
        assert "access token" in (await client.get("/api/channels")).json()["message"]


async def test_who_asks_too_often_waits_each_for_itself() -> None:
    async def fine(_scope: object, _receive: object, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    roster = Roster()
    secrets = [f"ist_{name}" for name in "ab"]
    roster.issued.replace(
        TokenRow(secret, secret, digest(secret), frozenset(), None, Ticks(0)) for secret in secrets
    )
    entries: list[EntryRow] = []

    async def record(entry: EntryRow) -> None:
        entries.append(entry)

    guard = Guard(fine, Access(token=TOKEN, roster=roster, requests_per_minute=2), record)
    transport = httpx.ASGITransport(guard)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:

        async def ask(token: str = "", path: str = "/api/videos", method: str = "GET") -> int:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            return (await client.request(method, path, headers=headers)).status_code

        script, other = secrets
        assert [await ask(script) for _ in range(3)] == [200, 200, 429]
        assert await ask(other) == 200
        assert [await ask() for _ in range(3)] == [401, 401, 429]  # a stranger, by the address
        assert {await ask(TOKEN) for _ in range(9)} == {200}  # the server's own
        assert {await ask(script, "/api/uploads/1", "PATCH") for _ in range(9)} == {200}
        assert await ask(script, "/api/uploads", "POST") == 429
        told = [(each.action, each.code, each.actor.token) for each in entries]
        assert told == [("request", "too_many_requests", script)]
        assert {await ask(path=path) for path in ("/", "/watch/main", "/assets/x.js", "/health")} == {200}
        reply = await client.get("/api/videos")
        assert (reply.json()["code"], reply.headers["retry-after"]) == ("too_many_requests", "30")
        assert "takes 2 a minute" in reply.json()["message"]
    open_to_all = Guard(fine, Access(requests_per_minute=1))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(open_to_all), base_url="http://127.0.0.1"
    ) as client:
        assert {(await client.get("/api/videos")).status_code for _ in range(9)} == {200}
