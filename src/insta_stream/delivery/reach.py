"""Which packages channels show now: an address of a segment names its package, and not the channel.

What a channel shows is looked up once in a while and kept; which channel shows a package is found by asking
one after the other, in a thread, first those that have its video in their playlist.
"""

import asyncio
from collections.abc import Callable, Hashable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, islice
from typing import Protocol

from insta_stream.channels.channel import Channel
from insta_stream.clock import Clock
from insta_stream.db.videos import PackageRow
from insta_stream.delivery.programmes import FOLLOWING, LOOK_AHEAD
from insta_stream.errors import Unknown
from insta_stream.ids import ChannelSlug, PackageId, VideoId
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline.airings import airings, packages_between
from insta_stream.timeline.retention import reaches_back
from insta_stream.timeline.timeline import Timeline
from insta_stream.turns import in_turns

_KEPT_FOR = seconds(30)
_MISSED_FOR = seconds(1)
_MOST_FOUND = 50_000


class Registry(Protocol):
    """Who knows the channels, from memory."""

    def all(self) -> tuple[Channel, ...]:
        """Return the channels in order. Any thread may ask."""

    def using(self, videos: AbstractSet[VideoId]) -> list[Channel]:
        """Return the channels that may play one of these videos. Any thread may ask."""


class Shelf(Protocol):
    """Who knows the videos, from memory."""

    def package(self, package: PackageId) -> PackageRow:
        """Return what there is of a package. Raises Unknown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a channel shows from an instant on, until another one.

    packages: of which it can list segments. pictured: of which it shows pictures; what follows, too.
    """

    channel: Channel
    until: Ticks
    packages: frozenset[PackageId]
    pictured: frozenset[PackageId]


class Reach:
    """Knows what channels show."""

    def __init__(self, channels: Registry, library: Shelf, clock: Clock) -> None:
        self._channels = channels
        self._library = library
        self._clock = clock
        self._shown: dict[ChannelSlug, Shown] = {}
        self._found: dict[tuple[Hashable, PackageId, bool], tuple[Ticks, bool]] = {}
        self._one_search = asyncio.Lock()
        self._changes = 0

    def of(self, channel: Channel) -> Shown:
        """Return what a channel shows now. Any thread may ask."""
        now = self._clock.now()
        kept = self._shown.get(channel.slug)
        if kept is None or kept.channel is not channel or kept.until <= now:
            kept = self._shown[channel.slug] = _shown(channel, now)
        return kept

    def shows(self, channel: Channel, package: PackageId, *, is_picture: bool) -> bool:
        """Tell whether a channel shows a package now, or pictures of it."""
        shown = self.of(channel)
        return package in (shown.pictured if is_picture else shown.packages)

    def known(self, among: Hashable, package: PackageId, *, is_picture: bool) -> bool | None:
        """Tell whether one of some channels shows a package; None where that is to be found out."""
        until, is_shown = self._found.get((among, package, is_picture), (Ticks(0), False))
        return is_shown if self._clock.now() < until else None

    async def find(
        self, among: Hashable, belongs: Callable[[Channel], bool], package: PackageId, *, is_picture: bool
    ) -> bool:
        """Find out whether one of some channels shows a package. among: a name for these channels, which are
        those that `belongs` tells.
        """
        try:
            video = self._library.package(package).video
        except Unknown:  # of which there are many: nobody shall search for all of them
            return False
        async with self._one_search:
            known = self.known(among, package, is_picture=is_picture)
            if known is not None:
                return known
            changes = self._changes
            is_shown = await asyncio.to_thread(self._any, belongs, package, video, is_picture)
            if changes != self._changes:
                return is_shown  # a channel is for others by now: it is not to be kept
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            until = Ticks(self._clock.now() + (_KEPT_FOR if is_shown else _MISSED_FOR))
            self._found[among, package, is_picture] = until, is_shown
            return is_shown

    def forget(self, slug: ChannelSlug) -> None:
        """Look anew at what is shown: a channel was changed or deleted."""
        self._changes += 1
        self._shown.pop(slug, None)
        self._found.clear()

    def _any(
        self,
        belongs: Callable[[Channel], bool],
        package: PackageId,
        video: VideoId,
        is_picture: bool,
    ) -> bool:
        channels = chain(self._channels.using({video}), self._channels.all())
        return any(
            belongs(each) and self.shows(each, package, is_picture=is_picture) for each in in_turns(channels)
        )


def _shown(channel: Channel, now: Ticks) -> Shown:
    timeline = channel.timeline
    until = Ticks(now + _KEPT_FOR)
    packages = packages_between(timeline, Ticks(now - reaches_back(timeline)), _ahead(timeline, until))
    following = {
        airing.package
        for at in (now, until)
        for airing in islice(airings(timeline, at, Ticks(at + LOOK_AHEAD)), FOLLOWING + 1)
    }
    return Shown(channel, until, packages, packages | following)


def _ahead(timeline: Timeline, until: Ticks) -> Ticks:
    """Return up to when something can be listed by then: clocks of two servers may differ a little."""
    return Ticks(until + timeline.horizon + timeline.target)
