"""One client: its frames in, the topics it reads out."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial

from starlette.types import Receive, Scope, Send

from insta_stream.access.principal import NOBODY, Principal
from insta_stream.api.events.frames import Echo, Farewell, parse_frame
from insta_stream.api.events.hub import Hub
from insta_stream.api.events.reader import Reader
from insta_stream.api.events.topics import Topic, parse_topic
from insta_stream.api.events.wire import Gone, Wire
from insta_stream.api.wire import iso
from insta_stream.errors import Forbidden

FIRST_FRAME_SECONDS = 10.0
SILENCE_SECONDS = 150.0

LOOK_SECONDS = 0.5
"""How often it is looked whether a client's token still opens what it did."""

_UNKNOWN = "The topics are channels, videos, health, state, channel/{slug} and guide/{slug}."

Admits = Callable[[Scope, str | None], Callable[[], Principal]]
"""Returns what says who a client is that shows this token, or none, whenever that is asked. Raises Farewell,
then too, where it is to go.
"""


class Events:
    """The endpoint."""

    def __init__(self, admits: Admits, address: Callable[[Scope], str]) -> None:
        self._admits = admits
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Talk to one client until it, or the server, has enough."""
        hub: Hub = scope["app"].state.events
        wire = Wire(receive, send)
        try:
            await wire.accept()
            with hub.reader(self._address(scope)) as reader:
                admits = partial(self._admits, scope)
                listener = _Listener(wire, hub, reader, admits)
                await _either(listener.listen(), _write(wire, reader), _look(listener))
        except Farewell as farewell:
            await wire.leave(farewell)
        except Gone:
            return


class _Listener:
    """Hears what the client says. who: tells who the client is, once it has said so; principal: who it was
    then.
    """

    def __init__(
        self,
        wire: Wire,
        hub: Hub,
        reader: Reader,
        admits: Callable[[str | None], Callable[[], Principal]],
    ) -> None:
        self._wire = wire
        self._hub = hub
        self._reader = reader
        self._admits = admits
        self.principal = NOBODY
        self.who: Callable[[], Principal] = lambda: NOBODY

    async def listen(self) -> None:
        """Hear frame after frame. Raises Gone and Farewell."""
        while True:
            patience = SILENCE_SECONDS if self._reader.is_admitted else FIRST_FRAME_SECONDS
            try:
                async with asyncio.timeout(patience):
                    text = await self._wire.read()
            except TimeoutError as error:
                raise Farewell(4408, "silent", "The connection was idle for too long.") from error
            self._reader.heard_at = asyncio.get_running_loop().time()
            self._hear(text)

    def _hear(self, text: str | None) -> None:
        frame = parse_frame(text)
        if not self._reader.is_admitted:
            self.who = self._admits(frame.token)
            self.principal = self.who()
            self._hub.admit(self._reader)
        if frame.ping is not None:
            self._reader.say("pong", _pong(frame.ping, self._hub.now()))
        if frame.subscribe is not None:
            self._subscribe(frame.subscribe)

    def _subscribe(self, names: list[str]) -> None:
        topics: set[Topic] = set()
        for name in names:
            topic = parse_topic(name)
            if topic is None:
                self._reader.say(name, _refusal(name, "unknown_topic", _UNKNOWN))
                continue
            try:
                self.principal.require(*topic.needed)
            except Forbidden as refusal:
                self._reader.say(name, _refusal(name, refusal.code, refusal.message))
            else:
                topics.add(topic.among(self.principal.channels))
        self._hub.subscribe(self._reader, topics)


async def _look(listener: _Listener) -> None:
    """Look now and then whether a client may still what it might when it came. Raises Farewell."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if listener.who() != listener.principal:
            raise Farewell(4401, "changed", "What you may do here has changed.")


async def _write(wire: Wire, reader: Reader) -> None:
    """Send whatever the client lacks. Raises Gone and Farewell."""
    while True:
        await reader.wake.wait()
        reader.wake.clear()
        while reader.farewell is None and (text := reader.take()) is not None:
            await wire.write(text)
        if reader.farewell is not None:
            raise reader.farewell


async def _either(*coroutines: Coroutine[None, None, None]) -> None:
    """Run until one of them ends, which it does by raising; the others are cancelled."""
    tasks = [asyncio.create_task(each) for each in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _pong(echo: Echo, now: datetime) -> str:
    return json.dumps({"pong": echo, "now": iso(now)})


def _refusal(name: str, code: str, message: str) -> str:
    return json.dumps({"topic": name, "error": {"code": code, "message": message}})
