"""The cut: where an edit acts, and how new runs are sewn on there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from insta_stream.errors import WrongState
from insta_stream.ids import BroadcastId
from insta_stream.ticks import Ticks
from insta_stream.timeline.plan import Stretch
from insta_stream.timeline.run import Position, Run, Segment
from insta_stream.timeline.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Seam:
    """Where runs are sewn on.

    msn, discontinuity: numbers of the next segment, if it is tagged. before: the segment that ends `at`; None
    where a broadcast begins.
    """

    broadcast: BroadcastId
    at: Ticks
    msn: int
    discontinuity: int
    before: Segment | None = None

    def attach(self, stretches: Iterable[Stretch]) -> tuple[Run, ...]:
        """Return stretches as runs: on the clock, and numbered on from here."""
        seam, runs = self, []
        for stretch in stretches:
            run = seam.run(stretch)
            runs.append(run)
            if run.count is not None:
                last = run.segment(run.count - 1)
                seam = Seam(self.broadcast, last.ends_at, last.msn + 1, last.discontinuity + 1, last)
        return tuple(runs)

    def run(self, stretch: Stretch) -> Run:
        """Return one stretch as the next run: joined, without a tag, where the segment before goes on."""
        run = Run(
            broadcast=self.broadcast,
            starts_at=self.at,
            first_msn=self.msn,
            first_discontinuity=self.discontinuity,
            joined=False,
            program=stretch.program,
            enter=stretch.enter,
            ends_at=None if stretch.length is None else Ticks(self.at + stretch.length),
            slate_then=stretch.slate_then,
        )
        first, before = run.segment(0), self.before
        if before is not None and first.slot.follows(before.slot, before.number, first.number):
            return replace(run, joined=True, first_discontinuity=self.discontinuity - 1)
        return run


@dataclass(frozen=True, slots=True)
class Cut:
    """Where an edit acts.

    at: start of the first segment that is not committed. before: the segment that ends there and the place it
    stands for, or None where the broadcast begins. run, after: what begins there unless it is edited.
    """

    at: Ticks
    before: Segment | None
    place_before: Position | None
    run: Run
    after: Segment

    @property
    def seam(self) -> Seam:
        """Where what airs from the cut on is sewn on."""
        if self.before is None:
            return Seam(self.run.broadcast, self.at, self.after.msn, self.after.discontinuity)
        msn, discontinuity = self.before.msn + 1, self.before.discontinuity + 1
        return Seam(self.run.broadcast, self.at, msn, discontinuity, self.before)

    @property
    def place(self) -> Position | None:
        """The place of the playlist that airs from the cut on, or is waited for."""
        return self.run.position(self.after)

    @property
    def is_border(self) -> bool:
        """Whether another showing begins at the cut, rather than one going on."""
        if self.before is None or self.place is None or self.place_before is None:
            return self.before is not None and self.place != self.place_before
        if self.before.slot.is_slate:
            return self.place != self.place_before
        return self.place != Position(self.place_before.entry, self.place_before.segment + 1)


def cut(timeline: Timeline, now: Ticks) -> Cut:
    """Return where an edit at `now` acts. Needs a timeline that is not off."""
    broadcast = timeline.broadcast
    if broadcast is None:
        raise WrongState("The channel is off air.")
    found = timeline.segment_at(max(Ticks(now + timeline.horizon), broadcast.starts_at))
    assert found is not None, "while a broadcast is on air, its runs have no end"
    run, after = found
    if after.starts_at == broadcast.starts_at:
        return Cut(after.starts_at, None, None, run, after)
    ended = timeline.segment_at(Ticks(after.starts_at - 1))
    assert ended is not None, "the runs of a broadcast adjoin"
    return Cut(after.starts_at, ended[1], ended[0].position(ended[1]), run, after)


def runs_until(timeline: Timeline, at: Ticks) -> tuple[Run, ...]:
    """Return the runs up to a cut: later ones vanish; of the one that airs there only the end is lowered."""
    kept = timeline.runs[: timeline.run_before(Ticks(at - 1)) + 1]
    if kept and kept[-1].holds(at):
        return (*kept[:-1], replace(kept[-1], ends_at=at))
    return kept
