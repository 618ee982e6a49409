"""Compares a finished segment with the plan: nothing that FFmpeg made is believed."""

from dataclasses import dataclass
from fractions import Fraction

from insta_stream.errors import PackagingFailed
from insta_stream.hls import mpegts
from insta_stream.hls.h264 import Sps
from insta_stream.hls.mpegts import SegmentError, SegmentFacts, TrackFacts
from insta_stream.media.command import FIRST_PTS
from insta_stream.media.ladder import AUDIO_RATE, Rung
from insta_stream.media.model import Plan, RenditionPlan
from insta_stream.media.sound import AAC_SAMPLES
from insta_stream.ticks import TICKS_PER_90KHZ, to_fraction

PACKET_PTS = AAC_SAMPLES * mpegts.CLOCK // AUDIO_RATE
"""Duration of one packet of sound, in 1/90,000 s."""

_AAC_LC = 2


class SegmentMismatch(PackagingFailed):
    """A finished segment is not what the plan says. number: of the segment."""

    code = "segment_mismatch"

    def __init__(self, rendition: str, number: int, reason: str) -> None:
        self.rendition = rendition
        self.number = number
        super().__init__(f"Segment {number} of {rendition} is not as planned: {reason}.")


@dataclass(frozen=True, slots=True)
class Verifier:
    """Knows what every segment of one rendition must be like."""

    plan: Plan
    rendition: RenditionPlan
    rung: Rung

    def check(self, number: int, data: bytes, before: SegmentFacts | None) -> SegmentFacts:
        """Return what segment `number` holds. before: what the segment before it holds.

        Raises SegmentMismatch with the first thing that is not as planned.
        """
        try:
            facts = mpegts.read(data)
        except SegmentError as broken:
            raise SegmentMismatch(self.rendition.name, number, str(broken)) from broken
        reason = self._mismatch(number, facts, before)
        if reason:
            raise SegmentMismatch(self.rendition.name, number, reason)
        return facts

    def _mismatch(self, number: int, facts: SegmentFacts, before: SegmentFacts | None) -> str:
        video, audio = facts.video, facts.audio
        if video is None or audio is None or facts.others:
            return "it needs exactly one picture and one sound track"
        if not (facts.pat_first and facts.pmt_first):
            return "it does not start with the program tables"
        if not facts.starts_with_idr:
            return "its picture does not start with an IDR frame"
        return (
            self._in_time(number, video)
            or self._coded_as_promised(facts)
            or self._not_too_big(number, facts)
            or self._sounding(number, audio, before)
            or _counting_on(number, facts, before)
        )

    def due(self, number: int) -> int:
        """Return when segment `number` begins, in 1/90,000 s; `due(count)` is the end.

        It goes on past 2^33, where the timestamps begin again at 0: compare them by `mpegts.distance`.
        """
        if self.rendition.kind == "copy":
            return FIRST_PTS + round(Fraction(self.plan.table.start(number), TICKS_PER_90KHZ))
        return FIRST_PTS + round(self.plan.borders[number] / self.plan.frame_rate * mpegts.CLOCK)

    def _in_time(self, number: int, video: TrackFacts) -> str:
        due = self.due(number)
        # One off is right: a copied file's timestamps, and the table's, are rounded each for itself.
        if abs(mpegts.distance(video.first_pts, due)) > 1:
            return f"it begins at {video.first_pts}, not at {due % mpegts.WRAP}"
        if self.rendition.kind == "copy":
            return ""
        first, end = self.plan.borders[number : number + 2]
        last = FIRST_PTS + round((end - 1) / self.plan.frame_rate * mpegts.CLOCK)
        return (
            _unless(video.frame_count == end - first, f"it has {video.frame_count} frames, not {end - first}")
            or _unless(
                abs(mpegts.distance(video.last_pts, last)) <= 1,
                f"its last frame is at {video.last_pts % mpegts.WRAP}, not at {last % mpegts.WRAP}",
            )
            or _unless(video.unevenness <= 1, f"a frame is {video.unevenness} from its place")
        )

    def _coded_as_promised(self, facts: SegmentFacts) -> str:
        if facts.sps is None:
            return "its picture is not H.264"
        fits = _is_exactly if self.rendition.kind == "encode" else _is_within
        if not fits(facts.sps, self.rung):
            return f"its picture is {facts.sps.codec} {facts.sps.width}x{facts.sps.height}"
        sound = facts.adts
        is_standard = sound is not None and (sound.object_type, sound.rate, sound.channels) == (
            _AAC_LC,
            AUDIO_RATE,
            2,
        )
        return _unless(is_standard, "its sound is not AAC-LC at 48 kHz in stereo")

    def _not_too_big(self, number: int, facts: SegmentFacts) -> str:
        rate = facts.size * 8 / to_fraction(self.plan.table.duration(number))
        return _unless(
            rate <= self.rung.peak_bps, f"it takes {round(rate)} bit/s, more than {self.rung.peak_bps}"
        )

    def _sounding(self, number: int, audio: TrackFacts, before: SegmentFacts | None) -> str:
        # Copied sound may begin up to a packet before or after the picture, and jitter by less than one.
        is_copied = self.rendition.copies_audio
        slack = PACKET_PTS + 1 if is_copied else 1
        start = FIRST_PTS if is_copied else FIRST_PTS - PACKET_PTS
        due = start if before is None else _sound_end(before)
        if audio.unevenness > slack:
            return f"its sound has a gap or an overlap of {audio.unevenness}"
        if number > 0 and before is None:  # nothing to compare with
            return ""
        if abs(mpegts.distance(audio.first_pts, due)) > slack:
            return f"its sound begins at {audio.first_pts}, not at {due % mpegts.WRAP}"
        if number < self.plan.table.count - 1:
            return ""
        end = FIRST_PTS + round(Fraction(self.plan.table.length, TICKS_PER_90KHZ))
        if audio.end_pts is None:
            return "its sound has no end"
        over = mpegts.distance(audio.end_pts, end)
        is_whole = is_copied or over >= -PACKET_PTS - slack
        return _unless(
            is_whole and over <= slack,
            f"its sound ends at {audio.end_pts % mpegts.WRAP}, and its picture at {end % mpegts.WRAP}",
        )


def _unless(is_right: bool, reason: str) -> str:
    return "" if is_right else reason


def _is_exactly(sps: Sps, rung: Rung) -> bool:
    return (sps.codec, sps.width, sps.height) == (rung.codec, rung.width, rung.height)


def _is_within(sps: Sps, rung: Rung) -> bool:
    """Whether a decoder that is up to the rung (profile, level and canvas) is up to this picture."""
    profile, level = int(rung.codec[5:7], 16), int(rung.codec[9:11], 16)
    return (
        sps.profile_idc <= profile
        and sps.level_idc <= level
        and sps.width <= rung.width
        and sps.height <= rung.height
    )


def _sound_end(facts: SegmentFacts) -> int:
    assert facts.audio is not None
    assert facts.audio.end_pts is not None
    return facts.audio.end_pts


def _counting_on(number: int, facts: SegmentFacts, before: SegmentFacts | None) -> str:
    """Continuity counters run on inside a video; its first packets say that they begin anew."""
    if any(pid.cc_errors for pid in facts.pids):
        return "packets are missing"
    if number == 0:
        return _unless(all(pid.marked_discontinuity for pid in facts.pids), "its start is not marked")
    if before is None:
        return ""
    last = {pid.pid: pid.last_cc for pid in before.pids}
    if not last.keys() >= {pid.pid for pid in facts.pids}:
        return "it has tracks that the previous segment lacks"
    follows = all(pid.first_cc == (last[pid.pid] + 1) % 16 for pid in facts.pids)
    return _unless(follows, "its counters do not follow those of the previous segment")
