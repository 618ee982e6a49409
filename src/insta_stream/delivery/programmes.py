"""What is on, for the pages of viewers: small JSON documents from memory, open to all like the playlists.

    /stream/channels.json         the channels with what is on and what follows, page by page
    /stream/{channel}/now.json    one channel, with what aired last within its window and what follows

All times are on the axis of the playlists' date-times: what a viewer sees is the programme that holds the
date-time of the picture. Addresses are relative to the document's own.
"""

import asyncio
import json
import re
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qs, urlencode

from starlette.types import Receive, Scope, Send

from insta_stream.access.passes import Viewer
from insta_stream.access.permission import Permission
from insta_stream.channels.channel import Channel
from insta_stream.clock import Clock
from insta_stream.delivery.admission import may_watch, viewer_of
from insta_stream.delivery.http import Refusal, answered_method, not_found, refuse
from insta_stream.delivery.page import Page, send_page
from insta_stream.errors import Unknown
from insta_stream.ids import PackageId, VideoId
from insta_stream.library.titles import title_of
from insta_stream.media.poster import TILE_HEIGHT, TILE_WIDTH, Strip
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, to_datetime, to_seconds
from insta_stream.timeline.airings import Airing, airings
from insta_stream.timeline.timeline import Timeline
from insta_stream.timeline.window import span
from insta_stream.turns import in_turns

MAX_AGE_SECONDS = 2
CHANNELS = 100
"""As many make a page: collecting them takes some milliseconds of a thread, and every viewer's page asks."""

FOLLOWING = 5
PAST = 200
"""The most that is told of what aired: a window of hours may hold thousands of short videos."""

LOOK_AHEAD = Ticks(7 * 86_400 * TICKS_PER_SECOND)

_JSON = b"application/json"
_KEPT_FOR = Ticks(TICKS_PER_SECOND)
_KEPT_PAGES = 1024
_KEPT_LISTS = 64
_LONGEST_QUERY = 200
_parsed_cursor = re.compile(r"(?P<created_at>[0-9]{1,18})\.(?P<slug>[a-z0-9-]+)").fullmatch

_V = TypeVar("_V")


class Registry(Protocol):
    """Who knows the channels, from memory."""

    def get(self, slug: str) -> Channel:
        """Return a channel. Raises Unknown."""

    def all(self) -> tuple[Channel, ...]:
        """Return the channels in order."""

    def edge(self, channel: Channel) -> Ticks:
        """Return the instant up to which a channel may be listed now. Any thread may ask."""


class Shelf(Protocol):
    """Who knows the videos, from memory."""

    def name(self, id_: VideoId) -> str:
        """Return the name of a video, also of one that was deleted. Raises Unknown."""

    def strip(self, package: PackageId) -> Strip | None:
        """Return how the thumbnails of a package lie, None where it has no pictures."""


class Fresh(Generic[_V]):
    """What threads make, one at a time, and what is kept of it for a second. most: as many at once."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Ticks, _V]] = OrderedDict()
        self._making = asyncio.Lock()

    async def get(self, key: Hashable, make: Callable[[Ticks], _V]) -> _V:
        """Return what is kept under a key, or what a thread makes of the present instant."""
        if found := self._present(key):  # who asks for what is there waits for nobody who does not
            return found[1]
        async with self._making:
            if found := self._present(key):  # many ask for the same at once
                return found[1]
            made = await asyncio.to_thread(make, self._clock.now())
            # Not from before it was made: where that takes long, it would be old at once.
            self._kept[key] = Ticks(self._clock.now() + _KEPT_FOR), made
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return made

    def _present(self, key: Hashable) -> tuple[Ticks, _V] | None:
        found = self._kept.get(key)
        return found if found is not None and self._clock.now() < found[0] else None


class Programmes:
    """Answers the JSON documents under /stream/.

    However requests differ, there are no more documents than channels and pages of them, for each of those
    who may see the same.
    """

    def __init__(self, channels: Registry, library: Shelf, clock: Clock) -> None:
        self._channels = channels
        self._library = library
        self._pages = Fresh[Page](clock, _KEPT_PAGES)
        self._further = Fresh[Page](clock, _KEPT_PAGES)
        """Pages of channels but the first: who goes through all of them holds up nobody who watches."""
        self._lists = Fresh[Sequence[Channel]](clock, _KEPT_LISTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive  # a body, where someone sends one, is ignored
        if await answered_method(scope, send):
            return
        try:
            page = await self.page(scope["path"], scope.get("query_string", b""), viewer_of(scope))
        except Refusal as refusal:
            await refuse(scope, send, refusal)
        except Unknown as error:
            await refuse(scope, send, Refusal(404, error.code, error.message))
        else:
            await send_page(scope, send, page)

    async def page(self, path: str, query: bytes = b"", viewer: Viewer | None = None) -> Page:
        """Return the document at a path. viewer: for whom; None for anybody. Raises Refusal or Unknown."""
        match path.split("/")[2:]:
            case ["channels.json"]:
                return await self._listed(_cursor_of(query), viewer)
            case [slug, "now.json"]:
                self._channels.get(slug)  # for what is not there, nobody waits
                return await self._pages.get(slug, partial(_rendered, partial(self._whole, slug)))
        raise not_found("There is no such document; there is channels.json, and {channel}/now.json.")

    async def _listed(self, cursor: tuple[int, str] | None, viewer: Viewer | None) -> Page:
        seat = _seat(viewer)
        channels = await self._lists.get(seat, lambda _: self._watchable(viewer))
        first = 0 if cursor is None else _first(channels, *cursor)
        pages = self._further if first else self._pages
        return await pages.get((seat, first), partial(_rendered, partial(self._part, channels, first)))

    def _watchable(self, viewer: Viewer | None) -> Sequence[Channel]:
        return [each for each in in_turns(self._channels.all()) if may_watch(viewer, each)]

    def _part(self, channels: Sequence[Channel], first: int, now: Ticks) -> dict[str, Any]:
        """Return what the page of channels says that begins with one of them."""
        page = channels[first : first + CHANNELS]
        has_more = first + CHANNELS < len(channels)
        return {
            "serverTime": _iso(now),
            "channels": [self._brief(channel, now) for channel in in_turns(page)],
            "total": len(channels),
            "next": f"channels.json?{urlencode({'after': _cursor(page[-1])})}" if has_more else None,
        }

    def _brief(self, channel: Channel, now: Ticks) -> dict[str, Any]:
        present, following = _around(channel, now, 1)
        return {
            **_head(channel, f"{channel.slug}/stream.m3u8"),
            "now": self._programme(present, ".."),
            "next": self._programme(next(iter(following), None), ".."),
        }

    def _whole(self, slug: str, now: Ticks) -> dict[str, Any]:
        """Return what the document of a channel says. Raises Unknown."""
        channel = self._channels.get(slug)
        past = _past(channel.timeline, now)
        present, following = _around(channel, now, FOLLOWING)
        return {
            "serverTime": _iso(now),
            **_head(channel, "stream.m3u8"),
            "rewind": _rewind(channel, self._channels.edge(channel)),
            "past": [self._programme(airing, "../..") for airing in past],
            "now": self._programme(present, "../.."),
            "next": [self._programme(airing, "../..") for airing in following],
        }

    def _programme(self, airing: Airing | None, up: str) -> dict[str, Any] | None:
        """Return one showing. up: the way from the document's folder to the server's root."""
        if airing is None:
            return None
        strip = None if airing.is_slate else self._library.strip(airing.package)
        folder = f"{up}/media/{airing.package}"
        return {
            "name": "Slate" if airing.is_slate else title_of(self._library.name(airing.video)),
            "startsAt": _iso(airing.starts_at),
            "endsAt": None if airing.ends_at is None else _iso(airing.ends_at),
            "offset": _seconds(airing.first_offset),
            "isSlate": airing.is_slate,
            "preview": None if airing.is_slate else f"{folder}/preview.m3u8",
            "poster": f"{folder}/poster.jpg" if strip else None,
            "strip": {
                "url": f"{folder}/strip.jpg",
                "tiles": strip.tiles,
                "columns": strip.columns,
                "tileWidth": TILE_WIDTH,
                "tileHeight": TILE_HEIGHT,
                "interval": _seconds(Ticks(airing.length // strip.tiles)),
            }
            if strip
            else None,
        }


def _rendered(content: Callable[[Ticks], dict[str, Any]], now: Ticks) -> Page:
    """Return a document, gzipped too: all that takes time is done here, in a thread."""
    text = json.dumps(content(now), ensure_ascii=False, separators=(",", ":"))
    page = Page(text, MAX_AGE_SECONDS, _JSON)
    _ = page.zipped
    return page


def _seat(viewer: Viewer | None) -> Hashable:
    """Return a name for all who may watch the same channels."""
    if viewer is None:
        return None
    # Not who it is: a thousand people who may see the same must not be a thousand documents.
    may = viewer.principal
    channels = may.channels if may.may(Permission.CHANNEL_VIEW) else frozenset()
    return channels, viewer.signs_in, viewer.since


def _head(channel: Channel, url: str) -> dict[str, Any]:
    timeline = channel.timeline
    return {
        "slug": channel.slug,
        "title": channel.title,
        "state": timeline.state,
        "url": url,
        "windowSeconds": timeline.window // TICKS_PER_SECOND,
    }


def _rewind(channel: Channel, edge: Ticks) -> dict[str, Any] | None:
    """Return where the playlist for going back is, and how far back it goes; None where there is none."""
    broadcast = channel.showing(edge)
    if broadcast is None:
        return None
    first = span(channel.timeline, broadcast.id, edge).first
    return None if first is None else {"url": "rewind.m3u8", "from": _iso(first.starts_at)}


def _cursor_of(query: bytes) -> tuple[int, str] | None:
    """Return after which channel a page begins, as a query says; None at the beginning. Raises Refusal."""
    if len(query) > _LONGEST_QUERY:
        raise Refusal(400, "bad_request", f"A query may have at most {_LONGEST_QUERY} bytes here.")
    after = parse_qs(query.decode("latin-1")).get("after", [""])[-1]
    if not after:
        return None
    if (found := _parsed_cursor(after)) is None:
        raise Refusal(
            400, "bad_request", "`after` must be taken from `next` of the previous page; start without it."
        )
    return int(found["created_at"]), found["slug"]


def _cursor(channel: Channel) -> str:
    return f"{channel.created_at}.{channel.slug}"


def _first(channels: Sequence[Channel], created_at: int, slug: str) -> int:
    """Return the place of the channel with which the page begins that shows what follows a channel, which may
    be gone meanwhile.

    Pages begin at the same places for all: anybody can make up channels, and each would begin another page.
    """
    place = following = bisect_left(channels, created_at, key=lambda channel: channel.created_at)
    while place < len(channels) and channels[place].created_at == created_at:
        place += 1
        if channels[place - 1].slug == slug:
            following = place
            break
    return following // CHANNELS * CHANNELS


def _past(timeline: Timeline, now: Ticks) -> list[Airing]:
    """Return what aired within the window, or within as large a part of it as holds no more than PAST."""
    back = timeline.window
    while True:
        aired = (each for each in airings(timeline, Ticks(now - back), now) if _is_over(each, now))
        found = list(islice(aired, PAST + 1))
        if len(found) <= PAST:
            return found
        back = Ticks(back // 2)


def _around(channel: Channel, now: Ticks, following: int) -> tuple[Airing | None, list[Airing]]:
    """Return what airs at an instant, if anything does, and what follows."""
    found = list(islice(airings(channel.timeline, now, Ticks(now + LOOK_AHEAD)), following + 1))
    if found and found[0].starts_at <= now:
        return found[0], found[1:]
    return None, found[:following]


def _is_over(airing: Airing, now: Ticks) -> bool:
    return airing.ends_at is not None and airing.ends_at <= now


def _iso(instant: Ticks) -> str:
    return to_datetime(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(length: Ticks) -> float:
    return round(to_seconds(length), 3)
