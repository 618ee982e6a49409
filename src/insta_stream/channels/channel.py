"""A channel as every request sees it: one immutable value, replaced whole when anything changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from insta_stream.channels.absent import Absent
from insta_stream.errors import Unknown
from insta_stream.ids import BroadcastId, ChannelSlug, EntryId, VideoId
from insta_stream.media.ceilings import Ceiling, Need, caps, chosen
from insta_stream.media.ladder import Rung
from insta_stream.ticks import Ticks
from insta_stream.timeline.timeline import Entry, Timeline


class Playback(StrEnum):
    """Who may watch a channel, by the name that clients know it by."""

    PUBLIC = "public"
    """Everybody."""

    LINK = "link"
    """Whoever has a link, or has signed in and may see the channel."""

    SIGNED_IN = "signed_in"
    """Whoever has signed in and may see the channel."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What lies between a start and the next stop: what its multivariant playlist says never changes.

    rungs: what is declared of them, by value; best first, the order of `renditions` in the broadcast's slots.
    """

    id: BroadcastId
    rungs: tuple[Ceiling, ...]
    started_at: Ticks


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, its settings and its timeline.

    number: what it is called up by on a television set, from 1; of this channel alone, as long as it lives.
    rungs: of the next broadcast. window_seconds: as it was last set, for the present one, too. slate: the
    video that covers gaps, None for the built-in one. broadcasts: those that the timeline still knows.
    added_at: of the entries, and of those that an undo would bring back. undo: the entries before the last
    edit of the playlist, those that were absent then among them; None where there is nothing to undo. absent:
    the entries of deleted videos that can still be restored. broken: why what is stored of it cannot be read,
    "" where it can; it is off then, and a start begins it anew. playback: who may watch. revision: rises with
    every edit; 0: there was none since they are counted. effective_at: when the last edit that changes what
    airs reaches the air, or did; None where there was none. Refreshes caused by the library do not count.
    """

    slug: ChannelSlug
    number: int
    title: str
    rungs: tuple[Rung, ...]
    slate: VideoId | None
    window_seconds: int
    created_at: Ticks
    timeline: Timeline
    broadcasts: Mapping[BroadcastId, Broadcast]
    added_at: Mapping[EntryId, Ticks]
    undo: tuple[Entry, ...] | None = None
    absent: tuple[Absent, ...] = ()
    broken: str = ""
    playback: Playback = Playback.PUBLIC
    revision: int = 0
    effective_at: Ticks | None = None

    @property
    def on_air(self) -> Broadcast | None:
        """The present broadcast, None off the air."""
        present = self.timeline.broadcast
        return self.broadcasts[present.id] if present is not None else None

    def showing(self, edge: Ticks) -> Broadcast | None:
        """Return the present broadcast; after a stop, the one that ends, until all of it is listed."""
        if self.timeline.broadcasts:
            last = self.timeline.broadcasts[-1]
            if last.ends_at is None or edge < last.ends_at:
                return self.broadcasts[last.id]
        return None

    @property
    def ceilings(self) -> tuple[Ceiling, ...]:
        """What the present broadcast declares of its rungs, best first; off the air, the caps of the next."""
        return self.on_air.rungs if self.on_air else caps(self.rungs)

    def broadcast(self, broadcast: BroadcastId) -> Broadcast:
        """Return one of the channel's broadcasts. Raises Unknown when it is long over or never was."""
        try:
            return self.broadcasts[broadcast]
        except KeyError:
            raise Unknown("There is no such broadcast; load the channel's stream.m3u8 again.") from None

    @property
    def videos(self) -> frozenset[VideoId]:
        """The videos of the playlist, and the one that the slate is made of."""
        own = () if self.slate is None else (self.slate,)
        return frozenset((*(entry.video for entry in self.timeline.entries), *own))

    @property
    def awaited(self) -> frozenset[VideoId]:
        """The deleted videos that, once restored, come back to the playlist."""
        return frozenset(absent.entry.video for absent in self.absent)


def declared(channel: Channel, need: Callable[[VideoId], Need | None]) -> tuple[Ceiling, ...]:
    """Return what a broadcast declares of its rungs that begins now, with the channel's playlist.

    The slate asks for nothing: like what is added later, it takes what keeps the promise.
    """
    needs = (need(video) for video in {entry.video for entry in channel.timeline.entries})
    return chosen(channel.rungs, [each for each in needs if each is not None])
