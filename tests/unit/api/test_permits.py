"""Every route and topic, walked through: whom it lets in, and whom not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from insta_stream.access.action import OF_COMMANDS, Action
from insta_stream.access.issued import PREFIX
from insta_stream.access.permission import OF_A_CHANNEL, Permission
from insta_stream.access.principal import NOBODY, OWNER, Principal
from insta_stream.access.role import Role, principal_of
from insta_stream.access.secret import digest, new_secret
from insta_stream.api.acts import SAFE_METHODS, changes_nothing, does
from insta_stream.api.application import guarded, routes
from insta_stream.api.callers import Access
from insta_stream.api.events.topics import Kind, parse_topic
from insta_stream.api.pages import CLIENT_PAGES
from insta_stream.api.permits import Route, admit, needs, open_to_all
from insta_stream.api.recording import is_recorded
from insta_stream.db.audit import EntryRow, Thing
from insta_stream.db.tokens import TokenRow
from insta_stream.ids import AccountId, ChannelSlug
from insta_stream.ticks import Ticks

TOKEN = "a-token-that-is-long"
KIDS = ChannelSlug("kids")
PAGES = {*CLIENT_PAGES, "/favicon.svg"}
"""What is no route of the API: pages, which show nothing by themselves."""

BEHIND_THE_DOOR = {"/openapi.json"}
"""What is neither, and needs the token as all does that is not said to be open."""


@dataclass(frozen=True)
class Way:
    """One method of one address. path: with words for what is to be filled in."""

    method: str
    path: str
    route: Route

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def needed(self) -> Permission | None:
        return self.route.permission

    def to(self, channel: str) -> str:
        """Return an address, of a channel where it has one."""
        return re.sub(r"\{[^}]*\}", "0", self.path.replace("{slug}", channel))


def walk(all_of_them: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield each route with its whole path."""
    for each in all_of_them:  # type: ignore[attr-defined]
        if (router := getattr(each, "original_router", None)) is not None:
            yield from walk(router.routes, prefix + each.include_context.prefix)
        else:
            yield prefix + each.path, each


def ways() -> list[Way]:
    found = walk(routes(Path("nowhere")).routes)
    return [
        Way(method, path, route)
        for path, route in found
        if isinstance(route, Route)
        for method in sorted(route.methods)
    ]


WAYS = ways()
CLOSED = [way for way in WAYS if way.needed is not None]


def as_(principal: Principal) -> httpx.AsyncClient:
    """Return a client that asks the API as somebody; whatever is let in fails, for there are no services."""
    app = routes(Path("nowhere"))

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        await app(admit(scope, principal), receive, send)

    return client_of(asked)


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    headers = {"tus-resumable": "1.0.0"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers)


def test_every_address_is_a_page_or_says_what_it_needs() -> None:
    rest = {path for path, route in walk(routes(Path("nowhere")).routes) if not isinstance(route, Route)}
    assert rest - PAGES == BEHIND_THE_DOOR
    assert len(WAYS) > 60
    assert {way.needed for way in WAYS} == {*Permission, None}


def test_an_endpoint_that_says_nothing_stops_the_start() -> None:
    def forgotten() -> None: ...

    with pytest.raises(TypeError, match="/api/forgotten does not say what it needs"):
        Route("/api/forgotten", forgotten)
    assert Route("/api/open", open_to_all(forgotten)).permission is None
    assert Route("/api/kept", needs(Permission.LIBRARY_READ)(forgotten)).permission == "library:read"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_changing_endpoint_that_does_not_say_what_it_does_stops_the_start(method: str) -> None:
    @open_to_all
    def forgotten() -> None: ...

    with pytest.raises(TypeError, match=r"/api/forgotten does not say what it does: @does\(\.\.\.\) or"):
        Route("/api/forgotten", forgotten, methods=[method])
    assert Route("/api/read", forgotten, methods=["GET"]).action is None
    assert Route("/api/kept", does(Action.VIDEO_RENAME)(forgotten), methods=[method]).action == "video.rename"
    assert Route("/api/kept", changes_nothing(forgotten), methods=[method]).action is None


def test_every_action_is_some_routes_and_few_of_those_that_may_change_something_change_nothing() -> None:
    of_a_certain_key = Action.LINK_END_EVERY  # the route that ends one says so of the server's own
    told = {*Action} - OF_COMMANDS - {Action.REQUEST, of_a_certain_key}
    assert {way.route.action for way in WAYS} >= told
    assert {str(way) for way in WAYS if way.method not in SAFE_METHODS and way.route.action is None} == {
        "POST /api/invitation",
        "POST /api/videos/usage",
        "POST /api/videos/{video_id}/original-url",
    }
    for way in WAYS:
        if way.route.action is not None:
            assert is_recorded({"method": way.method, "path": way.path}), str(way)


async def test_who_may_not_change_something_is_in_the_audit_log_and_a_stranger_at_the_door() -> None:
    recorded: list[EntryRow] = []

    async def record(entry: EntryRow) -> None:
        recorded.append(entry)

    secret = new_secret(PREFIX)
    access = Access(token=TOKEN)
    access.roster.issued.replace([TokenRow("t" * 32, "camera", digest(secret), frozenset(), None, Ticks(1))])
    door = guarded(routes(Path("nowhere")), access, record)
    changing = [way for way in CLOSED if way.method not in SAFE_METHODS]
    async with client_of(door) as client:
        for way in changing:
            assert (await client.request(way.method, way.to("kids"))).status_code == 401
            (entry,) = recorded
            assert (entry.action, entry.code, entry.actor.kind) == ("request", "unauthorized", "nobody"), way
            assert (entry.things, entry.actor.address) == ((), "127.0.0.1")
            recorded.clear()
        bearer = {"authorization": f"Bearer {secret}"}
        for way in changing:
            assert (await client.request(way.method, way.to("kids"), headers=bearer)).status_code == 403
            told = [(entry.action, entry.code, entry.status, entry.actor.token_name) for entry in recorded]
            action = way.route.action
            assert told == ([] if action is None else [(action, "forbidden", 403, "camera")]), way
            if "{slug}" in way.path and action is not None:
                assert Thing("channel", "kids") in recorded[0].things
            recorded.clear()


async def test_the_door_is_shut_to_strangers_exactly_where_something_is_needed() -> None:
    door = guarded(routes(Path("nowhere")), Access(token=TOKEN))
    async with client_of(door) as stranger:
        codes = {str(way): (await stranger.request(way.method, way.to("main"))).status_code for way in WAYS}
        assert [(await stranger.get(path)).status_code for path in BEHIND_THE_DOOR] == [401]
    shut = {way for way, code in codes.items() if code == 401}
    tv = {str(way) for way in CLOSED if way.path.startswith("/tv/")}  # whose secret is in the address
    assert shut == {str(way) for way in CLOSED} - tv


@pytest.mark.parametrize("needed", list(Permission))
async def test_a_route_opens_to_its_permission_and_to_no_other(needed: Permission) -> None:
    with_all_others = replace(OWNER, permissions=OWNER.permissions - {needed})
    async with as_(Principal(frozenset({needed}), None)) as one, as_(with_all_others) as others:
        for way in [way for way in CLOSED if way.needed is needed]:
            codes = [(await each.request(way.method, way.to("kids"))).status_code for each in (one, others)]
            assert [code == 403 for code in codes] == [False, True], str(way)


async def test_a_channels_permissions_open_its_own_routes_only() -> None:
    everything = frozenset(Permission)
    ours = [way for way in CLOSED if way.needed in OF_A_CHANNEL]
    named = [way for way in ours if "{slug}" in way.path]
    main = [way for way in ours if way.path.startswith(("/api/playlist", "/api/stream"))]
    of_none = [way for way in ours if way not in named and way not in main]
    assert {way.path for way in of_none} == {
        "/api/channels",
        "/api/playback",
        "/api/topics/{name:path}",
        "/guide.xml",
        "/channels.m3u",
        "/tv/{secret}/guide.xml",
        "/tv/{secret}/channels.m3u",
    }
    async with as_(Principal(everything, frozenset({KIDS}))) as client:

        async def is_refused(way: Way, channel: str) -> bool:
            return (await client.request(way.method, way.to(channel))).status_code == 403

        for way in named:
            assert [await is_refused(way, channel) for channel in ("kids", "news", "not-there")] == [
                False,
                True,
                True,
            ], str(way)
        assert [str(way) for way in main if not await is_refused(way, "")] == []
        assert [str(way) for way in of_none if await is_refused(way, "")] == []


async def test_no_role_opens_what_the_one_above_it_does_not() -> None:
    """And a viewer's account opens nothing that changes anything but itself."""
    opened: dict[Role, set[str]] = {}
    for role in Role:
        async with as_(principal_of(role, frozenset({KIDS}), AccountId("a" * 32))) as client:
            asked = [(str(way), await client.request(way.method, way.to("kids"))) for way in CLOSED]
            opened[role] = {way for way, reply in asked if reply.status_code != 403}
    assert opened[Role.VIEWER] < opened[Role.OPERATOR] < opened[Role.ADMIN] == {str(way) for way in CLOSED}
    changing = {way for way in opened[Role.VIEWER] if not way.startswith(("GET ", "HEAD "))}
    assert changing == {way for way in changing if " /api/account" in way}


async def test_the_refusal_is_one_of_ours() -> None:
    async with as_(NOBODY) as client:
        reply = await client.patch("/api/channels/kids", content=b"{")
        upload = await client.patch("/api/uploads/0")
    assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")
    assert "`channel:settings` for the channel kids" in reply.json()["message"]
    assert (upload.status_code, upload.headers["tus-resumable"]) == (403, "1.0.0")


def test_every_topic_needs_something_and_of_a_channel_that_channels() -> None:
    somebody = Principal(frozenset(Permission), frozenset({KIDS}))
    for kind in get_args(Kind):
        plain, kids, news = (parse_topic(f"{kind}{slug}") for slug in ("", "/kids", "/news"))
        assert (plain is None) == (kids is not None)
        if plain is not None:
            assert somebody.may(*plain.needed)
            assert not NOBODY.may(*plain.needed)
        if kids is not None and news is not None:
            assert [somebody.may(*topic.needed) for topic in (kids, news)] == [True, False]


def test_what_is_walked_is_what_is_served() -> None:
    app = routes(Path("nowhere"))
    guarded(app, Access())
    kinds = {type(route) for _, route in walk(app.routes)} - {Route}
    assert not [kind for kind in kinds if issubclass(kind, APIRoute) and not issubclass(kind, Route)]
    assert {route.path for route in app.routes if isinstance(route, WebSocketRoute)} == {"/api/events"}
    assert not [route for route in app.routes if isinstance(route, Mount)]  # there are no pages here
