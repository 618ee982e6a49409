"""Channels as JSON, each kept for as long as it says the same: to write ten thousand takes a second, and who
follows them all is told whenever something begins on one of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from insta_stream.api import views
from insta_stream.api.services import Services
from insta_stream.channels.channel import Channel
from insta_stream.errors import Unknown
from insta_stream.ids import ChannelSlug
from insta_stream.library.video import Video
from insta_stream.ticks import Ticks
from insta_stream.timeline.airings import on_air


@dataclass(frozen=True, slots=True)
class _Kept:
    """A text, and what it was made of: the same values say the same. until: when another showing begins."""

    channel: Channel
    video: Video
    until: Ticks
    text: str

    def holds(self, services: Services, channel: Channel) -> bool:
        if channel is not self.channel or services.clock.now() >= self.until:
            return False
        try:
            return services.library.get(self.video.id) is self.video
        except Unknown:  # it was deleted
            return False


class ChannelTexts:
    """Writes channels as GET /api/channels tells of them, again and again. For one thread at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._kept: dict[ChannelSlug, _Kept] = {}

    def each(self, among: frozenset[ChannelSlug] | None) -> Iterator[tuple[ChannelSlug, str]]:
        """Yield the texts of channels with their names, the oldest first. among: which, None for all."""
        channels = self._services.channels.all()
        if len(self._kept) > len(channels):  # some were deleted
            present = {channel.slug for channel in channels}
            self._kept = {slug: kept for slug, kept in self._kept.items() if slug in present}
        for channel in channels:
            if among is None or channel.slug in among:
                yield channel.slug, self._of(channel)

    def _of(self, channel: Channel) -> str:
        kept = self._kept.get(channel.slug)
        if kept is not None and kept.holds(self._services, channel):
            return kept.text
        found = self._found(channel)
        text = views.channel(self._services, channel).model_dump_json(by_alias=True)
        if found is not None:
            self._kept[channel.slug] = _Kept(channel, *found, text)
        return text

    def _found(self, channel: Channel) -> tuple[Video, Ticks] | None:
        """Return what airs and until when; None where it has no end: why there is only a slate may change."""
        present = on_air(channel.timeline, self._services.clock.now())
        if present is None or present.airing.ends_at is None:
            return None
        try:
            return self._services.library.get(present.airing.video), present.airing.ends_at
        except Unknown:  # it was deleted a moment ago, and leaves the playlist
            return None
