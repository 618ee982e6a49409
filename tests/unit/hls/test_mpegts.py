import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.properties import thorough
from tests.support.segments import Item, make

from insta_stream.hls.mpegts import PACKET, SegmentError, SegmentFacts, join_prefix, read

ITEM = Item()


def facts_of(item: Item) -> list[SegmentFacts]:
    return [read(segment) for segment in make(item)]


def test_the_tables_come_first_and_one_track_of_each_kind_is_found() -> None:
    for facts in facts_of(ITEM):
        assert facts.pat_first
        assert facts.pmt_first
        assert facts.video is not None
        assert facts.audio is not None
        assert (facts.video.stream_type, facts.audio.stream_type) == (0x1B, 0x0F)
        assert facts.others == ()
        assert {0, facts.video.pid, facts.audio.pid} < {found.pid for found in facts.pids}


def test_the_first_picture_is_at_ten_seconds_and_sound_begins_at_most_a_frame_before() -> None:
    first = facts_of(ITEM)[0]
    assert first.video is not None
    assert first.audio is not None
    assert first.video.first_pts == 900_000
    assert 900_000 - 1920 <= first.audio.first_pts <= 900_000


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30_000, 1001), Fraction(60), Fraction(24_000, 1001)])
def test_each_track_goes_on_where_its_last_segment_ended(rate: Fraction) -> None:
    segments = facts_of(Item(rate=rate))
    for before, after in pairwise(segments):
        assert before.video is not None
        assert after.video is not None
        assert before.video.end_pts is not None
        assert abs(after.video.first_pts - before.video.end_pts) <= 1
        assert before.audio is not None
        assert after.audio is not None
        assert before.audio.end_pts == after.audio.first_pts


def test_frames_are_counted_also_where_one_packet_holds_several_of_sound() -> None:
    segments = facts_of(ITEM)
    assert [facts.video.frame_count for facts in segments if facts.video] == [25, 25, 25]
    last, first = segments[-1].audio, segments[0].audio
    assert first is not None
    assert last is not None
    assert last.end_pts is not None
    assert (
        sum(facts.audio.frame_count for facts in segments if facts.audio)
        == (last.end_pts - first.first_pts) / 1920
    )


def test_ffmpeg_counts_the_same_frames_and_timestamps(ffmpeg_path: Path) -> None:
    command = [
        *(ffmpeg_path, "-v", "error", "-copyts", "-i", "-"),
        *("-map", "0", "-c", "copy", "-f", "framecrc", "-"),
    ]
    listed = subprocess.run(command, input=make(ITEM)[1], capture_output=True, check=True).stdout.decode()
    rows = [line.split(",") for line in listed.splitlines() if not line.startswith("#")]
    facts = read(make(ITEM)[1])
    for number, track in (("0", facts.video), ("1", facts.audio)):
        stamps = [int(pts) for stream, _, pts, *_ in rows if stream == number]
        assert track is not None
        assert (track.frame_count, track.first_pts, track.last_pts) == (len(stamps), min(stamps), max(stamps))


def test_how_picture_and_sound_are_coded_is_read_from_the_streams() -> None:
    facts = read(make(ITEM)[0])
    assert facts.starts_with_idr
    assert facts.sps is not None
    assert (facts.sps.width, facts.sps.height) == (320, 180)
    assert facts.sps.codec[:7] == "avc1.4d"
    assert facts.sps.level_idc == 30
    assert facts.adts is not None
    assert (facts.adts.rate, facts.adts.channels, facts.adts.codec) == (48_000, 2, "mp4a.40.2")


def test_a_segment_that_begins_between_key_frames_is_told() -> None:
    whole = make(Item(segments=1, seconds=2))[0]
    facts = read(whole)
    assert facts.video is not None
    second_frame = [
        at
        for at in range(0, len(whole), PACKET)
        if (whole[at + 1] & 0x1F) << 8 | whole[at + 2] == facts.video.pid and whole[at + 1] & 0x40
    ][1]
    tables = whole[: 3 * PACKET]
    assert not read(tables + whole[second_frame:]).starts_with_idr


def test_a_segment_without_sound_has_no_sound_track() -> None:
    facts = read(make(Item(has_audio=False))[0])
    assert facts.audio is None
    assert facts.adts is None
    assert facts.video is not None


def test_only_the_first_segment_of_an_item_is_marked_and_counters_run_on() -> None:
    first, *others = facts_of(ITEM)
    assert all(found.marked_discontinuity for found in first.pids)
    for before, after in zip([first, *others], others, strict=False):
        assert not any(found.marked_discontinuity for found in after.pids)
        assert all(found.cc_errors == 0 for found in after.pids)
        last = {found.pid: found.last_cc for found in before.pids}
        assert all(found.first_cc == (last[found.pid] + 1) & 15 for found in after.pids)


def test_lost_packets_are_counted() -> None:
    segment = make(ITEM)[1]
    middle = len(segment) // PACKET // 2 * PACKET
    facts = read(segment[:middle] + segment[middle + PACKET :])
    assert sum(found.cc_errors for found in facts.pids) == 1


def test_a_repeated_packet_is_allowed() -> None:
    segment = make(ITEM)[1]
    middle = len(segment) // PACKET // 2 * PACKET
    facts = read(segment[: middle + PACKET] + segment[middle:])
    assert sum(found.cc_errors for found in facts.pids) == 0


def test_timestamps_that_wrap_inside_a_segment_go_on() -> None:
    facts = read(make(Item(segments=1, seconds=2, starts_at=95_443.0))[0])
    assert facts.video is not None
    assert facts.video.first_pts == 95_443 * 90_000
    assert facts.video.end_pts == 95_445 * 90_000
    assert facts.video.end_pts > 1 << 33


def corruptions(ffmpeg: Path, stream: bytes) -> int:
    command = [ffmpeg, "-hide_banner", "-loglevel", "warning", "-i", "-", "-c", "copy", "-f", "null", "-"]
    done = subprocess.run(command, input=stream, capture_output=True, check=True)
    return done.stderr.decode().lower().count("corrupt")


def test_a_join_in_the_middle_of_a_video_is_corrupt_to_ffmpeg_without_the_prefix_and_clean_with_it(
    ffmpeg_path: Path,
) -> None:
    one, two = make(ITEM), make(Item(tone=880, segments=4))
    for segment in two[1:]:
        assert corruptions(ffmpeg_path, one[0] + join_prefix(read(segment)) + segment) == 0
    assert any(corruptions(ffmpeg_path, one[0] + segment) for segment in two[1:])


def test_the_prefix_marks_each_pid_and_leaves_the_rest_of_the_segment_as_it_was() -> None:
    segment = make(ITEM)[1]
    plain = read(segment)
    joined = read(join_prefix(plain) + segment)
    assert all(found.marked_discontinuity and found.cc_errors == 0 for found in joined.pids)
    assert (joined.audio and joined.audio.first_pts) == (plain.audio and plain.audio.first_pts)
    assert joined.pat_first
    assert joined.pmt_first
    assert joined.size == plain.size + len(plain.pids) * PACKET


def test_what_is_no_transport_stream_is_refused_with_the_reason() -> None:
    segment = make(ITEM)[0]
    for broken, reason in (
        (b"", "whole number of packets"),
        (segment[:-1], "whole number of packets"),
        (b"<html>" + b" " * 182, "sync byte"),
        (segment[: 3 * PACKET] + b"\0" * PACKET, "sync byte"),
        (segment[10 * PACKET :], "no program association table"),
        (b"\x47\x80\x00\x10" + b"\0" * 184, "damaged"),
    ):
        with pytest.raises(SegmentError, match=reason):
            read(broken)


@thorough
@given(st.integers(0, 6 * PACKET - 1), st.integers(0, 255))
@example(3 * PACKET + 4, 255)
def test_a_damaged_byte_never_raises_anything_but_a_segment_error(at: int, value: int) -> None:
    damaged = bytearray(make(ITEM)[0])
    damaged[at] = value
    try:
        size = read(bytes(damaged)).size
    except SegmentError:
        return
    assert size == len(damaged)
