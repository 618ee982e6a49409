"""Playlists: rendered from one window per broadcast, kept until the instant at which they change.

    /stream/stream.m3u8                         the multivariant playlist of the main channel
    /stream/{channel}/stream.m3u8               of any channel
    /stream/{channel}/{broadcast}/{rung}.m3u8   a media playlist

A kept playlist costs a clock reading and two look-ups. All addresses inside are relative, so that they are
the same for all clients, behind any proxy and under any path prefix.
"""

import asyncio
from collections import OrderedDict
from fractions import Fraction
from typing import Protocol, TypeVar

from starlette.types import Receive, Scope, Send

from insta_stream.channels.channel import Broadcast, Channel
from insta_stream.channels.slug import MAIN
from insta_stream.clock import Clock
from insta_stream.delivery.audit import TIMELINE, Audit
from insta_stream.delivery.http import Refusal, Reply, answered_method, refuse
from insta_stream.delivery.page import Page, send_page
from insta_stream.delivery.view import Early, View, look
from insta_stream.delivery.viewers import Viewers
from insta_stream.errors import Unknown
from insta_stream.hls.playlist import MultivariantPlaylist, Variant
from insta_stream.hls.render import render_multivariant
from insta_stream.ids import BroadcastId, ChannelSlug
from insta_stream.media.ceilings import Ceiling
from insta_stream.metrics import Metrics
from insta_stream.ticks import Ticks, seconds, to_seconds
from insta_stream.timeline.window import contradiction

ENTRY_MAX_AGE_SECONDS = 10
"""How long caches may keep a multivariant playlist: it changes only with the broadcast."""

START_BPS = 2_000_000
"""Players begin with the first variant; Apple's authoring rule 1.32 wants one of about this bitrate there."""

CLOCK_GRAIN_SECONDS = 0.005

STORING_SECONDS = 0.05
"""How often a request looks whether an edit is stored by now; usually that takes milliseconds."""

_KEPT_BROADCASTS = 4096
"""How many broadcasts' playlists are kept; the one that nobody has asked for the longest goes first."""

_K = TypeVar("_K")
_V = TypeVar("_V")


class Registry(Protocol):
    """Who knows the channels."""

    def get(self, slug: str) -> Channel:
        """Return the channel as it is at this moment, from memory. Raises Unknown."""


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
        self._entries: OrderedDict[tuple[str, BroadcastId], Page] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive  # a body, where someone sends one, is ignored
        if await answered_method(scope, send):
            return
        try:
            page = await self._soon(scope["path"])
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
            page = self.page(scope["path"])
        except (Refusal, Unknown):
            return None
        self._viewers.saw(scope)
        return page.reply(scope)

    async def _soon(self, path: str) -> Page:
        """Return the playlist at a path, after a wait where its first segment is on its way.

        A channel that starts again right after it was stopped has nothing to list for a moment. Players wait
        for an answer, but most of them give up at a 503. Raises Refusal or Unknown.
        """
        began = self._clock.now()
        while True:
            try:
                return self.page(path)
            except Early as early:
                wait = self._until_listed(early)
                if self._clock.now() + wait > began + early.patience:
                    raise
            await asyncio.sleep(to_seconds(wait))

    def _until_listed(self, early: Early) -> Ticks:
        """Return after how long it is worth while to look again."""
        if early.listed_at is None:
            return seconds(STORING_SECONDS)
        return Ticks(max(0, early.listed_at - self._clock.now()) + seconds(CLOCK_GRAIN_SECONDS))

    def page(self, path: str) -> Page:
        """Return the playlist at a path, as it is now. Raises Refusal or Unknown."""
        match path.split("/")[2:]:
            case ["stream.m3u8"]:
                return self._entry(path, MAIN, f"{MAIN}/")
            case [slug, "stream.m3u8"]:
                return self._entry(path, slug, "")
            case [slug, broadcast, name] if name.endswith(".m3u8"):
                return self._media(slug, BroadcastId(broadcast), name.removesuffix(".m3u8"))
        raise Refusal(
            404, "unknown", "There is no such playlist; a channel is at /stream/{channel}/stream.m3u8."
        )

    def _entry(self, path: str, slug: str, folder: str) -> Page:
        broadcast = self._channels.get(slug).showing(self._clock.now())
        if broadcast is None:
            raise Refusal(404, "off_air", f"The channel “{slug}” is off air.")
        kept = self._entries.get((path, broadcast.id))
        if kept is not None:
            self._metrics.playlists_kept.inc()
            return kept
        page = Page(render_multivariant(_multivariant(broadcast, folder)), ENTRY_MAX_AGE_SECONDS)
        self._metrics.playlists_rendered.inc()
        _keep(self._entries, (path, broadcast.id), page)
        return page

    def _media(self, slug: str, broadcast: BroadcastId, rung: str) -> Page:
        channel = self._channels.get(slug)
        now = self._clock.now()
        view = self._views.get((channel.slug, broadcast))
        if view is None or not view.holds(channel, now):
            view = self._look(channel, broadcast, now, view)
        page = view.pages.get(rung)
        if page is not None:
            self._metrics.playlists_kept.inc()
            return page
        self._metrics.playlists_rendered.inc()
        page = view.render(rung)
        before, beside = view.earlier.get(rung), next(iter(view.pages.values()), None)
        self._audit.served(channel.slug, page, before=before, beside=beside, now=now)
        view.pages[rung] = page
        return page

    def glance(self, channel: Channel, broadcast: BroadcastId, now: Ticks) -> View:
        """Return what a viewer would see, and keep nothing of it. Raises Refusal or Unknown."""
        view = self._views.get((channel.slug, broadcast))
        return view if view is not None and view.holds(channel, now) else look(channel, broadcast, now)

    def _look(self, channel: Channel, broadcast: BroadcastId, now: Ticks, before: View | None) -> View:
        """Return the view of a broadcast at `now` and keep it. Raises Refusal or Unknown."""
        view = look(channel, broadcast, now)
        if before is not None:
            view.follow(before)
            if fault := contradiction(before.window, view.window):
                self._audit.note(channel.slug, TIMELINE.broken(f"the new timeline {fault}"), now)
        _keep(self._views, (channel.slug, broadcast), view)
        return view


def _keep(kept: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _KEPT_BROADCASTS:
        kept.popitem(last=False)


def _multivariant(broadcast: Broadcast, folder: str) -> MultivariantPlaylist:
    """Return the variants of a broadcast: the start variant first, the others best first."""
    start = min(broadcast.rungs, key=lambda rung: abs(rung.average_bps - START_BPS))
    rungs = (start, *(rung for rung in broadcast.rungs if rung is not start))
    return MultivariantPlaylist(
        tuple(_variant(rung, f"{folder}{broadcast.id}/{rung.name}.m3u8") for rung in rungs)
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
