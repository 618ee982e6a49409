"""What the past still needs: how long packages can be listed, and which runs may be forgotten."""

from collections.abc import Iterator
from dataclasses import replace

from insta_stream.ids import PackageId
from insta_stream.ticks import Ticks
from insta_stream.timeline.run import Run
from insta_stream.timeline.timeline import Broadcast, Timeline
from insta_stream.timeline.window import MIN_SEGMENTS


def packages(timeline: Timeline) -> dict[PackageId, Ticks | None]:
    """Return every package the runs name, with the instant from which on no player can ask for it.

    None: it may air until an edit.
    """
    needs: dict[PackageId, Ticks | None] = {}
    for run in timeline.runs:
        until = _needed_until(timeline, run)
        for slot in run.program.slots:
            needs[slot.package] = later(needs.get(slot.package, until), until)
    return needs


def prune(timeline: Timeline, before: Ticks) -> Timeline:
    """Forget runs that ended before an instant, and broadcasts that have none left.

    The last run stays, because numbers go on from it. `before` must lie further back than every window, the
    last playlists of ended broadcasts, catch-up and the as-run log.
    """
    runs = tuple(run for run in timeline.runs[:-1] if run.ends_at is None or run.ends_at >= before)
    runs += timeline.runs[-1:]
    alive = {run.broadcast for run in runs}
    broadcasts = tuple(broadcast for broadcast in timeline.broadcasts if broadcast.id in alive)
    return replace(timeline, runs=runs, broadcasts=broadcasts)


def reaches_back(timeline: Timeline) -> Ticks:
    """Return how long ago something can have aired of which a player may still ask for the segments."""
    longest = max((_longest_playlist(timeline, each) for each in timeline.broadcasts), default=Ticks(0))
    return Ticks(2 * longest + timeline.target)


def later(a: Ticks | None, b: Ticks | None) -> Ticks | None:
    """Return the later one of two instants, of which None is the latest."""
    return None if a is None or b is None else max(a, b)


def _needed_until(timeline: Timeline, run: Run) -> Ticks | None:
    """Return when the last segment of a run is needed no more (RFC 8216 section 6.2.2).

    It leaves the window, or with the last playlist of an ended broadcast, which is served for as long as it
    reaches back; it stays for its duration plus that of the longest playlist that listed it.
    """
    if run.ends_at is None:
        return None
    broadcast = timeline.find(run.broadcast)
    longest = _longest_playlist(timeline, broadcast)
    leaves = run.ends_at + longest
    if broadcast.ends_at is not None and leaves > broadcast.ends_at:
        leaves = broadcast.ends_at + longest
    return Ticks(leaves + timeline.target + longest)


def _longest_playlist(timeline: Timeline, broadcast: Broadcast) -> Ticks:
    lengths: Iterator[Ticks] = (change.length for change in broadcast.windows)
    return Ticks(max(*lengths, Ticks(MIN_SEGMENTS * timeline.target)) + timeline.target)
