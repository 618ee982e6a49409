"""Knows which topics somebody reads, and lets nothing be done for the others."""

import asyncio
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Protocol

from insta_stream.api.events.frames import Farewell
from insta_stream.api.events.live import Live, Source
from insta_stream.api.events.reader import Reader
from insta_stream.api.events.topics import Kind, Topic
from insta_stream.clock import Clock
from insta_stream.ticks import to_datetime

MAX_READERS = 256
STOP_SECONDS = 3.0


class Sources(Protocol):
    """Knows the source of any topic."""

    def of(self, topic: Topic) -> Source:
        """Return a source that is read from now on."""


class Hub:
    """All topics and readers. Call it from the event loop only."""

    def __init__(self, sources: Sources, clock: Clock) -> None:
        self._sources = sources
        self._clock = clock
        self._live: dict[Topic, Live] = {}
        self._readers: set[Reader] = set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._is_stopping = False

    def now(self) -> datetime:
        """Return the server's clock."""
        return to_datetime(self._clock.now())

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Give a reader for one connection. Raises Farewell when there are too many, or the server ends."""
        if self._is_stopping:
            raise Farewell(1012)
        if len(self._readers) >= MAX_READERS:
            raise Farewell(4429, "too_many", f"There are {MAX_READERS} connections already; try again later.")
        reader = Reader()
        self._readers.add(reader)
        self._is_empty.clear()
        try:
            yield reader
        finally:
            self.subscribe(reader, frozenset())
            self._readers.discard(reader)
            if not self._readers:
                self._is_empty.set()

    def subscribe(self, reader: Reader, topics: AbstractSet[Topic]) -> None:
        """Let a reader have these topics, and no others."""
        for topic in reader.topics - topics:
            reader.leave(topic)
            self._leave(topic, reader)
        for topic in topics - reader.topics:
            if topic not in self._live:
                self._live[topic] = Live(topic, self._sources.of(topic), self._clock)
            live = self._live[topic]
            live.readers.add(reader)
            reader.follow(topic, live.feed)

    def tell(self, topic: Topic) -> None:
        """Say that there is news about a topic, whether or not anybody reads it."""
        if live := self._live.get(topic):
            live.news.set()

    def tell_all(self, *kinds: Kind) -> None:
        """Say that there is news about all topics of these kinds."""
        for topic, live in self._live.items():
            if topic.kind in kinds:
                live.news.set()

    async def stop(self) -> None:
        """Send everybody away: the server ends."""
        self._is_stopping = True
        for reader in self._readers:
            reader.is_dismissed = True
            reader.wake.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._is_empty.wait()

    def _leave(self, topic: Topic, reader: Reader) -> None:
        live = self._live[topic]
        live.readers.discard(reader)
        if not live.readers:
            live.stop()
            del self._live[topic]
