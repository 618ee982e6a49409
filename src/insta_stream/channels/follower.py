"""Follows the library: a channel is planned anew when what it plays can air otherwise than it could."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice

import structlog

from insta_stream.channels.channel import Channel
from insta_stream.channels.growth import is_behind, is_due
from insta_stream.channels.shelf import Shelf
from insta_stream.clock import Clock
from insta_stream.errors import InstaStreamError, NotReady
from insta_stream.ids import ChannelSlug, VideoId
from insta_stream.ticks import Ticks

log = structlog.get_logger()

RETRY_SECONDS = 1.0

AT_ONCE = 32
"""Channels that are looked at before others have their turn: thousands may play the same video."""


class Follower:
    """Knows which channels play which videos. renew: plans a channel anew; what fails is tried again.

    _changed: videos whose channels have not been looked at since. _meanwhile: what has changed in the library
    since an edit was decided that is still being committed.
    _reasons: why a channel could not be planned anew, and how often running.
    """

    def __init__(self, library: Shelf, clock: Clock, renew: Callable[[ChannelSlug], Awaitable[None]]) -> None:
        self._library = library
        self._clock = clock
        self._renew = renew
        self._channels: dict[ChannelSlug, Channel] = {}
        self._users: dict[VideoId, set[ChannelSlug]] = defaultdict(set)
        self._changed: dict[VideoId, None] = {}
        self._meanwhile: dict[ChannelSlug, set[VideoId]] = {}
        self._stale: set[ChannelSlug] = set()
        self._reasons: dict[ChannelSlug, tuple[str, int]] = {}
        self._wake = asyncio.Event()

    def begin(self) -> None:
        """Listen to the library, and look for what has changed while nobody did."""
        self._library.subscribe(self._library_changed)
        now = self._clock.now()
        for channel in self._channels.values():
            if is_behind(channel, self._library, now):
                self.look_again(channel.slug)

    def look_at(self, channel: Channel) -> None:
        """Follow a channel, which is as it is now.

        An edit that was just committed may play what nobody followed until now: it may have been deleted
        before, or have changed since the edit was decided.
        """
        name = channel.slug
        before = self._channels.get(name)
        self._channels[name] = channel
        fresh: frozenset[VideoId] = frozenset()
        if before is None or not _plays_the_same(before, channel):
            old, new = _followed(before) if before else frozenset(), _followed(channel)
            self._note(name, old, new)
            fresh = new - old
        if channel.listed_until is not None:
            self._meanwhile.setdefault(name, set())
            return
        changed = self._meanwhile.pop(name, set())
        is_gone = any(not self._library.has(video) for video in fresh - channel.awaited)
        if is_gone or (changed and not changed.isdisjoint(_followed(channel))):
            self.look_again(name)

    def look_away(self, channel: Channel) -> None:
        """Follow a channel no more."""
        self._note(channel.slug, _followed(channel), frozenset())
        self._stale.discard(channel.slug)
        self._meanwhile.pop(channel.slug, None)
        self._reasons.pop(channel.slug, None)
        del self._channels[channel.slug]

    def look_again(self, name: ChannelSlug) -> None:
        """Have a channel planned anew, if there is one (any more)."""
        if name in self._channels:
            self._stale.add(name)
            self._wake.set()

    def users(self, videos: Iterable[VideoId]) -> frozenset[ChannelSlug]:
        """Return the channels that play one of these videos, or await it. Any thread may ask."""
        # A set is copied in one step, so that it cannot change meanwhile.
        return frozenset().union(*(tuple(self._users.get(video, ())) for video in videos))

    def followed(self) -> frozenset[VideoId]:
        """Return the videos that some channel plays or awaits. Any thread may ask."""
        return frozenset(self._users)

    async def follow(self) -> None:
        """Plan anew whatever has to be, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._changed or self._stale:
                if self._changed:
                    await self._look_at_users(self._changed.popitem()[0])
                if self._stale:
                    await self._try(self._stale.pop())

    async def _try(self, name: ChannelSlug) -> None:
        try:
            await self._renew(name)
            self._reasons.pop(name, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and tried again
            if name not in self._channels:  # it was deleted meanwhile
                return
            self._tell(name, error)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self.look_again, name)

    def _tell(self, name: ChannelSlug, error: Exception) -> None:
        """Say why a channel could not be planned anew: once, however often it is tried again. What was not
        ready at the first try, and was at the second, is a busy moment and not worth a word.
        """
        reason = f"{type(error).__name__}: {error}"
        before, tries = self._reasons.get(name, ("", 0))
        tries = tries + 1 if before == reason else 1
        self._reasons[name] = reason, tries
        if tries != (2 if isinstance(error, NotReady) else 1):
            return
        if isinstance(error, InstaStreamError):
            log.warning("channel_not_refreshed", channel=name, reason=error.message)
        else:
            log.error("channel_not_refreshed", channel=name, exc_info=error)

    def _library_changed(self, video: VideoId) -> None:
        """Take note that a video's package grew, or the video vanished or came back."""
        for changed in self._meanwhile.values():
            changed.add(video)
        if video in self._users:
            self._changed[video] = None
            self._wake.set()

    async def _look_at_users(self, video: VideoId) -> None:
        """Note which channels have to look again, because of what has become of a video."""
        users = iter(tuple(self._users.get(video, ())))
        while piece := list(islice(users, AT_ONCE)):
            now = self._clock.now()
            for name in piece:
                if name in self._channels and self._concerns(video, self._channels[name], now):
                    self.look_again(name)
            await asyncio.sleep(0)

    def _concerns(self, video: VideoId, channel: Channel, now: Ticks) -> bool:
        """Return whether a channel has to be planned anew because of a video that it plays or awaits."""
        if not self._library.has(video):
            return True
        playable = self._library.playable(video, channel.ceilings)
        return video in channel.awaited or is_due(channel.timeline, playable, now)

    def _note(self, name: ChannelSlug, before: frozenset[VideoId], after: frozenset[VideoId]) -> None:
        for video in after - before:
            self._users[video].add(name)
        for video in before - after:
            self._users[video].discard(name)
            if not self._users[video]:
                del self._users[video]


def _followed(channel: Channel) -> frozenset[VideoId]:
    return channel.videos | channel.awaited


def _plays_the_same(before: Channel, after: Channel) -> bool:
    entries, absent = before.timeline.entries, before.absent
    is_same = entries is after.timeline.entries and absent is after.absent
    return is_same and before.slate == after.slate
