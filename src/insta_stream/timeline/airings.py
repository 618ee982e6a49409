"""Airings: the guide (the future), the as-run log (the past) and what is on the air are one function."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import NamedTuple

from insta_stream.ids import EntryId, PackageId, VideoId
from insta_stream.ticks import Ticks
from insta_stream.timeline.program import Slot
from insta_stream.timeline.run import Position, Run
from insta_stream.timeline.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Airing:
    """One showing of a video, or one stretch of the slate, without interruption.

    ends_at: None as long as only an edit will end it (the slate). first_segment, last_segment: of its
    package, inclusive; of the slate, which repeats, those of its first lap. length: of the whole video.
    first_offset: where in the video it begins. is_partial: not all of the video airs. is_backfilled: it
    begins before its broadcast was started, so nobody can have seen its beginning.
    """

    entry: EntryId
    video: VideoId
    package: PackageId
    starts_at: Ticks
    ends_at: Ticks | None
    first_segment: int
    last_segment: int
    length: Ticks
    first_offset: Ticks
    is_partial: bool
    is_slate: bool
    is_backfilled: bool


@dataclass(frozen=True, slots=True)
class OnAir:
    """What airs at an instant. position: how far into the video. place: where in the playlist the channel
    is.
    """

    airing: Airing
    position: Ticks
    place: Position | None


class Piece(NamedTuple):
    """Segments `first` to `last` of one slot in one lap of a run; of the slate, the rest of its run."""

    run: Run
    slot: Slot
    starts_at: Ticks
    ends_at: Ticks | None
    first: int
    last: int

    def goes_on_as(self, other: "Piece") -> bool:
        """Tell whether another piece, next in the timeline, is the same showing."""
        if self.ends_at != other.starts_at or self.run.broadcast != other.run.broadcast:
            return False
        if self.slot.is_slate or other.slot.is_slate:
            return self.slot.is_slate and other.slot.is_slate
        return (
            self.slot.entry == other.slot.entry
            and self.slot.package == other.slot.package
            and self.last + 1 == other.first
        )

    def differs_from(self, other: "Piece") -> bool:
        """Tell whether another piece begins otherwise: a viewer or an edit could tell them apart."""
        return (
            self.starts_at != other.starts_at
            or not self.slot.follows(other.slot, other.first, self.first + 1)
            or self.run.slate_then != other.run.slate_then
        )


def airings(timeline: Timeline, begin: Ticks, end: Ticks) -> Iterator[Airing]:
    """Yield in order the airings that overlap [begin, end), those at its ends whole. Jumps to `begin`."""
    if not timeline.runs:
        return
    for airing in _showings(timeline, *_showing_at(timeline, begin)):
        if airing.starts_at >= end:
            return
        if airing.ends_at is None or airing.ends_at > begin:
            yield airing


def aired(timeline: Timeline, begin: Ticks, end: Ticks, now: Ticks) -> Iterator[Airing]:
    """Yield the airings of [begin, end) as far as they have ended by `now`: the as-run log.

    Of the one that goes on, its segments up to the one on the air: what is planned of it may never air.
    """
    for airing in airings(timeline, begin, end):
        if airing.ends_at is not None and airing.ends_at <= now:
            yield airing
            continue
        found = timeline.segment_at(now)
        assert found is not None, "what has not ended is on air"
        _, segment = found
        if airing.starts_at >= segment.starts_at:
            continue
        if airing.is_slate:
            yield replace(airing, ends_at=segment.starts_at)
        else:
            last = segment.number - 1
            yield replace(airing, ends_at=segment.starts_at, last_segment=last, is_partial=True)


def packages_between(timeline: Timeline, begin: Ticks, end: Ticks) -> frozenset[PackageId]:
    """Return the packages of which something airs in [begin, end). A run is walked through for one lap."""
    found: set[PackageId] = set()
    for run in timeline.runs[max(timeline.run_before(begin), 0) :]:
        if run.starts_at >= end:
            break
        if run.ends_at is not None and run.ends_at <= begin:
            continue
        first = run.number_at(max(begin, run.starts_at))
        for piece in islice(_pieces_of(run, first), len(run.program.slots) + 1):
            if piece.starts_at >= end:
                break
            found.add(piece.slot.package)
    return frozenset(found)


def on_air(timeline: Timeline, now: Ticks) -> OnAir | None:
    """Return what airs at an instant, or None when the channel is off the air then."""
    found = timeline.segment_at(now)
    if found is None:
        return None
    run, segment = found
    airing = next(airings(timeline, now, Ticks(now + 1)))
    position = Ticks(now - segment.starts_at + segment.slot.table.start(segment.number))
    place = run.position(segment)
    if place is None and timeline.state == "paused":
        place = timeline.held
    return OnAir(airing, position, place)


def first_difference(old: Timeline, new: Timeline, since: Ticks) -> Ticks | None:
    """Return the first instant from `since` on at which two timelines air otherwise, or None.

    Both are on the air at `since`. Two repeating sequences that agree for the sum of their periods agree
    for ever.
    """
    index, other = old.run_before(since), new.run_before(since)
    while _is_same(old.runs[index], new.runs[other], since):
        ends_at = old.runs[index].ends_at
        if ends_at is None:
            return None
        index, other, since = index + 1, other + 1, ends_at
    enough = sum(len(run.program.slots) + 1 for run in (*old.runs[index:], *new.runs[other:]))
    before = _pieces(old, index, old.runs[index].number_at(since))
    after = _pieces(new, other, new.runs[other].number_at(since))
    for a, b in islice(zip_longest(before, after), enough):
        if a is None or b is None or a.differs_from(b):
            return min(piece.starts_at for piece in (a, b) if piece is not None)
    return None


def _is_same(a: Run, b: Run, since: Ticks) -> bool:
    """Tell whether two runs that air at an instant are the same from there on; quick where they are."""
    return (a.ends_at, a.slate_then, a.program) == (b.ends_at, b.slate_then, b.program) and (
        a.number_at(since) + a.enter - b.number_at(since) - b.enter
    ) % a.program.count == 0


def _showing_at(timeline: Timeline, instant: Ticks) -> tuple[int, int]:
    """Return the run (by index) and its segment with which the showing at or before an instant began."""
    index = max(timeline.run_before(instant), 0)
    k = _opening(timeline.runs[index], instant)
    while index > 0 and k == 0:
        earlier = timeline.runs[index - 1]
        opening = _opening(earlier, timeline.runs[index].starts_at)
        if not _piece(earlier, opening).goes_on_as(_piece(timeline.runs[index], 0)):
            break
        index, k = index - 1, opening
    return index, k


def _showings(timeline: Timeline, index: int, k: int) -> Iterator[Airing]:
    """Yield the airings from segment `k` of run number `index` on, pieces of one showing as one."""
    pieces = _pieces(timeline, index, k)
    first = last = next(pieces)
    for piece in pieces:
        if not last.goes_on_as(piece):
            yield _airing(timeline, first, last)
            first = piece
        last = piece
    yield _airing(timeline, first, last)


def _opening(run: Run, instant: Ticks) -> int:
    """Return the segment of a run with which its piece at (or next to) an instant begins."""
    if run.program.is_slate:
        return 0
    last = instant if run.ends_at is None else min(instant, Ticks(run.ends_at - 1))
    lap, slot, _ = run.program.place(run.enter + run.number_at(max(run.starts_at, last)))
    return max(0, run.program.index(lap, slot, run.program.slots[slot].first) - run.enter)


def _pieces(timeline: Timeline, index: int, k: int) -> Iterator[Piece]:
    """Yield the pieces from segment `k` of run number `index` on; perhaps without end."""
    for run in timeline.runs[index:]:
        yield from _pieces_of(run, k)
        k = 0


def _pieces_of(run: Run, k: int) -> Iterator[Piece]:
    """Yield the pieces of a run from segment `k` on; perhaps without end.

    Only the first is looked up: an edit walks through the whole of a long playlist.
    """
    piece = _piece(run, k)
    yield piece
    _, number, _ = run.program.place(run.enter + k)
    while piece.ends_at is not None and piece.ends_at != run.ends_at:
        number = (number + 1) % len(run.program.slots)
        slot = run.program.slots[number]
        piece = _cut_short(run, slot, piece.ends_at, run.program.length_of(number), slot.first)
        yield piece


def _piece(run: Run, k: int) -> Piece:
    """Return the piece that begins with segment `k` of a run."""
    _, number, first = run.program.place(run.enter + k)
    slot = run.program.slots[number]
    starts_at = run.start(k)
    if run.program.is_slate:
        return Piece(run, slot, starts_at, run.ends_at, first, slot.last)
    return _cut_short(run, slot, starts_at, slot.table.start(slot.last + 1) - slot.table.start(first), first)


def _cut_short(run: Run, slot: Slot, starts_at: Ticks, length: int, first: int) -> Piece:
    """Return a piece from segment `first` of a slot on: `length` of it, or less where the run ends sooner."""
    ends_at, last = Ticks(starts_at + length), slot.last
    if run.ends_at is not None and run.ends_at < ends_at:
        ends_at, last = run.ends_at, run.segment(run.number_at(Ticks(run.ends_at - 1))).number
    return Piece(run, slot, starts_at, ends_at, first, last)


def _airing(timeline: Timeline, first: Piece, last: Piece) -> Airing:
    slot = first.slot
    is_whole = first.first == 0 and last.last == slot.table.count - 1
    return Airing(
        entry=slot.entry,
        video=slot.video,
        package=slot.package,
        starts_at=first.starts_at,
        ends_at=last.ends_at,
        first_segment=first.first,
        last_segment=last.last,
        length=slot.table.length,
        first_offset=slot.table.start(first.first),
        is_partial=not is_whole and not slot.is_slate,
        is_slate=slot.is_slate,
        is_backfilled=first.starts_at < timeline.find(first.run.broadcast).started_at,
    )
