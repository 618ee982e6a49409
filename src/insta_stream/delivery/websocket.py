"""One client's WebSocket: uvicorn's, which reads on only when what came was heard, and what it says is read.

uvicorn takes apart whatever the network gives at once, which may be tens of thousands of frames, queues them
all, and answers each ping, also to a client that does not read. To a handshake that it cannot read it says
nothing, and waits for ever; to others that fail it says why in a line of text. Here they are refused as by
the API.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from http import HTTPStatus
from typing import Any

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.http11 import Response

from insta_stream.delivery.http import Refusal, refusal_reply

MAX_FRAGMENTS = 1000
"""Of one message: those without content would be kept for ever."""

_TURN_BYTES = 2048
"""So much is taken apart before others get their turn: some three hundred of the shortest frames."""

_UNREADABLE = refusal_reply(
    Refusal(
        400,
        "bad_handshake",
        "To open a WebSocket, send no body, at most 128 headers, and none of more than 8 kB.",
    ),
    ((b"connection", b"close"),),
)


class WebSocket(WebSocketsSansIOProtocol):
    """One client's WebSocket, in uvicorn's place."""

    def __init__(self, *uvicorns: Any, **named: Any) -> None:
        super().__init__(*uvicorns, **named)
        self.conn.reject = partial(_rejection, self.default_headers)  # type: ignore[method-assign]
        self._data = bytearray()  # came, and was not measured yet
        self._is_held = self._is_due = False

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._is_due:
            self._look()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._look_later()

    async def receive(self) -> ASGIReceiveEvent:
        message = await super().receive()
        self._hold_or_release()
        self._look_later()
        return message

    def _look(self) -> None:
        """Look at what came, for one turn."""
        self._is_due = False
        if self.transport.is_closing():
            self._data.clear()
        elif self._data and self._may_look():
            piece = bytes(self._data[:_TURN_BYTES])
            del self._data[:_TURN_BYTES]
            super().data_received(piece)
            if self.conn.handshake_exc is not None and not self.handshake_initiated:
                self._refuse()
                self.transport.close()
            if len(self.frames) > MAX_FRAGMENTS:
                self.transport.close()
        self._hold_or_release()
        self._look_later()

    def _refuse(self) -> None:
        added = b"".join([b"%b: %b\r\n" % each for each in self.default_headers])
        self.transport.write(b"%b%b\r\n%b" % (_UNREADABLE.head, added, _UNREADABLE.body))

    def _may_look(self) -> bool:
        return not self.read_paused and self.writable.is_set()

    def _look_later(self) -> None:
        if self._data and self._may_look() and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._look)

    def _hold_or_release(self) -> None:
        """Read on only where nothing is left to look at: uvicorn may have resumed what was held here."""
        is_held, self._is_held = self._is_held, bool(self._data) or not self.writable.is_set()
        if self.transport.is_closing():
            return
        if self._is_held:
            self.transport.pause_reading()
        elif is_held and not self.read_paused:
            self.transport.resume_reading()


def _rejection(added: Iterable[tuple[bytes, bytes]], status: int, text: str) -> Response:
    """Return the reply to a handshake that fails, in the place of the library's, which is a line of text.

    added: the headers of every reply, the date among them.
    """
    if status == HTTPStatus.FORBIDDEN:  # uvicorn's word where the application knows no such address
        refusal = Refusal(404, "unknown", "There is no WebSocket at this address; it is at /api/events.")
    else:
        code = "internal" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "bad_handshake"
        refusal = Refusal(status, code, " ".join(text.split()).rstrip(".") + ".")
    reply = refusal_reply(refusal, ((b"connection", b"close"), *added))
    headers = Headers((name.decode(), value.decode()) for name, value in reply.headers)
    return Response(reply.status, HTTPStatus(reply.status).phrase, headers, reply.body)
