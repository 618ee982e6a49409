"""What edits of channels change, in the few words that the audit log has for it."""

from collections import Counter
from itertools import islice

from insta_stream.access.act import Act
from insta_stream.api.services import Services
from insta_stream.channels.channel import Channel
from insta_stream.db.audit import Details
from insta_stream.ids import VideoId

_MOST_NAMES = 5


def settings_of(services: Services, channel: Channel) -> Details:
    """Return the settings of a channel."""
    return {
        "title": channel.title,
        "qualities": [rung.name for rung in channel.rungs],
        "rewindSeconds": channel.window_seconds,
        "playback": channel.playback,
        "standby": None if channel.slate is None else services.library.name(channel.slate),
    }


def tell_edit(act: Act, services: Services, before: Channel, after: Channel) -> None:
    """Say what an edit has changed: the state, how many entries there are, which came and which went."""
    old, new = (Counter(entry.video for entry in each.timeline.entries) for each in (before, after))
    act.tell_changes(
        {"state": before.timeline.state, "videos": old.total(), "removed": _names(services, old - new)},
        {"state": after.timeline.state, "videos": new.total(), "added": _names(services, new - old)},
    )


def _names(services: Services, videos: Counter[VideoId]) -> list[str] | None:
    """Return what videos are called, those of many that come first; None for no video."""
    names = [services.library.name(video) for video in islice(videos, _MOST_NAMES)]
    more = videos.total() - len(names)
    return [*names, *([f"and {more} more"] if more > 0 else [])] or None
