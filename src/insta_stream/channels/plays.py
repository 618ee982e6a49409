"""Which channels play which videos."""

from collections import defaultdict
from collections.abc import Iterable

from insta_stream.channels.channel import Channel
from insta_stream.ids import ChannelSlug, VideoId


class Plays:
    """Knows the channels that play a video, or await it. Any thread may ask."""

    def __init__(self) -> None:
        self._channels: defaultdict[VideoId, set[ChannelSlug]] = defaultdict(set)

    def of(self, videos: Iterable[VideoId]) -> frozenset[ChannelSlug]:
        """Return the channels that play one of these videos, or await it."""
        # A set is copied in one step, so that it cannot change meanwhile.
        return frozenset().union(*(tuple(self._channels.get(video, ())) for video in videos))

    def videos(self) -> frozenset[VideoId]:
        """Return the videos that some channel plays or awaits."""
        return frozenset(self._channels)

    def note(self, before: Channel | None, after: Channel | None) -> None:
        """Take note of what has become of a channel; None: there was none, or is none any more."""
        if before is not None and after is not None and _plays_the_same(before, after):
            return
        old, new = _played(before), _played(after)
        for video in new - old:
            assert after is not None, "it plays"
            self._channels[video].add(after.slug)
        for video in old - new:
            assert before is not None, "it played"
            self._channels[video].discard(before.slug)
            if not self._channels[video]:
                del self._channels[video]


def _played(channel: Channel | None) -> frozenset[VideoId]:
    # What is broken is looked at one by one: nothing can be planned for it.
    return frozenset() if channel is None or channel.broken else channel.videos | channel.awaited


def _plays_the_same(before: Channel, after: Channel) -> bool:
    is_same = before.timeline.entries is after.timeline.entries and before.absent is after.absent
    return is_same and before.slate == after.slate and bool(before.broken) == bool(after.broken)
