"""Follows the library: a channel is planned anew when what it plays can air otherwise than it could."""

import asyncio
from dataclasses import replace
from itertools import islice

import structlog

from insta_stream.channels.absent import parted, woven
from insta_stream.channels.channel import Channel
from insta_stream.channels.editor import Editor
from insta_stream.channels.growth import is_behind, is_due
from insta_stream.channels.planner import Proposal
from insta_stream.channels.shelf import Shelf
from insta_stream.channels.shown import Shown
from insta_stream.clock import Clock
from insta_stream.errors import InstaStreamError, NotReady, Unknown
from insta_stream.ids import ChannelSlug, VideoId
from insta_stream.ticks import Ticks
from insta_stream.timeline.edit import Rearrange, Refresh

log = structlog.get_logger()

RETRY_SECONDS = 1.0

AT_ONCE = 32
"""Channels that are looked at before others have their turn: thousands may play the same video."""


class Follower:
    """Plans channels anew; what fails is tried again.

    _videos: those that have changed since their channels were looked at. _edited: channels that were changed
    since they were looked at. _stale: channels to plan anew. _reasons: why a channel could not be planned
    anew, and how often running.
    """

    def __init__(self, shown: Shown, editor: Editor, library: Shelf, clock: Clock) -> None:
        self._shown = shown
        self._editor = editor
        self._library = library
        self._clock = clock
        self._videos: dict[VideoId, None] = {}
        self._edited: dict[ChannelSlug, None] = {}
        self._stale: set[ChannelSlug] = set()
        self._reasons: dict[ChannelSlug, tuple[str, int]] = {}
        self._wake = asyncio.Event()

    def begin(self) -> None:
        """Listen to the library and to edits, and look for what has changed while nobody did."""
        self._library.subscribe(self._library_changed)
        self._shown.watch(self._channel_changed)
        for channel in self._shown.all():
            self._channel_changed(channel.slug)

    async def follow(self) -> None:
        """Plan anew whatever has to be, for ever; called again, it goes on where it was."""
        while True:
            while self._videos or self._edited or self._stale:
                if self._videos:
                    await self._look_at_users(self._videos.popitem()[0])
                if self._edited:
                    await self._look_at_edited()
                if self._stale:
                    await self._try(self._stale.pop())
            await self._wake.wait()
            self._wake.clear()

    async def _try(self, name: ChannelSlug) -> None:
        try:
            await self._editor.edit(name, self._renewed)
            self._reasons.pop(name, None)
        except Unknown:  # it was deleted meanwhile
            self._reasons.pop(name, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and tried again
            self._tell(name, error)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._look_again, name)

    def _renewed(self, channel: Channel) -> Proposal:
        """Look at the library again: what was deleted leaves the playlist, the rest is planned anew."""
        present = channel.timeline.entries
        order = woven(present, channel.absent)
        entries, absent = parted(order, self._library.has, self._library.may_return)
        slate = channel.slate if channel.slate is not None and self._library.has(channel.slate) else None
        base = replace(channel, slate=slate, absent=absent if absent != channel.absent else channel.absent)
        if entries == present:
            return Proposal(base, Refresh())
        return Proposal(base, Rearrange(entries), is_undoable=False)

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
        self._videos[video] = None
        self._wake.set()

    def _channel_changed(self, name: ChannelSlug) -> None:
        """Take note of an edit, which may play what has changed since it was decided."""
        self._edited[name] = None
        self._wake.set()

    def _look_again(self, name: ChannelSlug) -> None:
        self._stale.add(name)
        self._wake.set()

    async def _look_at_users(self, video: VideoId) -> None:
        """Note which channels have to be planned anew, because of what has become of a video."""
        users = iter(self._shown.using({video}))
        while piece := list(islice(users, AT_ONCE)):
            now = self._clock.now()
            self._stale |= {each.slug for each in piece if self._concerns(video, each, now)}
            await asyncio.sleep(0)

    async def _look_at_edited(self) -> None:
        """Note which channels have to be planned anew though they have just been."""
        while piece := [self._edited.popitem()[0] for _ in range(min(AT_ONCE, len(self._edited)))]:
            known = (each for each in (self._found(name) for name in piece) if each is not None)
            self._stale |= {each.slug for each in known if is_behind(each, self._library)}
            await asyncio.sleep(0)

    def _found(self, name: ChannelSlug) -> Channel | None:
        """Return a channel for which something can be planned, None where there is none (any more)."""
        try:
            channel = self._shown.get(name)
        except Unknown:
            return None
        return None if channel.broken else channel

    def _concerns(self, video: VideoId, channel: Channel, now: Ticks) -> bool:
        """Return whether a channel has to be planned anew because of a video that it plays or awaits."""
        if channel.broken:
            return False
        if not self._library.has(video):
            return True
        playable = self._library.playable(video, channel.ceilings)
        return video in channel.awaited or is_due(channel.timeline, playable, now)
