"""Where in the playlist a channel goes on after an edit.

A place is a position of the playlist: an entry, and a segment of its video. It may be gone from the playlist,
or not be airable: what is planned from it says what airs instead.
"""

from collections.abc import Sequence

from insta_stream.errors import BadRequest, Unknown, WrongState
from insta_stream.ids import EntryId
from insta_stream.ticks import Ticks, to_seconds
from insta_stream.timeline.cut import Cut
from insta_stream.timeline.plan import Catalogue, index_of, locate
from insta_stream.timeline.run import Position
from insta_stream.timeline.timeline import Entry, Timeline


def chosen(timeline: Timeline, entry: EntryId, offset: Ticks, catalogue: Catalogue) -> Position:
    """Return the place of an entry's segment that holds `offset`, from the beginning of its video.

    Raises Unknown, BadRequest, and WrongState while it cannot air.
    """
    position = Position(entry, 0)
    index = index_of(timeline.entries, position)
    if index is None:
        raise Unknown(f"There is no entry {entry} in the playlist.")
    if locate(timeline.entries, position, catalogue) != position:
        raise WrongState("That video is not ready to air yet.", code="not_airable")
    table = catalogue[timeline.entries[index].video].table
    if not 0 <= offset < table.length:
        raise BadRequest(f"The video is only {to_seconds(table.length):.1f} seconds long.")
    return Position(entry, table.at(offset))


def successor(entries: Sequence[Entry], place: Position | None, catalogue: Catalogue) -> Position | None:
    """Return the beginning of the next entry after a place, `place` itself where there is none."""
    index = index_of(entries, place)
    if index is None:
        return place
    following = Position(entries[(index + 1) % len(entries)].id, 0)
    return locate(entries, following, catalogue) or place


def rearranged(
    timeline: Timeline, entries: tuple[Entry, ...], at: Cut, place: Position | None
) -> tuple[Position | None, bool]:
    """Return what airs at the cut in the new order, and whether that takes the place of something removed.

    An item that goes on, or that somebody chose at this cut, stays. Where another item begins anyway, that is
    the successor, in the new order, of the item that ends.
    """
    if at.is_border and timeline.directed_at != at.at and index_of(entries, at.place_before) is not None:
        index = index_of(entries, at.place_before)
        assert index is not None
        return Position(entries[(index + 1) % len(entries)].id, 0), False
    kept = survivor(timeline, entries, place)
    return kept, kept != place


def survivor(timeline: Timeline, entries: tuple[Entry, ...], place: Position | None) -> Position | None:
    """Return the place, or the next entry of the old order that is in the new one, or None."""
    index = index_of(timeline.entries, place)
    if place is None or index is None:
        return None
    left = {entry.id for entry in entries}
    if place.entry in left:
        return place
    order = (*timeline.entries[index + 1 :], *timeline.entries[:index])
    return next((Position(entry.id, 0) for entry in order if entry.id in left), None)


def carried(at: Cut, timeline: Timeline, catalogue: Catalogue) -> Position | None:
    """Return the place that airs at the cut; in a new package of its video, that of the same picture."""
    place = at.place
    index = index_of(timeline.entries, place)
    if place is None or index is None or at.after.slot.is_slate:
        return place
    playable = catalogue.get(timeline.entries[index].video)
    if playable is None or playable.package == at.after.package:
        return place
    offset = at.after.slot.table.start(place.segment)
    segment = playable.table.at(offset) if offset < playable.table.length else playable.table.count
    return Position(place.entry, segment)
