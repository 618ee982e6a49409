"""Rules about what a variant promises and what its segments keep. Promises are ceilings, not descriptions."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from insta_stream.hls.mpegts import CLOCK, SegmentFacts
from insta_stream.hls.playlist import Variant
from insta_stream.hls.rules.rule import Violation, error, warning
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

MV_BANDWIDTH = error(
    "MV-BANDWIDTH",
    "No run of segments of 0.5 to 1.5 target durations exceeds BANDWIDTH.",
    "RFC 8216 section 4.3.4.2; AVPlayer error -12318",
)
MV_AVERAGE = warning(
    "MV-AVERAGE", "All segments together match AVERAGE-BANDWIDTH to within 10 %.", "Apple 1.29"
)
MV_CODECS = error(
    "MV-CODECS",
    "CODECS names the audio codec, and a video profile and level that no segment exceeds.",
    "RFC 8216 section 4.3.4.2; RFC 6381",
)
MV_RESOLUTION = error("MV-RESOLUTION", "No picture is larger than RESOLUTION.", "RFC 8216 section 4.3.4.2")
MV_FRAME_RATE = warning(
    "MV-FRAME-RATE", "No frame rate is higher than FRAME-RATE.", "RFC 8216 section 4.3.4.2"
)
RULES = (MV_BANDWIDTH, MV_AVERAGE, MV_CODECS, MV_RESOLUTION, MV_FRAME_RATE)

_PROFILES = (66, 77, 88, 100)
"""Baseline, Main, Extended, High: in the order in which each asks more of a decoder."""


def check_promises(variant: Variant, facts: SegmentFacts) -> Iterator[Violation]:
    """Check one segment against its variant."""
    if variant.codecs is not None:
        yield from _check_codecs(variant.codecs.split(","), facts)
    if variant.width and variant.height and facts.sps:
        width, height = facts.sps.width, facts.sps.height
        if width > variant.width or height > variant.height:
            yield MV_RESOLUTION.broken(
                f"{width}x{height}, but the playlist promises {variant.width}x{variant.height}"
            )
    if variant.frame_rate is not None and facts.video is not None and facts.video.end_pts is not None:
        rate = Fraction(facts.video.frame_count * CLOCK, facts.video.end_pts - facts.video.first_pts)
        if rate > variant.frame_rate * Fraction(101, 100):
            yield MV_FRAME_RATE.broken(
                f"{float(rate):.3f}, but the playlist promises {float(variant.frame_rate):.3f}"
            )


def check_rates(
    variant: Variant, run: Sequence[tuple[int, Ticks]], target_duration: int
) -> Iterator[Violation]:
    """Check consecutive segments, as (bytes, EXTINF), against the bandwidths of their variant."""
    if (peak := peak_rate(run, target_duration)) > variant.bandwidth:
        yield MV_BANDWIDTH.broken(f"{peak} bit/s, but the playlist promises {variant.bandwidth}")
    total = sum(duration for _, duration in run)
    average = sum(size for size, _ in run) * 8 * TICKS_PER_SECOND // total if total else 0
    if variant.average_bandwidth is not None and average * 10 > variant.average_bandwidth * 11:
        yield MV_AVERAGE.broken(f"{average} bit/s, but the playlist promises {variant.average_bandwidth}")


def peak_rate(run: Sequence[tuple[int, Ticks]], target_duration: int) -> int:
    """Return the highest rate, bits per second, of any contiguous 0.5 to 1.5 target durations."""
    shortest, longest = (target_duration * TICKS_PER_SECOND * halves // 2 for halves in (1, 3))
    peak = 0
    for first in range(len(run)):
        size = length = 0
        for bytes_, duration in run[first:]:
            size += bytes_
            length += duration
            if length > longest:
                break
            if length >= shortest:
                peak = max(peak, size * 8 * TICKS_PER_SECOND // length)
    return peak


def _check_codecs(promised: list[str], facts: SegmentFacts) -> Iterator[Violation]:
    if facts.adts and facts.adts.codec not in promised:
        yield MV_CODECS.broken(
            f"the sound is {facts.adts.codec}, but the playlist promises {', '.join(promised)}"
        )
    if facts.sps is None:
        return
    pictures = [codec.removeprefix("avc1.") for codec in promised if codec.startswith("avc1.")]
    kept = any(
        _rank(facts.sps.profile_idc) <= _rank(int(codec[:2], 16))
        and facts.sps.level_idc <= int(codec[4:6], 16)
        for codec in pictures
    )
    if not kept:
        yield MV_CODECS.broken(
            f"the picture is {facts.sps.codec}, but the playlist promises {', '.join(promised)}"
        )


def _rank(profile: int) -> int:
    return _PROFILES.index(profile) if profile in _PROFILES else len(_PROFILES)
