"""A client of /api/events as docs/reference/events.md describes one: it folds frames into values."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

LISTS = {
    "channels": ("channels", "slug"),
    "videos": ("videos", "id"),
    "channel": ("entries", "entry"),
    "guide": ("airings", "startsAt"),
}
PATIENCE = 60.0


def fold(values: dict[str, Any], frame: dict[str, Any]) -> None:
    """Bring the value of a frame's topic up to date."""
    topic = frame["topic"]
    if "error" in frame:
        values[topic] = frame["error"]
    elif "data" in frame:
        values[topic] = frame["data"]
    else:
        name, key = LISTS[topic.partition("/")[0]]
        members = {member[key]: member for member in values[topic][name]}
        members |= {member[key]: member for member in frame["upserted"]}
        for gone in frame["removed"]:
            members.pop(gone, None)
        values[topic] |= frame.get("changed", {})
        values[topic][name] = list(members.values())


class Page:
    """A page that shows what it is told."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.values: dict[str, Any] = {}
        self.frames: list[dict[str, Any]] = []

    def say(self, **frame: Any) -> None:
        self.socket.send(json.dumps(frame))

    def hear(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """Take in the next frame."""
        frame: dict[str, Any] = json.loads(self.socket.recv(seconds))
        self.frames.append(frame)
        if "topic" in frame:
            fold(self.values, frame)
        return frame

    def hear_until(self, is_so: Callable[[dict[str, Any]], bool]) -> None:
        """Take in frames until something is so of the values."""
        deadline = time.monotonic() + PATIENCE
        while not is_so(self.values):
            self.hear(max(0.001, deadline - time.monotonic()))


@contextmanager
def dial(base: str, origin: str | None = None) -> Iterator[Page]:
    """Open a page that says nothing."""
    address = base.replace("http", "ws", 1) + "/api/events"
    with connect(address, max_size=None, origin=None if origin is None else Origin(origin)) as socket:
        yield Page(socket)


@contextmanager
def page(base: str, *topics: str, token: str | None = None, origin: str | None = None) -> Iterator[Page]:
    """Open a page that follows these topics."""
    with dial(base, origin) as opened:
        opened.say(subscribe=list(topics), **({} if token is None else {"token": token}))
        yield opened
