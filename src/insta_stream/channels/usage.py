"""What channels have of some videos, and what would be left to them without these."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from heapq import nlargest

from insta_stream.channels.channel import Channel
from insta_stream.channels.shelf import Shelf
from insta_stream.ids import VideoId
from insta_stream.ticks import Ticks

MOST = 100
"""Channels that are named; thousands may play the same video."""


@dataclass(frozen=True, slots=True)
class Use:
    """What one channel has of the videos.

    times: so many entries of its playlist. is_on_air: viewers get one of them now. is_slate: its own slate is
    made of one. leaves_nothing: viewers would get its slate, because nothing else of the playlist can air.
    """

    channel: Channel
    times: int
    is_on_air: bool
    is_slate: bool
    leaves_nothing: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """What all channels have of the videos.

    uses: at most MOST, first those on the air, then those that would have nothing left. playlists, on_air,
    left_empty, slates: how many there are in all.
    """

    uses: tuple[Use, ...]
    playlists: int
    on_air: int
    left_empty: int
    slates: int


def usage(channels: Iterable[Channel], videos: AbstractSet[VideoId], library: Shelf, now: Ticks) -> Usage:
    """Return what these channels have of the videos. Takes long with thousands of channels."""
    found = [use for channel in channels if (use := _use(channel, videos, library, now)) is not None]
    return Usage(
        uses=tuple(nlargest(MOST, found, key=_weight)),
        playlists=sum(use.times > 0 for use in found),
        on_air=sum(use.is_on_air for use in found),
        left_empty=sum(use.leaves_nothing for use in found),
        slates=sum(use.is_slate for use in found),
    )


def _use(channel: Channel, videos: AbstractSet[VideoId], library: Shelf, now: Ticks) -> Use | None:
    entries = channel.timeline.entries
    times = sum(entry.video in videos for entry in entries)
    is_slate = channel.slate in videos
    if not times and not is_slate:
        return None
    present = channel.timeline.segment_at(now)
    others = (entry.video for entry in entries if entry.video not in videos)
    is_needed = times > 0 and channel.timeline.state != "off"
    return Use(
        channel=channel,
        times=times,
        is_on_air=present is not None and present[1].slot.video in videos,
        is_slate=is_slate,
        leaves_nothing=is_needed and not any(_can_air(channel, video, library) for video in others),
    )


def _can_air(channel: Channel, video: VideoId, library: Shelf) -> bool:
    playable = library.playable(video, channel.ceilings)
    return playable is not None and playable.available > 0


def _weight(use: Use) -> tuple[bool, bool, int]:
    return use.is_on_air, use.leaves_nothing, use.times
