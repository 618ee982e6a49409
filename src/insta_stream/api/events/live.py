"""A topic that somebody reads: its value is read again whenever there is news, and at the time it names."""

import asyncio
import time
from contextlib import suppress
from typing import Protocol

import structlog

from insta_stream.api.events.feed import Feed, Shape, Value
from insta_stream.api.events.reader import Reader
from insta_stream.api.events.topics import Topic
from insta_stream.clock import Clock
from insta_stream.duties import Duties
from insta_stream.errors import InstaStreamError
from insta_stream.ticks import Ticks, to_seconds

log = structlog.get_logger()

GAP_SECONDS = 0.25
"""The least time between two frames of a topic."""

_REST = 4.0
_LONGEST_REST_SECONDS = 10.0

_RETRY_SECONDS = 1.0
_CLOCK_GRAIN_SECONDS = 0.005


class Source(Protocol):
    """Where the value of a topic comes from."""

    @property
    def shape(self) -> Shape:
        """How its value looks."""

    async def read(self) -> tuple[Value, Ticks | None]:
        """Return the value, and when it changes by itself, None for never. Raises Unknown."""


def rest_after(took: float) -> float:
    """Return how long a topic rests that took so long to read, in seconds.

    Among thousands of channels there is always one on which another video begins, and to look at them all
    takes a second: whoever has the page of channels open shall not keep a processor busy with that.
    """
    return max(GAP_SECONDS, min(_REST * took, _LONGEST_REST_SECONDS))


class Live:
    """Ends with `stop`."""

    def __init__(self, topic: Topic, source: Source, clock: Clock, duties: Duties) -> None:
        self.feed = Feed(topic.name, source.shape)
        self.readers: set[Reader] = set()
        self.news = asyncio.Event()
        self._topic = topic
        self._source = source
        self._clock = clock
        self._duty = duties.begin("live updates", self._keep)

    async def _keep(self) -> None:
        """Read the value whenever there is news, or its time has come, for ever."""
        while True:
            self.news.clear()
            began = time.monotonic()
            pause = await self._read()
            rest = rest_after(time.monotonic() - began)
            await asyncio.sleep(rest)
            with suppress(TimeoutError):
                async with asyncio.timeout(None if pause is None else max(0.0, pause - rest)):
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
        self._duty.cancel()
