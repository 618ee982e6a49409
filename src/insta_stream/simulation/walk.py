"""Steps through the time to come as a player would, and checks what viewers are promised.

In every window: numbers, dates and discontinuity numbers follow from one segment to the next, nothing is
contradicted that the window before it said, and the edge keeps up with the clock. The playlists of all rungs
are rendered, read and held against all rules wherever two segments meet that have not met before: a playlist
loops, and the same neighbours give the same lines with other numbers.

Steps are three quarters of a window, so that each pair of neighbours is seen in one window at least and each
window has something in common with the one before it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from insta_stream.channels.channel import Channel
from insta_stream.delivery.audit import TIMELINE, judge, read_closely
from insta_stream.delivery.view import Early, View, look
from insta_stream.hls.rules.media import PDT_JUMP
from insta_stream.hls.rules.pace import STALE
from insta_stream.hls.rules.refresh import DSEQ_CHANGED, MSN_GAP
from insta_stream.hls.rules.rule import Violation, error
from insta_stream.ids import PackageId
from insta_stream.ticks import Ticks, to_seconds
from insta_stream.timeline.run import Segment
from insta_stream.timeline.timeline import NEVER
from insta_stream.timeline.window import Window, contradiction

SEGMENT_GONE = error(
    "SEGMENT-GONE",
    "Every listed segment is on the disk.",
    "RFC 8216 section 6.2.1; players stop at a 404",
)

MOST_KEPT = 100
"""Broken promises of which instant and words are kept; all are counted."""

Published = Callable[[PackageId, str], int]
"""Says how many segments of a rendition there are."""


@dataclass(slots=True)
class Walk:
    """What a walk found. windows, segments: how many were looked at. rendered: playlists."""

    windows: int = 0
    segments: int = 0
    rendered: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    first: list[tuple[Ticks, Violation]] = field(default_factory=list)

    def note(self, at: Ticks, violations: Iterator[Violation]) -> None:
        """Take note of broken promises."""
        for violation in violations:
            self.counts[violation.code] += 1
            if len(self.first) < MOST_KEPT:
                self.first.append((at, violation))


def walk(channel: Channel, begin: Ticks, end: Ticks, published: Published) -> Walk:
    """Step through the present broadcast of a channel from one instant to another."""
    found, before, met = Walk(), None, _Met(published)
    broadcast = channel.on_air
    assert broadcast is not None, "a channel that is off has no windows"
    # The last edit holds a clock that is earlier; here the past is looked at, too.
    channel = replace(channel, timeline=replace(channel.timeline, committed_at=NEVER))
    now = max(begin, broadcast.started_at)
    while now < end:
        try:
            view = look(channel, broadcast.id, now)
        except Early as early:
            now = early.listed_at or end
            continue
        shown = view.window.segments
        found.windows += 1
        found.segments += len(shown)
        found.note(now, _check_window(view.window, before, now, channel.timeline.target))
        if met.is_new(shown):
            found.note(now, met.gone(shown))
            found.note(now, _check_pages(view, now))
            found.rendered += len(broadcast.rungs)
        before = view.window
        now = Ticks(now + max(1, (shown[-1].ends_at - shown[0].starts_at) * 3 // 4))
    return found


def _check_window(shown: Window, before: Window | None, now: Ticks, target: Ticks) -> Iterator[Violation]:
    if now - shown.segments[-1].ends_at > target * 3 // 2:
        yield STALE.broken(f"the edge is {to_seconds(Ticks(now - shown.segments[-1].ends_at)):.1f} s behind")
    if before is not None and (fault := contradiction(before, shown)):
        yield TIMELINE.broken(f"a later window {fault}")
    number = shown.discontinuity_sequence + shown.segments[0].is_tagged
    for a, b in pairwise(shown.segments):
        number += b.is_tagged
        if b.msn != a.msn + 1:
            yield MSN_GAP.broken(f"segment {b.msn} follows segment {a.msn}")
        if b.starts_at != a.starts_at + a.duration:
            yield PDT_JUMP.broken(f"segment {b.msn} does not begin where segment {a.msn} ends")
        if b.discontinuity != number:
            yield DSEQ_CHANGED.broken(f"segment {b.msn} has number {b.discontinuity}, and tags say {number}")


def _check_pages(view: View, now: Ticks) -> Iterator[Violation]:
    """Check the playlists of all rungs as they would be served."""
    first = None
    for rung in view.broadcast.rungs:
        page = view.render(rung.name)
        for violation in (*read_closely(page), *judge(page, before=None, beside=first, now=now)):
            yield violation.about(rung.name)
        first = first or page


class _Met:
    """Knows which segments have met, and which are on the disk."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._pairs: set[tuple[PackageId, int, PackageId, int, bool]] = set()
        self._counts: dict[tuple[PackageId, str], int] = {}

    def is_new(self, shown: tuple[Segment, ...]) -> bool:
        """Tell whether two of these have not been neighbours before, and take note of all that are."""
        pairs = {
            (a.slot.package, a.number, b.slot.package, b.number, b.is_tagged) for a, b in pairwise(shown)
        }
        is_new = not pairs <= self._pairs
        self._pairs |= pairs
        return is_new

    def gone(self, shown: tuple[Segment, ...]) -> Iterator[Violation]:
        """Yield the segments that a player would ask for in vain."""
        for segment in shown:
            for rendition in dict.fromkeys(segment.renditions):
                key = segment.package, rendition
                if key not in self._counts:
                    self._counts[key] = self._published(*key)
                if segment.number >= self._counts[key]:
                    yield SEGMENT_GONE.broken(
                        f"{segment.package}/{rendition}/{segment.number}.ts is not there"
                    )
