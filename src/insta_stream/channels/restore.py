"""Channels that come from a backup: what is done with them once, before anything is served."""

from dataclasses import replace

from insta_stream.channels.channel import Channel
from insta_stream.ids import new_broadcast_id
from insta_stream.ticks import Ticks
from insta_stream.timeline.edit import Start
from insta_stream.timeline.restore import archived


def as_history(channel: Channel, taken_at: Ticks, now: Ticks) -> Channel:
    """Return a channel from a backup off the air, its last broadcast under a name that nobody knows."""
    archive, present = new_broadcast_id(), channel.on_air
    timeline = archived(channel.timeline, taken_at=taken_at, now=now, known_as=archive)
    broadcasts = dict(channel.broadcasts)
    if present is not None:
        broadcasts[archive] = replace(broadcasts.pop(present.id), id=archive)
    left = {each.id: broadcasts[each.id] for each in timeline.broadcasts}
    return replace(channel, timeline=timeline, broadcasts=left)


def new_start(channel: Channel) -> Start | None:
    """Return the edit that puts a channel back into the state that `channel` is in; None where it is off."""
    state = channel.timeline.state
    return None if state == "off" else Start(new_broadcast_id(), is_paused=state == "paused")
