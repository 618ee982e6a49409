"""What somebody is doing, while it is being done: whoever does it says what it is, and what it changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from insta_stream.access.action import Action
from insta_stream.access.wall import wall_clock
from insta_stream.db.audit import Actor, Details, EntryRow, Thing

_LONGEST_TEXT = 255
_LONGEST_LIST = 20
_LONGEST_ID = 64


@dataclass(slots=True)
class Act:
    """A request, or a command.

    action: None where it changes nothing. code: why it was refused, "" where it was not. is_told: whether it
    is to be in the log; what goes on in many pieces, or did nothing, is not.
    """

    actor: Actor
    action: Action | None = None
    things: dict[str, Thing] = field(default_factory=dict)
    before: Details | None = None
    after: Details | None = None
    code: str = ""
    is_told: bool = True

    def concerns(self, kind: str, id_: str, name: str = "") -> None:
        """Say what it is done to. Of each kind, there is one."""
        self.things[kind] = Thing(kind, id_[:_LONGEST_ID], name[:_LONGEST_TEXT])

    def tell(self, *, before: Details | None = None, after: Details | None = None) -> None:
        """Say what changes, with nothing in it that opens anything: no password, no token, no code."""
        self.before = _brief(before) if before else None
        self.after = _brief(after) if after else None

    def tell_changes(self, before: Details, after: Details) -> None:
        """Say what changes, of two states of the same thing: what is the same in both is left out."""
        self.tell(before=_but_for(before, after), after=_but_for(after, before))

    def entry(self, status: int) -> EntryRow | None:
        """Return what is to be in the log; None for nothing. status: of the reply."""
        if self.action is None or not self.is_told:
            return None
        return EntryRow(
            at=wall_clock(),
            action=self.action,
            actor=self.actor,
            things=tuple(self.things.values()),
            before=self.before,
            after=self.after,
            status=status,
            code=self.code,
        )


def _but_for(state: Details, other: Details) -> Details:
    return {name: value for name, value in state.items() if value != other.get(name)}


def _brief(value: Details) -> Details:
    return {name: _short(each) for name, each in value.items()}


def _short(value: Any) -> Any:
    """Return a value as JSON has it, cut where it is long: entries are small, whatever they are about."""
    if isinstance(value, Mapping):
        return _brief(value)
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        more = len(items) - _LONGEST_LIST
        return [*map(_short, items[:_LONGEST_LIST]), *([f"and {more} more"] if more > 0 else [])]
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:_LONGEST_TEXT]
