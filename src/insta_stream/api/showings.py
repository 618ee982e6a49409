"""What airs between two instants, as the API and its events tell it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from insta_stream.api import views
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


def collect(
    services: Services, slug: ChannelSlug, begin: Ticks, end: Ticks, *, most: int, listed: Listed = airings
) -> Airings:
    """Return what airs between two instants, and where to ask on when that is more than `most` showings."""
    channel = services.channels.get(slug)
    found = list(islice(in_turns(listed(channel.timeline, begin, end)), most + 1))
    left_off = _from_on(found[most].starts_at) if len(found) > most else None
    shown = [views.airing(services, airing) for airing in in_turns(found[:most])]
    return Airings(begin=moment(begin), to=moment(end), airings=shown, next=left_off)


def _from_on(instant: Ticks) -> datetime:
    """Return an instant for asking on: not earlier when written to the millisecond, since what ends there was
    shown already.
    """
    return moment(Ticks(-(-instant // TICKS_PER_MILLISECOND) * TICKS_PER_MILLISECOND))
