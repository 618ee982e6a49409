"""HLS playlists as values (RFC 8216 section 4): what they say, not how it is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from insta_stream.ticks import Ticks

VERSION = 6
"""Decimal EXTINF needs 3; 6 is what every client of the last ten years reads (RFC 8216 section 7)."""


class MediaSegment(NamedTuple):
    """One listed segment; a tuple, since a server makes thousands a second.

    uri: absolute, or relative to the playlist. duration: ticks, written as EXTINF to the microsecond.
    date_time: ticks since the epoch at which its first frame airs, written to the millisecond; None where
    the playlist does not say. discontinuity: a DISCONTINUITY tag stands before it.
    """

    uri: str
    duration: Ticks
    date_time: Ticks | None
    discontinuity: bool = False


class Numbered(NamedTuple):
    """A listed segment with the two numbers that name it for ever: its own and its discontinuity's."""

    msn: int
    dsn: int
    segment: MediaSegment


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """A media playlist (RFC 8216 section 4.3.3).

    target_duration: whole seconds. media_sequence: number of the first listed segment.
    discontinuity_sequence: how many DISCONTINUITY tags have left the playlist; None when it does not say,
    which means 0. is_ended: nothing will be added (ENDLIST).
    """

    target_duration: int
    media_sequence: int
    discontinuity_sequence: int | None
    segments: tuple[MediaSegment, ...]
    is_ended: bool = False
    is_independent: bool = True
    playlist_type: Literal["", "EVENT", "VOD"] = ""
    version: int = VERSION

    @property
    def duration(self) -> Ticks:
        """Of all listed segments together."""
        return Ticks(sum(segment.duration for segment in self.segments))

    @property
    def next_msn(self) -> int:
        """The number that the segment after the last listed one will have."""
        return self.media_sequence + len(self.segments)

    def numbered(self) -> Iterator[Numbered]:
        """Yield the segments with their numbers (sections 4.3.3.2 and 4.3.3.3)."""
        dsn = self.discontinuity_sequence or 0
        for msn, segment in enumerate(self.segments, self.media_sequence):
            dsn += segment.discontinuity
            yield Numbered(msn, dsn, segment)


@dataclass(frozen=True, slots=True)
class Variant:
    """One EXT-X-STREAM-INF (RFC 8216 section 4.3.4.2); None where the playlist does not say.

    bandwidth, average_bandwidth: bits per second, container and sound included. codecs: RFC 6381 names,
    separated by commas. frame_rate: the highest, written to the thousandth.
    """

    uri: str
    bandwidth: int
    average_bandwidth: int | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: Fraction | None = None
    codecs: str | None = None


@dataclass(frozen=True, slots=True)
class MultivariantPlaylist:
    """A multivariant playlist (RFC 8216 section 4.3.4, there "master"). Many players start with the first."""

    variants: tuple[Variant, ...]
    is_independent: bool = True
    version: int = VERSION
