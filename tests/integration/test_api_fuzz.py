"""Every route of the API, asked with what its description promises, and with what nobody should send."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.clips import make_clips
from tests.support.depth import examples
from tests.support.server import RunningServer, running
from tests.support.upload import await_videos, until_ready, upload

Json = dict[str, Any]
Words = st.SearchStrategy[str]
Body = tuple[dict[str, str], bytes | None]
"""Its headers, and what is in it."""

EACH = 12
"""Requests of each route; ten times as many in a deep run."""

UNAVAILABLE = frozenset({503, 507})
"""The only errors of a server that it foresees: not ready, no room."""

LARGE_BYTES = 60_000
"""A server may answer such a body before its end, and hang up."""

ROUTES_AT_LEAST = 60


@dataclass(frozen=True)
class Asked:
    """One request. target: as it stands in its first line."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


# --- what is sent

ANY_TEXT = st.text(st.characters(), max_size=30)  # lone surrogates, too
NUMBERS = (
    "0",
    "1",
    "-1",
    "00",
    "1e9",
    "1.5",
    "9" * 30,
    "9" * 5000,
    "0x1",
    "\u0661",
    " 1",
    "1_0",
    "nan",
    "-inf",
    "1e308",
)
TIMES = (
    "2026-11-22T20:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "1969-12-31T23:59:59Z",
    "2026-02-30T00:00:00Z",
    "2026-W48-7T10:00Z",
    "24:00",
    "-62135596801",
    "253402300800",
    "9223372036854775807",
)
NAMES = (
    "",
    ".",
    "..",
    "../..",
    "a/b",
    "\0",
    "a" * 5000,
    "ab\ud800",
    "main",
    "MAIN",
    "__proto__",
    "'; --",
    "%s%n",
)
UNUSUAL: Words = st.sampled_from((*NUMBERS, *TIMES, *NAMES)) | ANY_TEXT
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from((2**31, 2**63, -(2**63), 10**40, 1e308, float("nan"), float("inf"), -0.0))
    | UNUSUAL
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
NO_JSON = (
    b"",
    b"{",
    b"\xff\xfe",
    b"[" * 10_000,
    b'{"a":' * 5_000,
    b"1" * 50_000,
    b'"' + b"\\u0000" * 20 + b'"',
    b"[" + b"0," * 40_000 + b"0]",
    b'{"videos": ["' + b"a" * 1_100_000 + b'"]}',
)
KINDS = (
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    "multipart/form-data; boundary=x",
    "",
    "a",
)


def fitting(schema: Json, schemas: Json, words: Words) -> st.SearchStrategy[Any]:
    """Return values of the shape that a schema has, as far as it goes; what is in them may not be known."""
    if "$ref" in schema:
        return fitting(schemas[schema["$ref"].rpartition("/")[2]], schemas, words)
    if "anyOf" in schema:
        return st.one_of([fitting(each, schemas, words) for each in schema["anyOf"]])
    match schema.get("type"):
        case "object":
            fields = {
                name: fitting(each, schemas, words) | ANY_JSON
                for name, each in schema.get("properties", {}).items()
            }
            needed = {name: fields.pop(name) for name in schema.get("required", ())}
            return st.fixed_dictionaries(needed, optional=fields)
        case "array":
            return st.lists(fitting(schema["items"], schemas, words), max_size=4)
        case "integer":
            return st.integers(-2, 5) | st.sampled_from((2**63, -(10**30)))
        case "number":
            return st.floats(allow_nan=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return words


def bodies(
    operation: Json, schemas: Json, words: Words
) -> st.SearchStrategy[tuple[dict[str, str], bytes | None]]:
    """Return bodies with their headers: mostly what a route takes, now and then anything."""
    rubbish = st.tuples(
        st.sampled_from(KINDS).map(lambda kind: {"content-type": kind}),
        st.sampled_from(NO_JSON) | st.binary(max_size=100),
    )
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return st.just(({}, None)) | rubbish
    good = fitting(content["application/json"]["schema"], schemas, words)
    written = (good | good | ANY_JSON).map(
        lambda each: ({"content-type": "application/json"}, json.dumps(each).encode())
    )
    return written | written | rubbish


def in_address(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="")


def requests(
    method: str, path: str, operation: Json, schemas: Json, known: list[str]
) -> st.SearchStrategy[Asked]:
    """Return requests of one route. known: ids and names that there are."""
    words = st.sampled_from(known) | UNUSUAL
    # What the others need stays: what would end it is asked of what nobody has.
    named = UNUSUAL if method == "delete" else words
    told: dict[str, list[str]] = {"path": [], "query": [], "header": []}
    for parameter in operation.get("parameters", ()):
        told[parameter["in"]].append(parameter["name"])

    @st.composite
    def made(draw: st.DrawFn) -> Asked:
        target = path
        for name in told["path"]:
            target = target.replace(f"{{{name}}}", in_address(draw(named)))
        names = [name for name in told["query"] if draw(st.booleans())]
        if draw(st.integers(0, 5)) == 0:
            names.append(draw(st.sampled_from(("x", "channel", "format", "from", "limit", "%", "from"))))
        query = "&".join(f"{in_address(name)}={in_address(draw(words))}" for name in names)
        kind, body = draw(bodies(operation, schemas, words))
        headers = {**kind}
        for name in told["header"]:
            headers[name] = (
                draw(st.sampled_from(("1.0.0", "0.9", *NUMBERS))).encode("ascii", "replace").decode()
            )
        return Asked(method.upper(), f"{target}?{query}" if query else target, headers, body)

    return made()


# --- what is answered


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("fuzz")
    flags = ("--rungs", "240p", "--min-free-bytes", "1MB", "--log-format", "json")
    with running(folder / "data", *flags) as server:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            until_ready(client)
            assert upload(client, make_clips(folder, seconds=3, count=1)[0]).is_success
            await_videos(client)
        yield server


def answered(server: RunningServer, asked: Asked) -> int | None:
    """Return the status of the answer, None where the server hung up on a body that is too large."""
    with closing(HTTPConnection(server.url.removeprefix("http://"), timeout=60)) as connection:
        try:
            connection.request(asked.method, asked.target, asked.body, asked.headers)
            reply = connection.getresponse()
            content = reply.read()
        except (ConnectionError, HTTPException):
            assert len(asked.body or b"") > LARGE_BYTES
            return None
    if reply.status >= 400:
        problem = json.loads(content)
        assert set(problem) == {"success", "message", "code"}
        assert problem["success"] is False
        assert problem["message"]
        assert problem["code"]
    return reply.status


def test_nothing_that_is_asked_of_the_api_is_an_accident(server: RunningServer) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        description = client.get("/openapi.json").json()
        videos = client.get("/api/videos").json()["data"]
        entries = client.get("/api/channels/main/playlist").json()["data"]["playlist"]
        client.post("/api/channels", json={"slug": "second", "title": "Second"}).raise_for_status()
    known = ["main", "second", videos[0]["id"], entries[0]["entry"], "csv"]
    schemas = description["components"]["schemas"]
    routes = [(path, *each) for path, found in description["paths"].items() for each in found.items()]
    assert len(routes) >= ROUTES_AT_LEAST
    statuses: set[int | None] = set()
    for path, method, operation in routes:

        @settings(
            max_examples=examples(EACH),
            phases=(Phase.generate,),  # to shrink would ask for hundreds more
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(requests(method, path, operation, schemas, known))
        def ask(asked: Asked) -> None:
            status = answered(server, asked)
            assert status is None or status < 500 or status in UNAVAILABLE, f"{status} for {asked}"
            statuses.add(status)

        ask()
    assert statuses >= {200, 400, 404, 409, 422}, "the requests are not of many kinds any more"
    assert "request_failed" not in server.log.read_text()
    assert "Traceback" not in server.log.read_text()
    still_works(server, videos[0]["id"])


def still_works(server: RunningServer, video: str) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        assert client.get("/health/ready").is_success
        client.post("/api/stream/stop")
        client.put("/api/channels/main/playlist", json={"videos": [video]}).raise_for_status()
        client.post("/api/stream/start").raise_for_status()
        assert client.get("/stream/stream.m3u8").text.startswith("#EXTM3U")
