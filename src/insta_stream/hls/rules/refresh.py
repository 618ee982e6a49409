"""Rules about two refreshes of one media playlist: the published past never changes."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from insta_stream.hls.playlist import MediaPlaylist, MediaSegment, Numbered
from insta_stream.hls.rules.rule import Violation, error, warning
from insta_stream.ticks import TICKS_PER_SECOND, to_datetime, to_seconds

SEG_URI_CHANGED = error(
    "SEG-URI-CHANGED",
    "A media sequence number keeps its URI.",
    "RFC 8216 section 6.2.1; AVPlayer error -12312",
)
SEG_QUERY_CHANGED = warning(
    "SEG-QUERY-CHANGED", "A media sequence number keeps the query of its URI too.", "RFC 8216 section 6.2.1"
)
EXTINF_CHANGED = error("EXTINF-CHANGED", "A segment keeps its duration.", "RFC 8216 section 6.2.1")
PDT_CHANGED = error("PDT-CHANGED", "A segment keeps its date.", "RFC 8216 section 6.2.1; media3 issue 3337")
DISC_CHANGED = error(
    "DISC-CHANGED", "A segment keeps its DISCONTINUITY tag while it is listed.", "RFC 8216 section 6.2.1"
)
DSEQ_CHANGED = error(
    "DSEQ-CHANGED",
    "A segment keeps its discontinuity number: the counter rises when the tagged segment is removed, not "
    "before.",
    "RFC 8216 sections 4.3.3.3, 6.2.2",
)
TD_CHANGED = error("TD-CHANGED", "The target duration never changes.", "RFC 8216 section 6.2.1")
MSN_BACK = error(
    "MSN-BACK", "MEDIA-SEQUENCE never goes back.", "RFC 8216 section 6.2.2; ExoPlayer PlaylistResetException"
)
EDGE_BACK = error(
    "EDGE-BACK",
    "The last listed segment is never removed before it has become the first.",
    "RFC 8216 section 6.2.1",
)
MSN_GAP = error(
    "MSN-GAP",
    "Timely refreshes overlap: no segment appears and disappears unseen.",
    "RFC 8216 section 6.2.2; FFmpeg skips segments",
)
WINDOW_SHORT = error(
    "WINDOW-SHORT",
    "No segment is removed if less than three target durations would remain.",
    "RFC 8216 section 6.2.2",
)
AFTER_END = error("AFTER-END", "After ENDLIST a playlist never changes.", "RFC 8216 section 6.2.1")
RULES = (
    *(
        SEG_URI_CHANGED,
        SEG_QUERY_CHANGED,
        EXTINF_CHANGED,
        PDT_CHANGED,
        DISC_CHANGED,
        DSEQ_CHANGED,
        TD_CHANGED,
    ),
    *(MSN_BACK, EDGE_BACK, MSN_GAP, WINDOW_SHORT, AFTER_END),
)


def check_refresh(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[Violation]:
    """Check a later refresh against an earlier one, fetched less than a window before."""
    if before.is_ended and after != before:
        yield AFTER_END.broken("the playlist changed after its end")
    if after.target_duration != before.target_duration:
        yield TD_CHANGED.broken(f"from {before.target_duration} s to {after.target_duration} s")
    if after.media_sequence < before.media_sequence:
        yield MSN_BACK.broken(f"from {before.media_sequence} to {after.media_sequence}")
        return
    if after.next_msn < before.next_msn:
        yield EDGE_BACK.broken(f"the last segment was {before.next_msn - 1}, now it is {after.next_msn - 1}")
    if after.media_sequence > before.next_msn:
        yield MSN_GAP.broken(f"segments {before.next_msn} to {after.media_sequence - 1} were never listed")
    left_short = after.duration < 3 * after.target_duration * TICKS_PER_SECOND
    if after.media_sequence > before.media_sequence and left_short and not after.is_ended:
        yield WINDOW_SHORT.broken(f"a segment was removed, and {to_seconds(after.duration):.1f} s remain")
    yield from _check_overlap(before, after)


def _check_overlap(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[Violation]:
    earlier = {one.msn: one for one in before.numbered()}
    for now in after.numbered():
        if (was := earlier.get(now.msn)) is not None and was != now:
            yield from _check_same(was, now)


def _check_same(was: Numbered, now: Numbered) -> Iterator[Violation]:
    if was.segment.uri != now.segment.uri:
        rule = SEG_QUERY_CHANGED if _path(was.segment) == _path(now.segment) else SEG_URI_CHANGED
        yield rule.broken(f"segment {now.msn} was {was.segment.uri}, now it is {now.segment.uri}")
    if was.segment.duration != now.segment.duration:
        change = to_seconds(was.segment.duration), to_seconds(now.segment.duration)
        yield EXTINF_CHANGED.broken(f"segment {now.msn}: from {change[0]:.6f} s to {change[1]:.6f} s")
    if was.segment.date_time != now.segment.date_time:
        yield PDT_CHANGED.broken(f"segment {now.msn}: from {_date(was.segment)} to {_date(now.segment)}")
    if was.segment.discontinuity != now.segment.discontinuity:
        yield DISC_CHANGED.broken(
            f"segment {now.msn} {'got' if now.segment.discontinuity else 'lost'} its tag"
        )
    if was.dsn != now.dsn:
        yield DSEQ_CHANGED.broken(f"segment {now.msn}: discontinuity number {was.dsn} became {now.dsn}")


def _date(segment: MediaSegment) -> str:
    return "no date" if segment.date_time is None else to_datetime(segment.date_time).isoformat()


def _path(segment: MediaSegment) -> str:
    return urlsplit(segment.uri)._replace(query="", fragment="").geturl()
