"""Text frames over ASGI, and what servers do to them when a client vanishes."""

import asyncio
import json

from starlette.types import Receive, Send

from insta_stream.api.events.frames import Farewell

SEND_SECONDS = 30.0
FAREWELL_SECONDS = 2.0


class Gone(Exception):
    """The client is not there any more."""


class Wire:
    """One WebSocket. Only one task may send."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def accept(self) -> None:
        """Answer the handshake. Raises Gone."""
        await self._receive()
        await self._put({"type": "websocket.accept"})

    async def read(self) -> str | None:
        """Return the next frame's text, None for a frame of bytes. Raises Gone."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            raise Gone
        text: str | None = message.get("text")
        return text

    async def write(self, text: str) -> None:
        """Send a frame, as soon as the client takes it. Raises Gone, and Farewell where it takes nothing."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._put({"type": "websocket.send", "text": text})
        except TimeoutError as error:
            raise Farewell(4408, "silent", "The client did not read what it was sent.") from error

    async def leave(self, farewell: Farewell) -> None:
        """Say why, and close; a client that does not listen is left alone."""
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                if farewell.code:
                    error = {"error": {"code": farewell.code, "message": str(farewell)}}
                    await self._put({"type": "websocket.send", "text": json.dumps(error)})
                await self._put({"type": "websocket.close", "code": farewell.close})
        except (Gone, TimeoutError):
            return

    async def _put(self, message: dict[str, object]) -> None:
        try:
            await self._send(message)
        except (OSError, RuntimeError) as error:  # the latter where the connection was closed meanwhile
            raise Gone from error


async def refuse(receive: Receive, send: Send, farewell: Farewell) -> None:
    """Accept a connection only to say why it ends: a browser tells a page nothing of a refused handshake."""
    wire = Wire(receive, send)
    try:
        await wire.accept()
    except Gone:
        return
    await wire.leave(farewell)
