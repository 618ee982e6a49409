"""A restored timeline: what becomes of one whose server went on after the backup was taken, or whose clock
had run ahead.

Nobody knows what that server listed after the backup, or to whom; of one whose clock was ahead, what it
listed has dates that are still to come. So nothing of it is gone on with: the broadcast that was on the air
becomes history under another name, so that its addresses lead nowhere, and the next one has numbers that
exceed all that can have been listed.
"""

from collections.abc import Iterator
from dataclasses import replace

from insta_stream.ids import BroadcastId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.edit import Stop, apply
from insta_stream.timeline.run import Position, Run
from insta_stream.timeline.timeline import Broadcast, Timeline

LIFT = Ticks(3600 * TICKS_PER_SECOND)
"""How much earlier the numbers of a restored channel count from.

What is listed rises by one a second at most, the floor of a start by two (`NUMBERS_PER_SECOND`), so a start
exceeds everything listed, except within the first seconds after a broadcast began with its back-fill. An hour
covers those, and a clock that is an hour behind that of the machine from which the backup came.
"""


def archived(timeline: Timeline, *, taken_at: Ticks, now: Ticks, known_as: BroadcastId) -> Timeline:
    """Return a timeline off the air, and ready to begin a new broadcast.

    taken_at: how far the clock had got by which it was made, when it was backed up or put aside. Where that
    is earlier than `now`, its server went on: the next broadcast begins with what this one would air `now`,
    so that the guide holds. Where it is later, that clock was ahead: what had aired by `now` is history, the
    rest is forgotten, and the next broadcast begins where the channel stood. Of a pause it keeps the place.
    known_as: the name in the as-run log of the broadcast that is cut off.
    """
    taken_at = max(taken_at, timeline.committed_at)
    above = lifted(timeline, taken_at, now)
    if taken_at > now:
        return _brought_back(above, taken_at, now, known_as)
    return _ended(above, taken_at, now, known_as)


def lifted(timeline: Timeline, taken_at: Ticks, now: Ticks) -> Timeline:
    """Return a timeline on which edits act `now`, and the next broadcast begins above all that can have been
    listed by `taken_at` and since.
    """
    epoch = Ticks(timeline.epoch - LIFT - max(0, max(taken_at, timeline.committed_at) - now))
    return replace(timeline, epoch=epoch, committed_at=min(timeline.committed_at, now))


def _ended(timeline: Timeline, taken_at: Ticks, now: Ticks, known_as: BroadcastId) -> Timeline:
    """Return a timeline that ends where its backup was taken."""
    broadcast = timeline.broadcast
    if broadcast is None:
        return timeline
    stopped = apply(timeline, Stop(), {}, None, taken_at).timeline
    return replace(
        stopped,
        held=_place(timeline, broadcast, now),
        runs=tuple(_renamed(run, broadcast, known_as) for run in stopped.runs),
        broadcasts=tuple(
            replace(each, id=known_as) if each.id == broadcast.id else each for each in stopped.broadcasts
        ),
    )


def _brought_back(timeline: Timeline, taken_at: Ticks, now: Ticks, known_as: BroadcastId) -> Timeline:
    """Return a timeline that knows nothing of later than `now`.

    One broadcast at most is cut off: that which had begun by now, and of which more was to come.
    """
    present = timeline.broadcast
    begun = [each for each in timeline.broadcasts if each.started_at <= now]
    runs = tuple(_aired(timeline, frozenset(each.id for each in begun), now))
    ends = {run.broadcast: run.ends_at for run in runs}
    broadcasts = []
    for each in begun:
        if (ends_at := ends.get(each.id)) is None:  # nothing of it had aired
            continue
        if each.ends_at == ends_at:
            broadcasts.append(each)
            continue
        runs = tuple(_renamed(run, each, known_as) for run in runs)
        windows = tuple(change for change in each.windows if change.since <= ends_at)
        broadcasts.append(replace(each, id=known_as, windows=windows, ends_at=ends_at))
    return replace(
        timeline,
        state="off",
        held=timeline.held if present is None else _place(timeline, present, taken_at),
        directed_at=None,
        runs=runs,
        broadcasts=tuple(broadcasts),
    )


def _aired(timeline: Timeline, broadcasts: frozenset[BroadcastId], now: Ticks) -> Iterator[Run]:
    """Yield the runs of these broadcasts as far as they have aired; each has an end."""
    for run in timeline.runs:
        if run.broadcast not in broadcasts or run.starts_at > now:
            return
        if run.ends_at is not None and run.ends_at <= now:
            yield run
        elif (ends_at := run.start(run.number_at(now))) > run.starts_at:
            yield replace(run, ends_at=ends_at)


def _renamed(run: Run, broadcast: Broadcast, known_as: BroadcastId) -> Run:
    return replace(run, broadcast=known_as) if run.broadcast == broadcast.id else run


def _place(timeline: Timeline, broadcast: Broadcast, instant: Ticks) -> Position | None:
    """Return which place of the playlist airs at an instant, or is waited for or held."""
    if timeline.state == "paused":
        return timeline.held
    found = timeline.segment_at(max(instant, broadcast.starts_at))
    return None if found is None else found[0].position(found[1])
