"""Playlists as text (RFC 8216 section 4): the same value gives the same bytes, on every node, for ever."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache

from insta_stream.hls.playlist import MediaPlaylist, MediaSegment, MultivariantPlaylist, Variant
from insta_stream.ticks import TICKS_PER_MILLISECOND, Ticks

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def render_media(playlist: MediaPlaylist) -> str:
    """Return the text of a media playlist, with a line feed at the end of each line."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{playlist.version}",
        *(("#EXT-X-INDEPENDENT-SEGMENTS",) if playlist.is_independent else ()),
        f"#EXT-X-TARGETDURATION:{playlist.target_duration}",
        *((f"#EXT-X-PLAYLIST-TYPE:{playlist.playlist_type}",) if playlist.playlist_type else ()),
        f"#EXT-X-MEDIA-SEQUENCE:{playlist.media_sequence}",
    ]
    if playlist.discontinuity_sequence is not None:
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{playlist.discontinuity_sequence}")
    ending = "#EXT-X-ENDLIST\n" if playlist.is_ended else ""
    return "\n".join([*lines, ""]) + render_segments(playlist.segments) + ending


def render_segments(segments: Iterable[MediaSegment]) -> str:
    """Return the lines of segments, as they stand in a media playlist."""
    lines = []
    for uri, duration, date_time, discontinuity in segments:
        if discontinuity:
            lines.append("#EXT-X-DISCONTINUITY")
        if date_time is not None:
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_date_time(date_time)}")
        lines.append(f"#EXTINF:{_decimal(duration)},\n{uri}")
    return "\n".join([*lines, ""])


def render_multivariant(playlist: MultivariantPlaylist) -> str:
    """Return the text of a multivariant playlist, with a line feed at the end of each line."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{playlist.version}"]
    if playlist.is_independent:
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    for variant in playlist.variants:
        lines.append(f"#EXT-X-STREAM-INF:{','.join(_attributes(variant))}")
        lines.append(variant.uri)
    return "\n".join([*lines, ""])


def _attributes(variant: Variant) -> Iterator[str]:
    yield f"BANDWIDTH={variant.bandwidth}"
    if variant.average_bandwidth is not None:
        yield f"AVERAGE-BANDWIDTH={variant.average_bandwidth}"
    if variant.codecs is not None:
        yield f'CODECS="{variant.codecs}"'
    if variant.width is not None and variant.height is not None:
        yield f"RESOLUTION={variant.width}x{variant.height}"
    if variant.frame_rate is not None:
        yield f"FRAME-RATE={_thousandths(variant.frame_rate)}"


@lru_cache(maxsize=1024)
def _decimal(duration: Ticks) -> str:
    """Return seconds with six decimals: precise enough to find the tick again; kept, since most are alike."""
    microseconds = (duration * 25 + 9) // 18
    whole, rest = divmod(microseconds, 1_000_000)
    return f"{whole}.{rest:06d}"


def _date_time(instant: Ticks) -> str:
    """Return ISO 8601 in UTC, rounded once to the millisecond."""
    milliseconds = (instant + TICKS_PER_MILLISECOND // 2) // TICKS_PER_MILLISECOND
    minute, rest = divmod(milliseconds, 60_000)
    return f"{_minute(minute)}:{rest // 1000:02d}.{rest % 1000:03d}Z"


@lru_cache(maxsize=1024)
def _minute(minute: int) -> str:
    """Return the date and time of a minute since the epoch; kept, as it is half of the work of rendering."""
    return (_EPOCH + timedelta(minutes=minute)).isoformat(timespec="minutes")[:-6]


def _thousandths(rate: Fraction) -> str:
    whole, rest = divmod(round(rate * 1000), 1000)
    return f"{whole}.{rest:03d}"
