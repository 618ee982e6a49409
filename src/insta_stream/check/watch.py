"""Watches a channel: follows its broadcasts from one to the next, and reports."""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx

from insta_stream.check.broadcast import Broadcast
from insta_stream.check.fetch import Fetcher, playlist_of
from insta_stream.check.findings import Event, Findings
from insta_stream.check.report import Finding, Report
from insta_stream.clock import Clock
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist
from insta_stream.hls.rules.http import PLAYLIST_HTTP, check_missing, check_playlist
from insta_stream.hls.rules.refresh import MSN_BACK
from insta_stream.hls.rules.variants import check_multivariant, check_multivariant_refresh
from insta_stream.ticks import to_seconds

_AT_ONCE = 4
"""Segments that are fetched at the same time."""

_ENTRY = "the entry playlist"
_ENTRY_WITHIN_SECONDS = 10
"""How long the entry playlist may take to appear; a wrong address should not cost the whole time."""

_ENDS_WITHIN = 3
"""Target durations that a broadcast may go on after the entry playlist names the next one."""

_ENTRY_EVERY = 5
"""Target durations between two readings of the entry playlist while a broadcast runs."""


async def check(
    url: str,
    *,
    seconds: float = 30,
    on_event: Callable[[Event], None] = lambda _: None,
    ffmpeg: Path | None = None,
    tolerate_restart: bool = False,
    sample: int = 1,
) -> Report:
    """Watch a channel for `seconds` and return what was seen; 0 looks once and is done in a moment.

    url: of its multivariant playlist, or of one media playlist. ffmpeg: decode every segment with it.
    tolerate_restart: the server may be away for a while, but must not contradict itself afterwards.
    sample: fetch segments in pairs, one pair in `sample`; 1 fetches all.
    """
    began = time.monotonic()
    findings = Findings(on_event)
    limits = httpx.Limits(max_connections=16)
    headers = {"Accept-Encoding": "gzip"}
    async with httpx.AsyncClient(
        timeout=10, limits=limits, headers=headers, verify=_certificates()
    ) as client:
        watch = _Watch(url, Fetcher(client, Clock(), findings, tolerate_restart), ffmpeg, sample)
        await watch.run(seconds)
    return watch.report(time.monotonic() - began)


@cache
def _certificates() -> ssl.SSLContext:
    """Return the authorities that are trusted; reading them takes longer than a glance at a channel."""
    return httpx.create_ssl_context()


@dataclass(slots=True)
class _Watch:
    """One check. broadcasts: all that were seen, the present one last."""

    url: str
    fetcher: Fetcher
    ffmpeg: Path | None
    sample: int
    broadcasts: list[Broadcast] = field(default_factory=list)
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    @property
    def present(self) -> Broadcast | None:
        return self.broadcasts[-1] if self.broadcasts else None

    async def run(self, seconds: float) -> None:
        """Watch until the time is over, then wait for what is being fetched."""
        began = entry_due = time.monotonic()
        ends = began + seconds
        async with asyncio.TaskGroup() as fetching:
            while True:
                if time.monotonic() >= entry_due:
                    await self._read_entry(fetching)
                    entry_due = time.monotonic() + _ENTRY_EVERY * self._target_duration()
                if self.present is not None and not self.present.is_ended:
                    await self.present.read()
                if self.present is None or self.present.is_ended:
                    entry_due = time.monotonic()
                is_there = self.present is not None or self.fetcher.tolerates_restart
                until = ends if is_there else min(ends, began + _ENTRY_WITHIN_SECONDS)
                left = until - time.monotonic()
                if left <= 0:
                    break
                await asyncio.sleep(min(left, self._target_duration() / 2))
        if self.present is None:
            self.fetcher.findings.add([PLAYLIST_HTTP.broken("it could not be read even once")], _ENTRY)
        else:
            await self.present.finish()

    def report(self, seconds: float) -> Report:
        """Return what was seen; errors first."""
        findings = self.fetcher.findings
        found = [
            Finding(one.code, one.severity, one.subject, one.message, count)
            for one, count in findings.violations.values()
        ]
        lags = [one.longest_lag for one in self.broadcasts if one.longest_lag is not None]
        variants = self.present.variants if self.present else []
        windows = [to_seconds(one.last.playlist.duration) for one in variants if one.last is not None]
        return Report(
            url=self.url,
            seconds=round(seconds, 3),
            broadcasts=len(self.broadcasts),
            variants=len(variants),
            refreshes=sum(one.refreshes for one in self.broadcasts),
            segments=findings.counts.get("segment", 0),
            gaps=findings.counts.get("gap", 0),
            edge_lag_seconds=round(max(lags), 3) if lags else None,
            window_seconds=round(max(windows), 3) if windows else None,
            findings=tuple(sorted(found, key=lambda one: (one.severity, one.code, one.subject))),
        )

    def _target_duration(self) -> int:
        return self.present.target_duration if self.present else 1

    async def _read_entry(self, fetching: asyncio.TaskGroup) -> None:
        """Read the entry playlist; another one after the end of the present broadcast begins the next."""
        answer = await self.fetcher.fetch(self.url, PLAYLIST_HTTP, _ENTRY)
        if answer is None:
            return
        present, findings = self.present, self.fetcher.findings
        if present is not None and not answer.is_good and await self._has_ended(present):
            findings.add(check_missing(answer.exchange), _ENTRY)
            return
        playlist = playlist_of(answer, findings, _ENTRY)
        target = playlist.target_duration if isinstance(playlist, MediaPlaylist) else None
        findings.add(check_playlist(answer.exchange, target), _ENTRY)
        if playlist is None:
            return
        entry = playlist if isinstance(playlist, MultivariantPlaylist) else None
        if present is None:
            self._begin(entry, answer.exchange.url, fetching)
        elif entry is not None and present.playlist is not None and entry != present.playlist:
            await self._follow(present, present.playlist, entry)
            self._begin(entry, answer.exchange.url, fetching)
            await self._compare(present)

    async def _follow(self, present: Broadcast, old: MultivariantPlaylist, new: MultivariantPlaylist) -> None:
        """The entry playlist changed: that is right only if the present broadcast ends.

        What is frozen of it may still air: whoever comes now is led to the next broadcast already.
        """
        gives_up_at = time.monotonic() + _ENDS_WITHIN * present.target_duration
        while not await self._has_ended(present):
            if time.monotonic() > gives_up_at:
                self.fetcher.findings.add(check_multivariant_refresh(old, new), _ENTRY)
                break
            await asyncio.sleep(present.target_duration / 2)
        present.close()

    async def _has_ended(self, present: Broadcast) -> bool:
        """Whether the broadcast has ended; it may have done so since it was read."""
        if not present.is_ended:
            await present.read()
        return present.is_ended

    async def _compare(self, before: Broadcast) -> None:
        """Read the new broadcast; its numbers must be higher than those of the one before."""
        now = self.broadcasts[-1]
        await now.read()
        for variant in now.variants:
            number = variant.first.playlist.media_sequence if variant.first else before.next_msn
            if number < before.next_msn:
                message = (
                    f"the previous broadcast ended at {before.next_msn - 1}, but this one starts at {number}"
                )
                self.fetcher.findings.add([MSN_BACK.broken(message)], variant.name)

    def _begin(self, entry: MultivariantPlaylist | None, url: str, fetching: asyncio.TaskGroup) -> None:
        if entry is not None:
            self.fetcher.findings.add(check_multivariant(entry), _ENTRY)
        broadcast = Broadcast.of(
            entry, url, self.fetcher, fetching, self.gate, sample=self.sample, ffmpeg=self.ffmpeg
        )
        self.broadcasts.append(broadcast)
        self.fetcher.findings.tell("broadcast", f"{len(broadcast.variants)} variants")
