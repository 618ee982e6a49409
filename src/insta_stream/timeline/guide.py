"""What a guide lists: showings, those of a short video in a row as one for each hour.

Where a listing begins and ends depends on the timeline alone, never on the instant of asking: readers of
guides keep what they were told, and put what they are told later beside it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from insta_stream.ids import VideoId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.airings import Airing, airings
from insta_stream.timeline.timeline import Timeline

HOUR = 3600 * TICKS_PER_SECOND

SHORT = HOUR // 4
"""Videos of less are listed together where they repeat. Of the hour in which each of them begins: any other
anchor, such as the first of them, would move with what is still known of the past."""


class Listing(NamedTuple):
    """One showing of a video, or those of a short one that begin one after the other within an hour."""

    video: VideoId
    starts_at: Ticks
    ends_at: Ticks
    is_short: bool

    def goes_on_as(self, other: "Listing") -> bool:
        """Return whether another listing, next in time, is a part of this one."""
        return (
            self.is_short
            and self.video == other.video
            and self.ends_at == other.starts_at
            and self.starts_at // HOUR == other.starts_at // HOUR
        )


def listings(timeline: Timeline, begin: Ticks, end: Ticks, *, most: int) -> Iterator[Listing]:
    """Yield in order what is listed of [begin, end), what lies at its ends whole; without the slate.

    most: as many showings are looked at; what is not known to be whole by then is left out.
    """
    first = next(airings(timeline, begin, end), None)
    if first is None:
        return
    opening, closing = _hour_of(first.starts_at), Ticks(_hour_of(Ticks(end - 1)) + HOUR)
    listing: Listing | None = None
    for count, part in enumerate(_parts(timeline, opening, closing)):
        if count == most:
            return
        if listing is not None and listing.goes_on_as(part):
            listing = listing._replace(ends_at=part.ends_at)
            continue
        if listing is not None and begin < listing.ends_at and listing.starts_at < end:
            yield listing
        # What began in an earlier hour may have a part there, which was not looked at.
        listing = part if part.starts_at >= opening else None
    if listing is not None and listing.starts_at < end:
        yield listing


def _parts(timeline: Timeline, begin: Ticks, end: Ticks) -> Iterator[Listing]:
    """Yield the showings that overlap [begin, end); those of a loop within an hour as two or three parts."""
    instant: Ticks | None = begin
    while instant is not None:
        begin, instant = instant, None
        for airing in airings(timeline, begin, end):
            part = _part(airing)
            if part is None:
                continue
            yield part
            last = _last_of_loop(timeline, part)
            if last is not None:
                if part.ends_at < last.starts_at:
                    yield part._replace(starts_at=part.ends_at, ends_at=last.starts_at)
                instant = last.starts_at
                break


def _part(airing: Airing) -> Listing | None:
    if airing.ends_at is None or airing.is_slate:
        return None
    return Listing(airing.video, airing.starts_at, airing.ends_at, airing.length < SHORT)


def _last_of_loop(timeline: Timeline, part: Listing) -> Airing | None:
    """Return the last showing of its hour where nothing but the same video follows until then, else None.

    A clip of seconds has thousands of showings a day, and nobody asks for one of them.
    """
    run = timeline.runs[timeline.run_before(part.ends_at)]
    if not part.is_short or len(run.program.slots) > 1 or run.program.slots[0].video != part.video:
        return None
    until = _hour_of(part.starts_at) + HOUR
    last = Ticks((until if run.ends_at is None else min(until, run.ends_at)) - 1)
    if last < part.ends_at:
        return None
    return next(airings(timeline, last, Ticks(last + 1)))


def _hour_of(instant: Ticks) -> Ticks:
    return Ticks(instant - instant % HOUR)
