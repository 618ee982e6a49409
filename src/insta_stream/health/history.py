"""What is remembered of the last day: a few numbers of the whole server, and the viewers of channels."""

import json
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from heapq import nlargest
from threading import Lock

from insta_stream.health.series import SERIES_BYTES, Point, Series
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import Ticks

NUMBERS = ("viewers", "freshness", "speed", "loop_lag", "disk_free")
"""What is remembered of the whole server: viewers of all channels; how far the edge that lags most is behind
the clock, in seconds; seconds of video that are encoded per second, of all jobs together; by how many seconds
the event loop was late at most; free bytes of the disk of the data folder."""

AUDIENCES_KEPT = 1000
"""Channels whose viewers are remembered; the one that has had none for the longest goes first, and one that
is watched stays."""


class History:
    """Numbers of the last day, some kilobytes each. To put and to dump take long: let threads do it."""

    def __init__(self) -> None:
        self._changing = Lock()
        self._numbers = {name: _number(name) for name in NUMBERS}
        self._audiences: OrderedDict[ChannelSlug, Series] = OrderedDict()

    def put(
        self, now: Ticks, numbers: Mapping[str, float | None], viewers: Mapping[ChannelSlug, int]
    ) -> None:
        """Remember this of an instant. numbers: of each of NUMBERS, None where it was not measured."""
        with self._changing:
            for name in NUMBERS:
                if (value := numbers[name]) is not None:
                    self._numbers[name].put(now, value)
            for slug in [slug for slug in self._audiences if slug in viewers]:
                self._audiences.move_to_end(slug)
            for slug in self._newcomers(viewers):
                self._audiences[slug] = Series()
            while len(self._audiences) > AUDIENCES_KEPT:
                self._audiences.popitem(last=False)
            for slug, series in self._audiences.items():
                series.put(now, viewers.get(slug, 0))

    def _newcomers(self, viewers: Mapping[ChannelSlug, int]) -> list[ChannelSlug]:
        """Return the channels to remember from now on: as many as there is room for, most viewers first."""
        watched = sum(slug in viewers for slug in self._audiences)
        fresh = (slug for slug in viewers if slug not in self._audiences)
        return nlargest(AUDIENCES_KEPT - watched, fresh, key=viewers.__getitem__)

    def numbers(self, since: Ticks, now: Ticks) -> dict[str, tuple[Point, ...]]:
        """Return the points of each of NUMBERS from `since` on, at most a day back."""
        return {name: series.points(since, now) for name, series in self._numbers.items()}

    def audience(self, channel: ChannelSlug, since: Ticks, now: Ticks) -> tuple[Point, ...]:
        """Return how many viewers a channel had from `since` on, at most a day back."""
        series = self._audiences.get(channel)
        return () if series is None else series.points(since, now)

    def dump(self) -> list[bytes]:
        """Return what is remembered, for `packed` to make a file of: a list of names, then each series."""
        with self._changing:
            names = {"numbers": list(self._numbers), "audiences": list(self._audiences)}
            series = (*self._numbers.values(), *self._audiences.values())
            return [json.dumps(names).encode() + b"\n", *(each.dump() for each in series)]

    def load(self, data: bytes, now: Ticks) -> None:
        """Remember what `packed` gave, of a server before this one. Raises ValueError where it is not that.

        What it has of numbers that are not remembered any more, and of later than `now`, is left out.
        """
        names, _, rest = _unpacked(data).partition(b"\n")
        match json.loads(names):
            case {"numbers": [*known], "audiences": [*slugs]}:
                numbers = {name: _number(name) for name in known}
                audiences = OrderedDict((ChannelSlug(slug), Series()) for slug in slugs)
            case _:
                raise ValueError("it has another form")
        for place, series in enumerate((*numbers.values(), *audiences.values())):
            series.load(rest[place * SERIES_BYTES : (place + 1) * SERIES_BYTES], now)
        self._numbers.update((name, series) for name, series in numbers.items() if name in NUMBERS)
        self._audiences = audiences


def packed(pieces: Iterable[bytes]) -> bytes:
    """Return what `History.dump` gave as the content of a file; a damaged one is noticed."""
    return zlib.compress(b"".join(pieces), level=1)


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _number(name: str) -> Series:
    """Return an empty series of one of NUMBERS. Of free space, little is bad."""
    return Series(min if name == "disk_free" else max)
