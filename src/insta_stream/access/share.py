"""How much of the audit log one may fill. What is more is counted together: nobody fills the disk, and what
one does is pushed out by nobody else.
"""

from collections import OrderedDict
from collections.abc import Hashable
from http import HTTPStatus

from insta_stream.access.tally import Allowance, Tally
from insta_stream.db.audit import Actor, EntryRow
from insta_stream.ticks import seconds

FREE_CHANGES = 10_000
FREE_REFUSALS = 60
"""As many at once are entries of their own, and one more a minute."""

_SECONDS_EACH = 60
_MOST_KNOWN = 4096
"""More than there can be people and API tokens; who did nothing for longest begins anew."""


class Share:
    """What one of those who are known may fill: a person, an API token, the server's own."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._changes = Allowance(FREE_CHANGES, seconds(_SECONDS_EACH))
        self._refusals = Allowance(FREE_REFUSALS, seconds(_SECONDS_EACH))

    def has_room(self, entry: EntryRow) -> bool:
        """Return whether an entry is one of its own, and take the room for it. Whoever is told that they ask
        too often does not hear it once.
        """
        if entry.status == HTTPStatus.TOO_MANY_REQUESTS:
            return False
        is_done = entry.status < HTTPStatus.BAD_REQUEST
        return (self._changes if is_done else self._refusals).take(entry.at)


class Shares:
    """Those of all. Strangers have one together, in which nothing is an entry of its own."""

    def __init__(self) -> None:
        self._strangers = Tally()
        self._known: OrderedDict[Hashable, Share] = OrderedDict()
        self._left: list[EntryRow] = []

    def admit(self, entry: EntryRow) -> bool:
        """Return whether an entry is to be written now; where it is not, it has been counted."""
        if _is_stranger(entry.actor):
            self._strangers.add(entry)
            return False
        share = self._of(entry.actor)
        if share.has_room(entry):
            return True
        share.tally.add(entry)
        return False

    def take(self) -> list[EntryRow]:
        """Return what was counted, and begin anew."""
        taken, self._left = [*self._left, *self._strangers.take()], []
        for share in self._known.values():
            taken += share.tally.take()
        return taken

    def _of(self, actor: Actor) -> Share:
        key = actor.kind, actor.account, actor.token
        self._known[key] = share = self._known.pop(key, None) or Share()
        if len(self._known) > _MOST_KNOWN:
            _, forgotten = self._known.popitem(last=False)
            self._left += forgotten.tally.take()
        return share


def _is_stranger(actor: Actor) -> bool:
    """Return whether somebody is not known, and what they did is about nobody's account."""
    return actor.kind == "nobody" and actor.account is None
