"""What airs when: by video, by day, and what does not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo

from insta_stream.ids import VideoId
from insta_stream.ticks import Ticks, from_datetime, to_datetime
from insta_stream.timeline.airings import Airing

NOTHING = Ticks(0)


@dataclass(slots=True)
class Total:
    """How often and how long something airs. first, last: when it begins."""

    airings: int = 0
    length: Ticks = NOTHING
    first: Ticks = NOTHING
    last: Ticks = NOTHING

    def add(self, airing: Airing, length: Ticks) -> None:
        """Count one airing."""
        self.first = self.first if self.airings else airing.starts_at
        self.last = airing.starts_at
        self.airings += 1
        self.length = Ticks(self.length + length)


@dataclass(slots=True)
class Day:
    """One day of the viewers' calendar. airings: that begin on it, the slate aside."""

    airings: int = 0
    length: Ticks = NOTHING
    slate: Ticks = NOTHING


@dataclass(slots=True)
class Summary:
    """A period of air. holes: stretches in which nothing airs, not even the slate."""

    begin: Ticks
    end: Ticks
    zone: tzinfo | None
    videos: dict[VideoId, Total] = field(default_factory=dict)
    days: dict[date, Day] = field(default_factory=dict)
    slate: Total = field(default_factory=Total)
    holes: list[tuple[Ticks, Ticks]] = field(default_factory=list)

    @property
    def airings(self) -> int:
        """How many videos air."""
        return sum(total.airings for total in self.videos.values())

    def add(self, airing: Airing) -> None:
        """Count an airing that lies within the period."""
        assert airing.ends_at is not None, "it was cut to the period"
        length = Ticks(airing.ends_at - airing.starts_at)
        total = self.slate if airing.is_slate else self.videos.setdefault(airing.video, Total())
        total.add(airing, length)
        if not airing.is_slate:
            self._day(self.local(airing.starts_at).date()).airings += 1
        for day, part in _by_day(airing.starts_at, airing.ends_at, self.zone):
            if airing.is_slate:
                self._day(day).slate = Ticks(self._day(day).slate + part)
            else:
                self._day(day).length = Ticks(self._day(day).length + part)

    def local(self, instant: Ticks) -> datetime:
        """Return an instant by the viewers' clock."""
        return to_datetime(instant).astimezone(self.zone)

    def _day(self, day: date) -> Day:
        return self.days.setdefault(day, Day())


def within(airings: Iterable[Airing], begin: Ticks, end: Ticks) -> Iterator[Airing]:
    """Yield airings cut to a period."""
    for airing in airings:
        ends_at = end if airing.ends_at is None else min(airing.ends_at, end)
        yield replace(airing, starts_at=max(airing.starts_at, begin), ends_at=ends_at)


def summarize(airings: Iterable[Airing], begin: Ticks, end: Ticks, zone: tzinfo | None) -> Summary:
    """Return what a period has. airings: in order, cut to it. zone: the viewers'; None: this machine's."""
    summary, until = Summary(begin, end, zone), begin
    for airing in airings:
        if airing.starts_at > until:
            summary.holes.append((until, airing.starts_at))
        summary.add(airing)
        until = airing.ends_at or end
    if until < end:
        summary.holes.append((until, end))
    return summary


def _by_day(begin: Ticks, end: Ticks, zone: tzinfo | None) -> Iterator[tuple[date, Ticks]]:
    """Yield how much of a stretch lies in each day of a calendar; days may have 23 or 25 hours."""
    while begin < end:
        day = to_datetime(begin).astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), zone)
        until = min(end, from_datetime(midnight.astimezone() if zone is None else midnight))
        yield day, Ticks(until - begin)
        begin = until
