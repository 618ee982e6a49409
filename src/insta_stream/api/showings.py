"""What airs between two instants, as the API and its events tell it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from insta_stream.api import channel_schemas, views
from insta_stream.api.channel_schemas import Airings
from insta_stream.api.services import Services
from insta_stream.api.wire import moment
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import TICKS_PER_MILLISECOND, Ticks
from insta_stream.timeline.airings import Airing, airings
from insta_stream.timeline.timeline import Timeline
from insta_stream.turns import in_turns

Listed = Callable[[Timeline, Ticks, Ticks], Iterator[Airing]]
"""Yields the showings of a timeline between two instants."""


@dataclass(frozen=True, slots=True)
class Found:
    """What airs between two instants. left_off: where to ask on, None where that is all."""

    begin: Ticks
    end: Ticks
    airings: Sequence[Airing]
    left_off: datetime | None

    def told(self, shown: list[channel_schemas.Airing]) -> Airings:
        """Return it as the API tells it. shown: the airings so."""
        return Airings(begin=moment(self.begin), to=moment(self.end), airings=shown, next=self.left_off)


def collect(
    services: Services, slug: ChannelSlug, begin: Ticks, end: Ticks, *, most: int, listed: Listed = airings
) -> Airings:
    """Return what `find` does, as the API tells it."""
    found = find(services, slug, begin, end, most=most, listed=listed)
    return found.told([views.airing(services, airing) for airing in in_turns(found.airings)])


def find(
    services: Services, slug: ChannelSlug, begin: Ticks, end: Ticks, *, most: int, listed: Listed = airings
) -> Found:
    """Return what airs between two instants, and where to ask on when that is more than `most` showings."""
    channel = services.channels.get(slug)
    found = list(islice(in_turns(listed(channel.timeline, begin, end)), most + 1))
    left_off = _from_on(found[most].starts_at) if len(found) > most else None
    return Found(begin, end, found[:most], left_off)


def _from_on(instant: Ticks) -> datetime:
    """Return an instant for asking on: not earlier when written to the millisecond, since what ends there was
    shown already.
    """
    return moment(Ticks(-(-instant // TICKS_PER_MILLISECOND) * TICKS_PER_MILLISECOND))
