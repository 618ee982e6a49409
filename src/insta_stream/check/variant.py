"""The history of one variant's media playlist."""

from dataclasses import dataclass

from insta_stream.check.fetch import Fetcher, playlist_of
from insta_stream.hls.playlist import MultivariantPlaylist, Variant
from insta_stream.hls.rules.http import PLAYLIST_HTTP, check_playlist
from insta_stream.hls.rules.media import check_media
from insta_stream.hls.rules.pace import Seen, check_early, check_edge, check_rate, check_stale
from insta_stream.hls.rules.refresh import MSN_GAP, check_refresh
from insta_stream.hls.rules.text import SYNTAX
from insta_stream.ticks import TICKS_PER_SECOND, to_seconds


@dataclass(slots=True)
class VariantWatch:
    """Reads one media playlist again and again, and judges each refresh against the ones before.

    name: what reports call it, another one for each variant. promised: what the multivariant playlist says of
    it; None when there is none. first, last: refreshes.
    appeared: the first refresh with the present version; before_that: the last one with the version before.
    """

    url: str
    name: str
    promised: Variant | None
    fetcher: Fetcher
    first: Seen | None = None
    last: Seen | None = None
    appeared: Seen | None = None
    before_that: Seen | None = None

    @property
    def is_ended(self) -> bool:
        """Whether the last refresh has ENDLIST."""
        return self.last is not None and self.last.playlist.is_ended

    @property
    def target_duration(self) -> int:
        """In seconds; 1 while it is not known, and where it is 0: what is waited for depends on it."""
        return max(1, self.last.playlist.target_duration) if self.last else 1

    @property
    def lag_seconds(self) -> float | None:
        """How far the edge was behind the clock when the present version appeared."""
        if self.appeared is None or self.appeared.edge is None:
            return None
        return (self.appeared.received - self.appeared.edge) / TICKS_PER_SECOND

    async def refresh(self) -> None:
        """Read the playlist once."""
        answer = await self.fetcher.fetch(self.url, PLAYLIST_HTTP, self.name)
        if answer is None:
            self.appeared = self.before_that = None
            return
        playlist = playlist_of(answer, self.fetcher.findings, self.name)
        if isinstance(playlist, MultivariantPlaylist):
            self.fetcher.findings.add([SYNTAX.broken("this is not a media playlist")], self.name)
            return
        target = playlist.target_duration if playlist else self.target_duration
        self.fetcher.findings.add(check_playlist(answer.exchange, target), self.name)
        if playlist is not None:
            self._judge(Seen(playlist, answer.requested, answer.received))

    def close(self) -> None:
        """Judge the whole time; a gap may be tolerated, but not that there is nothing else."""
        if self.first is None or self.last is None:
            self.fetcher.findings.add([PLAYLIST_HTTP.broken("it could not be read even once")], self.name)
        else:
            self.fetcher.findings.add(check_rate(self.first, self.last), self.name)

    def _judge(self, seen: Seen) -> None:
        before, self.last = self.last, seen
        self.first = self.first or seen
        if before is not None and before.playlist == seen.playlist:
            if self.appeared is not None:
                self.fetcher.findings.add(check_stale(self.appeared, seen), self.name)
            else:
                self.appeared = seen
            return
        self.fetcher.findings.add(check_media(seen.playlist), self.name)
        self.fetcher.findings.add(check_edge(seen), self.name)
        if before is not None:
            self._compare(before, seen)
        self.before_that, self.appeared = (before if self.appeared else None), seen
        length = to_seconds(seen.playlist.duration)
        self.fetcher.findings.tell(
            "version", f"{self.name}: up to segment {seen.playlist.next_msn - 1}, {length:.0f} s"
        )
        if self.is_ended:
            self.fetcher.findings.tell("ended", f"{self.name} has ended")

    def _compare(self, before: Seen, seen: Seen) -> None:
        was_away = seen.requested - before.received > before.playlist.duration
        for violation in check_refresh(before.playlist, seen.playlist):
            if not (was_away and violation.code == MSN_GAP.code):
                self.fetcher.findings.add([violation], self.name)
        if self.before_that is not None:
            self.fetcher.findings.add(check_early(self.before_that, before, seen), self.name)
