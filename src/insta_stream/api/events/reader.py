"""What one client has got of each topic, and what it is to get."""

import asyncio
from collections.abc import Set as AbstractSet

from insta_stream.api.events.feed import NOTHING, Feed
from insta_stream.api.events.frames import Farewell
from insta_stream.api.events.topics import Topic

_MOST_SAYINGS = 100


class Reader:
    """Of one connection. wake: set when there may be something to send.

    address: where it comes from. heard_at: when it last said something, on the event loop's clock.
    is_admitted: it has said who it is. farewell: why it is to go, None as long as it may stay.
    """

    def __init__(self, address: str = "", heard_at: float = 0.0) -> None:
        self.wake = asyncio.Event()
        self.address = address
        self.heard_at = heard_at
        self.is_admitted = False
        self.farewell: Farewell | None = None
        self._seen: dict[Topic, int] = {}
        self._feeds: dict[Topic, Feed] = {}
        self._sayings: dict[str, str] = {}

    @property
    def topics(self) -> AbstractSet[Topic]:
        """What it reads."""
        return self._feeds.keys()

    def dismiss(self, farewell: Farewell) -> None:
        """Send it away."""
        self.farewell = farewell
        self.wake.set()

    def follow(self, topic: Topic, feed: Feed) -> None:
        """Read a topic from the beginning."""
        self._feeds[topic] = feed
        self._seen[topic] = NOTHING
        self.wake.set()

    def leave(self, topic: Topic) -> None:
        """Read a topic no more."""
        del self._feeds[topic], self._seen[topic]

    def say(self, about: str, text: str) -> None:
        """Send this frame; a later one about the same takes its place while it waits."""
        self._sayings[about] = text
        if len(self._sayings) > _MOST_SAYINGS:
            self._sayings.pop(next(iter(self._sayings)))
        self.wake.set()

    def take(self) -> str | None:
        """Return the next frame to send, None when there is none."""
        if self._sayings:
            return self._sayings.pop(next(iter(self._sayings)))
        for topic, feed in self._feeds.items():
            seen = self._seen[topic]
            if seen < feed.version:
                # To the end of the queue, so that a busy topic does not keep the others waiting.
                self._feeds[topic] = self._feeds.pop(topic)
                self._seen[topic] = feed.version
                return feed.frame(seen)
        return None
