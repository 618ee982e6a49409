"""The segments of one variant: fetched as they are listed, read, and judged one after another."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from urllib.parse import urljoin

from insta_stream.check.fetch import Answer, Fetcher
from insta_stream.check.variant import VariantWatch
from insta_stream.hls.mpegts import SegmentError, SegmentFacts, read
from insta_stream.hls.playlist import Numbered
from insta_stream.hls.rules import Violation
from insta_stream.hls.rules.http import SEG_EXPIRED, SEG_HTTP, SEG_LATE, SEG_MUTATED, check_segment_answer
from insta_stream.hls.rules.promises import check_promises, check_rates
from insta_stream.hls.rules.segments import (
    DECODE,
    FORMAT_CHANGED,
    TS_SYNC,
    check_follow,
    check_join,
    check_segment,
    check_sum,
)

_KEEP = 120
"""Segments that are remembered of a variant: enough for runs, small enough for checks that last days."""

_REREAD = 2
"""Segments of a variant that are read again at the end."""


@dataclass(frozen=True, slots=True)
class Read:
    """A segment that was listed, fetched and understood."""

    listed: Numbered
    facts: SegmentFacts


@dataclass(slots=True)
class SegmentWatch:
    """Fetches the segments of a variant.

    ffmpeg: decodes each with it, unless None. next_msn: of the segment to fetch next; None before the first.
    known: segments by number, the last ones. digests: of the bodies by address, to see them change.
    """

    variant: VariantWatch
    fetcher: Fetcher
    ffmpeg: Path | None
    next_msn: int | None = None
    known: dict[int, Read] = field(default_factory=dict)
    digests: dict[str, bytes] = field(default_factory=dict)

    async def fetch(self, listed: Numbered) -> SegmentFacts | None:
        """Fetch and judge one segment that has just been listed; None when it cannot be read."""
        subject = f"{self.variant.name} segment {listed.msn}"
        url = urljoin(self.variant.url, listed.segment.uri)
        answer = await self._answer(url, subject)
        if answer is None:
            return None
        self.fetcher.findings.add(check_segment_answer(answer.exchange), subject)
        if not answer.is_good:
            return None
        self._remember(url, answer.body, subject)
        try:
            facts = read(answer.body)
        except SegmentError as broken:
            self.fetcher.findings.add([TS_SYNC.broken(str(broken))], subject)
            return None
        self.fetcher.findings.tell("segment", f"{subject}: {len(answer.body)} bytes")
        self.known[listed.msn] = Read(listed, facts)
        self._judge(listed.msn, subject)
        if self.ffmpeg is not None and (said := await _decode(self.ffmpeg, answer.body)):
            self.fetcher.findings.add([DECODE.broken(said)], subject)
        if len(self.known) > 2 * _KEEP:
            self.close()
            self.known = dict(sorted(self.known.items())[-_KEEP:])
        return facts

    def close(self) -> None:
        """Judge the runs of consecutive segments: sums of durations, and rates."""
        for _, run in groupby(enumerate(sorted(self.known)), lambda pair: pair[1] - pair[0]):
            reads = [self.known[msn] for _, msn in run]
            if self.variant.promised is not None:
                rates = [(one.facts.size, one.listed.segment.duration) for one in reads]
                self.fetcher.findings.add(
                    check_rates(self.variant.promised, rates, self.variant.target_duration), self.variant.name
                )
            for _, domain in groupby(reads, lambda one: one.listed.dsn):
                timed = [(one.facts, one.listed.segment.duration) for one in domain]
                self.fetcher.findings.add(check_sum(timed), self.variant.name)

    async def read_again(self) -> None:
        """Fetch the oldest known segments again: the same bytes, though they may have left the playlist."""
        for msn in sorted(self.known)[:_REREAD]:
            url = urljoin(self.variant.url, self.known[msn].listed.segment.uri)
            subject = f"{self.variant.name} segment {msn}"
            has_left = self.variant.last is not None and msn < self.variant.last.playlist.media_sequence
            rule = SEG_EXPIRED if has_left else SEG_HTTP
            answer = await self.fetcher.fetch(url, rule, subject)
            if answer is None:
                continue
            if answer.is_good:
                self._remember(url, answer.body, subject)
            else:
                self.fetcher.findings.add(
                    [rule.broken(f"status {answer.exchange.status} when it was read again")], subject
                )

    async def _answer(self, url: str, subject: str) -> Answer | None:
        """Return the answer; what is not there at first is asked for once more after a target duration."""
        answer = await self.fetcher.fetch(url, SEG_HTTP, subject)
        if answer is None or answer.is_good:
            return answer
        await asyncio.sleep(self.variant.target_duration)
        again = await self.fetcher.fetch(url, SEG_HTTP, subject)
        if again is not None and again.is_good:
            self.fetcher.findings.add(
                [SEG_LATE.broken(f"status {answer.exchange.status} when it was listed")], subject
            )
            return again
        return answer

    def _remember(self, url: str, body: bytes, subject: str) -> None:
        digest = blake2b(body, digest_size=16).digest()
        if self.digests.setdefault(url, digest) != digest:
            self.fetcher.findings.add([SEG_MUTATED.broken(f"{url} has different bytes than before")], subject)

    def _judge(self, msn: int, subject: str) -> None:
        now = self.known[msn]
        self.fetcher.findings.add(check_segment(now.facts), subject)
        if self.variant.promised is not None:
            self.fetcher.findings.add(check_promises(self.variant.promised, now.facts), subject)
        for first, second in ((msn - 1, msn), (msn, msn + 1)):
            if first in self.known and second in self.known:
                before, after = self.known[first], self.known[second]
                about = f"{self.variant.name} segments {first} and {second}"
                if after.listed.segment.discontinuity:
                    self._join(check_join(before.facts, after.facts), about)
                else:
                    duration = before.listed.segment.duration
                    self.fetcher.findings.add(check_follow(before.facts, duration, after.facts), about)

    def _join(self, violations: Iterable[Violation], about: str) -> None:
        """A channel of videos of several formats changes its format again and again: that is told once."""
        for violation in violations:
            is_usual = violation.code == FORMAT_CHANGED.code
            told = FORMAT_CHANGED.broken(f"{violation.message} ({about})") if is_usual else violation
            self.fetcher.findings.add([told], self.variant.name if is_usual else about)


async def _decode(ffmpeg: Path, body: bytes) -> str:
    """Return the first complaint of a decoder about a segment, or ""."""
    command = (
        str(ffmpeg),
        "-hide_banner",
        "-loglevel",
        "error",
        "-f",
        "mpegts",
        "-i",
        "-",
        "-f",
        "null",
        "-",
    )
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, said = await child.communicate(body)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return said.decode(errors="replace").partition("\n")[0]
