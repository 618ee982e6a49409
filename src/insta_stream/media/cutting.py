"""Where a source can be cut without re-encoding, such that FFmpeg's HLS muxer cuts it just there. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

from insta_stream.media.ladder import AUDIO_BPS, AUDIO_RATE, Rung
from insta_stream.media.model import Inspection
from insta_stream.ticks import TICKS_PER_MILLISECOND, TICKS_PER_SECOND, Ticks, seconds, to_seconds

SHORTEST = Ticks(TICKS_PER_SECOND)
LONGEST_OVER = Ticks(TICKS_PER_SECOND * 49 // 100)
"""How far a copied segment may exceed the nominal length: it still rounds to it (RFC 8216, 4.3.3.1)."""

_PROFILES = ("Baseline", "Main", "High")
_EVERY_KEY_FRAME = Ticks(TICKS_PER_MILLISECOND)
_STEP = Ticks(TICKS_PER_MILLISECOND // 10)
"""FFmpeg is told segment lengths in whole tenths of a millisecond: ticks and microseconds hold them."""

_SLACK = (1, 10, 50)
"""Steps below the rhythm of the key frames, so that rounded timestamps still reach it."""

_ROUNDED = Fraction(101, 100)
"""Two seconds at 29.97 frames per second are 2.002 s."""

_SWEEP = range(4_500, -9_500, -611)
"""Steps beside the nominal length to try for irregular key frames; odd, so as not to beat with them."""

_AUDIO_FRAME = seconds(Fraction(1024, AUDIO_RATE))
_ORIGINS = (Ticks(0), Ticks(-_STEP // 2), Ticks(-_AUDIO_FRAME // 2), Ticks(-_AUDIO_FRAME - _STEP))
"""Where the muxer may start to count: at the picture, or up to an AAC frame earlier with the sound."""

_TABLES_BPS = 32_000
"""MPEG-TS tables: 376 bytes ten times a second."""

_SOUND_OVERHEAD = Fraction(115, 100)


class NotCopyable(Exception):
    """The source cannot be copied; the message says why, as a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """hls_time: the muxer's segment length. borders: starts of the segments from 0 on, then the end."""

    hls_time: Ticks
    borders: tuple[Ticks, ...]


def cut(inspection: Inspection, rung: Rung, nominal: Ticks) -> Cutting:
    """Return how the source is cut into segments of about `nominal` length. Raises NotCopyable."""
    if inspection.copy_obstacle:
        raise NotCopyable(inspection.copy_obstacle)
    _check_format(inspection, rung)
    times = [Ticks(time - inspection.video.starts_at) for time in inspection.cuts]
    cutting = _divide(times, inspection.duration, nominal)
    _check_peak(inspection, rung, times, cutting.borders)
    return cutting


def muxer_cuts(times: Sequence[Ticks], hls_time: Ticks, origin: Ticks) -> Iterator[Ticks]:
    """Yield the key frames at which FFmpeg's HLS muxer begins segments.

    times: of all key frames, from 0 on. Segment k begins at the first key frame after that of segment k - 1
    which comes hls_time * k or more after `origin`, the time of the file's first packet.
    """
    number = 0
    for time in times:
        if number == 0 or time - origin >= hls_time * number:
            yield time
            number += 1


def _check_format(inspection: Inspection, rung: Rung) -> None:
    video = inspection.video
    if (video.width, video.height) != (rung.width, rung.height):
        raise NotCopyable(
            f"Its size is {video.width}x{video.height}; {rung.name} takes {rung.width}x{rung.height}."
        )
    limit = rung.profile.title()
    if video.profile.removeprefix("Constrained ") not in _PROFILES[: _PROFILES.index(limit) + 1]:
        raise NotCopyable(
            f"Its H.264 profile is {video.profile or 'unknown'}; {rung.name} takes up to {limit}."
        )
    if not 0 < video.level <= round(Fraction(rung.level) * 10):
        raise NotCopyable(f"Its H.264 level is {video.level / 10}; {rung.name} takes up to {rung.level}.")


def _divide(times: Sequence[Ticks], end: Ticks, nominal: Ticks) -> Cutting:
    """Return the first acceptable cutting that does not hang on where the muxer starts to count."""
    longest = Ticks(max(later - earlier for earlier, later in pairwise((*times, end))))
    limit = Ticks(nominal + LONGEST_OVER)
    if longest > limit:
        raise NotCopyable(
            f"Its key frames are up to {to_seconds(longest):.1f} s apart; segments of "
            f"{to_seconds(nominal):.0f} s need one every {to_seconds(limit):.1f} s."
        )
    for hls_time in _hls_times(times, nominal):
        starts, *others = (tuple(muxer_cuts(times, hls_time, origin)) for origin in _ORIGINS)
        if all(other == starts for other in others) and _is_acceptable((*starts, end), nominal):
            return Cutting(hls_time, (*starts, end))
    tail = Ticks(end - times[-1])
    if tail < SHORTEST:
        raise NotCopyable(
            f"Its last key frame is {to_seconds(tail):.2f} s before its end; a segment needs 1 s."
        )
    raise NotCopyable("Its key frames are too irregular.")


def _is_acceptable(borders: Sequence[Ticks], nominal: Ticks) -> bool:
    return all(SHORTEST <= later - earlier <= nominal + LONGEST_OVER for earlier, later in pairwise(borders))


def _hls_times(times: Sequence[Ticks], nominal: Ticks) -> Iterator[Ticks]:
    """Yield lengths to try: some key frames' worth, then some near the nominal one, then the shortest."""
    if len(times) > 1:
        rhythm = Fraction(times[-1], len(times) - 1)
        worth = int(max(1, nominal * _ROUNDED // rhythm) * rhythm)
        for slack in _SLACK:
            yield Ticks((worth // _STEP - slack) * _STEP)
    for steps in _SWEEP:
        yield Ticks(nominal + steps * _STEP)
    yield _EVERY_KEY_FRAME


def _check_peak(inspection: Inspection, rung: Rung, times: Sequence[Ticks], borders: Sequence[Ticks]) -> None:
    offsets = list(accumulate(inspection.cut_bytes, initial=0))
    for start, end in pairwise(borders):
        size = offsets[bisect_left(times, end)] - offsets[bisect_left(times, start)]
        picture_bps = size * 8 * TICKS_PER_SECOND // (end - start)
        if picture_bps + _sound_bps(inspection) + _TABLES_BPS > rung.peak_bps:
            raise NotCopyable(
                f"Its picture takes up to {picture_bps / 1e6:.1f} Mbit/s; {rung.name} takes up to "
                f"{rung.peak_bps / 1e6:.1f} Mbit/s with sound."
            )


def _sound_bps(inspection: Inspection) -> Fraction:
    sound = inspection.audio
    return _SOUND_OVERHEAD * (sound.peak_bps if sound and not sound.copy_obstacle else AUDIO_BPS * 5 // 4)
