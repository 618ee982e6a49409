"""What airs from a place in the playlist on, as stretches of programs: no clock and no numbers yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from insta_stream.errors import NotReady
from insta_stream.ids import SLATE_ENTRY, VideoId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.program import Program, Slot
from insta_stream.timeline.run import Position
from insta_stream.timeline.timeline import Entry

PATIENCE = Ticks(60 * TICKS_PER_SECOND)
"""How long the slate covers for a video whose next segment is not there yet, before the next video begins."""

Catalogue = Mapping[VideoId, Playable]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run that has no instant and no numbers yet. length: how long it airs; None: until an edit."""

    program: Program
    enter: int
    length: Ticks | None = None
    slate_then: Position | None = None


@dataclass(frozen=True, slots=True)
class Slate:
    """What covers for what cannot air.

    playable: None while there is no slate (it is being made); then nothing may need one. enter: the segment
    with which it goes on where it is already on the air, else 0. patience: for how long it may still wait for
    a video.
    """

    playable: Playable | None
    enter: int = 0
    patience: Ticks = PATIENCE

    def stretch(self, then: Position | None, *, waits: bool = False) -> Stretch:
        """Return the slate, for ever or (`waits`) in whole segments for no longer than the patience.

        Raises NotReady while there is none.
        """
        if self.playable is None:
            raise NotReady(
                "The standby picture is being created; try again in a moment.", code="slate_not_ready"
            )
        program = Program((self.playable.slot(SLATE_ENTRY),))
        if not waits:
            return Stretch(program, self.enter, None, then)
        begin = program.offset(self.enter)
        stop = max(self.enter + 1, program.index_at(Ticks(begin + self.patience)))
        return Stretch(program, self.enter, Ticks(program.offset(stop) - begin), then)

    def afresh(self) -> "Slate":
        """Return the same slate, begun from its start after something else."""
        return Slate(self.playable)


def index_of(entries: Sequence[Entry], position: Position | None) -> int | None:
    """Return where in the order a position's entry stands, or None when it is not there."""
    if position is None:
        return None
    return next((i for i, entry in enumerate(entries) if entry.id == position.entry), None)


def locate(entries: Sequence[Entry], position: Position | None, catalogue: Catalogue) -> Position | None:
    """Return the first position that can air, from `position` (None: the top) on; None when nothing can.

    Entries that cannot air are passed over, cyclically. A position after the available part of a video that
    still grows counts as able to air: it is worth waiting for.
    """
    start = index_of(entries, position)
    if position is not None and start is not None:
        playable = catalogue.get(entries[start].video)
        if playable is not None and _is_airable(playable) and position.segment < playable.table.count:
            return position
    first = 0 if start is None else start + 1
    for entry in (*entries[first:], *entries[:first]):
        playable = catalogue.get(entry.video)
        if playable is not None and _is_airable(playable):
            return Position(entry.id, 0)
    return None


def plan(
    entries: Sequence[Entry], position: Position | None, catalogue: Catalogue, slate: Slate
) -> tuple[Stretch, ...]:
    """Return what airs from `position` (None: the top of the playlist) on. The last stretch has no length.

    Only segments that exist now are named, and only complete packages are repeated; so where a package still
    grows, its available part airs, then the slate waits, then the complete videos go round. Whoever publishes
    more segments plans again before that comes on the air.
    """
    found = locate(entries, position, catalogue)
    if found is None:
        return (slate.stretch(position),)
    playables = [(entry, catalogue[entry.video]) for entry in entries if entry.video in catalogue]
    airable = [(entry, playable) for entry, playable in playables if _is_airable(playable)]
    at = next(i for i, (entry, _) in enumerate(airable) if entry.id == found.entry)
    if all(playable.is_complete for _, playable in airable):
        return (_round([playable.slot(entry.id) for entry, playable in airable], at, found.segment),)
    return _until_growing((*airable[at:], *airable[:at]), found.segment, slate)


def _until_growing(
    order: Sequence[tuple[Entry, Playable]], segment: int, slate: Slate
) -> tuple[Stretch, ...]:
    """Plan from `segment` of the first in `order`; some package in it still grows."""
    growing = next(i for i, (_, playable) in enumerate(order) if not playable.is_complete)
    entry, playable = order[growing]
    stretches: list[Stretch] = []
    if growing > 0 or segment < playable.available:
        stretches.append(
            _once([playable.slot(entry.id) for entry, playable in order[: growing + 1]], segment)
        )
        slate = slate.afresh()
    awaited = Position(entry.id, playable.available if growing else max(segment, playable.available))
    complete = [
        other.slot(entry.id) for entry, other in (*order[growing:], *order[:growing]) if other.is_complete
    ]
    stretches.append(slate.stretch(awaited, waits=bool(complete)))
    if complete:
        stretches.append(_round(complete, 0, 0))
    return tuple(stretches)


def _round(slots: Sequence[Slot], slot: int, segment: int) -> Stretch:
    """Repeat `slots`, entered at a segment of one of them."""
    program = Program(tuple(slots))
    return Stretch(program, program.index(0, slot, segment))


def _once(slots: Sequence[Slot], segment: int) -> Stretch:
    """Air `slots` once, entered at a segment of the first."""
    program = Program(tuple(slots))
    return Stretch(program, segment, Ticks(program.length - program.offset(segment)))


def _is_airable(playable: Playable) -> bool:
    return playable.available > 0
