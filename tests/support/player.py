"""A viewer with a buffer: reads across whatever happens, and notes when the picture would stand still."""

import asyncio
import time
from dataclasses import dataclass, field
from urllib.parse import urljoin

import httpx

from insta_stream.hls import mpegts
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist, Numbered
from insta_stream.ticks import to_seconds

BEHIND = 3
"""Segments behind the live edge at which players begin (RFC 8216 section 6.3.3)."""

POLL_SECONDS = 0.25


@dataclass
class Player:
    """Plays one rung of a channel.

    stalls: how often, and stalled_seconds: how long, its buffer was empty. faults: what it was given that was
    not whole.
    """

    url: str
    stalls: int = 0
    stalled_seconds: float = 0.0
    segments: int = 0
    faults: list[str] = field(default_factory=list)
    _next: int | None = None
    _loaded_seconds: float = 0.0
    _began: float | None = None
    _news: float | None = None
    _longest_gap: float = 0.0
    _is_stalled: bool = False

    async def play(self) -> None:
        """Play for ever."""
        async with httpx.AsyncClient(timeout=10) as client:
            media: str | None = None
            while True:
                try:
                    media = media or await self._choose(client)
                    await self._load(client, media)
                except httpx.TransportError:
                    pass  # as players do: try again
                self._look()
                await asyncio.sleep(POLL_SECONDS)

    def begin_measuring(self) -> None:
        """Forget the gaps so far: a fault begins."""
        self._longest_gap, self._news = 0.0, time.monotonic()

    @property
    def longest_gap_seconds(self) -> float:
        """The longest time without a new segment, until now."""
        return (
            self._longest_gap if self._news is None else max(self._longest_gap, time.monotonic() - self._news)
        )

    @property
    def buffered_seconds(self) -> float:
        """How long it could play on if nothing came any more."""
        if self._began is None:
            return 0.0
        played = time.monotonic() - self._began - self.stalled_seconds
        return self._loaded_seconds - played

    async def _choose(self, client: httpx.AsyncClient) -> str | None:
        reply = await client.get(self.url)
        if not reply.is_success:
            return None
        entry = parse(reply.text)
        assert isinstance(entry, MultivariantPlaylist)
        return urljoin(self.url, entry.variants[0].uri)

    async def _load(self, client: httpx.AsyncClient, media: str | None) -> None:
        if media is None:
            return
        reply = await client.get(media)
        if not reply.is_success:
            if reply.status_code < 500:
                self.faults.append(f"{media}: {reply.status_code}")
            return
        playlist = parse(reply.text)
        assert isinstance(playlist, MediaPlaylist)
        if self._next is None:
            self._next = max(playlist.media_sequence, playlist.next_msn - BEHIND)
        for listed in playlist.numbered():
            if listed.msn >= self._next:
                await self._take(client, urljoin(media, listed.segment.uri), listed)

    async def _take(self, client: httpx.AsyncClient, url: str, listed: Numbered) -> None:
        reply = await client.get(url)
        if reply.status_code >= 500:
            return
        try:
            assert reply.is_success, reply.status_code
            assert len(reply.content) == int(reply.headers["content-length"]), "it is cut short"
            assert mpegts.read(reply.content).starts_with_idr, "it does not begin with a picture"
        except (AssertionError, mpegts.SegmentError) as wrong:
            self.faults.append(f"segment {listed.msn}, {url}: {wrong}")
        self._look()  # a picture that stood still until now has stood still
        now = time.monotonic()
        self._longest_gap, self._news = self.longest_gap_seconds, now
        self._began = self._began or now
        self._next = listed.msn + 1
        self.segments += 1
        self._loaded_seconds += to_seconds(listed.segment.duration)

    def _look(self) -> None:
        """Take note when everything that was loaded has been played."""
        if self._began is None:
            return
        lacking = -self.buffered_seconds
        if lacking > 0:
            self.stalls += not self._is_stalled
            self.stalled_seconds += lacking
        self._is_stalled = lacking > 0
