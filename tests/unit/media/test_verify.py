"""Segments that are not as planned are refused, each for its reason."""

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.support.segments import Item, make

from insta_stream.hls import mpegts
from insta_stream.hls.mpegts import SegmentFacts
from insta_stream.media.ladder import RUNGS, Rung
from insta_stream.media.line import renumbered
from insta_stream.media.model import Plan, RenditionPlan
from insta_stream.media.verify import SegmentMismatch, Verifier
from insta_stream.ticks import seconds
from insta_stream.timeline.table import SegmentTable

ITEM = Item(segments=2, seconds=2, audio_seconds=3.97)
SEGMENTS = make(ITEM)
RENDITION = RenditionPlan("240p", "encode", copies_audio=False)
PLAN = Plan(SegmentTable.of([seconds(2), seconds(2)]), Fraction(25), (0, 50, 100), (RENDITION,), "", ())


def rung_of(facts: SegmentFacts) -> Rung:
    assert facts.sps is not None
    return replace(RUNGS["240p"], codec=facts.sps.codec, width=facts.sps.width, height=facts.sps.height)


FIRST = mpegts.read(SEGMENTS[0])
VERIFIER = Verifier(PLAN, RENDITION, rung_of(FIRST))


def refusal(verifier: Verifier, number: int, data: bytes, before: SegmentFacts | None = None) -> str:
    with pytest.raises(SegmentMismatch) as caught:
        verifier.check(number, data, before)
    return caught.value.message


def test_segments_as_planned_pass() -> None:
    first = VERIFIER.check(0, SEGMENTS[0], None)
    assert VERIFIER.check(1, SEGMENTS[1], first).video is not None


def test_segments_go_on_where_the_clock_begins_again_after_a_day() -> None:
    """The first of the two begins at 95,442 s, and timestamps at 0 again 1.7 s later."""
    first = 47_716
    table = SegmentTable.of([seconds(2)] * (first + 2))
    plan = replace(PLAN, table=table, borders=tuple(range(0, 50 * (first + 3), 50)))
    late, segments = replace(VERIFIER, plan=plan), make(replace(ITEM, starts_at=95_442.0))
    before = late.check(first, segments[0], None)
    after = late.check(first + 1, segments[1], before)
    assert before.video is not None
    assert after.video is not None
    assert after.video.first_pts < before.video.first_pts
    assert "it begins at 25408, not at 205408" in refusal(
        replace(late, plan=replace(plan, borders=tuple(border + 50 for border in plan.borders))),
        first + 1,
        segments[1],
        before,
    )


def test_a_frame_too_few_or_too_late_is_seen() -> None:
    early = replace(VERIFIER, plan=replace(PLAN, borders=(0, 49, 100)))
    assert "50 frames, not 49" in refusal(early, 0, SEGMENTS[0])
    assert "begins at" in refusal(early, 1, SEGMENTS[1], FIRST)


def uneven(number: int, item: Item) -> str:
    """Return why a segment of an item is refused that differs from the good one in its timing only."""
    return refusal(VERIFIER, number, make(item)[number], FIRST if number else None)


def test_frames_that_crowd_and_leave_a_hole_are_seen() -> None:
    crowd = "settb=1/90000,setpts='if(between(N,10,19),10*3600+N-10,N*3600)'"
    assert "from its place" in uneven(0, replace(ITEM, picture_timing=crowd))


def test_frames_at_another_pace_are_seen() -> None:
    slower = replace(VERIFIER, plan=replace(PLAN, frame_rate=Fraction(24)))
    assert "its last frame is at" in refusal(slower, 0, SEGMENTS[0])


def test_sound_that_crowds_has_a_hole_or_ends_too_soon_is_seen() -> None:
    hole = replace(ITEM, sound_timing="asetpts='if(lt(N,40),PTS,PTS+9600)'")
    assert "gap or an overlap of" in uneven(0, hole)
    assert "its sound ends at" in uneven(1, replace(ITEM, audio_seconds=3.9))


def test_a_cut_off_segment_is_seen() -> None:
    assert "packets" in refusal(VERIFIER, 0, SEGMENTS[0][:-100])
    assert "as planned" in refusal(VERIFIER, 0, SEGMENTS[0][: 188 * (len(SEGMENTS[0]) // 376)])


def test_the_wrong_size_is_seen() -> None:
    other = replace(VERIFIER, rung=RUNGS["720p"])
    assert "320x180" in refusal(other, 0, SEGMENTS[0])


def test_a_segment_over_the_cap_is_seen() -> None:
    small = replace(VERIFIER, rung=replace(VERIFIER.rung, video_bps=1))
    assert "bit/s, more than" in refusal(small, 0, SEGMENTS[0])


def test_a_hole_in_the_sound_is_seen() -> None:
    assert FIRST.audio is not None
    assert FIRST.audio.end_pts is not None
    before = replace(FIRST, audio=replace(FIRST.audio, end_pts=FIRST.audio.end_pts - 1920))
    assert "sound begins at" in refusal(VERIFIER, 1, SEGMENTS[1], before)


def test_missing_packets_and_counters_that_begin_anew_are_seen() -> None:
    at = 188 * (len(SEGMENTS[0]) // 376)
    assert "as planned" in refusal(VERIFIER, 0, SEGMENTS[0][:at] + SEGMENTS[0][at + 188 :])
    turned = renumbered(SEGMENTS[1], {pid.pid: 5 for pid in FIRST.pids})
    assert "counters" in refusal(VERIFIER, 1, turned, FIRST)


def test_a_copy_may_be_simpler_than_its_rung_but_not_more() -> None:
    copy = replace(VERIFIER, rendition=replace(RENDITION, kind="copy"), rung=RUNGS["720p"])
    assert copy.check(0, SEGMENTS[0], None).sps is not None
    low = replace(copy, rung=replace(RUNGS["240p"], codec="avc1.42c00a"))
    assert "its picture is" in refusal(low, 0, SEGMENTS[0])
