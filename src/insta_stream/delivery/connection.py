"""One client's connection: uvicorn's, which answers by itself what is ready.

A kept playlist is told from the request's head alone and written at once: no task, no ASGI. A player sends
the same bytes for it again and again: they are not even parsed a second time. All other requests are asked as
ASGI has it (see `sending`), by the same application, so that nothing depends on the short way.

Clients that send nothing, or a request's head that never ends, or do not read, are hung up on; uvicorn lets
them wait. One that asks on and on without reading is not listened to until it has read: what came of it and
was not measured yet is no more than what the network gives at once.
"""

import asyncio
import re
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn, Protocol, cast

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from insta_stream.delivery.http import Refusal, Reply, refusal_reply
from insta_stream.delivery.sending import EXTENSIONS, Sending, note_end

IDLE_SECONDS = 30.0
"""A client may keep a connection so long without a request, or take so long for a request's head."""

STALLED_SECONDS = 120.0
"""A client may read nothing of its reply for so long: a player that is paused, a phone that sleeps."""

MAX_HEAD_BYTES = 64 * 1024
"""Of a request; and between the pieces of a body in chunks, where there may be headers, too."""

MAX_UNREAD_BYTES = 1024 * 1024
"""So much of a body is thrown away where the reply came before its end: its client is to read that. No body
but an upload has more, and each further one is work that strangers can make us do.
"""

MAX_URL_BYTES = 8 * 1024
MAX_HEADERS = 200
"""Of a request: browsers and proxies send some forty."""

MAX_WAITING = 16
"""Requests of one connection that wait while an earlier one is answered."""

_TURN_BYTES = 16 * 1024
"""So much is looked at before others get their turn, a body whose length is known aside."""

_SLICE_COST = 256
"""In bytes: what looking at a request costs besides its length."""

_NO_HTTP = refusal_reply(
    Refusal(400, "bad_request", "This is not an HTTP request."), ((b"connection", b"close"),)
)

_PLAIN_PATH = re.compile(rb"[A-Za-z0-9/._-]+").fullmatch
"""There is nothing to decode in it, and no query."""


class Application(Protocol):
    """What answers requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; files may be sent with EXTENSIONS."""

    def at_once(self, scope: Scope) -> Reply | None:
        """Return the reply to a GET, where it is ready; None where the request is to be asked."""


class Held(FlowControl):
    """Reads on only when both let it: who reads a request's body, and who looks at what came."""

    is_held = False
    is_full = False
    """Who reads a body has enough of it: to let go what was held does not change that."""

    def hold(self) -> None:
        """Read no more until `release`."""
        self.is_held = True
        super().pause_reading()

    def release(self) -> None:
        """Read on, where something came that is now looked at."""
        self.is_held = False
        if not self.is_full:
            super().resume_reading()

    def pause_reading(self) -> None:
        self.is_full = True
        super().pause_reading()

    def resume_reading(self) -> None:
        self.is_full = False
        if not self.is_held:
            super().resume_reading()


class Connection(HttpToolsProtocol):
    """One client's connection. limit: of all connections; a client beyond it is hung up on."""

    def __init__(self, application: Application, limit: int, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._application = application
        self._limit = limit
        self._idle_since = self.loop.time()
        self._unsent, self._unsent_since = 0, self._idle_since
        self._running: RequestResponseCycle | None = None
        # Of the message that comes in: is there one, did it get on just now, is it answered already?
        self._is_in_message = self._got_on = self._is_answered = False
        self._head_bytes = self._unread_bytes = self._body_left = 0
        self._has_head = self._is_deaf = self._is_due = self._is_last = False
        self._refusal = _NO_HTTP
        # What came and was not measured yet, from a place on.
        self._data, self._place = b"", 0
        # How many messages began in the bytes that came last; these, where they were one message, answered.
        self._begun = 0
        self._again: bytes | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self.flow = self._held = Held(transport)
        if len(self.connections) > self._limit:
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._running is not None:
            note_end(self._running)
        self._data, self._place = b"", 0
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._look_later()

    def hang_up_if_idle(self, now: float) -> None:
        """End the connection when its client has had the time to ask, or to read. now: of the loop."""
        if (unsent := self.transport.get_write_buffer_size()) != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        elif unsent and now - self._unsent_since > STALLED_SECONDS:
            self.transport.abort()  # to close it would wait for the client
        if now - self._idle_since > IDLE_SECONDS and not self._is_busy() and not self._data:
            self.transport.close()

    def close_after_reply(self) -> None:
        """Answer what was asked or is asked next, and end the connection with that, as the reply says."""
        self._is_last = True
        self._say_if_last()

    def _say_if_last(self) -> None:
        """Let the reply that comes say that it is the last one; where it has begun, the next one will."""
        if self._is_last and self._is_busy() and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        if data == self._again and not self._data:
            reply = None if self.flow.write_paused else self._ready()
            if reply is not None:
                self._write(reply)
                return
        is_between, self._begun = not self._is_in_message and not self._data, 0
        self._data, self._place = self._data[self._place :] + data, 0
        self._look()
        is_one = is_between and self._begun == 1 and not self._is_in_message and not self._data
        self._again = data if is_one and self._is_answered else None

    def _look(self) -> None:
        """Look at what came, for one turn; at what is left when there is room, and others had theirs.

        A slice has at most one request in it: the number of those that wait is known before the next one.
        """
        turn = _TURN_BYTES
        while turn > 0 and self._place < len(self._data) and not self._is_full():
            end = self._slice_end()
            turn -= _SLICE_COST + (0 if self._body_left else end - self._place)
            is_all = self._place == 0 and end == len(self._data)
            data, self._place = self._data if is_all else self._data[self._place : end], end
            self._feed(data)
        if self._place >= len(self._data) or self._is_deaf or self.transport.is_closing():
            self._data, self._place = b"", 0
        if self._data:
            self._held.hold()
            if not self._is_full():
                self._look_later()
        elif not self._is_deaf:
            self._held.release()

    def _slice_end(self) -> int:
        if self._body_left:
            return min(len(self._data), self._place + self._body_left)
        # A head ends so, and a body in chunks.
        end = self._data.find(b"\r\n\r\n", self._place, self._place + _TURN_BYTES)
        return min(len(self._data), self._place + _TURN_BYTES) if end < 0 else end + 4

    def _feed(self, data: bytes) -> None:
        self._got_on = False
        super().data_received(data)
        if self._is_in_message and not self._got_on:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.close()

    def _look_later(self) -> None:
        if self._data and not self._is_due:
            self._is_due = True
            self.loop.call_soon(self._look_again)

    def _look_again(self) -> None:
        self._is_due = False
        if self._data:
            self._look()

    def _is_full(self) -> bool:
        """Return whether the client has to wait before it may say more, or is to read first."""
        if self._is_deaf or self.transport.is_closing():
            return True
        if self._is_in_message and not self.pipeline:
            return False  # who reads the body sees to it
        held = len(self.cycle.body) if self._is_in_message else 0
        return len(self.pipeline) >= MAX_WAITING or self.flow.write_paused or held > HIGH_WATER_LIMIT

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun += 1
        self._is_in_message, self._has_head = True, False
        self._get_on()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._get_on()
        self._unread_bytes = 0
        self._check_head()
        self._has_head = True
        reply = self._reply_at_once()
        self._is_answered = reply is not None
        if reply is None:
            super().on_headers_complete()
            self._say_if_last()
            return
        self._write(reply)

    def _check_head(self) -> None:
        """Refuse a head that is out of bounds; take note of how long the body is that it announces."""
        if len(self.url) > MAX_URL_BYTES:
            self._refuse(414, "url_too_long", f"A URL may have at most {MAX_URL_BYTES} bytes.")
        if len(self.headers) > MAX_HEADERS:
            self._refuse(431, "too_many_headers", f"A request may have at most {MAX_HEADERS} headers.")
        hosts = 0
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
            elif name == b"content-length":
                self._body_left = int(value)  # the parser has let through numbers only
        if hosts > 1:
            self._refuse(400, "bad_host", "A request must have exactly one Host header.")

    def on_body(self, body: bytes) -> None:
        self._get_on()
        self._body_left = max(0, self._body_left - len(body))
        if not self._is_answered:
            super().on_body(body)
        if self._is_answered or self.cycle.response_complete:
            self._leave_unread(len(body))

    def on_message_complete(self) -> None:
        self._is_in_message, self._body_left = False, 0
        if not self._is_answered:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self._idle_since = self.loop.time()
        super().on_response_complete()
        self._look_later()

    def handle_websocket_upgrade(self) -> None:
        if self._is_busy():  # what is being answered would be written into the WebSocket
            self.send_400_response("")
            return
        self._data, self._place = b"", 0
        self._held.release()
        super().handle_websocket_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Answer as if nothing was said of an upgrade. The parser has not seen a body that may come with it:
        what follows is dropped, or it would be taken for the next request.
        """
        if any(name in {b"content-length", b"transfer-encoding"} for name, _ in self.headers):
            self._is_deaf = True
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or not ours; replies to what came before it are sent first."""
        del msg
        self._is_deaf = True
        is_body = self._is_in_message and self._has_head and not self._is_answered
        if is_body and self.pipeline and self._running is not None:
            self.pipeline.popleft()  # nobody answers it
            self.cycle = self.pipeline[0][0] if self.pipeline else self._running
            is_body = False
        if self._is_busy() and not is_body:
            self.cycle.keep_alive = False
            return
        if not self._is_busy() or not self.cycle.response_started:
            is_head = self._is_in_message and self.parser.get_method() == b"HEAD"
            self._write(replace(self._refusal, body=b"") if is_head else self._refusal)
        self.transport.close()

    def _refuse(self, status: int, code: str, message: str) -> NoReturn:
        """End this request and the connection. Called by the parser, which passes on that it failed."""
        self._refusal = refusal_reply(Refusal(status, code, message), ((b"connection", b"close"),))
        raise ValueError(message)

    def _write(self, reply: Reply) -> None:
        self._idle_since = self.loop.time()
        date = b"".join([b"%b: %b\r\n" % each for each in self.server_state.default_headers])
        self.transport.write(b"%b%b\r\n%b" % (reply.head, date, reply.body))

    def _leave_unread(self, count: int) -> None:
        """Take note of what came after the reply; who goes on sending is hung up on."""
        self._unread_bytes += count
        if self._unread_bytes > MAX_UNREAD_BYTES:
            self.transport.close()

    def _get_on(self) -> None:
        """Take note that the message which comes in got on: its head, or what is between pieces, is over."""
        self._got_on = True
        self._head_bytes = 0

    def _is_busy(self) -> bool:
        # uvicorn does not say that there is none before the first request.
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]

    def _reply_at_once(self) -> Reply | None:
        """Return the reply to the request whose head has come, if it is ready and nothing is unusual."""
        parser = self.parser
        if (
            not _PLAIN_PATH(self.url)
            or parser.get_method() != b"GET"
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or parser.should_upgrade()
            or self._is_busy()
            or self.flow.write_paused  # ASGI waits until the client has read what it asked for before
        ):
            return None
        self.scope["method"] = "GET"
        self.scope["path"] = self.url.decode("ascii")
        return self._ready()

    def _ready(self) -> Reply | None:
        """Return the reply to the request in `scope`, if it is ready.

        What fails here fails the long way too, and is logged there: the parser would blame the client. The
        last reply of a connection has to say so.
        """
        if self._is_last:
            return None
        try:
            return self._application.at_once(cast("Scope", self.scope))
        except Exception:  # noqa: BLE001 - as said above
            return None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        cycle.scope["extensions"] = EXTENSIONS  # type: ignore[typeddict-item]
        super()._start_asgi_task(cycle, partial(self._ask, app, cycle))

    async def _ask(
        self, app: Any, cycle: RequestResponseCycle, scope: Scope, receive: Receive, send: Send
    ) -> None:
        await app(scope, receive, Sending(cycle, send, STALLED_SECONDS))
