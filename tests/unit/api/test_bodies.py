"""Bodies that come slowly, or not at all, or are too large; and what reading one may cost."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send
from tests.support.effort import effort

from insta_stream.api import bodies
from insta_stream.api.application import guarded, routes
from insta_stream.api.bodies import (
    MAX_ALL_BYTES,
    MAX_JSON_BYTES,
    STRANGERS_ALL_BYTES,
    STRANGERS_BYTES,
    Bodies,
)
from insta_stream.api.callers import Access
from insta_stream.api.guard import Guard


def coming(*pieces: bytes, is_whole: bool = False) -> Iterator[Message]:
    last = len(pieces) - 1
    for number, body in enumerate(pieces):
        yield {"type": "http.request", "body": body, "more_body": not is_whole or number < last}


class Client:
    """Sends pieces, and then nothing any more."""

    def __init__(self, *pieces: bytes, is_whole: bool = False) -> None:
        self._pieces = coming(*pieces, is_whole=is_whole)
        self.is_awaited = asyncio.Event()

    async def __call__(self) -> Message:
        for piece in self._pieces:
            return piece
        self.is_awaited.set()
        return await asyncio.Future()


async def refusal(client: Client, among: Bodies | None = None) -> HTTPException:
    async def receive_all() -> None:
        with (among or Bodies()).receiving(client) as receive:
            while True:
                await receive()

    with pytest.raises(HTTPException) as refused:
        await receive_all()
    return refused.value


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BODY_SECONDS", 0.01)
    refused = await refusal(Client(b'{"a":', b"1"))
    assert (refused.status_code, (refused.headers or {})["connection"]) == (408, "close")


async def test_a_client_may_wait_long_for_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BODY_SECONDS", 0.01)
    client = Client(b"{}", is_whole=True)
    with Bodies().receiving(client) as receive:
        assert (await receive())["body"] == b"{}"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await receive()
        assert client.is_awaited.is_set()


@pytest.mark.parametrize(
    "pieces",
    [
        [b"x" * MAX_JSON_BYTES, b"x"],
        [b"[]," * 15_001],
        [b"1," * 20_000, b"2," * 20_000],
        [b"{" * 30_001],
        [b'"a":' * 501] * 2,
    ],
)
async def test_a_body_is_bounded(pieces: list[bytes]) -> None:
    assert (await refusal(Client(*pieces))).status_code == 413


async def test_all_bodies_together_are_bounded_and_leave_no_trace() -> None:
    piece, among = b"x" * MAX_JSON_BYTES, Bodies()
    with among.receiving(Client(piece)) as first:
        await first()
        waiting = [among.receiving(Client(piece)) for _ in range(MAX_ALL_BYTES // MAX_JSON_BYTES - 1)]
        for each in waiting:
            await each.__enter__()()
        refused = await refusal(Client(b"x"), among)
        assert (refused.status_code, "retry-after" in (refused.headers or {})) == (503, True)
        for each in waiting:
            each.__exit__(None, None, None)
        with among.receiving(Client(piece, is_whole=True)) as receive:
            assert (await receive())["body"] == piece
    assert among._held_bytes == 0


async def test_bodies_of_strangers_are_small_and_refuse_nobody_elses() -> None:
    async def app(_: Scope, receive: Receive, __: Send) -> None:
        while (await receive())["more_body"]:
            pass

    async def unheard(_: Message) -> None:
        pass

    guard = Guard(app, Access(token="a-token-that-is-long"))
    headers = [(b"host", b"localhost")]
    stranger = {"type": "http", "method": "POST", "path": "/api/session", "headers": headers}
    known = {**stranger, "headers": [*headers, (b"authorization", b"Bearer a-token-that-is-long")]}
    large, small = b"x" * (STRANGERS_BYTES + 1), b"x"
    with pytest.raises(HTTPException) as refused:
        await guard(stranger, Client(large, is_whole=True), unheard)
    assert refused.value.status_code == 413
    await guard(known, Client(large, is_whole=True), unheard)
    guard._strangers_bodies.hold(STRANGERS_ALL_BYTES)
    with pytest.raises(HTTPException) as refused:
        await guard(stranger, Client(small, is_whole=True), unheard)
    assert refused.value.status_code == 503
    await guard(known, Client(small, is_whole=True), unheard)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("pieces", [[b"[" * MAX_JSON_BYTES] * 3, [b"x"]], ids=["large", "without an end"])
async def test_nobody_reads_the_body_of_a_get(
    method: str, pieces: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Least of all one who sends an answer piece by piece, and listens whether the client is still there."""
    monkeypatch.setattr(bodies, "MAX_BODY_SECONDS", 0)
    sent = list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(3):
            await asyncio.sleep(0)
            yield b"x"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(slowly())(scope, receive, send)

    scope = {"type": "http", "method": method, "path": "/", "headers": [(b"host", b"localhost")]}
    await Guard(app, Access())(scope, Client(*pieces), send)
    assert (sent[0]["status"], sent[-1]["more_body"]) == (200, False)
    assert b"".join(each["body"] for each in sent[1:]) == (b"" if method == "HEAD" else b"xxx")


async def sent(method: str, path: str, body: bytes) -> httpx.Response:
    api = routes(Path("nowhere"))
    api.state.services = None
    transport = httpx.ASGITransport(guarded(api, Access()))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        headers = {"content-type": "application/json"}
        return await client.request(method, path, content=body, headers=headers)


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", "/api/playlist/reorder", "order"),
        ("POST", "/api/channels/main/playlist", "videos"),
        ("PUT", "/api/channels/main/playlist", "videos"),
        ("POST", "/api/channels/main/playlist/remove", "entries"),
        ("PATCH", "/api/channels/main", "rungs"),
    ],
)
async def test_of_many_wrong_values_one_is_told(method: str, path: str, field: str) -> None:
    """To describe them all took a tenth of a second, on the event loop."""
    reply = await sent(method, path, json.dumps({field: [None] * 25_000}).encode())
    assert reply.status_code == 422
    assert reply.json()["message"].count(f"`{field}[") == 1


MEGABYTE = 1_000_000
LARGEST = {
    "ids": json.dumps({"order": ["a" * 32] * 25_000}).encode(),
    "lists": b'{"order":[' + b"[]," * (MEGABYTE // 3) + b"1]}",
    "numbers": b'{"order":[' + b"1," * (MEGABYTE // 2) + b"1]}",
    "fields": b"{" + b",".join(b'"%d":1' % number for number in range(90_000)) + b"}",
    "deep": b"[" * MEGABYTE,
    "one number": b'{"order":' + b"9" * MEGABYTE + b"}",
    "one fraction": b'{"order":[0.' + b"1" * MEGABYTE + b"]}",
    "letters": b'{"order":["' + b"\\u0041" * (MEGABYTE // 6) + b'"]}',
}


@pytest.mark.parametrize("body", LARGEST.values(), ids=LARGEST)
async def test_no_body_keeps_the_server_busy(body: bytes) -> None:
    """What took long took a third of a second and more; it takes milliseconds."""
    api = routes(Path("nowhere"))
    api.state.services = None
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope: Scope = {"type": "http", "method": "POST", "path": "/api/playlist/reorder", "headers": headers}
    answered: list[Message] = []

    async def send(message: Message) -> None:
        answered.append(message)

    app = guarded(api, Access())
    spent: list[float] = []
    for _ in range(3):
        try:
            with effort(spent):
                await app({**scope, "query_string": b""}, Client(body, is_whole=True), send)
        except AttributeError:  # there are no services: the body was read
            assert body == LARGEST["ids"] or body == LARGEST["letters"]
        else:
            assert 400 <= answered[0]["status"] < 500
    assert min(spent) < 0.2
