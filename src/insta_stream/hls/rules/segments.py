"""Rules about segments, by themselves and one after another."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from insta_stream.hls.mpegts import CLOCK, SegmentFacts, TrackFacts, distance
from insta_stream.hls.opening import PICTURES_AHEAD
from insta_stream.hls.rules.rule import Violation, error, warning
from insta_stream.ticks import TICKS_PER_90KHZ, Ticks, to_seconds

TS_SYNC = error(
    "TS-SYNC", "A segment consists of whole, undamaged transport stream packets.", "RFC 8216 section 3.2"
)
TS_PAT = error("TS-PAT", "A segment begins with a PAT and a PMT.", "RFC 8216 section 3.2")
TS_CC = error(
    "TS-CC",
    "Continuity counters continue, also from segment to segment of one video.",
    "Apple 7.2; ISO 13818-1 2.4.3.3",
)
TS_MARK = error(
    "TS-MARK",
    "After a discontinuity, the first packet of every PID carries the discontinuity indicator.",
    "ISO 13818-1 2.4.3.5; FFmpeg clients report corrupt packets",
)
KEYFRAME = error("KEYFRAME", "A segment begins with an IDR picture.", "Apple 7.4; RFC 8216 section 4.3.5.1")
TRACKS_CHANGED = error(
    "TRACKS-CHANGED",
    "Every segment has one video and one audio track, always on the same PIDs.",
    "hls.js issue 1250: Media Source Extensions fix their buffers at the start",
)
FORMAT_CHANGED = warning(
    "FORMAT-CHANGED",
    "Codec, profile, size, sample rate and channels stay the same across joins.",
    "Apple 8.16",
)
CONT_VIDEO = error(
    "CONT-VIDEO",
    "Within a domain, the picture continues where it ended, to a frame.",
    "RFC 8216 section 3; Apple 7.1",
)
CONT_AUDIO = error(
    "CONT-AUDIO", "Within a domain, the sound continues where it ended, to a frame.", "Apple 7.1"
)
SEG_HOLE = warning(
    "SEG-HOLE", "A segment has as many frames as its timestamps span, evenly spaced.", "Apple 7.1"
)
HEAD_AV = warning(
    "HEAD-AV",
    "After a discontinuity, sound and picture start within 100 ms of each other.",
    "hls.js maxBufferHole; issue 306",
)
TAIL_AV = warning(
    "TAIL-AV",
    "Before a discontinuity, sound and picture end within 100 ms of each other.",
    "hls.js maxBufferHole",
)
MEDIA_CLOCK = error(
    "MEDIA-CLOCK",
    "The media clock follows the wall clock, even for players that ignore discontinuities: if time goes "
    "back by less than ten seconds, three pictures come before the first sound.",
    "FFmpeg's dts_delta_threshold; docs/adr/0020",
)
EXTINF_REAL = error(
    "EXTINF-REAL",
    "EXTINF is the real duration, to a video frame.",
    "RFC 8216 section 4.3.2.1; Apple 8.1",
)
EXTINF_SUM = error(
    "EXTINF-SUM",
    "The sum of the durations of a run is its real duration, to a frame.",
    "RFC 8216 section 4.3.2.1",
)
ALIGN_PTS = error(
    "ALIGN-PTS", "The same picture has the same timestamp in all variants.", "RFC 8216 section 6.2.4"
)
DECODE = error("DECODE", "A segment decodes by itself without an error.", "RFC 8216 section 6.2.1")
RULES = (
    *(TS_SYNC, TS_PAT, TS_CC, TS_MARK, KEYFRAME, TRACKS_CHANGED, FORMAT_CHANGED, CONT_VIDEO, CONT_AUDIO),
    *(SEG_HOLE, HEAD_AV, TAIL_AV, MEDIA_CLOCK, EXTINF_REAL, EXTINF_SUM, ALIGN_PTS, DECODE),
)

_LIP_SYNC = CLOCK // 10
_MIXED = range(CLOCK // 10, 10 * CLOCK)
"""How far time goes back where FFmpeg sets its clock anew, and is misled when old and new are mixed: it puts
a greater error right with the next packet."""

_SAME_PICTURE = CLOCK // 100
_USUAL_FRAME = CLOCK // 25


def check_segment(facts: SegmentFacts) -> Iterator[Violation]:
    """Check a segment by itself."""
    if not (facts.pat_first and facts.pmt_first):
        yield TS_PAT.broken("it does not start with the tables")
    if not facts.starts_with_idr:
        yield KEYFRAME.broken("the first picture is not an IDR")
    if facts.video is None or facts.audio is None or facts.others:
        yield TRACKS_CHANGED.broken(f"it has {_tracks(facts)}")
    if lost := sum(found.cc_errors for found in facts.pids):
        yield TS_CC.broken(f"{lost} counters do not follow the previous one")
    for track in filter(None, (facts.video, facts.audio)):
        tolerated = _frame(track) * 3 // 2
        if abs(_span(track) - track.frame_count * _frame(track)) > tolerated:
            missing = round(_span(track) / _frame(track)) - track.frame_count
            yield SEG_HOLE.broken(
                f"{missing} frames of {track.frame_count + missing} are missing on PID {track.pid}"
            )
        elif track.unevenness > tolerated:
            yield SEG_HOLE.broken(
                f"a frame on PID {track.pid} is {track.unevenness / CLOCK:.3f} s out of place"
            )


def check_follow(before: SegmentFacts, duration: Ticks, after: SegmentFacts) -> Iterator[Violation]:
    """Check two segments of one domain in a row. duration: the EXTINF of the first."""
    yield from _check_tracks(before, after)
    for rule, one, other in (
        (CONT_VIDEO, before.video, after.video),
        (CONT_AUDIO, before.audio, after.audio),
    ):
        if one is not None and other is not None and one.end_pts is not None:
            gap = distance(other.first_pts, one.end_pts)
            if abs(gap) > _frame(one):
                yield rule.broken(f"{gap / CLOCK:+.3f} s between the end of one and the start of the next")
    last = {found.pid: found.last_cc for found in before.pids}
    broken = [
        found.pid
        for found in after.pids
        if found.pid in last
        and found.first_cc != (last[found.pid] + 1) & 15
        and not found.marked_discontinuity
    ]
    if broken:
        yield TS_CC.broken(f"the counters of PID {', '.join(map(str, broken))} do not continue")
    if before.video is not None and after.video is not None:
        real = distance(after.video.first_pts, before.video.first_pts)
        if abs(real * TICKS_PER_90KHZ - duration) > _frame(before.video) * TICKS_PER_90KHZ:
            yield EXTINF_REAL.broken(
                f"EXTINF is {to_seconds(duration):.3f} s, but it lasts {real / CLOCK:.3f} s"
            )


def check_join(before: SegmentFacts, after: SegmentFacts) -> Iterator[Violation]:
    """Check two segments with a discontinuity between them."""
    yield from _check_tracks(before, after)
    if unmarked := [str(found.pid) for found in after.pids if not found.marked_discontinuity]:
        yield TS_MARK.broken(f"the first packet of PID {', '.join(unmarked)} is not marked")
    if (was := _format(before)) != (now := _format(after)):
        yield FORMAT_CHANGED.broken(f"{was} became {now}")
    if (
        before.video is not None
        and before.audio is not None
        and before.video.end_pts
        and before.audio.end_pts
    ):
        lead = distance(before.audio.end_pts, before.video.end_pts)
        if abs(lead) > _LIP_SYNC:
            yield TAIL_AV.broken(f"sound ends {lead / CLOCK:+.3f} s from the picture's end")
    if after.video is not None and after.audio is not None:
        lead = distance(after.audio.first_pts, after.video.first_pts)
        if abs(lead) > _LIP_SYNC:
            yield HEAD_AV.broken(f"sound begins {lead / CLOCK:+.3f} s from the picture's beginning")
        yield from _check_clock(before, after.video, after.pictures_ahead)


def _check_clock(before: SegmentFacts, picture: TrackFacts, pictures_ahead: int) -> Iterator[Violation]:
    if before.video is None or before.video.end_pts is None or pictures_ahead >= PICTURES_AHEAD:
        return
    back = distance(before.video.end_pts, picture.first_pts)
    if back in _MIXED:
        yield MEDIA_CLOCK.broken(
            f"time goes back by {back / CLOCK:.3f} s, and {pictures_ahead} pictures come before the sound: "
            "FFmpeg's clock goes wrong (the video was encoded by an older version: encode it again)"
        )


def check_sum(run: Sequence[tuple[SegmentFacts, Ticks]]) -> Iterator[Violation]:
    """Check a run of segments of one domain, each with its EXTINF: errors must not add up."""
    listed = real = 0
    for (before, duration), (after, _) in pairwise(run):
        if before.video is None or after.video is None:
            return
        listed += duration
        real += distance(after.video.first_pts, before.video.first_pts) * TICKS_PER_90KHZ
        if abs(real - listed) > _frame(before.video) * TICKS_PER_90KHZ:
            yield EXTINF_SUM.broken(
                f"{to_seconds(Ticks(listed)):.3f} s listed, {to_seconds(Ticks(real)):.3f} s real"
            )
            return


def check_same_content(segments: Mapping[str, SegmentFacts]) -> Iterator[Violation]:
    """Check the segments of one number in all variants, by name of the variant."""
    stamps = {name: facts.video.first_pts for name, facts in segments.items() if facts.video is not None}
    first = next(iter(stamps.values()), 0)
    apart = [distance(stamp, first) for stamp in stamps.values()]
    if apart and max(apart) - min(apart) > _SAME_PICTURE:
        listed = ", ".join(f"{name} {stamp / CLOCK:.3f} s" for name, stamp in stamps.items())
        yield ALIGN_PTS.broken(f"the first pictures are at {listed}")


def _check_tracks(before: SegmentFacts, after: SegmentFacts) -> Iterator[Violation]:
    if (was := _tracks(before)) != (now := _tracks(after)):
        yield TRACKS_CHANGED.broken(f"{was} became {now}")


def _tracks(facts: SegmentFacts) -> str:
    named = {"picture": facts.video, "sound": facts.audio}
    found = [f"{name} on PID {track.pid}" for name, track in named.items() if track is not None]
    return ", ".join([*found, *(f"another track on PID {track.pid}" for track in facts.others)]) or "no track"


def _format(facts: SegmentFacts) -> str:
    picture = f"{facts.sps.codec} {facts.sps.width}x{facts.sps.height}" if facts.sps else "unknown picture"
    sound = (
        f"{facts.adts.codec} {facts.adts.rate} Hz {facts.adts.channels} channels" if facts.adts else "no AAC"
    )
    return f"{picture}, {sound}"


def _frame(track: TrackFacts) -> int:
    """Return the duration of the last frame, in 1/90,000 s."""
    return _USUAL_FRAME if track.end_pts is None else track.end_pts - track.last_pts


def _span(track: TrackFacts) -> int:
    return track.last_pts + _frame(track) - track.first_pts
