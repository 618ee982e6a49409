"""Channels that come from a backup, or from a clock that was ahead: what is done with them once, before
anything is served.
"""

from dataclasses import replace

from insta_stream.channels.channel import Channel
from insta_stream.ids import new_broadcast_id
from insta_stream.ticks import Ticks
from insta_stream.timeline.edit import Start
from insta_stream.timeline.restore import archived


def as_history(channel: Channel, taken_at: Ticks, now: Ticks) -> Channel:
    """Return a channel off the air, the broadcast that is cut off under a name that nobody knows."""
    timeline = archived(channel.timeline, taken_at=taken_at, now=now, known_as=new_broadcast_id())
    # What is left of the broadcasts are the first ones, one of them renamed.
    pairs = zip(channel.timeline.broadcasts, timeline.broadcasts, strict=False)
    broadcasts = {after.id: replace(channel.broadcasts[before.id], id=after.id) for before, after in pairs}
    return replace(channel, timeline=timeline, broadcasts=broadcasts)


def new_start(channel: Channel) -> Start | None:
    """Return the edit that puts a channel back into the state that `channel` is in; None where it is off."""
    state = channel.timeline.state
    return None if state == "off" else Start(new_broadcast_id(), is_paused=state == "paused")
