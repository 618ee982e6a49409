"""How many people watch: distinct recent pollers of media playlists, an estimate.

A player asks for its playlist about once in a target duration. Who asks is remembered as a hash of address
and user agent until the end of a count, three target durations or more, with a salt that is then thrown
away; neither address nor user agent is kept. Two players of one kind behind one address count as one, and a
cache in front of the server hides those that it answers.
"""

import secrets
import time
from collections import defaultdict
from collections.abc import Mapping

from starlette.types import Scope

from insta_stream.delivery.http import header
from insta_stream.ids import ChannelSlug

MAX_COUNTED = 50_000
"""Viewers of one broadcast that are told apart; more count as so many."""

SHORTEST_COUNT_SECONDS = 10.0
TARGETS_PER_COUNT = 3

_MEDIA_PARTS = 4
"""Of /stream/{channel}/{broadcast}, before the name of a media playlist."""


class Viewers:
    """Counts viewers. counts: those of the last count that has ended, by channel; without zeros.

    trusts_forwarded: a proxy says in X-Forwarded-For who asks. target_seconds: of the channels.
    """

    def __init__(self, *, target_seconds: int, trusts_forwarded: bool) -> None:
        self.counts: Mapping[ChannelSlug, int] = {}
        self._count_seconds = max(SHORTEST_COUNT_SECONDS, TARGETS_PER_COUNT * target_seconds)
        self._trusts_forwarded = trusts_forwarded
        self._salt = secrets.randbits(64)
        self._seen: defaultdict[str, set[int]] = defaultdict(set)
        self._began = time.monotonic()

    def saw(self, scope: Scope) -> None:
        """Take note of a request for a playlist that was answered."""
        path: str = scope["path"]
        seen = self._seen[path[: path.rindex("/")]]
        if len(seen) < MAX_COUNTED:
            client = scope.get("client")
            who = header(scope, b"x-forwarded-for") if self._trusts_forwarded else client and client[0]
            # Python's own hash is keyed with a secret of the process.
            seen.add(hash((self._salt, who, header(scope, b"user-agent"))))

    def turn(self) -> None:
        """End the count if its time is over, and begin the next one."""
        now = time.monotonic()
        if now - self._began < self._count_seconds:
            return
        counts: defaultdict[ChannelSlug, int] = defaultdict(int)
        for folder, seen in self._seen.items():
            parts = folder.split("/")
            if len(parts) == _MEDIA_PARTS:  # not the multivariant playlist
                counts[ChannelSlug(parts[2])] += len(seen)
        self.counts = dict(counts)
        self._seen = defaultdict(set)
        self._salt = secrets.randbits(64)
        self._began = now
