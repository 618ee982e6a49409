"""The value of one topic, and what has changed of it since any version: frames are made of JSON texts."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

NOTHING = 0
"""The version that somebody has who has not seen anything."""

_KEPT_REMOVALS = 1000


@dataclass(frozen=True, slots=True)
class Shape:
    """How a topic's value looks.

    list_name: the field that holds a list with keys, "" where there is none: then the value is always sent
    whole. is_ordered: the order of the list means something.
    """

    list_name: str = ""
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """What a topic says at one moment, as JSON texts.

    fields: by name. members: of the list, by key, in order.
    """

    fields: Mapping[str, str]
    members: Mapping[str, str] = field(default_factory=dict)


class Feed:
    """Takes one value after the other, and gives each reader what it lacks.

    version: rises with each change. A frame is made once for all readers that have seen the same version.
    """

    def __init__(self, topic: str, shape: Shape) -> None:
        self.version = NOTHING
        self._topic = json.dumps(topic)
        self._shape = shape
        self._value: Value | None = None
        self._error = ""
        self._whole_since = NOTHING
        self._changed: dict[str, int] = {}
        self._upserted: dict[str, int] = {}
        self._removed: dict[str, int] = {}
        self._frames: dict[int, str] = {}

    def update(self, value: Value) -> bool:
        """Take the present value; say whether it is another one."""
        before, self._value = self._value, value
        if before is None or self._error:
            self._error = ""
            return self._begin_anew()
        if value is before:
            return False
        changed = [name for name, text in value.fields.items() if before.fields.get(name) != text]
        upserted = [key for key, text in value.members.items() if before.members.get(key) != text]
        removed = [key for key in before.members if key not in value.members]
        is_moved = self._shape.is_ordered and list(before.members) != list(value.members)
        if not (changed or upserted or removed or is_moved):
            return False
        if is_moved or not self._shape.list_name:
            return self._begin_anew()
        self._next()
        self._changed |= dict.fromkeys(changed, self.version)
        self._upserted |= dict.fromkeys(upserted, self.version)
        self._removed |= dict.fromkeys(removed, self.version)
        for key in removed:
            self._upserted.pop(key, None)
        for key in upserted:
            self._removed.pop(key, None)
        if len(self._removed) > _KEPT_REMOVALS:
            self._forget_steps()
        return True

    def fail(self, code: str, message: str) -> bool:
        """Take note that there is no value, and why; say whether that is news."""
        error = json.dumps({"code": code, "message": message}, ensure_ascii=False)
        if error == self._error:
            return False
        self._error = error
        return self._begin_anew()

    def frame(self, since: int) -> str:
        """Return what somebody lacks who has seen the version `since`. Needs a value or an error."""
        if since not in self._frames:
            # In one go: of ten thousand channels each copy takes milliseconds, and everybody waits.
            self._frames[since] = "".join(self._pieces(since))
        return self._frames[since]

    def _pieces(self, since: int) -> Iterator[str]:
        yield f'{{"topic":{self._topic},'
        if self._error:
            yield f'"error":{self._error}'
        elif since < self._whole_since:
            yield from self._whole()
        else:
            yield from self._step(since)
        yield "}"

    def _whole(self) -> Iterator[str]:
        assert self._value is not None, "a version is of something"
        fields, name = self._value.fields, self._shape.list_name
        yield '"data":{'
        yield _members(fields)
        if name:
            yield f"{',' if fields else ''}{json.dumps(name)}:"
            yield from _list(self._value.members.values())
        yield "}"

    def _step(self, since: int) -> Iterator[str]:
        assert self._value is not None, "a version is of something"
        fields, members = self._value.fields, self._value.members
        changed = {name: fields[name] for name, at in self._changed.items() if at > since}
        if changed:
            yield f'"changed":{{{_members(changed)}}},'
        yield '"upserted":'
        yield from _list(members[key] for key, at in self._upserted.items() if at > since)
        yield ',"removed":'
        yield from _list(json.dumps(key) for key, at in self._removed.items() if at > since)

    def _begin_anew(self) -> bool:
        self._next()
        self._forget_steps()
        return True

    def _forget_steps(self) -> None:
        """Whoever has seen less than this version gets the whole value."""
        self._whole_since = self.version
        self._changed, self._upserted, self._removed = {}, {}, {}

    def _next(self) -> None:
        self.version += 1
        self._frames = {}


def _members(fields: Mapping[str, str]) -> str:
    return ",".join(f"{json.dumps(name)}:{text}" for name, text in fields.items())


def _list(texts: Iterable[str]) -> Iterator[str]:
    yield "["
    comma = ""
    for text in texts:
        yield comma
        yield text
        comma = ","
    yield "]"
