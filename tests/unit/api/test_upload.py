import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from insta_stream.api.upload import pieces
from insta_stream.errors import BadRequest


def request(*messages: Message) -> Request:
    """Return a request whose body comes in these messages, and then no more."""
    waiting = list(messages)

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_a_body_comes_in_pieces() -> None:
    whole = request(
        {"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"}
    )
    assert b"".join([piece async for piece in pieces(whole, 5)]) == b"ab"


async def test_a_sender_that_is_gone_without_a_word_is_not_waited_for() -> None:
    half = pieces(request({"type": "http.request", "body": b"a", "more_body": True}), 0.01)
    assert await anext(half) == b"a"
    with pytest.raises(BadRequest, match="The upload stalled") as refused:
        await anext(half)
    assert refused.value.code == "incomplete_body"
