"""Sign-ins that failed: growing pauses, counted in the database by all processes together.

They are counted by account and address together, by address, and by account. Nobody can keep somebody else
out: a browser that has signed in before is counted apart, by itself. A try counts as failed until it has
succeeded, so that many at once are no way around.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from insta_stream.access.wall import wall_clock
from insta_stream.db.engine import Database
from insta_stream.db.sessions import forget_failures, load_failures, write_failure
from insta_stream.errors import TooMany
from insta_stream.ticks import Ticks, seconds, to_seconds

REMEMBERED = 4096
"""Pauses that are known without asking the database: a flood of tries costs it nothing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How many tries may fail without a pause, and how long pauses become: 1 s, 2 s, 4 s, ... is_personal:
    they are over once somebody has signed in.
    """

    free: int
    longest_seconds: int
    is_personal: bool

    def pause(self, failures: int) -> Ticks:
        """Return how long to wait after so many failures."""
        beyond = failures - self.free
        return seconds(0 if beyond < 0 else min(self.longest_seconds, 2 ** min(beyond, 30)))


OF_A_BROWSER = Rule(free=5, longest_seconds=900, is_personal=True)
OF_AN_ADDRESS = Rule(free=20, longest_seconds=60, is_personal=False)
OF_AN_ACCOUNT = Rule(free=50, longest_seconds=60, is_personal=False)


def counters(name: str, address: str, device: str | None) -> Mapping[str, Rule]:
    """Return what a try is counted under. device: of a browser that has signed in to this account before."""
    if device is not None:
        return {_key("device", name, device): OF_A_BROWSER}
    return {
        _key("browser", name, address): OF_A_BROWSER,
        _key("account", name): OF_AN_ACCOUNT,
        **counters_of_address(address),
    }


def counters_of_address(address: str) -> Mapping[str, Rule]:
    """Return what tries are counted under whatever their names are."""
    return {_key("address", address): OF_AN_ADDRESS}


def _key(*parts: str) -> str:
    """Return what is stored: of names that nobody has, and of addresses, nothing can be read."""
    return sha256("\n".join(parts).encode(errors="replace")).hexdigest()


class Throttle:
    """Counts."""

    def __init__(self, database: Database, now: Callable[[], Ticks] = wall_clock) -> None:
        self._database = database
        self._now = now
        self._until: OrderedDict[str, Ticks] = OrderedDict()

    def check(self, counters: Mapping[str, Rule]) -> None:
        """Raise TooMany ("too_many_sign_ins") during a pause that is known here."""
        ends = (self._known_end(key, rule) for key, rule in counters.items())
        self._refuse_until(max(ends, default=Ticks(0)))

    async def take(self, counters: Mapping[str, Rule]) -> None:
        """Count a try. Raises TooMany ("too_many_sign_ins") during a pause, and then does not count it."""
        now = self._now()
        async with self._database.write() as connection:
            failures = await load_failures(connection, counters)
            for key, (count, last_at) in failures.items():
                if last_at > now:  # the clock was set back: a pause would last until it is there again
                    failures[key] = count, now
                    await write_failure(connection, key, count, now)
            ends = {
                key: Ticks(last_at + counters[key].pause(count)) for key, (count, last_at) in failures.items()
            }
            if not any(end > now for end in ends.values()):
                for key in counters:
                    count = failures.get(key, (0, now))[0] + 1
                    await write_failure(connection, key, count, now)
                return
        for key, end in ends.items():
            self._remember(key, end)
        self._refuse_until(max(ends.values()))

    async def give_back(self, counters: Mapping[str, Rule], *, is_over: bool) -> None:
        """Let the try not have failed. is_over: nor any before, as far as they were one person's."""
        async with self._database.write() as connection:
            failures = await load_failures(connection, counters)
            gone = []
            for key, (count, last_at) in failures.items():
                if count <= 1 or (is_over and counters[key].is_personal):
                    gone.append(key)
                else:
                    await write_failure(connection, key, count - 1, last_at)
            await forget_failures(connection, gone)

    def _known_end(self, key: str, rule: Rule) -> Ticks:
        """Return when a pause ends, as far as that is known here; one that ends later than any can was noted
        before the clock was set back.
        """
        end = self._until.get(key, Ticks(0))
        return end if end <= self._now() + seconds(rule.longest_seconds) else Ticks(0)

    def _remember(self, key: str, end: Ticks) -> None:
        self._until.pop(key, None)
        self._until[key] = end
        if len(self._until) > REMEMBERED:
            self._until.popitem(last=False)

    def _refuse_until(self, end: Ticks) -> None:
        pause = math.ceil(to_seconds(Ticks(end - self._now())))
        if pause > 0:
            raise TooMany(
                f"Too many attempts to sign in failed. Wait {pause} s before you try again.",
                code="too_many_sign_ins",
                pause_seconds=pause,
            )
