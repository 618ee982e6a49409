"""Entries of deleted videos: out of the playlist, but not forgotten, so that a restored video comes back to
where it was, whatever was edited meanwhile.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from insta_stream.ids import EntryId, VideoId
from insta_stream.timeline.timeline import Entry


class Absent(NamedTuple):
    """An entry that is not in the playlist now. after: what it followed, absent or not; None: nothing."""

    entry: Entry
    after: EntryId | None


def woven(entries: Sequence[Entry], absent: Iterable[Absent]) -> tuple[Entry, ...]:
    """Return the playlist as it would be with the absent entries in it.

    What followed an entry that was removed comes last.
    """
    present = {entry.id for entry in entries}
    waiting: defaultdict[EntryId | None, list[Entry]] = defaultdict(list)
    for entry, after in absent:
        if entry.id not in present:
            waiting[after].append(entry)
    order: list[Entry] = []

    def bring_back(after: EntryId | None) -> None:
        followers = waiting.pop(after, [])[::-1]
        while followers:
            entry = followers.pop()
            order.append(entry)
            followers += waiting.pop(entry.id, [])[::-1]

    bring_back(None)
    for entry in entries:
        order.append(entry)
        bring_back(entry.id)
    orphaned = waiting.keys() - {entry.id for followers in waiting.values() for entry in followers}
    for after in [key for key in waiting if key in orphaned]:
        bring_back(after)
    return tuple(order)


def parted(
    order: Iterable[Entry], has: Callable[[VideoId], bool], may_return: Callable[[VideoId], bool]
) -> tuple[tuple[Entry, ...], tuple[Absent, ...]]:
    """Return what can be in the playlist, and what may come back to it; the rest is gone for good."""
    entries, absent = [], []
    before: EntryId | None = None
    for entry in order:
        if has(entry.video):
            entries.append(entry)
        elif may_return(entry.video):
            absent.append(Absent(entry, before))
        else:
            continue
        before = entry.id
    return tuple(entries), tuple(absent)
