"""The window: what a broadcast's media playlists list up to an instant. The same for all rungs."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from insta_stream.ids import BroadcastId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.run import Run, Segment
from insta_stream.timeline.timeline import Broadcast, Timeline

MIN_SEGMENTS = 6
MIN_TARGETS = 4
"""A window holds at least this many segments and target durations, where the broadcast has them: it may run
one segment short, and three target durations must remain (RFC 8216 section 6.2.2)."""

_ADJOIN = "the runs of a broadcast adjoin"


EDGE = Ticks(60 * TICKS_PER_SECOND)
"""How far the playlist reaches back that everybody loads; docs/adr/0028-rewind.md says why no further."""


@dataclass(frozen=True, slots=True)
class Span:
    """What is listed, by its ends: all segments from `first` to `newest`, None before the first has aired.

    is_ended, changes_at: as of a Window.
    """

    first: Segment | None
    newest: Segment | None
    is_ended: bool
    changes_at: Ticks | None


@dataclass(frozen=True, slots=True)
class Window:
    """The segments that are listed, oldest first; empty before the first has aired.

    discontinuity_sequence: of the playlist's header (RFC 8216 section 4.3.3.3). is_ended: EXT-X-ENDLIST.
    changes_at: the edge from which on it differs; None when it never does, given the timeline.
    """

    broadcast: BroadcastId
    segments: tuple[Segment, ...]
    discontinuity_sequence: int
    is_ended: bool
    changes_at: Ticks | None

    @property
    def first(self) -> Segment | None:
        """The oldest segment."""
        return self.segments[0] if self.segments else None

    @property
    def newest(self) -> Segment | None:
        """The live edge."""
        return self.segments[-1] if self.segments else None


def window(timeline: Timeline, broadcast: BroadcastId, edge: Ticks, *, length: Ticks | None = None) -> Window:
    """Return what a broadcast lists that ends by `edge`: as far as its window reaches back, or `length` where
    that is less.

    edge: now, or the end of the lease of a snapshot that may be stale. One that is earlier than the last edit
    is taken for that: nothing before it changes any more. Raises Unknown.
    """
    ends = span(timeline, broadcast, edge, length=length)
    if ends.first is None or ends.newest is None:
        return Window(broadcast, (), 0, ends.is_ended, ends.changes_at)
    segments = tuple(listed(timeline, ends.first.msn, ends.newest))
    return Window(broadcast, segments, tags_before(ends.first), ends.is_ended, ends.changes_at)


def span(timeline: Timeline, broadcast: BroadcastId, edge: Ticks, *, length: Ticks | None = None) -> Span:
    """Return the ends of a window, which takes no longer for a long one. Raises Unknown."""
    found = timeline.find(broadcast)
    edge = max(edge, timeline.committed_at)
    is_ended = found.ends_at is not None and edge >= found.ends_at
    newest, following = _around(timeline, found, edge)
    changes_at = None if following is None else following.ends_at
    if newest is None:
        return Span(None, None, is_ended, changes_at)
    first = next(listed(timeline, _oldest(timeline, found, newest, length), newest))
    return Span(first, newest, is_ended, changes_at)


def tags_before(first: Segment) -> int:
    """Return the discontinuity sequence of a playlist's header, of its first segment."""
    return first.discontinuity - first.is_tagged


def contradiction(earlier: Window, later: Window) -> str:
    """Say in which way a window takes back what an earlier one of its broadcast listed, or "" where it does
    not.
    """
    if not earlier.segments:
        return ""
    if not later.segments:
        return "no longer lists anything"
    if earlier.is_ended and not later.is_ended:
        return "continues after its end"
    if later.segments[0].msn < earlier.segments[0].msn:
        return "lists removed segments again"
    if later.segments[-1].msn < earlier.segments[-1].msn:
        return "takes back its newest segments"
    known = {segment.msn: segment for segment in earlier.segments}
    for segment in later.segments:
        if segment.msn in known and _facts(segment) != _facts(known[segment.msn]):
            return f"changes segment {segment.msn}"
    return ""


def _facts(segment: Segment) -> tuple[object, ...]:
    """Return all that a playlist says of a segment."""
    msn, starts_at, duration, slot, number, discontinuity, is_tagged = segment
    return msn, starts_at, duration, slot.package, slot.renditions, number, discontinuity, is_tagged


def _around(timeline: Timeline, broadcast: Broadcast, edge: Ticks) -> tuple[Segment | None, Segment | None]:
    """Return the newest segment of a broadcast that ends by `edge`, and the one after it; None where there
    is none.
    """
    if edge < broadcast.starts_at:
        return None, _at(timeline, broadcast.starts_at)
    if broadcast.ends_at is not None and edge >= broadcast.ends_at:
        return _at(timeline, Ticks(broadcast.ends_at - 1)), None
    run = timeline.run_at(edge)
    assert run is not None, _ADJOIN
    if (k := run.number_at(edge)) > 0:
        newest, following = run.segments(k - 1, k + 1)
        return newest, following
    if run.starts_at == broadcast.starts_at:
        return None, run.segment(0)
    return _at(timeline, Ticks(run.starts_at - 1)), run.segment(0)


def _at(timeline: Timeline, instant: Ticks) -> Segment:
    found = timeline.segment_at(instant)
    assert found is not None, _ADJOIN
    return found[1]


def _oldest(timeline: Timeline, broadcast: Broadcast, newest: Segment, length: Ticks | None) -> int:
    """Return the media sequence number with which a window begins, were nothing forgotten."""
    edge = newest.ends_at
    reach = max(_reach(timeline, broadcast, edge), broadcast.starts_at)
    if length is not None:
        reach = max(reach, Ticks(edge - max(length, MIN_TARGETS * timeline.target)))
    run = timeline.run_at(reach)
    by_length = 0 if run is None else run.first_msn + run.number_at(reach)
    return min(by_length, newest.msn - MIN_SEGMENTS + 1)


def _reach(timeline: Timeline, broadcast: Broadcast, edge: Ticks) -> Ticks:
    """Return the instant to which a window whose newest segment ends at `edge` reaches back.

    When a window grows, what had left it stays away: it reaches back no further than it did at the change.
    """
    shortest = MIN_TARGETS * timeline.target
    changes = [change for change in broadcast.windows if change.since <= edge]
    reaches = [edge - max(changes[-1].length, shortest)]
    reaches += [after.since - max(before.length, shortest) for before, after in pairwise(changes)]
    return Ticks(max(reaches))


def listed(timeline: Timeline, oldest: int, newest: Segment) -> Iterator[Segment]:
    """Yield the segments of a broadcast from number `oldest` to `newest`."""
    last = timeline.run_before(newest.starts_at)
    first = last
    while (
        first > 0
        and timeline.runs[first].first_msn > oldest
        and _adjoin(*timeline.runs[first - 1 : first + 1])
    ):
        first -= 1
    for run in timeline.runs[first : last + 1]:
        stop = newest.msn + 1 - run.first_msn
        yield from run.segments(
            max(0, oldest - run.first_msn), stop if run.count is None else min(stop, run.count)
        )


def _adjoin(before: Run, after: Run) -> bool:
    return before.broadcast == after.broadcast
