"""How much of what comes over a WebSocket is held: counted, not timed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import pairwise

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send
from tests.support.waiting import until
from uvicorn.server import ServerState

from insta_stream.delivery import websocket
from insta_stream.delivery.connection import Connection
from insta_stream.delivery.http import Reply
from insta_stream.delivery.websocket import WebSocket

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
TEXT, MORE, PING = 0x81, 0x00, 0x89


def frame(kind: int, payload: bytes = b"") -> bytes:
    return bytes([kind, 0x80 | len(payload), 0, 0, 0, 0]) + payload


class Ear:
    """Hears what a client says, when it may. heard: the messages, in order."""

    def __init__(self) -> None:
        self.may_hear = asyncio.Event()
        self.heard: list[Message] = []

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while not self.heard or self.heard[-1]["type"] != "websocket.disconnect":
            await self.may_hear.wait()
            self.heard.append(await receive())

    def at_once(self, _: Scope) -> Reply | None:
        return None


@asynccontextmanager
async def connected(
    ear: Ear,
) -> AsyncIterator[tuple[ServerState, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give a server, and a client's end of a connection."""
    state = ServerState()
    config = uvicorn.Config(ear, ws=WebSocket, lifespan="off", log_config=None, ws_max_size=65536)
    made = partial(Connection, ear, 10, config=config, server_state=state, app_state={})
    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    try:
        yield state, reader, writer
    finally:
        writer.transport.abort()
        ear.may_hear.set()
        server.close()
        await until(lambda: not state.connections and not state.tasks)


@asynccontextmanager
async def opened(ear: Ear) -> AsyncIterator[tuple[WebSocket, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give the server's end of a WebSocket, and a client's."""
    async with connected(ear) as (state, reader, writer):
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        (socket,) = state.connections
        assert isinstance(socket, WebSocket)
        yield socket, reader, writer


@pytest.mark.parametrize(
    "header",
    [b"X: y\r\n" * 130, b"X: " + b"y" * 9000 + b"\r\n", b"Content-Length: 1\r\n"],
    ids=["many headers", "a long one", "a body"],
)
async def test_a_handshake_that_cannot_be_read_is_answered_and_hung_up_on(header: bytes) -> None:
    """Each took a connection for ever, and was not asked for a token."""
    async with connected(Ear()) as (state, reader, writer):
        writer.write(HANDSHAKE[:-2] + header + b"\r\n")
        async with asyncio.timeout(30):
            answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b'"bad_handshake"' in answer
        assert not state.connections


async def test_few_messages_wait_and_the_others_are_not_read() -> None:
    ear, count = Ear(), 60_000
    async with opened(ear) as (socket, _, writer):
        writer.write(b"".join(frame(TEXT, b"%d" % number) for number in range(count)))
        await until(lambda: bool(socket._data))
        for _ in range(100):
            await asyncio.sleep(0)
            assert socket.queue.qsize() < 400
            assert len(socket._data) < 600_000
        assert not socket.transport.is_reading()
        ear.may_hear.set()
        await until(lambda: len(ear.heard) == count)
        assert [message["text"] for message in ear.heard] == [str(number) for number in range(count)]


async def test_others_have_their_turn_between_many_frames() -> None:
    ear = Ear()
    ear.may_hear.set()
    async with opened(ear) as (socket, _, _writer):
        socket.data_received(frame(TEXT, b"x") * 30_000)
        turns = [0]
        while len(ear.heard) < 30_000:
            await asyncio.sleep(0)
            turns.append(len(ear.heard) + socket.queue.qsize())
        assert max(after - before for before, after in pairwise(turns)) < 700


async def test_who_pings_and_does_not_read_gets_no_more_pongs() -> None:
    async with opened(Ear()) as (socket, reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(frame(PING, b"x" * 125) * 100_000)
        await until(lambda: not socket.writable.is_set() and not socket.transport.is_reading())
        for _ in range(200):
            await asyncio.sleep(0)
            assert socket.transport.get_write_buffer_size() < 100_000
            assert len(socket._data) < 600_000
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(100_000):
            await reader.readexactly(127)


@pytest.mark.parametrize("payload", [b"", b"x"], ids=["empty", "short"])
async def test_a_message_that_never_ends_ends_the_connection(payload: bytes) -> None:
    async with opened(Ear()) as (socket, reader, writer):
        writer.write(frame(TEXT & 0x7F, b"a") + frame(MORE, payload) * 100_000)
        await until(socket.transport.is_closing)
        assert len(socket.frames) < websocket.MAX_FRAGMENTS + 500
        with suppress(ConnectionError):
            await reader.read()
