"""A channel, its writer and nodes with stale snapshots and skewed clocks, driven by random histories."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from hypothesis import strategies as st

from insta_stream.errors import WrongState
from insta_stream.ids import BroadcastId, EntryId, PackageId, VideoId
from insta_stream.ticks import TICKS_PER_MILLISECOND, TICKS_PER_SECOND, Ticks
from insta_stream.timeline import edit as edits
from insta_stream.timeline.cut import cut
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.run import Segment
from insta_stream.timeline.table import SegmentTable
from insta_stream.timeline.timeline import Entry, Timeline
from insta_stream.timeline.window import MIN_SEGMENTS, MIN_TARGETS, Window, window

EPOCH = Ticks(1_700_000_000 * TICKS_PER_SECOND)
HORIZON = Ticks(1000 * TICKS_PER_MILLISECOND)
TARGET = Ticks(2 * TICKS_PER_SECOND)
SHORT = TARGET * 2
BEGIN = Ticks(EPOCH + 1000 * TICKS_PER_SECOND)
MAX_COMMIT_MS = 300
SKEW_MS = 50


class Violation(AssertionError):
    """A promise was broken."""


def check(holds: bool, promise: str, *facts: object) -> None:
    if not holds:
        raise Violation(promise, *facts)


def seconds(value: float) -> Ticks:
    return Ticks(round(value * TICKS_PER_SECOND))


def milliseconds(value: int) -> Ticks:
    return Ticks(value * TICKS_PER_MILLISECOND)


def playable(
    name: str, durations: tuple[Ticks, ...], available: int | None = None, version: int = 0
) -> Playable:
    table = SegmentTable.of(durations)
    known = table.count if available is None else available
    package = PackageId(f"{name}-{version}")
    return Playable(VideoId(name), package, table, known, known == table.count, ("hi", "lo"))


def even(name: str, count: int, each: float, available: int | None = None) -> Playable:
    return playable(name, (seconds(each),) * count, available)


def entries(names: str) -> tuple[Entry, ...]:
    return tuple(
        Entry(EntryId(f"{name}.{names[:i].count(name)}"), VideoId(name)) for i, name in enumerate(names)
    )


SLATE = even("slate", 5, 2)


def empty(window_seconds: float = 20, horizon: Ticks = HORIZON) -> Timeline:
    return Timeline(EPOCH, horizon, TARGET, seconds(window_seconds), committed_at=EPOCH)


def every_segment(timeline: Timeline, broadcast: BroadcastId, until: Ticks) -> Iterator[Segment]:
    """Yield by plain iteration what a broadcast airs until an instant."""
    for run in timeline.runs:
        k = 0
        while run.broadcast == broadcast and (run.count is None or k < run.count):
            segment = run.segment(k)
            if segment.ends_at > until:
                return
            yield segment
            k += 1


def goes_on(before: Segment, after: Segment) -> bool:
    """Tell whether a player can go from one segment to the next without a discontinuity."""
    a, b = before.slot, after.slot
    same = (a.entry, a.package, a.renditions) == (b.entry, b.package, b.renditions)
    return same and after.number == before.number + 1


Step = tuple[str, int, int, int, int]

KINDS = (
    *("wait", "start", "stop", "pause", "resume", "skip", "jump", "add", "remove", "remove_current"),
    *("wait", "start", "add", "add", "resume", "skip", "shuffle", "clear", "undo", "resize"),
    *("grow", "grow", "remap", "break", "repackage"),
)


def steps(kinds: tuple[str, ...] = KINDS, longest_wait_ms: int = 6000) -> st.SearchStrategy[list[Step]]:
    step = st.tuples(
        st.sampled_from(kinds),
        st.one_of(st.just(0), st.integers(0, longest_wait_ms)),
        st.integers(0, MAX_COMMIT_MS),
        st.integers(0, 999),
        st.integers(0, 999),
    )
    return st.lists(step, min_size=12, max_size=50)


def tables(shortest_ms: int = 500) -> st.SearchStrategy[list[tuple[Ticks, ...]]]:
    duration = st.integers(shortest_ms * TICKS_PER_MILLISECOND, 2000 * TICKS_PER_MILLISECOND).map(Ticks)
    durations = st.lists(duration, min_size=1, max_size=8).map(tuple)
    return st.lists(durations, min_size=2, max_size=5)


@dataclass
class Node:
    """A server with a snapshot that may be stale and a clock that may be wrong."""

    skew: Ticks
    snapshot: Timeline
    read_at: Ticks
    seen: dict[BroadcastId, Window] = field(default_factory=dict)
    looked_at: Ticks | None = None
    """When all that it lists now was last seen."""

    def read(self, timeline: Timeline, now: Ticks) -> None:
        self.snapshot, self.read_at, self.looked_at = timeline, now, None


@dataclass
class World:
    """What was ever served, and the rules it must keep."""

    durations: list[tuple[Ticks, ...]]
    horizon: Ticks = HORIZON
    keeps_lease: bool = True
    slowness: int = 1
    now: Ticks = BEGIN
    facts: dict[int, tuple[object, ...]] = field(default_factory=dict)
    available: dict[PackageId, int] = field(default_factory=dict)
    served: set[BroadcastId] = field(default_factory=set)
    history: list[tuple[Entry, ...]] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.timeline = empty(horizon=self.horizon)
        self.catalogue: dict[VideoId, Playable] = {}
        for number, durations in enumerate(self.durations):
            grows = number % 2 == 1
            self.put(playable(f"v{number}", durations, 0 if grows else None))
        self.put(SLATE)
        skews = (0, -SKEW_MS, SKEW_MS)
        self.nodes = [Node(milliseconds(skew), self.timeline, self.now) for skew in skews]

    def put(self, value: Playable) -> None:
        self.catalogue[value.video] = value
        self.available[value.package] = value.available

    @property
    def longest(self) -> Ticks:
        return max(max(durations) for durations in (*self.durations, (TARGET,)))

    def play(self, history: list[Step]) -> None:
        for step in history:
            self.step(*step)
        self.step("wait", 3000, 0, 0, 0)

    def step(self, kind: str, wait_ms: int, commit_ms: int, a: int, b: int) -> None:
        self.now = Ticks(self.now + milliseconds(wait_ms) // 2)
        self.look()
        node = self.nodes[a % len(self.nodes)]
        node.read(self.timeline, self.now)
        self.now = Ticks(self.now + milliseconds(wait_ms) // 2)
        self.look()
        edit = self.edit(kind, a, b)
        if edit is not None:
            self.commit(edit, milliseconds(commit_ms * self.slowness))

    def commit(self, edit: edits.Edit, takes: Ticks) -> None:
        try:
            change = edits.apply(self.timeline, edit, self.catalogue, SLATE, self.now)
        except WrongState:
            return
        check(change.effective_at >= change.cut, "an edit shows at its cut or later")
        self.now = Ticks(self.now + takes)
        for node in self.nodes[1:]:  # they read what is about to be outdated, as late as can be
            node.read(self.timeline, self.now)
        self.look()
        self.timeline = change.timeline
        self.nodes[0].read(self.timeline, self.now)
        self.served |= {broadcast.id for broadcast in self.timeline.broadcasts}
        self.look()

    def edit(self, kind: str, a: int, b: int) -> edits.Edit | None:
        match kind:
            case "start":
                self.count += 1
                return edits.Start(BroadcastId(f"b{self.count}"))
            case "stop":
                return edits.Stop()
            case "pause":
                return edits.Pause()
            case "resume":
                return edits.Resume()
            case "skip":
                return edits.Skip()
            case "resize":
                return edits.Resize(seconds(5 + a % 40))
            case "grow" | "remap" | "break" | "repackage":
                self.alter(kind, a % len(self.durations), b)
                return edits.Refresh()
            case "jump" if self.timeline.entries:
                entry = self.timeline.entries[a % len(self.timeline.entries)]
                value = self.catalogue.get(entry.video)
                offset = value.table.start(b % value.table.count) if value else Ticks(0)
                return edits.Jump(entry.id, offset)
            case _:
                order = self.order(kind, a, b)
                if order is None:
                    return None
                self.history.append(self.timeline.entries)
                return edits.Rearrange(order)

    def order(self, kind: str, a: int, b: int) -> tuple[Entry, ...] | None:
        """Return another playlist."""
        old = self.timeline.entries
        place = a % (len(old) + 1)
        match kind:
            case "add":
                self.count += 1
                new = Entry(EntryId(f"e{self.count}"), VideoId(f"v{b % len(self.durations)}"))
                return (*old[:place], new, *old[place:])
            case "remove" if old:
                return (*old[: place - 1], *old[place:]) if place else old[1:]
            case "remove_current" if old and self.timeline.state != "off":
                at = cut(self.timeline, self.now)
                return tuple(entry for entry in old if at.place is None or entry.id != at.place.entry)
            case "shuffle":
                return (*old[place:], *reversed(old[:place]))
            case "clear":
                return ()
            case "undo" if self.history:
                return self.history[-1]
            case _:
                return None

    def alter(self, kind: str, number: int, b: int) -> None:
        """Let a package grow, be served otherwise, break and come back, or be made anew."""
        video, durations = VideoId(f"v{number}"), self.durations[number]
        value = self.catalogue.get(video)
        if value is None:
            self.put(playable(video, durations, version=b))
        elif kind == "grow":
            available = min(value.table.count, value.available + 1 + b % 3)
            is_complete = available == value.table.count
            self.put(replace(value, available=available, is_complete=is_complete))
        elif kind == "remap":
            self.put(replace(value, renditions=("hi", f"r{b % 3}")))
        elif kind == "break":
            del self.catalogue[video]
        else:
            self.put(playable(video, tuple(reversed(durations)), version=1000 + b + self.count))

    def look(self) -> None:
        """Look at what has changed: a window is a function of the timeline and the clock."""
        for node in self.nodes:
            if node.looked_at == self.now:
                continue
            node.looked_at = self.now
            edge = self.edge(node)
            for broadcast in node.snapshot.broadcasts:
                shown = window(node.snapshot, broadcast.id, edge)
                self.check_window(shown)
                self.check_short(window(node.snapshot, broadcast.id, edge, length=SHORT), shown)
                self.check_refresh(node.seen.get(broadcast.id), shown)
                node.seen[broadcast.id] = shown
        self.check_fresh()

    def edge(self, node: Node) -> Ticks:
        """Return the instant up to which a node lists what it has read."""
        now, lease = self.now + node.skew, node.read_at + HORIZON - milliseconds(MAX_COMMIT_MS)
        return Ticks(min(now, lease) if self.keeps_lease else now)

    def check_window(self, shown: Window) -> None:
        number = shown.discontinuity_sequence
        for before, segment in pairwise((None, *shown.segments)):
            assert segment is not None
            number += segment.is_tagged
            check(number == segment.discontinuity, "tags and header give the discontinuity number", segment)
            if before is not None:
                check(segment.msn == before.msn + 1, "numbers rise by one", before, segment)
                check(segment.starts_at == before.ends_at, "dates have no holes", before, segment)
                check(
                    segment.is_tagged != goes_on(before, segment),
                    "a tag where, and only where, an item does not go on",
                    segment,
                )
            check(segment.number < self.available[segment.package], "what is listed exists", segment)
            facts = (
                *(segment.starts_at, segment.duration, segment.package, segment.renditions, segment.number),
                *(segment.discontinuity, segment.is_tagged),
            )
            known = self.facts.setdefault(segment.msn, facts)
            check(known == facts, "a number always means the same segment", segment.msn, known, facts)

    def check_short(self, short: Window, shown: Window) -> None:
        """Check that a window which reaches less far back is the end of the whole one."""
        count = len(short.segments)
        for segment, whole in zip(reversed(short.segments), reversed(shown.segments), strict=False):
            check(
                segment.msn == whole.msn and segment.slot is whole.slot, "the short one is the end", segment
            )
            check(segment[:3] == whole[:3] and segment.number == whole.number, "both say the same", segment)
        check(bool(count) == bool(shown.segments), "both are empty, or none is")
        check((short.is_ended, short.changes_at) == (shown.is_ended, shown.changes_at), "both end and change")
        if count < len(shown.segments):
            check(count >= MIN_SEGMENTS, "six segments, in the short one too")
        number = short.discontinuity_sequence
        for segment in short.segments:
            number += segment.is_tagged
            check(number == segment.discontinuity, "tags and header give the discontinuity number", segment)

    def check_refresh(self, before: Window | None, after: Window) -> None:
        if before is None or not before.segments:
            return
        check(bool(after.segments), "a window does not become empty")
        check(after.segments[0].msn >= before.segments[0].msn, "what left a window stays away")
        check(after.segments[-1].msn >= before.segments[-1].msn, "the edge does not fall back")
        if before.is_ended:
            check(after.segments == before.segments and after.is_ended, "after the end nothing changes")

    def check_fresh(self) -> None:
        """Check what a node with a new snapshot and a right clock lists."""
        broadcast = self.timeline.broadcast
        if broadcast is None or self.now < broadcast.starts_at + self.longest:
            return
        shown = window(self.timeline, broadcast.id, self.now)
        check(not shown.is_ended and bool(shown.segments), "on air there is a window")
        newest, oldest = shown.segments[-1], shown.segments[0]
        check(newest.ends_at > self.now - self.longest, "the edge keeps up with the clock")
        if oldest.starts_at > broadcast.starts_at:
            check(len(shown.segments) >= MIN_SEGMENTS, "six segments")
            check(newest.ends_at - oldest.starts_at >= MIN_TARGETS * TARGET, "four target durations")
        assert shown.changes_at is not None
        later = window(self.timeline, broadcast.id, shown.changes_at)
        just_before = window(self.timeline, broadcast.id, Ticks(shown.changes_at - 1))
        check(shown.changes_at > self.now, "a window changes later")
        check(just_before.segments == shown.segments != later.segments, "a window changes when it says")


def play(durations: list[tuple[Ticks, ...]], history: list[Step]) -> None:
    World(durations).play(history)
