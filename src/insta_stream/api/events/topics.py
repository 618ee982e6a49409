"""Topics by name: "channels", "videos", "health", "state", "channel/{slug}" and "guide/{slug}"."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from insta_stream.access.permission import Permission
from insta_stream.ids import ChannelSlug

Kind = Literal["channels", "videos", "health", "state", "channel", "guide"]

_OF_A_CHANNEL = frozenset({"channel", "guide"})

LONGEST_NAME = 100

_NEEDED: Mapping[Kind, Permission] = {
    "channels": Permission.CHANNEL_VIEW,
    "videos": Permission.LIBRARY_READ,
    "health": Permission.HEALTH_READ,
    "state": Permission.CHANNEL_VIEW,
    "channel": Permission.CHANNEL_READ,
    "guide": Permission.CHANNEL_VIEW,
}


@dataclass(frozen=True, slots=True)
class Topic:
    """What one can subscribe to. slug: of the channel, "" for what concerns none. channels: those that a list
    of them shows, None for all.
    """

    kind: Kind
    slug: str = ""
    channels: frozenset[ChannelSlug] | None = None

    @property
    def name(self) -> str:
        """As clients write it."""
        return f"{self.kind}/{self.slug}" if self.slug else self.kind

    def among(self, channels: frozenset[ChannelSlug] | None) -> "Topic":
        """Return this topic for somebody who may see these channels, None for all."""
        return replace(self, channels=channels) if self.kind == "channels" else self

    @property
    def needed(self) -> tuple[Permission, ChannelSlug | None]:
        """The permission that reading it needs, and on which channel; None where any will do."""
        return _NEEDED[self.kind], ChannelSlug(self.slug) if self.slug else None


def parse_topic(name: str) -> Topic | None:
    """Return the topic of this name, None where it means nothing. The channel need not be there."""
    kind, separator, slug = name.partition("/")
    if len(name) > LONGEST_NAME or kind not in get_args(Kind):
        return None
    if (kind in _OF_A_CHANNEL) != bool(slug) or bool(separator) != bool(slug):
        return None
    return Topic(cast("Kind", kind), slug)
