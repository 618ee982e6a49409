"""JSON bodies while they come in: bounded in length, in what there is in them, in time, and all together.

The framework keeps a body until it is whole and then reads it at one go, while nobody else is answered.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

MAX_JSON_BYTES = 1024 * 1024
"""25,000 ids, as many as a playlist holds, are 900 kB of JSON."""

MAX_JSON_MARKS = 30_000
"""Commas and opening brackets: a megabyte of empty lists takes a third of a second to read."""

MAX_JSON_COLONS = 1000
"""No body has more than a dozen fields, and a title few colons; to say of 30,000 fields that none of them is
known takes a tenth of a second.
"""

MAX_BODY_SECONDS = 30.0
"""From the first look at a body to its end."""

MAX_ALL_BYTES = 64 * 1024 * 1024
"""Of all bodies that are there at the same time, in part or whole."""

STRANGERS_BYTES = 32 * 1024
"""Of one body of somebody who has shown nothing, which can but sign in."""

STRANGERS_ALL_BYTES = 16 * 1024 * 1024
"""Of all of these. They are counted apart: strangers could refuse everybody's bodies otherwise."""

_HANG_UP = {"connection": "close"}
"""The rest of the body would be in the way of the next request."""


class Bodies:
    """All bodies of a server that count together. each: bytes that one may have. together: that all may."""

    def __init__(self, each: int = MAX_JSON_BYTES, together: int = MAX_ALL_BYTES) -> None:
        self.each_bytes = each
        self._most_bytes = together
        self._held_bytes = 0

    @contextmanager
    def receiving(self, receive: Receive) -> Iterator[Receive]:
        """Give a `receive` for the body of one request, which is held until the block ends.

        It raises HTTPException: 408, 413, or 503 where there are too many bodies.
        """
        body = _Body(self, receive)
        try:
            yield body.receive
        finally:
            self._held_bytes -= body.received

    def hold(self, count: int) -> None:
        """Take note that so much more came."""
        self._held_bytes += count
        if self._held_bytes > self._most_bytes:
            headers = {**_HANG_UP, "retry-after": "2"}
            raise HTTPException(503, "Too many large requests at once; try again soon.", headers)


class _Body:
    """One body. received: bytes so far."""

    def __init__(self, bodies: Bodies, receive: Receive) -> None:
        self.received = 0
        self._bodies = bodies
        self._receive = receive
        self._marks = self._colons = 0
        self._is_whole = False
        self._deadline: float | None = None

    async def receive(self) -> Message:
        if self._is_whole:
            return await self._receive()  # the client may stay as long as it likes to hear the answer
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + MAX_BODY_SECONDS
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            said = f"The body did not arrive completely within {MAX_BODY_SECONDS:.0f} seconds."
            raise HTTPException(408, said, _HANG_UP) from None
        self._take(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        return message

    def _take(self, piece: bytes) -> None:
        self.received += len(piece)
        self._bodies.hold(len(piece))
        if self.received > (most := self._bodies.each_bytes):
            raise HTTPException(413, f"A JSON body may have at most {most} bytes.")
        self._marks += sum(map(piece.count, (b",", b"[", b"{")))
        if self._marks > MAX_JSON_MARKS:
            raise HTTPException(413, f"A JSON body may have at most {MAX_JSON_MARKS} values.")
        self._colons += piece.count(b":")
        if self._colons > MAX_JSON_COLONS:
            raise HTTPException(413, f"A JSON body may have at most {MAX_JSON_COLONS} fields.")
