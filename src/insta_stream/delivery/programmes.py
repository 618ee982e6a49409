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
from collections.abc import Hashable, Sequence
from itertools import islice
from typing import Any, Protocol
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
_LONGEST_QUERY = 200
_parsed_cursor = re.compile(r"(?P<created_at>[0-9]{1,18})\.(?P<slug>[a-z0-9-]+)").fullmatch


class Registry(Protocol):
    """Who knows the channels, from memory."""

    def get(self, slug: str) -> Channel:
        """Return a channel. Raises Unknown."""

    def all(self) -> tuple[Channel, ...]:
        """Return the channels in order."""


class Shelf(Protocol):
    """Who knows the videos, from memory."""

    def name(self, id_: VideoId) -> str:
        """Return the name of a video, also of one that was deleted. Raises Unknown."""

    def strip(self, package: PackageId) -> Strip | None:
        """Return how the thumbnails of a package lie, None where it has no pictures."""


class Programmes:
    """Answers the JSON documents under /stream/."""

    def __init__(self, channels: Registry, library: Shelf, clock: Clock) -> None:
        self._channels = channels
        self._library = library
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str, Hashable], tuple[Ticks, Page]] = OrderedDict()
        self._rendering = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive  # a body, where someone sends one, is ignored
        if await answered_method(scope, send):
            return
        try:
            page = await self._page(scope["path"], scope.get("query_string", b""), viewer_of(scope))
        except Refusal as refusal:
            await refuse(scope, send, refusal)
        except Unknown as error:
            await refuse(scope, send, Refusal(404, error.code, error.message))
        else:
            await send_page(scope, send, page)

    async def _page(self, path: str, query: bytes, viewer: Viewer | None) -> Page:
        """Return the document at a path. Raises Refusal or Unknown."""
        key = path, _after(query), _seat(path, viewer)
        async with self._rendering:  # many viewers ask for the same one at once
            now = self._clock.now()
            until, page = self._kept.get(key, (now, None))
            if page is None or until <= now:
                page = await asyncio.to_thread(self._rendered, path, now, key[1], viewer)
                # Not from before it was made: where that takes long, it would be old at once.
                self._kept[key] = Ticks(self._clock.now() + _KEPT_FOR), page
                self._kept.move_to_end(key)
                if len(self._kept) > _KEPT_PAGES:
                    self._kept.popitem(last=False)
            return page

    def _rendered(self, path: str, now: Ticks, after: str, viewer: Viewer | None) -> Page:
        """Return the document at a path, gzipped too: all that takes time is done here, in a thread."""
        content = self.content(path, now, after, viewer)
        page = Page(json.dumps(content, ensure_ascii=False, separators=(",", ":")), MAX_AGE_SECONDS, _JSON)
        _ = page.zipped
        return page

    def content(self, path: str, now: Ticks, after: str = "", viewer: Viewer | None = None) -> dict[str, Any]:
        """Return what the document at a path says. after: as `next` of the page of channels before says.
        viewer: for whom; None for anybody.

        Raises Refusal or Unknown.
        """
        match path.split("/")[2:]:
            case ["channels.json"]:
                return {"serverTime": _iso(now), **self._listed(now, after, viewer)}
            case [slug, "now.json"]:
                return {"serverTime": _iso(now), **self._whole(self._channels.get(slug), now)}
        raise not_found("There is no such document; there is channels.json, and {channel}/now.json.")

    def _listed(self, now: Ticks, after: str, viewer: Viewer | None) -> dict[str, Any]:
        channels = [each for each in self._channels.all() if may_watch(viewer, each)]
        first = _place(channels, after) if after else 0
        page = channels[first : first + CHANNELS]
        has_more = first + CHANNELS < len(channels)
        return {
            "channels": [self._brief(channel, now) for channel in page],
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

    def _whole(self, channel: Channel, now: Ticks) -> dict[str, Any]:
        past = _past(channel.timeline, now)
        present, following = _around(channel, now, FOLLOWING)
        return {
            **_head(channel, "stream.m3u8"),
            "rewind": _rewind(channel, now),
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


def _seat(path: str, viewer: Viewer | None) -> Hashable:
    """Return a name for all who see the same at a path."""
    if viewer is None or not path.endswith("/channels.json"):
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


def _rewind(channel: Channel, now: Ticks) -> dict[str, Any] | None:
    """Return where the playlist for going back is, and how far back it goes; None where there is none."""
    broadcast = channel.showing(now)
    if broadcast is None:
        return None
    first = span(channel.timeline, broadcast.id, now, listed_until=channel.listed_until).first
    return None if first is None else {"url": "rewind.m3u8", "from": _iso(first.starts_at)}


def _after(query: bytes) -> str:
    """Return where a page of channels begins, as a query says; "" at the beginning. Raises Refusal."""
    if len(query) > _LONGEST_QUERY:
        raise Refusal(400, "bad_request", f"A query may have at most {_LONGEST_QUERY} bytes here.")
    return parse_qs(query.decode("latin-1")).get("after", [""])[-1]


def _cursor(channel: Channel) -> str:
    return f"{channel.created_at}.{channel.slug}"


def _place(channels: Sequence[Channel], cursor: str) -> int:
    """Return the place of the first channel after one, which may be gone meanwhile. Raises Refusal."""
    found = _parsed_cursor(cursor)
    if found is None:
        raise Refusal(
            400, "bad_request", "`after` must be taken from `next` of the previous page; start without it."
        )
    created_at = int(found["created_at"])
    place = first = bisect_left(channels, created_at, key=lambda channel: channel.created_at)
    while place < len(channels) and channels[place].created_at == created_at:
        place += 1
        if channels[place - 1].slug == found["slug"]:
            return place
    return first


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
