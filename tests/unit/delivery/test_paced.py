"""Viewers who ask too often, where there is a limit."""

import json
from typing import Any

from starlette.types import Receive, Scope, Send

from insta_stream.delivery.http import Reply
from insta_stream.delivery.paced import Paced
from insta_stream.proxies import DIRECT

PLAYLIST, SEGMENT = "/stream/main/0123456789ab/720p.m3u8", "/media/ab/720p/1.ts"


class House:
    """Has playlists ready, and the rest soon."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self.asked.append(scope["path"])

    def at_once(self, scope: Scope) -> Reply | None:
        return Reply(200, [], b"") if scope["path"] == PLAYLIST else None


def scope(path: str, client: str = "10.0.0.1") -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": path, "client": (client, 5000), "headers": []}


async def ask(paced: Paced, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask as a connection does; return what is sent."""
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    if paced.at_once(asked) is None:
        await paced(asked, receive, send)
    return sent


async def test_an_address_that_asks_too_often_waits_and_others_do_not() -> None:
    house = House()
    paced = Paced(house, 3, DIRECT)
    assert [await ask(paced, scope(SEGMENT)) for _ in range(3)] == [[]] * 3  # each counts once
    start, body = await ask(paced, scope(SEGMENT))
    assert (start["status"], dict(start["headers"])[b"retry-after"]) == (429, b"20")
    assert dict(start["headers"])[b"access-control-allow-origin"] == b"*"
    assert json.loads(body["body"])["code"] == "too_many_requests"
    refused = paced.at_once(scope(PLAYLIST))
    assert refused is not None
    assert refused.status == 429
    assert await ask(paced, scope(SEGMENT, "10.0.0.2")) == []
    assert await ask(paced, scope("/api/videos")) == []  # which has limits of its own
    assert house.asked == [SEGMENT] * 4 + ["/api/videos"]


def test_what_is_ready_counts_as_well() -> None:
    paced = Paced(House(), 2, DIRECT)
    replies = [paced.at_once(scope(PLAYLIST)) for _ in range(3)]
    assert [reply.status for reply in replies if reply] == [200, 200, 429]
