"""How much of a client's requests is held while it waits, or does not read: counted, not timed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from tests.support.waiting import until
from uvicorn.server import ServerState

from insta_stream.delivery import connection
from insta_stream.delivery.connection import Connection
from insta_stream.delivery.http import Reply

BODY = b"x" * 8192
MANY = 3_000
REQUEST = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
READY = b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n"


class Application:
    """Answers when it may. asked: the paths, in order."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked: list[str] = []
        self.ready = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        self.headers = [name for name, _ in scope["headers"]]
        while (await receive())["more_body"]:  # as a framework does; uvicorn reads on for it
            pass
        await self.may_answer.wait()
        headers = [(b"content-length", b"%d" % len(BODY))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})

    def at_once(self, scope: Scope) -> Reply | None:
        if scope["path"] != "/ready":
            return None
        self.ready += 1
        return Reply(200, [(b"content-length", b"%d" % len(BODY))], BODY)


@asynccontextmanager
async def served(
    application: Application,
) -> AsyncIterator[tuple[set[Connection], asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give the server's connections, and a client's."""
    state = ServerState()
    config = uvicorn.Config(application, lifespan="off", log_config=None, access_log=False)
    made = partial(Connection, application, 10, config=config, server_state=state, app_state={})
    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    try:
        yield state.connections, reader, writer  # type: ignore[misc]
    finally:
        writer.transport.abort()
        application.may_answer.set()
        server.close()
        await until(lambda: not state.connections and not state.tasks)


async def the_one(connections: set[Connection]) -> Connection:
    await until(lambda: len(connections) == 1)
    return next(iter(connections))


def held_bytes(held: Connection) -> int:
    return len(held._data) + sum(len(cycle.body) for cycle, _ in held.pipeline)


async def test_sixteen_requests_wait_and_the_others_are_not_read() -> None:
    application = Application()
    async with served(application) as (connections, reader, writer):
        writer.write(b"".join(REQUEST % number for number in range(MANY)))
        held = await the_one(connections)
        await until(lambda: bool(application.asked) and bool(held._data))
        for _ in range(200):  # turns in which more would be taken
            await asyncio.sleep(0)
            assert len(held.pipeline) <= connection.MAX_WAITING
        assert not held.transport.is_reading()
        assert application.asked == ["/0"]
        application.may_answer.set()
        for _ in range(MANY):
            await reader.readuntil(BODY)
        assert application.asked == [f"/{number}" for number in range(MANY)]


@pytest.mark.parametrize("request_", [REQUEST % 7, READY], ids=["asked", "ready"])
async def test_who_does_not_read_is_not_answered(request_: bytes) -> None:
    application = Application()
    application.may_answer.set()
    async with served(application) as (connections, reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(request_ * MANY)
        held = await the_one(connections)
        await until(lambda: held.flow.write_paused and not held.transport.is_reading())
        for _ in range(200):
            await asyncio.sleep(0)
            assert held.transport.get_write_buffer_size() < 64 * 1024 + 2 * (len(BODY) + 500)
            assert len(held.pipeline) <= connection.MAX_WAITING
            assert held_bytes(held) <= len(request_) * MANY
        assert application.ready + len(application.asked) < MANY
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(MANY):
            await reader.readuntil(BODY)
        assert application.ready in {0, MANY}  # what is ready is told at once also to who reads slowly


async def test_the_body_of_a_request_that_waits_is_not_read_to_its_end() -> None:
    application = Application()
    async with served(application) as (connections, reader, writer):
        length = 20_000_000
        writer.write(REQUEST % 1 + b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length)
        held = await the_one(connections)
        await until(lambda: bool(held.pipeline))
        writer.write(bytes(length))
        await until(lambda: not held.transport.is_reading())
        for _ in range(200):
            held.flow.resume_reading()  # as the request that is answered does
            await asyncio.sleep(0)
            assert held_bytes(held) < 1_000_000
        application.may_answer.set()
        for _ in range(2):
            await reader.readuntil(BODY)


async def test_others_have_their_turn_between_many_small_pieces() -> None:
    application = Application()
    application.may_answer.set()
    async with served(application) as (connections, reader, writer):
        held = await the_one(connections)
        held.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        held.data_received(b"1\r\na\r\n" * 40_000 + b"0\r\n\r\n")
        left = [240_005]
        while held._data:
            left.append(len(held._data) - held._place)
            await asyncio.sleep(0)
        assert all(before - after <= 2 * connection._TURN_BYTES for before, after in pairwise(left))
        assert len(left) > 5
        await reader.readuntil(BODY)
        writer.close()
