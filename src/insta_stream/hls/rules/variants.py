"""Rules about the variants of a channel side by side: one number names one instant in all of them."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist, Numbered, Variant
from insta_stream.hls.rules.pace import Seen
from insta_stream.hls.rules.rule import Violation, error, warning
from insta_stream.ticks import TICKS_PER_MILLISECOND, TICKS_PER_SECOND

TD_DIFFERS = error("TD-DIFFERS", "All variants have the same target duration.", "RFC 8216 section 6.2.4")
ALIGN_MSN = error(
    "ALIGN-MSN",
    "The same media sequence number names the same instant in all variants.",
    "Apple 8.22; Shaka Player keeps one map of numbers",
)
ALIGN_DUR = error(
    "ALIGN-DUR", "Segments with the same number have the same duration in all variants.", "Apple 8.22"
)
ALIGN_DSEQ = error(
    "ALIGN-DSEQ",
    "Segments with the same number have the same discontinuity number in all variants.",
    "RFC 8216 section 6.2.4",
)
ALIGN_PDT = error(
    "ALIGN-PDT", "The same content has the same date in all variants.", "RFC 8216 section 6.2.4"
)
ALIGN_EDGE = error(
    "ALIGN-EDGE", "All variants get a new segment at the same moment.", "RFC 8216 section 6.2.4"
)
MV_INDEPENDENT = warning(
    "MV-INDEPENDENT",
    "The multivariant playlist has INDEPENDENT-SEGMENTS.",
    "RFC 8216 section 4.3.5.1; Apple 9.11",
)
MV_ATTR = warning(
    "MV-ATTR",
    "Every variant has AVERAGE-BANDWIDTH, CODECS, RESOLUTION and FRAME-RATE.",
    "Apple 9.1, 9.2, 9.14, 9.15",
)
MV_DUPLICATE = warning(
    "MV-DUPLICATE", "No two variants have the same URI or BANDWIDTH.", "hls.js merges equal bandwidths"
)
MV_CHANGED = error(
    "MV-CHANGED",
    "The variants of a broadcast never change: most players read them once.",
    "RFC 8216 section 6.2.4; Apple 9",
)
RULES = (
    *(TD_DIFFERS, ALIGN_MSN, ALIGN_DUR, ALIGN_DSEQ, ALIGN_PDT, ALIGN_EDGE),
    *(MV_INDEPENDENT, MV_ATTR, MV_DUPLICATE, MV_CHANGED),
)

_SAME_DURATION = 2 * TICKS_PER_MILLISECOND
_SAME_DATE = 20 * TICKS_PER_MILLISECOND
"""Less than a frame at 50 per second."""


def check_variants(playlists: Mapping[str, MediaPlaylist]) -> Iterator[Violation]:
    """Check the media playlists of all variants, by name, fetched at about the same time."""
    for (one_name, one), (other_name, other) in combinations(playlists.items(), 2):
        for violation in _check_pair(one, other):
            yield violation.about(f"{one_name} and {other_name}")


def check_edges(seen: Mapping[str, Seen]) -> Iterator[Violation]:
    """Check that no variant still lacks a segment that another one had before: exact, whatever the delays."""
    for ahead_name, ahead in seen.items():
        for behind_name, behind in seen.items():
            if ahead.received <= behind.requested and ahead.playlist.next_msn > behind.playlist.next_msn:
                message = (
                    f"segment {behind.playlist.next_msn} was in {ahead_name} before, and is missing here"
                )
                yield ALIGN_EDGE.broken(message).about(behind_name)


def check_multivariant(playlist: MultivariantPlaylist) -> Iterator[Violation]:
    """Check a multivariant playlist by itself."""
    if not playlist.is_independent:
        yield MV_INDEPENDENT.broken("there is no EXT-X-INDEPENDENT-SEGMENTS")
    for variant in playlist.variants:
        if missing := _missing(variant):
            yield MV_ATTR.broken(f"without {', '.join(missing)}").about(variant.uri)
    for one, other in combinations(playlist.variants, 2):
        if one.uri == other.uri or one.bandwidth == other.bandwidth:
            yield MV_DUPLICATE.broken(f"{one.uri} and {other.uri}")


def check_multivariant_refresh(
    before: MultivariantPlaylist, after: MultivariantPlaylist
) -> Iterator[Violation]:
    """Check two readings of the multivariant playlist of one broadcast."""
    if before != after:
        yield MV_CHANGED.broken("the multivariant playlist has changed")


def _missing(variant: Variant) -> list[str]:
    attributes = {
        "AVERAGE-BANDWIDTH": variant.average_bandwidth,
        "CODECS": variant.codecs,
        "RESOLUTION": variant.width,
        "FRAME-RATE": variant.frame_rate,
    }
    return [name for name, value in attributes.items() if value is None]


def _check_pair(one: MediaPlaylist, other: MediaPlaylist) -> Iterator[Violation]:
    if one.target_duration != other.target_duration:
        yield TD_DIFFERS.broken(f"{one.target_duration} s and {other.target_duration} s")
    others = {listed.msn: listed for listed in other.numbered()}
    shared = [(listed, others[listed.msn]) for listed in one.numbered() if listed.msn in others]
    if not shared:
        if one.segments and other.segments:
            yield ALIGN_MSN.broken(
                f"they share no number: {one.media_sequence} and {other.media_sequence} come first"
            )
        return
    for here, there in shared:
        if here.dsn != there.dsn or here.segment.discontinuity != there.segment.discontinuity:
            yield ALIGN_DSEQ.broken(f"segment {here.msn}: {_tagged(here)} and {_tagged(there)}")
            break
    yield from _check_dates(shared, other)
    for here, there in shared:
        if abs(here.segment.duration - there.segment.duration) > _SAME_DURATION:
            yield ALIGN_DUR.broken(f"segment {here.msn} has different durations")
            break


def _check_dates(shared: list[tuple[Numbered, Numbered]], other: MediaPlaylist) -> Iterator[Violation]:
    dates = {listed.segment.date_time: listed.msn for listed in other.numbered()}
    for here, there in shared:
        if here.segment.date_time is None or there.segment.date_time is None:
            continue
        skew = there.segment.date_time - here.segment.date_time
        if abs(skew) > _SAME_DATE:
            if (number := dates.get(here.segment.date_time)) is not None:
                yield ALIGN_MSN.broken(f"what is segment {here.msn} in one is segment {number} in the other")
            else:
                yield ALIGN_PDT.broken(
                    f"segment {here.msn}: dates differ by {skew / TICKS_PER_SECOND:+.3f} s"
                )
            return


def _tagged(listed: Numbered) -> str:
    return f"{'tagged, ' if listed.segment.discontinuity else ''}discontinuity number {listed.dsn}"
