"""Rules about when playlists change: the live edge is the wall clock."""

from collections.abc import Iterator
from dataclasses import dataclass

from insta_stream.hls.playlist import MediaPlaylist
from insta_stream.hls.rules.rule import Violation, error, warning
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, to_seconds

STALE = error(
    "STALE",
    "A live playlist changes at most 1.5 target durations after its last change.",
    "RFC 8216 section 6.2.1; AVPlayer error -12888",
)
UPDATE_EARLY = warning(
    "UPDATE-EARLY",
    "A live playlist changes at least half a target duration after its last change.",
    "RFC 8216 section 6.2.1",
)
LIVE_RATE = error("LIVE-RATE", "The live edge advances one second per second.", "RFC 8216 section 6.2.2")
PDT_FUTURE = error(
    "PDT-FUTURE", "The live edge is not ahead of the clock by more than a target duration.", "Apple 8.5"
)
PDT_LAGS = warning(
    "PDT-LAGS",
    "The live edge is at most three target durations behind the clock.",
    "Apple 8.5; ExoPlayer's live offset",
)
RULES = (STALE, UPDATE_EARLY, LIVE_RATE, PDT_FUTURE, PDT_LAGS)


@dataclass(frozen=True, slots=True)
class Seen:
    """A media playlist as a player got it. requested, received: instants by the player's clock."""

    playlist: MediaPlaylist
    requested: Ticks
    received: Ticks

    @property
    def edge(self) -> Ticks | None:
        """The instant at which the last listed segment ends; None where the playlist has no dates."""
        last = self.playlist.segments[-1] if self.playlist.segments else None
        return None if last is None or last.date_time is None else Ticks(last.date_time + last.duration)


def check_stale(first: Seen, last: Seen) -> Iterator[Violation]:
    """Check that a version, first seen in `first` and still there in `last`, is not too old."""
    limit = first.playlist.target_duration * TICKS_PER_SECOND * 3 // 2
    unchanged = Ticks(last.requested - first.received)
    if unchanged > limit and not last.playlist.is_ended:
        yield STALE.broken(f"unchanged for {to_seconds(unchanged):.1f} s")


def check_early(older: Seen, later: Seen, newest: Seen) -> Iterator[Violation]:
    """Check two changes in a row: `older` was there, then `later`, and by `newest` that was gone too."""
    limit = newest.playlist.target_duration * TICKS_PER_SECOND // 2
    within = Ticks(newest.received - older.requested)
    if within < limit and len({one.playlist.next_msn for one in (older, later, newest)}) == 3:  # noqa: PLR2004
        yield UPDATE_EARLY.broken(f"it changed twice within {to_seconds(within):.2f} s")


def check_rate(first: Seen, last: Seen) -> Iterator[Violation]:
    """Check the whole time between two refreshes: the edge moves with the clock, to a segment."""
    if first.edge is None or last.edge is None or last.playlist.is_ended:
        return
    elapsed = Ticks(last.received - first.received)
    lead = Ticks(last.edge - first.edge - elapsed)
    if abs(lead) > last.playlist.target_duration * TICKS_PER_SECOND * 3 // 2:
        yield LIVE_RATE.broken(
            f"in {to_seconds(elapsed):.1f} s the edge gained {to_seconds(lead):+.1f} s on the clock"
        )


def check_edge(seen: Seen) -> Iterator[Violation]:
    """Check the edge against the clock."""
    if seen.edge is None or seen.playlist.is_ended:
        return
    target = seen.playlist.target_duration * TICKS_PER_SECOND
    ahead = Ticks(seen.edge - seen.received)
    if ahead > target:
        yield PDT_FUTURE.broken(f"the edge is {to_seconds(ahead):.1f} s ahead of the clock")
    if ahead < -3 * target:
        yield PDT_LAGS.broken(f"the edge is {-to_seconds(ahead):.1f} s behind the clock")
