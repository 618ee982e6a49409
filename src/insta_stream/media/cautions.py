"""What a person should know of a video that is accepted: one sentence for each peculiarity."""

from collections.abc import Iterator
from fractions import Fraction

from insta_stream.media.cadence import Cadence, is_same
from insta_stream.media.model import HDR_TRANSFERS, AudioStream, Caution, VideoStream
from insta_stream.media.survey import Survey
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds, to_seconds

_AUDIBLE = seconds(Fraction(1, 4))
"""Differences between the ends of sound and picture below this go unmentioned."""

_SHORTFALL_SECONDS = Fraction(1, 2)
_SHORTFALL_PART = Fraction(1, 50)


def cautions(
    found: Survey, video: VideoStream, audio: AudioStream | None, duration: Ticks, cadence: Cadence | None
) -> tuple[Caution, ...]:
    """Return them, the most serious first."""
    return (
        *_of_the_file(found, duration),
        *_of_the_pictures(found, video),
        *_of_the_picture(video, duration, cadence),
        *_of_the_sound(found, audio, video.starts_at, Ticks(video.starts_at + duration)),
    )


def _of_the_file(found: Survey, duration: Ticks) -> Iterator[Caution]:
    promised, there = found.declared_seconds, to_seconds(duration)
    tolerance = max(_SHORTFALL_SECONDS, promised * _SHORTFALL_PART)
    if promised - Fraction(duration, TICKS_PER_SECOND) > tolerance:
        text = (
            f"The file claims {float(promised):.1f} s of picture but contains {there:.1f} s; it was cut off."
        )
        yield Caution("truncated", text)
    if found.reading_error:
        yield Caution("reading_stopped", f"The file cannot be read beyond {there:.1f} s of picture.")
    if found.picture.corrupt:
        yield Caution("damaged_packets", f"{found.picture.corrupt} frames of the picture are damaged.")


def _of_the_pictures(found: Survey, video: VideoStream) -> Iterator[Caution]:
    if found.picture_tracks > 1:
        count, index = found.picture_tracks, video.index
        text = f"It has {count} video tracks; track {index} of the file airs."
        yield Caution("several_picture_tracks", text)


def _of_the_picture(video: VideoStream, duration: Ticks, cadence: Cadence | None) -> Iterator[Caution]:
    airs_at = f"{float(video.frame_rate):.5g}"
    if duration < TICKS_PER_SECOND:
        yield Caution("held", "It is shorter than one second; its last frame is held to fill the second.")
    if cadence and cadence.is_variable:
        yield Caution(
            "variable_frame_rate",
            f"Its frame rate varies; it airs at a constant {airs_at} frames per second.",
        )
    elif cadence and not is_same(cadence.own_rate, video.frame_rate):
        own = f"{float(cadence.own_rate):.5g} frames per second"
        yield Caution("frame_rate_changed", f"It has {own}; it airs at {airs_at}.")
    if video.transfer in HDR_TRANSFERS:
        yield Caution("hdr", "Its picture is HDR; it is converted to standard dynamic range.")
    if video.is_interlaced:
        yield Caution("interlaced", "Its picture is interlaced; it is deinterlaced.")
    if video.width % 2 or video.height % 2:
        yield Caution(
            "odd_size", f"Its size, {video.width}x{video.height}, is an odd number; one edge may lose a line."
        )


def _of_the_sound(
    found: Survey, audio: AudioStream | None, starts_at: Ticks, ends_at: Ticks
) -> Iterator[Caution]:
    if found.sound_tracks == 0:
        yield Caution("no_sound", "It has no audio; it airs with silence.")
        return
    if audio is None:
        yield Caution(
            "unusable_sound", "Its audio is empty, damaged or of an unknown kind; it airs with silence."
        )
        return
    if found.sound_tracks > 1:
        text = f"It has {found.sound_tracks} audio tracks; track {audio.index} of the file airs."
        yield Caution("several_sound_tracks", text)
    if (late := Ticks(audio.starts_at - starts_at)) > _AUDIBLE:
        yield Caution("sound_begins_late", f"Its sound begins {to_seconds(late):.1f} s after the picture.")
    if (short := Ticks(ends_at - audio.ends_at)) > _AUDIBLE:
        text = f"Its sound ends {to_seconds(short):.1f} s before the picture; silence follows."
        yield Caution("sound_ends_early", text)
    if (long := Ticks(audio.ends_at - ends_at)) > _AUDIBLE:
        text = f"Its sound ends {to_seconds(long):.1f} s after the picture; the rest is left out."
        yield Caution("sound_ends_late", text)
