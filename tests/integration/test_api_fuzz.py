"""Every route of the API, asked by everyone: as its description has it, and as nobody should ask."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Literal

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.support.asked import Asked, Json, filled_in, fits, requests
from tests.support.clips import make_clips
from tests.support.depth import examples
from tests.support.server import RunningServer, running
from tests.support.upload import await_videos, until_ready, upload

from insta_stream.access.permission import OF_A_CHANNEL, Permission
from insta_stream.access.principal import Principal
from insta_stream.access.role import Role, principal_of
from insta_stream.ids import AccountId, ChannelSlug

EACH = 10
"""Requests of each route; ten times as many in a deep run."""

EACH_BY_ALL = 2
"""Of those that everyone asks in turn."""

UNAVAILABLE = frozenset({503, 507})
"""The only errors of a server that it foresees: not ready, no room."""

LARGE_BYTES = 60_000
"""A server may answer such a body before its end, and hang up."""

ROUTES_AT_LEAST = 60

TOKEN = "a-token-of-the-owner"
OWNER = {"authorization": f"Bearer {TOKEN}"}
PASSWORD = "correct horse battery"
MAIN, SECOND = ChannelSlug("main"), ChannelSlug("second")

ASKS_MORE = frozenset(
    {
        "/api/topics/{name}",
        "/api/tv",
        "/api/upload",
        "/api/uploads",
        "/api/uploads/{upload_id}",
    }
)
"""Where what is asked for may need more than the permission of the route."""

BEFORE_THE_DOOR = frozenset({"url_too_long", "tus_version"})
"""What is said of no proper request, whoever asks."""

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "permissions.md"
HEAD = ("Without signing in", *(role.value.capitalize() for role in Role))

Verdict = Literal["let in", "forbidden", "unauthorized"]


@dataclass(frozen=True)
class Answer:
    """What a server said. caching: who may keep it; code: of a refusal, "" for none."""

    status: int
    caching: str
    code: str = ""

    @property
    def verdict(self) -> Verdict:
        """What came of it at the doors."""
        if (self.status, self.code) == (401, "unauthorized"):
            return "unauthorized"
        return "forbidden" if (self.status, self.code) == (403, "forbidden") else "let in"


@dataclass(frozen=True)
class Caller:
    """Somebody who asks. principal: None for a stranger."""

    name: str
    column: str
    principal: Principal | None
    headers: dict[str, str]


@dataclass(frozen=True)
class Operation:
    """A route, as its description has it."""

    method: str
    path: str
    told: Json

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def expected(self, caller: Caller, channel: str) -> Verdict:
        """Return what comes of it at the doors, by its permission and those of the caller."""
        if (needed := self.told.get("x-permission")) is None:
            return "let in"
        if caller.principal is None:
            return "unauthorized"
        is_of_one = needed in OF_A_CHANNEL and not self.told.get("x-any-channel")
        may = caller.principal.may(Permission(needed), ChannelSlug(channel) if is_of_one else None)
        return "let in" if may else "forbidden"

    def takes(self, asked: Asked, schemas: Json) -> bool:
        """Return whether the body is as the description has it; True where it has none that can be read."""
        content = self.told.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return True
        try:
            value = json.loads(asked.body or b"")
        except ValueError:
            return False
        kind = asked.headers.get("content-type", "")
        return kind.startswith("application/json") and fits(
            value, content["application/json"]["schema"], schemas
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("fuzz")
    flags = ("--rungs", "240p", "--min-free-bytes", "1MB", "--log-format", "json", "--token", TOKEN)
    with running(folder / "data", *flags) as server:
        with as_owner(server) as client:
            until_ready(client)
            assert upload(client, make_clips(folder, seconds=3, count=1)[0]).is_success
            await_videos(client)
            client.post("/api/channels", json={"slug": SECOND, "title": "Second"}).raise_for_status()
        yield server


def as_owner(server: RunningServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=60, headers=OWNER)


@dataclass(frozen=True)
class Known:
    """What there is. words: ids and names that a request may have."""

    operations: list[Operation]
    schemas: Json
    words: list[str]
    video: str


@pytest.fixture(scope="module")
def known(server: RunningServer) -> Known:
    with as_owner(server) as client:
        description = client.get("/openapi.json").json()
        video = client.get("/api/videos").json()["data"][0]["id"]
        entries = client.get("/api/channels/main/playlist").json()["data"]["playlist"]
    operations = [
        Operation(method, path, told)
        for path, found in description["paths"].items()
        for method, told in found.items()
    ]
    assert len(operations) >= ROUTES_AT_LEAST
    words = [MAIN, SECOND, video, entries[0]["entry"], "csv"]
    return Known(operations, description["components"]["schemas"], words, video)


@pytest.fixture(scope="module")
def callers(server: RunningServer) -> list[Caller]:
    """A stranger, and one of each role, with operators of one channel and of all; who may most comes last."""
    with as_owner(server) as client:
        return [
            Caller("a stranger", HEAD[0], None, {}),
            added(client, "viewer", Role.VIEWER),
            added(client, "operator-of-second", Role.OPERATOR, [SECOND]),
            added(client, "operator", Role.OPERATOR),
            added(client, "admin", Role.ADMIN),
        ]


def added(owner: httpx.Client, name: str, role: Role, channels: list[ChannelSlug] | None = None) -> Caller:
    """Return somebody who was added, and has chosen a password."""
    reply = owner.post("/api/people", json={"name": name, "role": role, "channels": channels})
    secret = reply.raise_for_status().json()["data"]["invitation"]["path"].partition("#")[2]
    with httpx.Client(base_url=owner.base_url, timeout=60) as browser:
        browser.put("/api/invitation", json={"secret": secret, "password": PASSWORD}).raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    theirs = None if channels is None else frozenset(channels)
    principal = principal_of(role, theirs, AccountId(name))
    return Caller(name, role.value.capitalize(), principal, {"cookie": cookie})


def answered(server: RunningServer, asked: Asked, headers: dict[str, str]) -> Answer | None:
    """Return the answer, None where the server hung up on a body that is too large."""
    with closing(HTTPConnection(server.url.removeprefix("http://"), timeout=60)) as connection:
        try:
            connection.request(asked.method, asked.target, asked.body, asked.headers | headers)
            reply = connection.getresponse()
            content = reply.read()
        except (ConnectionError, HTTPException):
            assert len(asked.body or b"") > LARGE_BYTES
            return None
    assert reply.status < 500 or reply.status in UNAVAILABLE, f"{reply.status} for {asked}"
    assert reply.headers["x-content-type-options"] == "nosniff"
    caching = reply.headers["cache-control"]
    if reply.status < 400:
        return Answer(reply.status, caching)
    problem = json.loads(content)
    assert set(problem) == {"success", "message", "code"}
    assert problem["success"] is False
    assert problem["message"]
    assert problem["code"]
    return Answer(reply.status, caching, problem["code"])


def tried(operation: Operation, known: Known, number: int, ask: Callable[[Asked], None]) -> None:
    """Make requests of a route, and have each asked."""

    @settings(
        max_examples=examples(number),
        phases=(Phase.generate,),  # to shrink would ask for hundreds more
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(requests(operation.method, operation.path, operation.told, known.schemas, known.words))
    def one(asked: Asked) -> None:
        ask(asked)

    one()


def test_nothing_that_is_asked_of_the_api_is_an_accident(server: RunningServer, known: Known) -> None:
    statuses: set[int] = set()

    def ask(operation: Operation, asked: Asked) -> None:
        if answer := answered(server, asked, OWNER):
            statuses.add(answer.status)
            assert answer.status >= 300 or operation.takes(asked, known.schemas), f"accepted: {asked}"

    for each in known.operations:
        tried(each, known, EACH, partial(ask, each))
    assert statuses >= {200, 400, 404, 409, 422}, "the requests are not of many kinds any more"
    still_works(server, known.video)


def test_everyone_is_let_in_where_the_page_of_permissions_says_so(
    server: RunningServer, known: Known, callers: list[Caller]
) -> None:
    table = page_of_permissions()
    assert table.keys() == {str(each) for each in known.operations}

    def ask(operation: Operation, asked: Asked) -> None:
        if (named := filled_in(operation.path, asked)) is None:
            return
        channel = named.get("slug", MAIN)
        for caller in callers:
            answer = answered(server, asked, caller.headers)
            if answer is None or answer.code in BEFORE_THE_DOOR:
                continue
            about = f"{caller.name}, {operation}: {answer} for {asked}"
            expected = operation.expected(caller, channel)
            cell = table[str(operation)][caller.column]
            assert says(cell, caller, channel) == (expected == "let in"), about
            is_more_asked = operation.path in ASKS_MORE and caller is not callers[-1]
            if not (is_more_asked and (expected, answer.verdict) == ("let in", "forbidden")):
                assert answer.verdict == expected, about
            assert answer.status >= 300 or operation.takes(asked, known.schemas), f"accepted: {about}"
            if "x-permission" in operation.told:
                assert answer.caching == "no-store", f"what is for some people only may be kept: {about}"

    for each in sorted(known.operations, key=is_sign_out):
        tried(each, known, EACH_BY_ALL, partial(ask, each))
    still_works(server, known.video)


def is_sign_out(operation: Operation) -> bool:
    """What comes after it would be asked by strangers."""
    return (operation.method, operation.path) == ("delete", "/api/session")


def page_of_permissions() -> dict[str, dict[str, str]]:
    """Return what the page says of each route, by the heads of its columns."""
    text = PAGE.read_text(encoding="utf-8").partition("## Topics")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {
        route.strip(" `"): dict(zip(HEAD, map(str.strip, cells), strict=True)) for route, _, _, *cells in rows
    }


def says(cell: str, caller: Caller, channel: str) -> bool:
    """Return whether a cell says that somebody may."""
    theirs = None if caller.principal is None else caller.principal.channels
    match cell:
        case "yes":
            return True
        case "theirs":
            return theirs is None or channel in theirs
        case "with all":
            return theirs is None
        case _:
            return False


def still_works(server: RunningServer, video: str) -> None:
    assert "request_failed" not in server.log.read_text()
    assert "Traceback" not in server.log.read_text()
    with as_owner(server) as client:
        assert client.get("/health/ready").is_success
        client.post("/api/stream/stop")
        client.put("/api/channels/main/playlist", json={"videos": [video]}).raise_for_status()
        client.post("/api/stream/start").raise_for_status()
        assert client.get("/stream/stream.m3u8").text.startswith("#EXTM3U")
