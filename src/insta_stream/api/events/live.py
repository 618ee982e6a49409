"""A topic that somebody reads: its value is read again whenever there is news, and at the time it names."""

import asyncio
from contextlib import suppress
from typing import Protocol

import structlog

from insta_stream.api.events.feed import Feed, Shape, Value
from insta_stream.api.events.reader import Reader
from insta_stream.api.events.topics import Topic
from insta_stream.clock import Clock
from insta_stream.errors import InstaStreamError
from insta_stream.ticks import Ticks, to_seconds

log = structlog.get_logger()

GAP_SECONDS = 0.25
"""The least time between two frames of a topic."""

_RETRY_SECONDS = 1.0
_CLOCK_GRAIN_SECONDS = 0.005


class Source(Protocol):
    """Where the value of a topic comes from."""

    @property
    def shape(self) -> Shape:
        """How its value looks."""

    async def read(self) -> tuple[Value, Ticks | None]:
        """Return the value, and when it changes by itself, None for never. Raises Unknown."""


class Live:
    """Ends with `stop`."""

    def __init__(self, topic: Topic, source: Source, clock: Clock) -> None:
        self.feed = Feed(topic.name, source.shape)
        self.readers: set[Reader] = set()
        self.news = asyncio.Event()
        self._topic = topic
        self._source = source
        self._clock = clock
        self._task = asyncio.create_task(self._keep(), name=f"events {topic.name}")

    async def _keep(self) -> None:
        """Read the value whenever there is news, or its time has come, for ever."""
        while True:
            self.news.clear()
            pause = await self._read()
            await asyncio.sleep(GAP_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(None if pause is None else max(0.0, pause - GAP_SECONDS)):
                    await self.news.wait()

    async def _read(self) -> float | None:
        """Read the value, wake the readers where it is another, and return when to look again, in seconds."""
        changes_at: Ticks | None = None
        try:
            value, changes_at = await self._source.read()
            is_new = self.feed.update(value)
        except InstaStreamError as error:
            is_new = self.feed.fail(error.code, error.message)
        except Exception:
            log.exception("topic_not_read", topic=self._topic.name)
            return _RETRY_SECONDS
        if is_new:
            for reader in self.readers:
                reader.wake.set()
        if changes_at is None:
            return None
        return to_seconds(Ticks(changes_at - self._clock.now())) + _CLOCK_GRAIN_SECONDS

    def stop(self) -> None:
        """Read it no more."""
        self._task.cancel()
