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
from insta_stream.proxies import DIRECT, Proxies

MAX_COUNTED = 50_000
"""Viewers of one broadcast that are told apart; more count as so many."""

SHORTEST_COUNT_SECONDS = 10.0
TARGETS_PER_COUNT = 3

_MEDIA_PARTS = 4
"""Of /stream/{channel}/{broadcast}, before the name of a media playlist."""


class Viewers:
    """Counts viewers. counts: those of the last count that has ended, by channel; without zeros.

    proxies: those in front of the server. target_seconds: of the channels.
    """

    def __init__(self, *, target_seconds: int, proxies: Proxies = DIRECT) -> None:
        self.counts: Mapping[ChannelSlug, int] = {}
        self._counting: defaultdict[ChannelSlug, int] = defaultdict(int)
        self._count_seconds = max(SHORTEST_COUNT_SECONDS, TARGETS_PER_COUNT * target_seconds)
        self._proxies = proxies
        self._salt = secrets.randbits(64)
        self._seen: defaultdict[str, set[int]] = defaultdict(set)
        self._forgotten: dict[str, set[int]] = {}
        self._began = time.monotonic()

    def saw(self, scope: Scope) -> None:
        """Take note of a request for a playlist that was answered."""
        if self._forgotten:  # piece by piece, since nobody is answered while thousands of sets vanish
            self._forgotten.popitem()
        path: str = scope["path"]
        folder = path[: path.rindex("/")]
        seen = self._seen[folder]
        before = len(seen)
        if before < MAX_COUNTED:
            # Python's own hash is keyed with a secret of the process.
            seen.add(hash((self._salt, self._proxies.client(scope), header(scope, b"user-agent"))))
            if len(seen) > before:
                self._count(folder)

    def _count(self, folder: str) -> None:
        parts = folder.split("/")
        if len(parts) == _MEDIA_PARTS:  # not the multivariant playlist
            self._counting[ChannelSlug(parts[2])] += 1

    def turn(self) -> None:
        """End the count if its time is over, and begin the next one."""
        now = time.monotonic()
        if now - self._began < self._count_seconds:
            return
        self.counts, self._counting = self._counting, defaultdict(int)
        self._forgotten, self._seen = self._seen, defaultdict(set)
        self._salt = secrets.randbits(64)
        self._began = now
