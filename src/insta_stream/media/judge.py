"""From what a survey found to an Inspection, or to the refusal that says why the file cannot air."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

from av.video.format import VideoFormat

from insta_stream.errors import NotAVideo
from insta_stream.media.cadence import Cadence, airing_rate, measure
from insta_stream.media.cautions import cautions
from insta_stream.media.jitter import jitter
from insta_stream.media.ladder import AUDIO_RATE
from insta_stream.media.model import HDR_TRANSFERS, NO_TIME, AudioStream, Inspection, VideoStream
from insta_stream.media.outline import Crop
from insta_stream.media.sizes import Size
from insta_stream.media.survey import Survey
from insta_stream.media.tracks import Glimpse, SoundTrack
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds

LONGEST = seconds(48 * 3600)
THIN = seconds(3600)
LEAST_BYTES_PER_HOUR = 20_000
"""A film of more than an hour has at least so many: a picture that never changes has ten times as many."""

MOST_PIXELS = 8192 * 8192
SHORTEST_COPY = seconds(1)
MOST_CHANNELS = 64
"""More than this no FFmpeg mixes (SWR_CH_MAX)."""

_AAC_FRAME = seconds(Fraction(1024, AUDIO_RATE))
_STRAYING = 100
"""Timestamps jitter where one packet in so many, or more, does not begin where the one before ended."""

_LARGER = Fraction(11, 10)
"""Times the pixels of the first pictures: others that have more are of another size."""

_FASTEST_INTERLACED = 31
"""Frames per second; interlaced pictures that come faster are single fields."""

_INTERLACED_FIELD_ORDERS = (2, 3, 4, 5)  # AVFieldOrder: all but unknown and progressive

# FFmpeg's numbers (ITU-T H.273 tables 2, 3 and 4) and names of what a file may say of its colours.
_TRANSFERS = {
    1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear", 11: "iec61966-2-4",
    13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 17: "smpte428", 18: "arib-std-b67",
}  # fmt: skip
_PRIMARIES = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020",
    10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213",
}  # fmt: skip
_SPACES = {
    0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco", 9: "bt2020nc",
    10: "bt2020c",
}  # fmt: skip
_RANGES = {1: "tv", 2: "pc"}


@dataclass(frozen=True, slots=True)
class _Frames:
    """When whole frames are shown. is_held: the last one stays longer than the others."""

    times: Sequence[int]
    cadence: Cadence | None
    rate: Fraction
    starts_at: Ticks
    duration: Ticks
    is_interlaced: bool
    is_held: bool


def judge(found: Survey) -> Inspection:
    """Return the inspection. Raises NotAVideo."""
    track, glimpse = found.picture, found.glimpse
    if not track.times:
        raise NotAVideo("This file has a video track, but it contains no pictures.", code="no_frames")
    if glimpse.frames == 0:
        raise NotAVideo(f"Its picture cannot be decoded ({track.facts.codec}).", code="undecodable")
    width, height = _largest(found)
    if width * height > MOST_PIXELS:
        raise NotAVideo(f"Its picture is too large: {width}x{height}.", code="too_many_pixels")
    frames = _frames(found)
    if frames.duration > LONGEST:
        raise NotAVideo("This file claims to last longer than 48 hours.", code="too_long")
    hours = Fraction(frames.duration, THIN)
    if hours > 1 and found.size_bytes < hours * LEAST_BYTES_PER_HOUR:
        raise NotAVideo(
            f"This file claims to last {round(hours)} hours but has only {ceil(found.size_bytes / 1000)} kB. "
            "If that is intended, repeat a shorter video in the playlist instead.",
            code="too_thin",
        )
    video = _video(found, frames)
    ends_at = Ticks(frames.starts_at + frames.duration)
    audio = _audio(found.sound, frames.starts_at, ends_at) if found.sound else None
    obstacle = _obstacle(found, video, frames)
    cuts = () if obstacle else tuple(seconds(time * track.facts.time_base) for time in track.key_times)
    sizes = () if obstacle else tuple(b - a for a, b in pairwise((*track.key_offsets, track.bytes_total)))
    return Inspection(
        format=found.format,
        size_bytes=found.size_bytes,
        duration=frames.duration,
        frame_count=max(1, round(Fraction(frames.duration, TICKS_PER_SECOND) * frames.rate)),
        video=video,
        audio=audio,
        cuts=cuts,
        copy_obstacle=obstacle,
        cautions=cautions(found, video, audio, frames.duration, frames.cadence),
        cut_bytes=sizes,
        clock_zero=_clock_zero(found, audio) if found.has_new_clock else None,
    )


def _frames(found: Survey) -> _Frames:
    track, facts, glimpse = found.picture, found.picture.facts, found.glimpse
    times = sorted(track.times)
    last = track.last_duration * facts.time_base
    is_declared = facts.field_order in _INTERLACED_FIELD_ORDERS
    cadence = measure(times, facts.time_base)
    is_mostly = 2 * glimpse.interlaced > glimpse.frames  # by the decoder: containers call anything interlaced
    if is_mostly and cadence and cadence.own_rate > _FASTEST_INTERLACED:  # one packet for each field
        times, last = times[::2], 2 * last
        cadence = measure(times, facts.time_base)
    rate = cadence.rate if cadence else airing_rate(facts.guessed_rate)
    usual = 1 / (cadence.own_rate if cadence else rate)
    is_held = last > usual * 3 / 2
    if not last or (cadence and cadence.is_constant and not is_held):
        last = usual  # what a container says of its last frame is often wrong by a little
    return _Frames(
        times=times,
        cadence=cadence,
        rate=rate,
        starts_at=seconds(times[0] * facts.time_base),
        duration=seconds((times[-1] - times[0]) * facts.time_base + last),
        is_interlaced=is_declared or glimpse.interlaced > 0,
        is_held=is_held,
    )


def _video(found: Survey, frames: _Frames) -> VideoStream:
    facts, glimpse = found.picture.facts, found.glimpse
    is_full_range = glimpse.pixel_format.startswith("yuvj")
    width, height, crop = _seen(glimpse, found.crop) or (*_largest(found), None)
    return VideoStream(
        index=facts.index,
        codec=facts.codec,
        profile=facts.profile,
        level=facts.level,
        width=width,
        height=height,
        sample_aspect=facts.sample_aspect if facts.sample_aspect > 0 else Fraction(1),
        rotation=glimpse.orientation.rotation,
        frame_rate=frames.rate,
        is_constant=frames.cadence is not None and frames.cadence.is_constant and not frames.is_held,
        is_interlaced=frames.is_interlaced,
        pixel_format=glimpse.pixel_format,
        bits=VideoFormat(glimpse.pixel_format).components[0].bits,
        color_range="pc" if is_full_range else _RANGES.get(facts.color_range, "unknown"),
        color_space=_SPACES.get(facts.color_space, "unknown"),
        color_primaries=_PRIMARIES.get(facts.color_primaries, "unknown"),
        transfer=_TRANSFERS.get(facts.transfer, "unknown"),
        starts_at=frames.starts_at,
        crop=crop,
        is_mirrored=glimpse.orientation.is_mirrored,
        is_marked=glimpse.interlaced > 0 or (not frames.is_interlaced and _may_have_fields(found)),
        shapes=_shapes(found, frames.starts_at),
    )


def _shapes(found: Survey, starts_at: Ticks) -> tuple[tuple[Ticks, Fraction], ...]:
    if len(found.shapes) <= 1:
        return ()
    base = found.picture.facts.time_base
    return tuple((Ticks(seconds(time * base) - starts_at), shape) for time, shape in found.shapes)


def _may_have_fields(found: Survey) -> bool:
    return found.picture.may_have_fields and found.glimpse.pixel_format.startswith("yuv")


def _largest(found: Survey) -> Size:
    """Return the size of the largest pictures: a recording may begin small, and most of it be large."""
    first = found.glimpse.width, found.glimpse.height
    widest = max(sorted(found.picture.all_sizes()), key=_area, default=first)  # of equal ones always the same
    # Headers round up what containers cut off; that is no other size.
    return widest if _area(widest) > _LARGER * _area(first) else first


def _area(size: Size) -> int:
    return size[0] * size[1]


def _seen(glimpse: Glimpse, crop: Crop | None) -> tuple[int, int, tuple[int, int, int, int]] | None:
    """Return the size of what is to be seen of a cropped picture, and what is not, as `VideoStream.crop`."""
    if crop is None:
        return None
    width, height = glimpse.width - crop.left - crop.right, glimpse.height - crop.top - crop.bottom
    return (width, height, (crop.left, crop.top, crop.right, crop.bottom)) if min(width, height) > 0 else None


def _audio(sound: SoundTrack, picture_starts: Ticks, picture_ends: Ticks) -> AudioStream | None:
    if sound.opens_at is None or sound.starts_at is None or not 0 < len(sound.places) <= MOST_CHANNELS:
        return None
    facts = sound.facts
    audio = AudioStream(
        index=facts.index,
        codec=facts.codec,
        profile=facts.profile,
        sample_rate=facts.sample_rate,
        channels=len(sound.places),
        starts_at=seconds(sound.starts_at * facts.time_base),
        ends_at=seconds(sound.ends_at * facts.time_base),
        peak_bps=8 * max(sound.seconds.values()),
        jitter=seconds(jitter(sound.drifts) * facts.time_base) if _strays(sound) else NO_TIME,
        places=sound.places,
    )
    late = Ticks(seconds(sound.opens_at * facts.time_base) - picture_starts)
    return replace(audio, copy_obstacle=_sound_obstacle(audio, sound, late, picture_ends))


def _strays(sound: SoundTrack) -> bool:
    """Whether there may be jitter: a few breaks are none."""
    return sound.breaks * _STRAYING > len(sound.drifts)


def _sound_obstacle(audio: AudioStream, sound: SoundTrack, late: Ticks, picture_ends: Ticks) -> str:
    """Say why the sound cannot be copied. late: how long after the picture its first packet begins."""
    if (audio.codec, audio.profile) != ("aac", "LC"):
        return f"Its sound is {audio.codec.upper()}, not AAC-LC."
    if (audio.sample_rate, audio.channels) != (AUDIO_RATE, 2):
        return f"Its sound is {audio.sample_rate} Hz in {audio.channels} channels, not 48000 Hz stereo."
    if abs(late) > _AAC_FRAME:
        return "Its sound does not start together with the picture."
    if audio.ends_at < picture_ends - 2 * _AAC_FRAME:
        return "Its sound ends before the picture."
    if len(sound.headers) > 1:
        return "The format of its sound changes partway through."
    if sound.breaks:
        return f"Its sound has {sound.breaks} gaps."
    return ""


def _clock_zero(found: Survey, audio: AudioStream | None) -> Ticks:
    """Return what FFmpeg takes for the file's start: that of the first of the tracks which are read."""
    picture = found.picture.facts.opens_at
    return seconds(min(picture, found.sound.facts.opens_at) if found.sound and audio else picture)


def _obstacle(found: Survey, video: VideoStream, frames: _Frames) -> str:
    track = found.picture
    reasons = (
        (video.codec != "h264", f"Its picture is {video.codec.upper()}, not H.264."),
        (video.color_range == "pc", "Its colours use the full range of values."),
        (video.pixel_format != "yuv420p", f"Its pixels are {video.pixel_format}, not 8-bit 4:2:0."),
        (video.transfer in HDR_TRANSFERS, "Its picture is HDR."),
        (video.is_interlaced, "Its picture is interlaced."),
        (video.is_marked, "Its picture may be interlaced in parts."),
        (found.glimpse.has_matrix, "Its picture has to be rotated."),
        (video.crop is not None, "Its picture has to be cropped."),
        (video.sample_aspect != 1, "Its pixels are not square."),
        (
            found.glimpse.sample_aspect not in (None, 0, 1),
            "Only its container says that its pixels are square, which a copy would lose.",
        ),
        (not video.is_constant, "Its frame rate is not a standard constant one."),
        (track.hidden > 0, "An edit list leaves out some of its frames."),
        (track.untimed + track.disorder > 0, "Some of its timestamps are missing or out of order."),
        (found.has_new_clock, "Its timestamps restart partway through."),
        (track.corrupt > 0 or bool(found.reading_error), "Some of its data is damaged."),
        (len(track.sps) > 1, "Its picture format changes partway through."),
        (
            not track.opens_with_key or track.key_times[0] != frames.times[0],
            "It does not start with a key frame.",
        ),
        (not all(track.key_is_clean), "Some of its key frames depend on earlier frames (open GOP)."),
        (frames.duration < SHORTEST_COPY, "It is shorter than one second."),
    )
    return next((sentence for applies, sentence in reasons if applies), "")
