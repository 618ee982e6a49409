"""Rules about one media playlist."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from insta_stream.hls.playlist import MediaPlaylist
from insta_stream.hls.rules.rule import Violation, error, warning
from insta_stream.ticks import TICKS_PER_MILLISECOND, TICKS_PER_SECOND, to_seconds

EMPTY = error(
    "EMPTY", "A media playlist lists at least one segment.", "RFC 8216 section 4.3.3; hls.js levelEmptyError"
)
VERSION = error("VERSION", "Decimal durations need version 3 or later.", "RFC 8216 section 7")
DSEQ_MISSING = error(
    "DSEQ-MISSING",
    "DISCONTINUITY-SEQUENCE is always written, even when it is 0.",
    "RFC 8216 section 6.2.2; Apple 8.17",
)
TD_EXCEEDED = error(
    "TD-EXCEEDED", "No duration, rounded, exceeds the target duration.", "RFC 8216 section 4.3.3.1; Apple 7.7"
)
TD_LOOSE = warning(
    "TD-LOOSE",
    "The target duration is at most 1.5 times the longest duration: it sets latency and polling.",
    "Apple 7.5; RFC 8216 section 6.3.4",
)
PDT_MISSING = error(
    "PDT-MISSING",
    "The first segment and the first after each discontinuity have a date.",
    "Apple 8.4; RFC 8216 section 6.2.4",
)
PDT_DRIFT = error(
    "PDT-DRIFT",
    "Within a discontinuity domain, each date is the previous one plus its duration, to 45 ms.",
    "RFC 8216 section 4.3.2.6",
)
PDT_JUMP = error(
    "PDT-JUMP",
    "Dates continue across a discontinuity without a gap: at a gap, ExoPlayer buffers forever.",
    "ExoPlayer issues 9872 and 8312; media3 issue 1954",
)
PDT_BACK = error("PDT-BACK", "Dates never go back.", "RFC 8216 section 4.3.2.6")
WINDOW_START = warning(
    "WINDOW-START",
    "A live playlist lists three target durations from the very start.",
    "RFC 8216 section 6.3.3 (players start that far from the end)",
)
WINDOW_SIX = warning("WINDOW-SIX", "A live playlist lists at least six segments.", "Apple 8.11")
PLAYLIST_TYPE = error(
    "PLAYLIST-TYPE", "A playlist that removes segments has no PLAYLIST-TYPE.", "RFC 8216 section 4.3.3.5"
)
EXTENSION = warning(
    "EXTENSION",
    "The path of a segment ends in .ts: FFmpeg 7.1.1 and later refuses other extensions.",
    "FFmpeg option extension_picky",
)
RULES = (
    *(EMPTY, VERSION, DSEQ_MISSING, TD_EXCEEDED, TD_LOOSE, PDT_MISSING, PDT_DRIFT, PDT_JUMP, PDT_BACK),
    *(WINDOW_START, WINDOW_SIX, PLAYLIST_TYPE, EXTENSION),
)

_DRIFT = 45 * TICKS_PER_MILLISECOND
_LEAST_SEGMENTS = 6
_DECIMALS_VERSION = 3


def check_media(playlist: MediaPlaylist) -> Iterator[Violation]:
    """Check a media playlist by itself."""
    if not playlist.segments:
        yield EMPTY.broken("it lists no segment")
        return
    if playlist.version < _DECIMALS_VERSION:
        yield VERSION.broken(f"version {playlist.version}")
    if playlist.discontinuity_sequence is None:
        yield DSEQ_MISSING.broken("there is no EXT-X-DISCONTINUITY-SEQUENCE")
    for msn, _, segment in playlist.numbered():
        if PurePosixPath(urlsplit(segment.uri).path).suffix != ".ts":
            yield EXTENSION.broken(f"segment {msn} is {segment.uri}")
            break
    yield from _check_durations(playlist)
    yield from _check_dates(playlist)
    if not playlist.is_ended:
        yield from _check_window(playlist)


def _check_durations(playlist: MediaPlaylist) -> Iterator[Violation]:
    target = playlist.target_duration * TICKS_PER_SECOND
    longest = max(segment.duration for segment in playlist.segments)
    if longest >= target + TICKS_PER_SECOND // 2:
        yield TD_EXCEEDED.broken(
            f"{to_seconds(longest):.6f} s, but the target duration is {playlist.target_duration} s"
        )
    if longest * 3 < target * 2:
        yield TD_LOOSE.broken(f"the longest is {to_seconds(longest):.3f} s of {playlist.target_duration} s")


def _check_window(playlist: MediaPlaylist) -> Iterator[Violation]:
    if playlist.duration < 3 * playlist.target_duration * TICKS_PER_SECOND:
        yield WINDOW_START.broken(f"{to_seconds(playlist.duration):.1f} s are listed")
    if len(playlist.segments) < _LEAST_SEGMENTS:
        yield WINDOW_SIX.broken(f"{len(playlist.segments)} segments are listed")
    if playlist.playlist_type:
        yield PLAYLIST_TYPE.broken(f"a live playlist has the type {playlist.playlist_type}")


def _check_dates(playlist: MediaPlaylist) -> Iterator[Violation]:
    first, *others = playlist.segments
    if first.date_time is None or any(one.discontinuity and one.date_time is None for one in others):
        yield PDT_MISSING.broken("the first segment, or the first after a discontinuity, has no date")
    for (_, _, before), (msn, _, after) in pairwise(playlist.numbered()):
        if before.date_time is None or after.date_time is None:
            continue
        step = after.date_time - before.date_time
        jump = step - before.duration
        if step < 0:
            yield PDT_BACK.broken(f"at segment {msn} the date goes back by {-step / TICKS_PER_SECOND:.3f} s")
        elif abs(jump) > _DRIFT:
            rule = PDT_JUMP if after.discontinuity else PDT_DRIFT
            yield rule.broken(f"at segment {msn} the date is {jump / TICKS_PER_SECOND:+.3f} s off")
