"""The long playlists: as far back as viewers of a channel may go. They are made when somebody goes back.

    /stream/{channel}/{broadcast}/{rung}.rewind.m3u8

The multivariant playlist that leads there is rewind.m3u8, beside stream.m3u8. What the short playlist lists
at an instant is the end of what the long one lists, with the same numbers: docs/adr/0028-rewind.md.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from insta_stream.channels.channel import Channel
from insta_stream.clock import Clock
from insta_stream.delivery.audit import Audit
from insta_stream.delivery.page import Page
from insta_stream.delivery.view import View, addressed, max_age_seconds, rung_index, shown_until
from insta_stream.hls.continuity import Text, segments_from
from insta_stream.hls.playlist import MediaPlaylist
from insta_stream.hls.render import render_media, render_segments
from insta_stream.hls.rules.rule import Violation
from insta_stream.ids import BroadcastId, ChannelSlug
from insta_stream.metrics import Metrics
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.window import Span, span, tags_before
from insta_stream.timeline.window import listed as segments_listed

SUFFIX = ".rewind.m3u8"

KEPT_BYTES = 64 * 1024 * 1024
"""Of all pages together, plain and zipped. That of an hour has 250 kB, and that of a day 6 MB. The one that
nobody has asked for the longest goes first."""

EFFORT = 1
"""Of gzip. An hour takes 0.7 ms and 14 kB so; with the usual effort 2.2 ms and 12 kB, every two seconds."""

_END = b"#EXT-X-ENDLIST\n"

Key = tuple[ChannelSlug, BroadcastId, str]


@dataclass(frozen=True, slots=True)
class Reel:
    """The long playlist of a rung. until: the edge from which on another one is due, as with a View."""

    channel: Channel
    ends: Span
    until: Ticks | None
    page: Page

    def holds(self, channel: Channel, edge: Ticks) -> bool:
        """Return whether this is still what there is to see."""
        return self.channel is channel and (self.until is None or edge < self.until)

    @property
    def size_bytes(self) -> int:
        """Of its text, plain and zipped."""
        return len(self.page.plain) + len(self.page.zipped)


def reel(channel: Channel, id_: BroadcastId, rung: str, edge: Ticks, before: Reel | None = None) -> Reel:
    """Return the long playlist of a rung up to an edge. Raises Refusal or Unknown.

    before: an earlier one. What it listed is taken over as text, since no playlist may say anything else of
    it; only what is new is rendered.
    """
    broadcast = channel.broadcast(id_)
    ends = span(channel.timeline, id_, edge)
    until = shown_until(channel.timeline, ends, edge)
    if before is not None and before.ends == ends:
        return Reel(channel, ends, until, before.page)
    first, newest = ends.first, ends.newest
    assert first is not None, "there is something to list"
    assert newest is not None, "there is something to list"
    old, known_until = _known(before, first.msn)
    fresh = segments_listed(channel.timeline, known_until, newest)
    target = channel.timeline.target // TICKS_PER_SECOND
    head = render_media(MediaPlaylist(target, first.msn, tags_before(first), segments=()))
    new = render_segments(addressed(fresh, rung_index(broadcast, rung)))
    text = b"".join((head.encode(), old, new.encode(), _END if ends.is_ended else b""))
    return Reel(channel, ends, until, Page(text, max_age_seconds(target), effort=EFFORT))


def _known(before: Reel | None, msn: int) -> tuple[bytes, int]:
    """Return the lines of an earlier playlist from a segment on, and the number of the first they lack."""
    if before is None or before.ends.newest is None:
        return b"", msn
    text = Text.of(before.page.plain)
    lines = b"" if text is None or msn < text.media_sequence else segments_from(text, msn)
    return lines, before.ends.newest.msn + 1 if lines else msn


class Rewind:
    """Makes the long playlists, one at a time and beside the event loop, and keeps them.

    edge: returns up to which instant a channel may be listed. short: returns what a broadcast last showed to
    everybody, where somebody asked.
    """

    def __init__(
        self,
        edge: Callable[[Channel], Ticks],
        clock: Clock,
        metrics: Metrics,
        audit: Audit,
        short: Callable[[ChannelSlug, BroadcastId], View | None],
    ) -> None:
        self._edge = edge
        self._clock = clock
        self._metrics = metrics
        self._audit = audit
        self._short = short
        self._kept: OrderedDict[Key, Reel] = OrderedDict()
        self._kept_bytes = 0
        self._making = asyncio.Lock()

    def present(self, channel: Channel, broadcast: BroadcastId, rung: str) -> Page | None:
        """Return the long playlist of a rung where it is kept and still the same."""
        key = channel.slug, broadcast, rung
        kept = self._kept.get(key)
        if kept is None or not kept.holds(channel, self._edge(channel)):
            return None
        self._metrics.playlists_kept.inc()
        self._kept.move_to_end(key)
        return kept.page

    async def page(self, channel: Channel, broadcast: BroadcastId, rung: str) -> Page:
        """Return the long playlist of a rung, as it is now. Raises Refusal or Unknown."""
        key = channel.slug, broadcast, rung
        async with self._making:
            if page := self.present(channel, broadcast, rung):  # somebody asked for the same
                return page
            now = self._clock.now()
            made, found = await asyncio.to_thread(self._made, channel, key, now)
            self._keep(key, made)
        self._metrics.playlists_rendered.inc()
        self._audit.note_all(channel.slug, found, now)
        return made.page

    def _made(self, channel: Channel, key: Key, now: Ticks) -> tuple[Reel, tuple[Violation, ...]]:
        """Return the playlist, zipped too, and what is wrong with it. Raises Refusal or Unknown."""
        _, broadcast, rung = key
        before, short = self._kept.get(key), self._short(channel.slug, broadcast)
        made = reel(channel, broadcast, rung, self._edge(channel), before)
        _ = made.page.zipped
        is_beside = short is not None and (short.window.newest, short.window.is_ended) == (
            made.ends.newest,
            made.ends.is_ended,
        )
        return made, self._audit.looked(
            channel.slug,
            made.page,
            before=before.page if before else None,
            end=short.pages.get(rung) if short and is_beside else None,
            now=now,
        )

    def _keep(self, key: Key, made: Reel) -> None:
        if before := self._kept.pop(key, None):
            self._kept_bytes -= before.size_bytes
        self._kept[key] = made
        self._kept_bytes += made.size_bytes
        while self._kept_bytes > KEPT_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= oldest.size_bytes
