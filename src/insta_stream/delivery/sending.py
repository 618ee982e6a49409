"""The reply to one request that is asked as ASGI has it: uvicorn's, with files sent without a copy.

A reply that may have no body has none, whatever the application sends.
"""

import asyncio
import os
from collections.abc import Mapping
from http import HTTPStatus
from io import FileIO

from starlette.types import Message, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from insta_stream.delivery.sendfile import read_pieces, send_file

EXTENSIONS: Mapping[str, object] = {"http.response.zerocopysend": {}, "http.response.pathsend": {}}
"""https://asgi.readthedocs.io/en/latest/extensions.html"""


class Sending:
    """What the application sends in reply to one request.

    stalled_seconds: for how long a client may read nothing of a file before it is hung up on.
    """

    def __init__(self, cycle: RequestResponseCycle, send: Send, stalled_seconds: float) -> None:
        self._cycle = cycle
        self._send = send
        self._stalled_seconds = stalled_seconds
        self._is_bodiless = cycle.scope["method"] == "HEAD"

    async def __call__(self, message: Message) -> None:
        """Send one message, as ASGI's `send` does, with EXTENSIONS."""
        match message["type"]:
            case "http.response.start":
                self._is_bodiless = self._is_bodiless or _has_no_body(message["status"])
                await self._send(_without_length(message) if self._is_bodiless else message)
                if self._is_bodiless:
                    self._cycle.chunked_encoding, self._cycle.expected_content_length = False, 0
            case "http.response.zerocopysend" | "http.response.pathsend" if self._is_bodiless:
                await self._send({"type": "http.response.body"})
            case "http.response.body" if self._is_bodiless:
                await self._send({**message, "body": b""})
            case "http.response.zerocopysend":
                await self._send_file(message["file"], message["offset"], message["count"])
                await self._send({"type": "http.response.body"})
            case "http.response.pathsend":
                with FileIO(message["path"]) as file:
                    await self._send_file(file, 0, os.fstat(file.fileno()).st_size)
                await self._send({"type": "http.response.body"})
            case _:
                await self._send(message)

    async def _send_file(self, file: FileIO, offset: int, count: int) -> None:
        """Send part of a file as the rest of a body whose length was announced."""
        cycle, transport = self._cycle, self._cycle.transport
        if cycle.chunked_encoding:
            raise RuntimeError("A file is sent with a content-length.")
        cycle.expected_content_length -= count
        if transport.get_extra_info("sslcontext") is not None:
            await self._write_file(file, offset, count)
            note_end(cycle)
            return
        await self._flush()
        if not transport.is_closing():
            connection = transport.get_extra_info("socket").fileno()
            try:
                await send_file(connection, file.fileno(), offset, count, self._stalled_seconds)
            except TimeoutError:
                transport.abort()
            except ConnectionError:
                pass  # the client is gone, which the transport gets to know by itself
        note_end(cycle)

    async def _write_file(self, file: FileIO, offset: int, count: int) -> None:
        """Send part of a file through TLS, which has to have it in memory, piece by piece.

        A client that reads nothing meanwhile is hung up on as in any other reply.
        """
        async for piece in read_pieces(file.fileno(), offset, count):
            if self._cycle.transport.is_closing():
                return
            self._cycle.transport.write(piece)
            await self._cycle.flow.drain()

    async def _flush(self) -> None:
        """Wait until what was written has left for the network: the file comes after it."""
        transport = self._cycle.transport
        await asyncio.sleep(0)  # uvloop writes at the end of its turn
        if transport.get_write_buffer_size():
            transport.set_write_buffer_limits(high=0)
            await self._cycle.flow.drain()
            if not transport.is_closing():
                transport.set_write_buffer_limits()


def note_end(cycle: RequestResponseCycle) -> None:
    """Tell a request that its client is gone: uvicorn tells only the last one of those that wait."""
    cycle.disconnected = cycle.disconnected or cycle.transport.is_closing()


def _has_no_body(status: int) -> bool:
    """Return whether a reply ends with its head, whatever was asked (RFC 9110 section 6.4.1)."""
    return status < HTTPStatus.OK or status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


def _without_length(message: Message) -> Message:
    """Return the start of a reply as it may be: a 204 says nothing of a length (RFC 9110 section 8.6)."""
    if message["status"] != HTTPStatus.NO_CONTENT:
        return message
    told = {b"content-length", b"transfer-encoding"}
    headers = [each for each in message.get("headers", []) if each[0].lower() not in told]
    return {**message, "headers": headers}
