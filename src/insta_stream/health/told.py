"""What one process says of the server's health, and what several of them say together.

The same is made of the same words, whichever process makes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from pydantic import TypeAdapter, ValidationError

from insta_stream.health.check import Check, worst
from insta_stream.health.report import Disk, Latest
from insta_stream.health.troubles import KEPT, Trouble
from insta_stream.ids import ChannelSlug


@dataclass(frozen=True, slots=True)
class Told:
    """What one process says. process: its number. leads: it does for all what is to be done once.

    loop_lag: by how many seconds its event loop was late at most, lately. latest: the newest points of the
    history. lags: how many seconds the edges of the channels that are shown were behind the clock, where it
    leads. Others go by what the one says that leads, and by its disk.
    """

    process: int
    leads: bool = False
    checks: tuple[Check, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    loop_lag: float = 0.0
    disk: Disk | None = None
    latest: Latest | None = None
    lags: Mapping[ChannelSlug, float] = field(default_factory=dict)


_FORM = TypeAdapter(Told)


def written(told: Told) -> bytes:
    """Return the words for other processes."""
    return _FORM.dump_json(told)


def read(words: bytes) -> Told | None:
    """Return what another process says; None where it is of a version that says it otherwise."""
    try:
        return _FORM.validate_json(words)
    except ValidationError:
        return None


def together(told: Iterable[Told]) -> tuple[Told, ...]:
    """Return what processes say in the order in which it counts: first the one that leads."""
    return tuple(sorted(told, key=lambda each: (not each.leads, each.process)))


def checks(told: Sequence[Told]) -> tuple[Check, ...]:
    """Return the checks of all processes, of each part the worst."""
    by_name: dict[str, list[Check]] = {}
    for check in chain.from_iterable(each.checks for each in told):
        by_name.setdefault(check.name, []).append(check)
    return tuple(map(_worst, by_name.values()))


def _worst(of_one: Sequence[Check]) -> Check:
    """Return what was found first of what is worst; well is a part since the last of them found it so."""
    state = worst(tuple(of_one))
    found = [check for check in of_one if check.finding.state == state]
    if state == "ok":
        return replace(found[0], since=max(check.since for check in found))
    return min(found, key=lambda check: check.since)


def troubles(told: Iterable[Told]) -> tuple[Trouble, ...]:
    """Return the last troubles of all processes, the newest first; the same of the same subject is one."""
    known: dict[tuple[str, str], Trouble] = {}
    for trouble in chain.from_iterable(each.troubles for each in told):
        key = trouble.code, trouble.subject
        known[key] = _joined(known[key], trouble) if key in known else trouble
    return tuple(sorted(known.values(), key=lambda each: each.at, reverse=True)[:KEPT])


def _joined(one: Trouble, other: Trouble) -> Trouble:
    last = max(one, other, key=lambda each: each.at)
    return replace(last, first_at=min(one.first_at, other.first_at), count=one.count + other.count)
