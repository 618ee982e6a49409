"""Knows which topics somebody reads, and lets nothing be done for the others."""

import asyncio
from collections import Counter
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
from insta_stream.duties import Duties
from insta_stream.ticks import to_datetime

MAX_READERS = 256

MAX_NEWCOMERS = 64
"""Those who have not said who they are: they have room of their own, and take none from the others."""

STOP_SECONDS = 3.0


class Sources(Protocol):
    """Knows the source of any topic."""

    def of(self, topic: Topic) -> Source:
        """Return a source that is read from now on."""


class Hub:
    """All topics and readers. Call it from the event loop only. duties: keep the topics' values."""

    def __init__(self, sources: Sources, clock: Clock, duties: Duties) -> None:
        self._sources = sources
        self._clock = clock
        self._duties = duties
        self._live: dict[Topic, Live] = {}
        self._readers: dict[Reader, None] = {}  # in the order in which they came
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._is_stopping = False

    def now(self) -> datetime:
        """Return the server's clock."""
        return to_datetime(self._clock.now())

    @contextmanager
    def reader(self, address: str = "") -> Iterator[Reader]:
        """Give a reader for one connection. address: where it comes from.

        Raises Farewell when the server ends, or too many are still there who were told to go.
        """
        if self._is_stopping:
            raise Farewell(1012)
        if len(self._readers) >= 2 * (MAX_READERS + MAX_NEWCOMERS):
            raise _crowded()
        reader = Reader(address, asyncio.get_running_loop().time())
        self._readers[reader] = None
        self._is_empty.clear()
        self._make_room(MAX_NEWCOMERS, is_admitted=False)
        try:
            yield reader
        finally:
            self.subscribe(reader, frozenset())
            del self._readers[reader]
            if not self._readers:
                self._is_empty.set()

    def admit(self, reader: Reader) -> None:
        """Take note that a reader has said who it is."""
        reader.is_admitted = True
        self._make_room(MAX_READERS, is_admitted=True)

    def _make_room(self, most: int, *, is_admitted: bool) -> None:
        """Send one away where there are too many of its kind: nobody keeps the others out by staying.

        It is of those that come from one address more than from any other, and was silent for the longest.
        """
        present = [each for each in self._readers if each.is_admitted == is_admitted and not each.farewell]
        if len(present) <= most:
            return
        crowds = Counter(reader.address for reader in present)
        max(present, key=lambda each: (crowds[each.address], -each.heard_at)).dismiss(_crowded())

    def subscribe(self, reader: Reader, topics: AbstractSet[Topic]) -> None:
        """Let a reader have these topics, and no others."""
        for topic in reader.topics - topics:
            reader.leave(topic)
            self._leave(topic, reader)
        for topic in topics - reader.topics:
            if topic not in self._live:
                self._live[topic] = Live(topic, self._sources.of(topic), self._clock, self._duties)
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
            reader.dismiss(Farewell(1012))
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._is_empty.wait()

    def _leave(self, topic: Topic, reader: Reader) -> None:
        live = self._live[topic]
        live.readers.discard(reader)
        if not live.readers:
            live.stop()
            del self._live[topic]


def _crowded() -> Farewell:
    return Farewell(4429, "too_many", "Too many connections, and yours was idle; try again later.")
