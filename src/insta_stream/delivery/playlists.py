"""Playlists: rendered from one window per broadcast, kept until the instant at which they change.

    /stream/stream.m3u8                         the multivariant playlist of the main channel
    /stream/{channel}/stream.m3u8               of any channel
    /stream/{channel}/{broadcast}/{rung}.m3u8   a media playlist: the last minute, whatever the rewind limit
    /stream/{channel}/rewind.m3u8               like stream.m3u8, but of the long playlists (see rewind.py)

What is listed depends on the edge of what is shown, and on no clock. A kept playlist costs a look at that and
two look-ups. All addresses inside are relative, so that they are
the same for all clients, behind any proxy and under any path prefix.
"""

from collections import OrderedDict
from fractions import Fraction
from typing import Protocol, TypeVar

from starlette.types import Receive, Scope, Send

from insta_stream.channels.channel import Broadcast, Channel
from insta_stream.channels.slug import MAIN
from insta_stream.clock import Clock
from insta_stream.delivery.audit import TIMELINE, Audit
from insta_stream.delivery.early import listed
from insta_stream.delivery.http import Refusal, Reply, answered_method, refuse
from insta_stream.delivery.page import Page, send_page
from insta_stream.delivery.rewind import SUFFIX, Rewind
from insta_stream.delivery.view import View, look
from insta_stream.delivery.viewers import Viewers
from insta_stream.errors import Unknown
from insta_stream.hls.playlist import MultivariantPlaylist, Variant
from insta_stream.hls.render import render_multivariant
from insta_stream.ids import BroadcastId, ChannelSlug
from insta_stream.media.ceilings import Ceiling
from insta_stream.metrics import Metrics
from insta_stream.ticks import Ticks
from insta_stream.timeline.window import contradiction

ENTRY_MAX_AGE_SECONDS = 10
"""How long caches may keep a multivariant playlist: it changes only with the broadcast."""

START_BPS = 2_000_000
"""Players begin with the first variant; Apple's authoring rule 1.32 wants one of about this bitrate there."""

_ENDINGS = {"stream.m3u8": ".m3u8", "rewind.m3u8": SUFFIX}
"""How the addresses end to which a multivariant playlist leads."""

_KEPT_BROADCASTS = 4096
"""How many broadcasts' playlists are kept; the one that nobody has asked for the longest goes first."""

_K = TypeVar("_K")
_V = TypeVar("_V")


class Registry(Protocol):
    """Who knows the channels."""

    def get(self, slug: str) -> Channel:
        """Return the channel as it is at this moment, from memory. Raises Unknown."""

    def edge(self, channel: Channel) -> Ticks:
        """Return the instant up to which a channel may be listed now. Any thread may ask."""


class Playlists:
    """Answers everything under /stream/."""

    def __init__(
        self, channels: Registry, clock: Clock, metrics: Metrics, audit: Audit, viewers: Viewers
    ) -> None:
        self._channels = channels
        self._clock = clock
        self._metrics = metrics
        self._audit = audit
        self._viewers = viewers
        self._views: OrderedDict[tuple[ChannelSlug, BroadcastId], View] = OrderedDict()
        self._rewind = Rewind(channels.edge, clock, metrics, audit, self.kept)
        self._entries: OrderedDict[tuple[str, BroadcastId], Page] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive  # a body, where someone sends one, is ignored
        if await answered_method(scope, send):
            return
        try:
            page = await listed(self._clock, lambda: self.soon(scope["path"]))
        except Refusal as refusal:
            await refuse(scope, send, refusal)
        except Unknown as error:
            await refuse(scope, send, Refusal(404, error.code, error.message))
        else:
            self._viewers.saw(scope)
            await send_page(scope, send, page)

    def at_once(self, scope: Scope) -> Reply | None:
        """Return the reply to a GET; None where there is no playlist, or not yet."""
        try:
            long = self._long(scope["path"])
            page = self._rewind.present(*long) if long else self.page(scope["path"])
        except (Refusal, Unknown):
            return None
        if page is None:
            return None
        self._viewers.saw(scope)
        return page.reply(scope)

    async def soon(self, path: str) -> Page:
        """Return the playlist at a path, the long ones too, as it is now. Raises Refusal or Unknown."""
        long = self._long(path)
        return await self._rewind.page(*long) if long else self.page(path)

    def _long(self, path: str) -> tuple[Channel, BroadcastId, str] | None:
        """Return the channel, broadcast and rung of a long playlist's path; None of another path.

        Raises Unknown.
        """
        if path.endswith(SUFFIX):
            match path.split("/")[2:]:
                case [slug, broadcast, name]:
                    return self._channels.get(slug), BroadcastId(broadcast), name.removesuffix(SUFFIX)
        return None

    def page(self, path: str) -> Page:
        """Return the playlist at a path, except a long one, as it is now. Raises Refusal or Unknown."""
        match path.split("/")[2:]:
            case ["stream.m3u8" | "rewind.m3u8" as name]:
                return self._entry(path, MAIN, f"{MAIN}/", _ENDINGS[name])
            case [slug, "stream.m3u8" | "rewind.m3u8" as name]:
                return self._entry(path, slug, "", _ENDINGS[name])
            case [slug, broadcast, name] if name.endswith(".m3u8"):
                return self._media(slug, BroadcastId(broadcast), name.removesuffix(".m3u8"))
        raise Refusal(
            404, "unknown", "There is no such playlist; a channel is at /stream/{channel}/stream.m3u8."
        )

    def _entry(self, path: str, slug: str, folder: str, ending: str) -> Page:
        channel = self._channels.get(slug)
        broadcast = channel.showing(self._channels.edge(channel))
        if broadcast is None:
            raise Refusal(404, "off_air", f"The channel “{slug}” is off air.")
        kept = self._entries.get((path, broadcast.id))
        if kept is not None:
            self._metrics.playlists_kept.inc()
            return kept
        page = Page(render_multivariant(_multivariant(broadcast, folder, ending)), ENTRY_MAX_AGE_SECONDS)
        self._metrics.playlists_rendered.inc()
        _keep(self._entries, (path, broadcast.id), page)
        return page

    def _media(self, slug: str, broadcast: BroadcastId, rung: str) -> Page:
        channel = self._channels.get(slug)
        edge = self._channels.edge(channel)
        view = self._views.get((channel.slug, broadcast))
        if view is None or not view.holds(channel, edge):
            view = self._look(channel, broadcast, edge, view)
        page = view.pages.get(rung)
        if page is not None:
            self._metrics.playlists_kept.inc()
            return page
        self._metrics.playlists_rendered.inc()
        page = view.render(rung)
        before, beside = view.earlier.get(rung), next(iter(view.pages.values()), None)
        self._audit.served(channel.slug, page, before=before, beside=beside, now=self._clock.now())
        view.pages[rung] = page
        return page

    def glance(self, channel: Channel, broadcast: BroadcastId) -> View:
        """Return what a viewer would see, and keep nothing of it. Raises Refusal or Unknown."""
        edge, view = self._channels.edge(channel), self._views.get((channel.slug, broadcast))
        return view if view is not None and view.holds(channel, edge) else look(channel, broadcast, edge)

    def kept(self, slug: ChannelSlug, broadcast: BroadcastId) -> View | None:
        """Return what a broadcast last showed, where somebody asked."""
        return self._views.get((slug, broadcast))

    def _look(self, channel: Channel, broadcast: BroadcastId, edge: Ticks, before: View | None) -> View:
        """Return the view of a broadcast and keep it. Raises Refusal or Unknown."""
        view = look(channel, broadcast, edge)
        if before is not None:
            view.follow(before)
            if fault := contradiction(before.window, view.window):
                self._audit.note(
                    channel.slug, TIMELINE.broken(f"the new timeline {fault}"), self._clock.now()
                )
        _keep(self._views, (channel.slug, broadcast), view)
        return view


def _keep(kept: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _KEPT_BROADCASTS:
        kept.popitem(last=False)


def _multivariant(broadcast: Broadcast, folder: str, ending: str) -> MultivariantPlaylist:
    """Return the variants of a broadcast: the start variant first, the others best first."""
    start = min(broadcast.rungs, key=lambda rung: abs(rung.average_bps - START_BPS))
    rungs = (start, *(rung for rung in broadcast.rungs if rung is not start))
    return MultivariantPlaylist(
        tuple(_variant(rung, f"{folder}{broadcast.id}/{rung.name}{ending}") for rung in rungs)
    )


def _variant(rung: Ceiling, uri: str) -> Variant:
    return Variant(
        uri=uri,
        bandwidth=rung.peak_bps,
        average_bandwidth=rung.average_bps,
        width=rung.width,
        height=rung.height,
        frame_rate=Fraction(rung.frame_rate),
        codecs=rung.codecs,
    )
