"""One broadcast: the variants that a multivariant playlist names, read side by side."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from insta_stream.check.fetch import Fetcher
from insta_stream.check.probes import probe_playlist, probe_segment
from insta_stream.check.segments import SegmentWatch
from insta_stream.check.variant import VariantWatch
from insta_stream.hls.mpegts import SegmentFacts
from insta_stream.hls.playlist import MultivariantPlaylist, Numbered
from insta_stream.hls.rules.pace import Seen
from insta_stream.hls.rules.segments import check_same_content
from insta_stream.hls.rules.variants import check_edges, check_variants

_FIRST = 3
"""Segments of the first window that are fetched: where players start."""

_INCOMPLETE = 100
"""Numbers that wait for the segments of all variants."""


def names_of(urls: Sequence[str]) -> list[str]:
    """Return a name for each variant, all different: the last part of its address, without extension; with as
    many parts before it as tell them apart (many servers have one folder for each variant).
    """
    paths = [re.sub(r"\.\w+$", "", urlsplit(url).path.strip("/")).split("/") for url in urls]
    for length in range(1, max(map(len, paths)) + 1):
        names = ["/".join(path[-length:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [f"{names[number]} ({number + 1})" for number in range(len(urls))]


@dataclass(slots=True)
class Broadcast:
    """Variants and their segments, in the same order. fetching: whatever is fetched beside the playlists.

    gate: how many segments may be fetched at once. sample: one pair of segments in `sample` is fetched.
    by_msn: segments of numbers of which not all variants were read yet. longest_lag: of the edge, seconds.
    """

    playlist: MultivariantPlaylist | None
    variants: list[VariantWatch]
    segments: list[SegmentWatch]
    fetcher: Fetcher
    fetching: asyncio.TaskGroup
    gate: asyncio.Semaphore
    sample: int
    refreshes: int = 0
    longest_lag: float | None = None
    by_msn: dict[int, dict[str, SegmentFacts]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        playlist: MultivariantPlaylist | None,
        url: str,
        fetcher: Fetcher,
        fetching: asyncio.TaskGroup,
        gate: asyncio.Semaphore,
        *,
        sample: int,
        ffmpeg: Path | None,
    ) -> "Broadcast":
        """Return the broadcast of a multivariant playlist, or of one media playlist, at `url`."""
        named = [(urljoin(url, one.uri), one) for one in playlist.variants] if playlist else [(url, None)]
        names = names_of([address for address, _ in named])
        variants = [
            VariantWatch(address, name, promised, fetcher)
            for name, (address, promised) in zip(names, named, strict=True)
        ]
        segments = [SegmentWatch(variant, fetcher, ffmpeg) for variant in variants]
        return cls(playlist, variants, segments, fetcher, fetching, gate, sample)

    @property
    def is_ended(self) -> bool:
        """Whether all variants have ended."""
        return all(variant.is_ended for variant in self.variants)

    @property
    def next_msn(self) -> int:
        """The number after the newest segment of any variant; 0 when none was read."""
        return max((one.last.playlist.next_msn for one in self.variants if one.last is not None), default=0)

    @property
    def target_duration(self) -> int:
        """In seconds."""
        return max(one.target_duration for one in self.variants)

    async def read(self) -> None:
        """Read all variants at once, and at once again when their edges differ; fetch what is new."""
        before = self._seen()
        await self._refresh()
        if len({one.playlist.next_msn for one in self._seen().values()}) > 1:
            before = self._seen()
            await self._refresh()
        seen = self._seen()
        findings = self.fetcher.findings
        findings.add(check_edges({**{f"{name} before": one for name, one in before.items()}, **seen}))
        findings.add(check_variants({name: one.playlist for name, one in seen.items()}))
        self._fetch_new()

    async def finish(self) -> None:
        """Read some segments again, and judge the whole time."""
        await asyncio.gather(*(watch.read_again() for watch in self.segments))
        self.close()

    def close(self) -> None:
        """Judge the whole time."""
        for watch in self.segments:
            watch.close()
            watch.variant.close()

    def _seen(self) -> dict[str, Seen]:
        return {one.name: one.last for one in self.variants if one.last is not None}

    async def _refresh(self) -> None:
        await asyncio.gather(*(variant.refresh() for variant in self.variants))
        self.refreshes += len(self.variants)
        lags = [one.lag_seconds for one in self.variants if one.lag_seconds is not None and not one.is_ended]
        self.longest_lag = max(
            [*lags, *([] if self.longest_lag is None else [self.longest_lag])], default=None
        )

    def _fetch_new(self) -> None:
        for watch in self.segments:
            playlist = watch.variant.last.playlist if watch.variant.last else None
            if playlist is None or not playlist.segments:
                continue
            if watch.next_msn is None:
                watch.next_msn = self.next_msn - _FIRST
                if watch is self.segments[0]:
                    self._probe(watch, playlist.segments[-1].uri)
            for listed in playlist.numbered():
                if listed.msn >= watch.next_msn and listed.msn // 2 % self.sample == 0:
                    self.fetching.create_task(self._fetch(watch, listed))
            watch.next_msn = max(watch.next_msn, playlist.next_msn)

    def _probe(self, watch: SegmentWatch, uri: str) -> None:
        name, url = watch.variant.name, watch.variant.url
        self.fetching.create_task(probe_playlist(self.fetcher, url, name))
        self.fetching.create_task(probe_segment(self.fetcher, urljoin(url, uri), f"{name} segments"))

    async def _fetch(self, watch: SegmentWatch, listed: Numbered) -> None:
        async with self.gate:
            facts = await watch.fetch(listed)
        if facts is None:
            return
        together = self.by_msn.setdefault(listed.msn, {})
        together[watch.variant.name] = facts
        if len(together) == len(self.variants):
            self.fetcher.findings.add(check_same_content(together), f"segment {listed.msn}")
            del self.by_msn[listed.msn]
        if len(self.by_msn) > _INCOMPLETE:
            del self.by_msn[min(self.by_msn)]
