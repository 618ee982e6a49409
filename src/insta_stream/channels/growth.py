"""When to plan anew, because what can be aired is no more what was planned.

Every two seconds of a growing package would make a run of its own; planning anew when there is twice as much
as was planned makes a few dozen of a two-hour film.
"""

from insta_stream.channels.channel import Channel
from insta_stream.channels.shelf import Shelf
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.timeline import Timeline

SOON = Ticks(15 * TICKS_PER_SECOND)
"""A planned part that ends this soon after what is frozen is made longer by whatever there is."""


def is_due(timeline: Timeline, playable: Playable | None, now: Ticks) -> bool:
    """Say whether what is planned of a video falls behind what there is of it; None: it cannot air (now)."""
    if timeline.state == "off":
        return False
    if playable is None or playable.is_complete:
        return True
    for run in reversed(timeline.runs):
        if run.ends_at is None:
            continue
        if run.ends_at <= now:
            break
        slot = run.program.slots[-1]
        if slot.package == playable.package:
            has_doubled = playable.available >= 2 * (slot.last + 1)
            ends_soon = run.ends_at - now < timeline.horizon + SOON
            return has_doubled or ends_soon or slot.renditions != playable.renditions
    return True


def is_behind(channel: Channel, library: Shelf) -> bool:
    """Return whether a channel would now be planned otherwise because of what has become of its videos.

    Nobody may have followed the library: it was changed while an edit was being stored that knew nothing of
    that, or while no server ran. What merely grows is told of again.
    """
    if not all(library.has(video) for video in channel.videos):
        return True
    if any(library.has(video) for video in channel.awaited):
        return True
    timeline = channel.timeline
    if timeline.state != "on":
        return False
    ceilings = channel.ceilings
    found = ((entry, library.playable(entry.video, ceilings)) for entry in timeline.entries)
    complete = ((entry, playable) for entry, playable in found if playable and playable.is_complete)
    slots = tuple(playable.slot(entry.id) for entry, playable in complete)
    last = timeline.runs[-1].program
    return slots != (() if last.is_slate else last.slots)
