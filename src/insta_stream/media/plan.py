"""Planning: which renditions a video gets and where its segments begin, before a frame is encoded. Pure."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil

from insta_stream.media.cutting import Cutting, NotCopyable, cut
from insta_stream.media.ladder import Rung
from insta_stream.media.model import Inspection, Plan, RenditionPlan, VideoStream
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds
from insta_stream.timeline.table import SegmentTable

QUICK_PIXELS = 1920 * 1080 * 300
"""Pixels that two cores encode in a few seconds: no ladder with so few of them needs a starter rendition."""

LIGHT_PIXELS = 1920 * 1080 * 1500
LIGHT_RATE = (854 * 480 + 640 * 360 + 426 * 240) * 30
"""Pixels of a whole ladder, and per second of film, that two cores make well above real time, and in so short
a time that videos which come meanwhile can wait: such a ladder goes ahead of its own playing as a starter
would, and the source is decoded once.
"""


def plan(inspection: Inspection, ladder: tuple[Rung, ...], segment_seconds: int) -> Plan:
    """Return the plan of a package. ladder: best first. segment_seconds: nominal length, 2 to 10."""
    rungs = fitting_rungs(inspection.video, ladder)
    try:
        return _copied(inspection, rungs, cut(inspection, rungs[0], seconds(segment_seconds)))
    except NotCopyable as obstacle:
        return _encoded(inspection, rungs, segment_seconds, str(obstacle))


def fitting_rungs(video: VideoStream, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
    """Return the smallest rung that holds the whole picture, and those below; the ladder if none does."""
    width, height = shown_size(video)
    holding = [index for index, rung in enumerate(ladder) if width <= rung.width and height <= rung.height]
    return ladder[holding[-1] :] if holding else ladder


def shown_size(video: VideoStream) -> tuple[Fraction, Fraction]:
    """Return width and height as shown: square pixels, turned upright."""
    width, height = video.width * video.sample_aspect, Fraction(video.height)
    return (height, width) if video.rotation in (90, 270) else (width, height)


def equal_borders(frames: int, rate: Fraction, segment_seconds: int) -> tuple[int, ...]:
    """Return the first frame of each of the fewest equal segments, longer ones first, then `frames`."""
    count = ceil(frames / round(segment_seconds * rate))
    short, longer = divmod(frames, count)
    return tuple(number * short + min(number, longer) for number in range(count + 1))


def _encoded(inspection: Inspection, rungs: Sequence[Rung], segment_seconds: int, obstacle: str) -> Plan:
    rate = inspection.video.frame_rate
    frame = seconds(1 / rate)  # a whole number of ticks for each standard rate
    frames = max(inspection.frame_count, ceil(rate))  # a shorter video is held to one second
    borders = equal_borders(frames, rate, segment_seconds)
    return Plan(
        table=SegmentTable.of(Ticks((end - start) * frame) for start, end in pairwise(borders)),
        frame_rate=rate,
        borders=borders,
        renditions=tuple(map(_encode, rungs)),
        starter=_starter(rungs, frames, rate),
        cautions=inspection.cautions,
        copy_obstacle=obstacle,
    )


def _copied(inspection: Inspection, rungs: Sequence[Rung], cutting: Cutting) -> Plan:
    rate, sound = inspection.video.frame_rate, inspection.audio
    copies_audio = sound is not None and not sound.copy_obstacle
    copy = RenditionPlan(rungs[0].name, "copy", copies_audio=copies_audio)
    return Plan(
        table=SegmentTable.of(Ticks(end - start) for start, end in pairwise(cutting.borders)),
        frame_rate=rate,
        borders=tuple(round(border * rate / TICKS_PER_SECOND) for border in cutting.borders),
        renditions=(copy, *map(_encode, rungs[1:])),
        starter=_starter(rungs[1:], inspection.frame_count, rate),
        cautions=inspection.cautions,
        copy_hls_time=cutting.hls_time,
    )


def _encode(rung: Rung) -> RenditionPlan:
    return RenditionPlan(rung.name, "encode", copies_audio=False)


def _starter(encoded: Sequence[Rung], frames: int, rate: Fraction) -> str:
    picture = sum(rung.width * rung.height for rung in encoded)
    is_light = picture * frames <= LIGHT_PIXELS and picture * rate <= LIGHT_RATE
    has_none = len(encoded) <= 1 or is_light or picture * frames <= QUICK_PIXELS
    return "" if has_none else encoded[-1].name
