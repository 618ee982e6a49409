"""What comes often and alike, counted together: strangers and scripts in a loop cause any amount of it."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import replace
from http import HTTPStatus

from insta_stream.access.action import Action
from insta_stream.db.audit import Actor, EntryRow
from insta_stream.ticks import Ticks, seconds

MOST_GROUPS = 64
"""At a time; what is in none of them is counted together."""

MANY_MORE = "many_more"
"""The code of that."""

_FREE = 200
_SECONDS_EACH = 30


class Allowance:
    """So many at once, and one more each time so long has passed."""

    def __init__(self, free: int, each: Ticks) -> None:
        self._free = free
        self._each = each
        self._left = free
        self._since: Ticks | None = None

    def take(self, now: Ticks) -> bool:
        """Return whether there is one left, and take it."""
        if self._since is None or self._since > now:  # the clock was set back
            self._since = now
        grown = (now - self._since) // self._each
        self._left = min(self._free, self._left + grown)
        self._since = now if self._left == self._free else Ticks(self._since + grown * self._each)
        if self._left == 0:
            return False
        self._left -= 1
        return True


class Tally:
    """Counts entries that are alike but for their time and for what was changed: of that it keeps what was
    before the first, and after the last.

    In the long run there are two groups a minute at most, however many come from however many addresses.
    """

    def __init__(self) -> None:
        self._groups: dict[Hashable, EntryRow] = {}
        self._counts: Counter[Hashable] = Counter()
        self._allowance = Allowance(_FREE, seconds(_SECONDS_EACH))

    def add(self, entry: EntryRow) -> None:
        """Count one."""
        actor = entry.actor
        key = (actor.kind, actor.account, actor.token, actor.address, entry.action, entry.code, entry.things)
        is_known = key in self._groups
        if not is_known and (len(self._groups) >= MOST_GROUPS or not self._allowance.take(entry.at)):
            entry = _one_of_the_rest(entry)
            self._count((*key[:3], entry.status), entry)
        else:
            self._count(key, entry)

    def _count(self, key: Hashable, entry: EntryRow) -> None:
        before = self._groups.get(key)
        self._groups[key] = entry if before is None else _joined(before, entry)
        self._counts[key] += 1

    def take(self) -> list[EntryRow]:
        """Return one entry for each group, and begin anew."""
        taken = [replace(entry, count=self._counts[key]) for key, entry in self._groups.items()]
        self._groups.clear()
        self._counts.clear()
        return taken


def _one_of_the_rest(entry: EntryRow) -> EntryRow:
    """Return what is told of an entry where there are too many groups: who it was, whether it was done. Of
    several, that is the last of them; strangers are not told apart.
    """
    who = entry.actor if entry.actor.account or entry.actor.kind != "nobody" else Actor("nobody")
    status = HTTPStatus.OK if entry.status < HTTPStatus.BAD_REQUEST else HTTPStatus.FORBIDDEN
    return EntryRow(entry.at, Action.REQUEST, who, code=MANY_MORE, status=status)


def _joined(first: EntryRow, last: EntryRow) -> EntryRow:
    """Return one entry for two that are alike: what changed from before the first to after the last."""
    before = {**(last.before or {}), **(first.before or {})}
    after = {**(first.after or {}), **(last.after or {})}
    return replace(last, before=before or None, after=after or None)
