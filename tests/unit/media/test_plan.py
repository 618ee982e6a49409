"""Division into segments, and which renditions there will be."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.streams import PICTURE

from insta_stream.media import stored
from insta_stream.media.cadence import STANDARD_RATES
from insta_stream.media.cutting import LONGEST_OVER, NotCopyable, cut, muxer_cuts
from insta_stream.media.ladder import LADDER, RUNGS
from insta_stream.media.model import AudioStream, Inspection, VideoStream
from insta_stream.media.plan import equal_borders, plan
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds

VIDEO = replace(PICTURE, profile="Main", level=30, starts_at=seconds(10))
AUDIO = AudioStream(1, "aac", "LC", 48_000, 2, seconds(10), seconds(20), peak_bps=128_000)


def inspection(
    cuts: tuple[float, ...] = (), length: float = 10, *, video: VideoStream = VIDEO, bps: int = 1_000_000
) -> Inspection:
    """A file of `length` seconds whose picture takes `bps`, with key frames at `cuts`."""
    frames = round(length * video.frame_rate)
    lengths = [later - earlier for earlier, later in pairwise((*cuts, length))]
    return Inspection(
        format="mov,mp4,m4a,3gp,3g2,mj2",
        size_bytes=1,
        duration=seconds(length),
        frame_count=frames,
        video=video,
        audio=AUDIO,
        cuts=tuple(Ticks(video.starts_at + seconds(cut)) for cut in cuts),
        copy_obstacle="" if cuts else "It may not.",
        cautions=(),
        cut_bytes=tuple(round(bps * part / 8) for part in lengths),
    )


rates = st.sampled_from(STANDARD_RATES)
nominals = st.integers(2, 10)


@given(rates, nominals, st.integers(1, 1_000_000))
def test_equal_division_covers_every_frame_with_the_fewest_segments(
    rate: Fraction, nominal: int, frames: int
) -> None:
    borders = equal_borders(frames, rate, nominal)
    sizes = [later - earlier for earlier, later in pairwise(borders)]
    most = round(nominal * rate)
    assert (borders[0], borders[-1]) == (0, frames)
    assert len(sizes) == ceil(frames / most)
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True)


@given(rates, nominals, st.integers(1, 500_000))
def test_an_encoded_table_is_exact_and_keeps_the_limits(rate: Fraction, nominal: int, frames: int) -> None:
    made = plan(
        replace(inspection(), frame_count=frames, video=replace(VIDEO, frame_rate=rate)), LADDER, nominal
    )
    held = max(frames, ceil(rate))
    assert made.borders[-1] == held
    assert len(made.borders) == made.table.count + 1
    assert made.table.length == held * TICKS_PER_SECOND / rate
    assert len(made.table.stretches) <= 2
    for number in (0, made.table.count - 1):
        duration = made.table.duration(number)
        assert TICKS_PER_SECOND <= duration <= nominal * TICKS_PER_SECOND + TICKS_PER_SECOND / (2 * rate)
        assert round(Fraction(duration, TICKS_PER_SECOND)) <= nominal
        assert made.table.start(number) == made.borders[number] * TICKS_PER_SECOND / rate


def test_nine_seconds_are_five_equal_parts() -> None:
    made = plan(inspection(length=9), LADDER, 2)
    assert made.table.stretches == ((5, seconds(Fraction(9, 5))),)


def test_less_than_a_second_is_held_to_one() -> None:
    made = plan(inspection(length=0.2), LADDER, 2)
    assert (made.table.stretches, made.borders) == (((1, seconds(1)),), (0, 25))
    at_2997 = replace(inspection(length=0.2), video=replace(VIDEO, frame_rate=Fraction(30000, 1001)))
    assert plan(at_2997, LADDER, 2).borders == (0, 30)


@pytest.mark.parametrize(
    ("size", "aspect", "rotation", "top"),
    [
        ((1920, 1080), Fraction(1), 0, "1080p"),
        ((3840, 2160), Fraction(1), 0, "1080p"),
        ((1280, 720), Fraction(1), 0, "720p"),
        ((1280, 722), Fraction(1), 0, "1080p"),
        ((854, 480), Fraction(1), 0, "480p"),
        ((640, 480), Fraction(1), 0, "480p"),
        ((160, 120), Fraction(1), 0, "240p"),
        ((720, 1280), Fraction(1), 0, "1080p"),
        ((1280, 720), Fraction(1), 90, "1080p"),
        ((568, 320), Fraction(1), 90, "720p"),
        ((320, 568), Fraction(1), 270, "360p"),
        ((720, 576), Fraction(64, 45), 0, "720p"),
        ((854, 480), Fraction(853, 854), 0, "480p"),
    ],
)
def test_the_top_rung_is_the_smallest_that_holds_the_picture(
    size: tuple[int, int], aspect: Fraction, rotation: int, top: str
) -> None:
    video = replace(VIDEO, width=size[0], height=size[1], sample_aspect=aspect, rotation=rotation)
    made = plan(replace(inspection(), video=video), LADDER, 2)
    names = [rung.name for rung in LADDER]
    assert [rendition.name for rendition in made.renditions] == names[names.index(top) :]


@pytest.mark.parametrize(
    ("length", "ladder", "starter"),
    [
        (10, LADDER, ""),
        (60, LADDER, "240p"),
        (7200, LADDER, "240p"),
        (7200, LADDER[-1:], ""),
        (60, LADDER[-3:], ""),
        (60, LADDER[-4:], "240p"),
        (7200, LADDER[-3:], "240p"),
    ],
)
def test_a_long_video_has_a_starter_unless_its_ladder_is_light(
    length: float, ladder: tuple[object, ...], starter: str
) -> None:
    rungs = LADDER[-len(ladder) :]
    assert plan(inspection(length=length), rungs, 2).starter == starter


def test_a_copied_bottom_rung_needs_no_starter() -> None:
    source = inspection(tuple(range(0, 3600, 2)), 3600)
    made = plan(source, (RUNGS["720p"],), 2)
    assert [(each.name, each.kind, each.copies_audio) for each in made.renditions] == [("720p", "copy", True)]
    assert made.starter == ""


def test_two_hours_of_copy_are_small_as_text() -> None:
    source = inspection(tuple(range(0, 7200, 2)), 7200)
    made = plan(source, LADDER, 2)
    assert made.table.count == 3600
    assert len(stored.dump_plan(made)) < 1000
    assert stored.load_plan(stored.dump_plan(made)) == made


def test_other_renditions_follow_the_key_frames() -> None:
    made = plan(inspection((0, 2.04, 4, 6.08, 8)), LADDER, 2)
    assert made.borders == (0, 51, 100, 152, 200, 250)
    assert [Fraction(each, TICKS_PER_SECOND) for each in made.table] == [
        Fraction(text) for text in ("2.04", "1.96", "2.08", "1.92", "2")
    ]
    assert made.copy_obstacle == ""


@given(
    st.lists(st.integers(2, 70), min_size=1, max_size=60),
    st.sampled_from(STANDARD_RATES),
    nominals,
)
def test_a_copied_table_keeps_the_limits_and_is_what_the_muxer_makes(
    gaps: list[int], rate: Fraction, nominal: int
) -> None:
    frame = int(TICKS_PER_SECOND / rate)
    starts = [sum(gaps[:number]) for number in range(len(gaps))]
    video = replace(VIDEO, frame_rate=rate)
    source = replace(
        inspection((0,), video=video),
        cuts=tuple(Ticks(video.starts_at + start * frame) for start in starts),
        cut_bytes=tuple(1000 for _ in starts),
        duration=Ticks(sum(gaps) * frame),
        frame_count=sum(gaps),
    )
    made = plan(source, LADDER, nominal)
    if made.copy_obstacle:
        return
    assert made.table.length == source.duration
    assert all(TICKS_PER_SECOND <= each <= nominal * TICKS_PER_SECOND + LONGEST_OVER for each in made.table)
    assert set(made.borders[:-1]) <= set(starts)
    assert made.borders[-1] == source.frame_count
    for origin in (0, -100, -15_360):  # the sound may begin up to an AAC frame earlier
        cuts = muxer_cuts([Ticks(start * frame) for start in starts], made.copy_hls_time, Ticks(origin))
        assert [cut // frame for cut in cuts] == list(made.borders[:-1])


@settings(deadline=None)  # two thousand key frames
@given(st.integers(2, 10), st.integers(2, 2000), st.sampled_from(STANDARD_RATES))
def test_regular_key_frames_can_always_be_copied(nominal: int, count: int, rate: Fraction) -> None:
    frame = int(TICKS_PER_SECOND / rate)
    gop = round(nominal * rate) * frame
    times = tuple(Ticks(VIDEO.starts_at + number * gop) for number in range(count))
    source = replace(inspection((0,)), cuts=times, cut_bytes=(1,) * count, duration=Ticks(count * gop))
    assert cut(source, RUNGS["720p"], seconds(nominal)).borders[1:3] == (gop, 2 * gop)


def test_the_muxer_counts_from_the_first_packet() -> None:
    times = [seconds(value) for value in (0, 1, 2, 3, 4, 5)]
    assert list(muxer_cuts(times, seconds(2), Ticks(0))) == [seconds(value) for value in (0, 2, 4)]
    late = seconds(Fraction(21, 10))
    assert list(muxer_cuts(times, late, Ticks(0))) == [seconds(value) for value in (0, 3, 5)]
    assert list(muxer_cuts(times, late, Ticks(-seconds(Fraction(1, 5))))) == [
        seconds(value) for value in (0, 2, 4)
    ]


@pytest.mark.parametrize(
    ("change", "cuts", "sentence"),
    [
        ({"width": 1278}, (0, 2), "Its size is 1278x720; 720p takes 1280x720."),
        ({"level": 40}, (0, 2), "Its H.264 level is 4.0; 720p takes up to 3.2."),
        ({"level": 0}, (0, 2), "Its H.264 level is 0.0; 720p takes up to 3.2."),
        ({"profile": "High 10"}, (0, 2), "Its H.264 profile is High 10; 720p takes up to High."),
        ({}, (0,), "Its key frames are up to 4.0 s apart; segments of 2 s need one every 2.5 s."),
        ({}, (0, 1.2, 3.4), "Its last key frame is 0.60 s before its end; a segment needs 1 s."),
        ({}, (0, 0.9, 1.1, 3), "Its key frames are too irregular."),
    ],
)
def test_obstacles(change: dict[str, object], cuts: tuple[float, ...], sentence: str) -> None:
    source = inspection(cuts, 4)
    with pytest.raises(NotCopyable, match=r".") as obstacle:
        cut(replace(source, video=replace(VIDEO, **change)), RUNGS["720p"], seconds(2))  # type: ignore[arg-type]
    assert str(obstacle.value) == sentence


def test_no_segment_of_a_copy_exceeds_the_cap() -> None:
    rung = RUNGS["720p"]
    rich = round((rung.peak_bps - 32_000) - 128_000 * 1.15)
    cutting = cut(inspection((0, 2, 4, 6, 8), bps=rich - 1000), rung, seconds(2))
    assert len(cutting.borders) == 6
    with pytest.raises(NotCopyable, match=r"Its picture takes up to .* Mbit/s; 720p takes up to"):
        cut(inspection((0, 2, 4, 6, 8), bps=rich + 1000), rung, seconds(2))


def test_the_inspections_own_obstacle_comes_first() -> None:
    with pytest.raises(NotCopyable, match=r"It may not\."):
        cut(inspection(), RUNGS["720p"], seconds(2))
