"""The few places for videos that somebody waits for: newcomers come first, but never to all of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

TURN_SECONDS = 30.0
"""How long a video that airs already keeps its place while others that air wait."""

_WORTH = 4
"""A turn is at least so many times as long as it took to come to the first new segment."""


@dataclass(eq=False, slots=True)
class Place:
    """A place that somebody has, or waits for.

    is_growing: its video can air already and has to stay ahead of its playing; else nobody can see it yet.
    order: among those that grow, the least is the first. asked, since: when it was asked for and when given.
    took: seconds from then to the first that was made, 0 before.
    """

    is_growing: bool
    order: float
    asked: float
    since: float = 0.0
    took: float = 0.0
    _given: asyncio.Event = field(default_factory=asyncio.Event)

    async def given(self) -> None:
        """Wait for it."""
        await self._given.wait()

    def give(self, now: float) -> None:
        """Let it begin."""
        self.since = now
        self._given.set()


class Lane:
    """`places` of them, handed out so that nobody is kept waiting by what can air already.

    Of those that wait, newcomers have the first place that is free; one place is kept for those that grow, as
    they would be overtaken by their own playing. Those that grow take turns, the least grown first, and give
    their place up (`is_wanted`) as soon as a newcomer waits and another grows, too.
    """

    def __init__(self, places: int, now: Callable[[], float] = monotonic) -> None:
        self._places = places
        self._now = now
        self._working: list[Place] = []
        self._waiting: list[Place] = []

    @asynccontextmanager
    async def place(self, *, is_growing: bool = False, order: float = 0.0) -> AsyncIterator[Place]:
        """Wait for a place and have it for the block."""
        place = Place(is_growing, order, self._now())
        self._waiting.append(place)
        self._hand_out()
        try:
            await place.given()
            yield place
        finally:
            (self._working if place in self._working else self._waiting).remove(place)
            self._hand_out()

    def is_wanted(self, place: Place) -> bool:
        """Say whether a place should be given up now, to be waited for again."""
        if not place.is_growing:
            return False
        if self._newcomer() is not None and self._growing() > 1:
            return True
        turn = max(TURN_SECONDS, _WORTH * place.took)
        return self._grower() is not None and self._now() - place.since > turn

    def note(self, place: Place, *, is_growing: bool) -> None:
        """Take note that something new was made in a place, and whether that can air now."""
        place.took = place.took or self._now() - place.since
        place.is_growing = is_growing

    def waits(self) -> tuple[float, ...]:
        """Return for how many seconds each newcomer has waited, the longest first."""
        return tuple(self._now() - place.asked for place in self._waiting if not place.is_growing)

    def _hand_out(self) -> None:
        while len(self._working) < self._places and (place := self._next()):
            self._waiting.remove(place)
            self._working.append(place)
            place.give(self._now())

    def _next(self) -> Place | None:
        newcomer, grower = self._newcomer(), self._grower()
        if grower is not None and (newcomer is None or self._is_owed()):
            return grower
        return newcomer

    def _is_owed(self) -> bool:
        """Whether the next place is for one that grows: none does, and it is the last that is free."""
        return not self._growing() and len(self._working) == self._places - 1

    def _growing(self) -> int:
        return sum(place.is_growing for place in self._working)

    def _newcomer(self) -> Place | None:
        return next((place for place in self._waiting if not place.is_growing), None)

    def _grower(self) -> Place | None:
        growers = (place for place in self._waiting if place.is_growing)
        return min(growers, key=lambda place: place.order, default=None)
