"""One video by itself, as an HLS playlist from beginning to end: for looking at it before it airs.

/media/{package}/preview.m3u8                the multivariant playlist
/media/{package}/{rendition}/preview.m3u8    a media playlist; it has an end when the rendition is complete
"""

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from starlette.types import Receive, Scope, Send

from insta_stream.db.videos import PackageRow, RenditionRow
from insta_stream.delivery.http import Refusal, answered_method, not_found, refuse
from insta_stream.delivery.page import Page, send_page
from insta_stream.errors import Unknown
from insta_stream.hls.playlist import MediaPlaylist, MediaSegment, MultivariantPlaylist, Variant
from insta_stream.hls.render import render_media, render_multivariant
from insta_stream.ids import PackageId
from insta_stream.library.rungs import rates_of
from insta_stream.media.ladder import MAX_FRAME_RATE, RUNGS
from insta_stream.ticks import to_fraction
from insta_stream.timeline.table import SegmentTable

COMPLETE_MAX_AGE_SECONDS = 60
GROWING_MAX_AGE_SECONDS = 2

KEPT_PAGES = 64
"""That of a film of a day has a megabyte. The one that was made first goes first."""

_PATH = re.compile(r"/media/([0-9a-f]{32})/(?:([a-z0-9]{1,16})/)?preview\.m3u8").fullmatch


class Shelf(Protocol):
    """Who knows the packages, from memory."""

    def package(self, package: PackageId) -> PackageRow:
        """Return what there is of a package. Raises Unknown."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a playlist is made of: while this is the same, so is the playlist.

    renditions: those that a multivariant playlist offers; the only one of a media playlist.
    """

    table: SegmentTable
    renditions: tuple[RenditionRow, ...]
    is_media: bool

    def render(self) -> Page:
        """Return the playlist; that of a long film takes a while."""
        if self.is_media:
            text = render_media(_media(self.table, self.renditions[0]))
        else:
            variants = tuple(_variant(self.table, each) for each in self.renditions)
            text = render_multivariant(MultivariantPlaylist(variants))
        is_complete = all(each.is_complete for each in self.renditions)
        return Page(text, COMPLETE_MAX_AGE_SECONDS if is_complete else GROWING_MAX_AGE_SECONDS)


class Previews:
    """Answers the playlists under /media/. They are kept, and made one at a time, beside the event loop."""

    def __init__(self, library: Shelf) -> None:
        self._library = library
        self._kept: OrderedDict[str, tuple[Preview, Page]] = OrderedDict()
        self._rendering = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive  # a body, where someone sends one, is ignored
        if await answered_method(scope, send):
            return
        try:
            page = await self.page(scope["path"])
        except Refusal as refusal:
            await refuse(scope, send, refusal)
        except Unknown as error:
            await refuse(scope, send, Refusal(404, error.code, error.message))
        else:
            await send_page(scope, send, page)

    async def page(self, path: str) -> Page:
        """Return the playlist at a path, as it is now. Raises Refusal or Unknown."""
        if page := self._present(path):
            return page
        async with self._rendering:
            if page := self._present(path):  # somebody asked for the same
                return page
            preview = self._find(path)
            page = await asyncio.to_thread(_made, preview)
            self._kept[path] = preview, page
            self._kept.move_to_end(path)
            if len(self._kept) > KEPT_PAGES:
                self._kept.popitem(last=False)
            return page

    def _present(self, path: str) -> Page | None:
        """Return the playlist at a path where it is kept and still the same. Raises Refusal or Unknown."""
        kept = self._kept.get(path)
        return kept[1] if kept and kept[0] == self._find(path) else None

    def _find(self, path: str) -> Preview:
        """Return what the playlist at a path is made of now. Raises Refusal or Unknown."""
        found = _PATH(path)
        if found is None:
            raise not_found("There is no such playlist.")
        package = self._library.package(PackageId(found[1]))
        if found[2] is None and (offered := _offered(package)):
            return Preview(package.table, tuple(offered), is_media=False)
        rendition = next((each for each in package.renditions if each.name == found[2]), None)
        if rendition is None or not rendition.published:
            raise not_found("There is nothing to play, not yet or no longer.")
        return Preview(package.table, (rendition,), is_media=True)


def _made(preview: Preview) -> Page:
    page = preview.render()
    page.zipped  # noqa: B018 - made here, where nobody waits for it
    return page


def _offered(package: PackageRow) -> list[RenditionRow]:
    """Return what is complete; while nothing is, what has begun."""
    complete = [each for each in package.renditions if each.is_complete]
    return complete or [each for each in package.renditions if each.published]


def _variant(table: SegmentTable, rendition: RenditionRow) -> Variant:
    rung, rates = RUNGS[rendition.name], rates_of(table, rendition)
    return Variant(
        uri=f"{rendition.name}/preview.m3u8",
        bandwidth=rates.peak_bps,
        average_bandwidth=rates.average_bps,
        width=rung.width,
        height=rung.height,
        frame_rate=MAX_FRAME_RATE,
        codecs=rung.codecs,
    )


def _media(table: SegmentTable, rendition: RenditionRow) -> MediaPlaylist:
    durations = list(table)
    return MediaPlaylist(
        target_duration=ceil(to_fraction(max(durations))),
        media_sequence=0,
        discontinuity_sequence=None,
        segments=tuple(
            MediaSegment(f"{number}.ts", durations[number], None) for number in range(rendition.published)
        ),
        is_ended=rendition.is_complete,
        playlist_type="VOD" if rendition.is_complete else "EVENT",
    )
