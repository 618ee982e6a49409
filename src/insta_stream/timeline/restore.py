"""A restored timeline: what becomes of one whose server went on after the backup was taken.

Nobody knows what that server listed after the backup, or to whom. So nothing of it is gone on with:
the broadcast that was on the air becomes history under another name, so that its addresses lead nowhere, and
the next one has numbers that exceed all that can have been listed.
"""

from dataclasses import replace

from insta_stream.ids import BroadcastId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.edit import Stop, apply
from insta_stream.timeline.run import Position
from insta_stream.timeline.timeline import Timeline

LIFT = Ticks(3600 * TICKS_PER_SECOND)
"""How much earlier the numbers of a restored channel count from.

What is listed rises by one a second at most, the floor of a start by two (`NUMBERS_PER_SECOND`), so a start
exceeds everything listed, except within the first seconds after a broadcast began with its back-fill. An hour
covers those, and a clock that is an hour behind that of the machine from which the backup came.
"""


def archived(timeline: Timeline, *, taken_at: Ticks, now: Ticks, known_as: BroadcastId) -> Timeline:
    """Return a timeline from a backup: off the air since it was taken, and ready to begin a new broadcast.

    known_as: the name in the as-run log of the broadcast that was on the air. The next one begins with what
    this one would air `now`, so that the guide holds; of a pause it keeps the place.
    """
    lifted = replace(timeline, epoch=Ticks(timeline.epoch - LIFT))
    broadcast = timeline.broadcast
    if broadcast is None:
        return lifted
    stopped = apply(lifted, Stop(), {}, None, taken_at).timeline
    return replace(
        stopped,
        held=timeline.held if timeline.state == "paused" else _place(timeline, now),
        runs=tuple(
            replace(run, broadcast=known_as) if run.broadcast == broadcast.id else run for run in stopped.runs
        ),
        broadcasts=tuple(
            replace(each, id=known_as) if each.id == broadcast.id else each for each in stopped.broadcasts
        ),
    )


def _place(timeline: Timeline, now: Ticks) -> Position | None:
    """Return which place of the playlist airs at an instant, or is waited for."""
    found = timeline.segment_at(now)
    return None if found is None else found[0].position(found[1])
