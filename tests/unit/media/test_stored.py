"""Inspections and plans survive being stored."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from insta_stream.media import stored
from insta_stream.media.model import AudioStream, Caution, Inspection, Plan, RenditionPlan, VideoStream
from insta_stream.ticks import Ticks
from insta_stream.timeline.table import SegmentTable

# The edge values: any text, any number, fractions.
texts = st.text(max_size=20)
numbers = st.integers(-(2**50), 2**50)
ticks = numbers.map(Ticks)
fractions = st.fractions()
cautions = st.lists(st.builds(Caution, texts, texts), max_size=3).map(tuple)
videos = st.builds(
    VideoStream,
    index=numbers,
    codec=texts,
    profile=texts,
    level=numbers,
    width=numbers,
    height=numbers,
    sample_aspect=fractions,
    rotation=numbers,
    frame_rate=fractions,
    is_constant=st.booleans(),
    is_interlaced=st.booleans(),
    pixel_format=texts,
    bits=numbers,
    color_range=texts,
    color_space=texts,
    color_primaries=texts,
    transfer=texts,
    starts_at=ticks,
    crop=st.none() | st.tuples(numbers, numbers, numbers, numbers),
    is_mirrored=st.booleans(),
    is_marked=st.booleans(),
    shapes=st.lists(st.tuples(ticks, fractions), max_size=3).map(tuple),
)
audios = st.builds(
    AudioStream,
    index=numbers,
    codec=texts,
    profile=texts,
    sample_rate=numbers,
    channels=numbers,
    starts_at=ticks,
    ends_at=ticks,
    peak_bps=numbers,
    copy_obstacle=texts,
    places=st.lists(texts, max_size=3).map(tuple),
)
inspections = st.builds(
    Inspection,
    format=texts,
    size_bytes=numbers,
    duration=ticks,
    frame_count=numbers,
    video=videos,
    audio=st.none() | audios,
    cuts=st.lists(ticks, max_size=9).map(tuple),
    copy_obstacle=texts,
    cautions=cautions,
    cut_bytes=st.lists(numbers, max_size=9).map(tuple),
)
durations = st.integers(1, 10**9).map(Ticks)
plans = st.builds(
    Plan,
    table=st.lists(durations, min_size=1, max_size=9).map(SegmentTable.of),
    frame_rate=fractions,
    borders=st.lists(numbers, max_size=9).map(tuple),
    renditions=st.lists(
        st.builds(RenditionPlan, texts, st.sampled_from(["copy", "encode"]), st.booleans()), max_size=3
    ).map(tuple),
    starter=texts,
    cautions=cautions,
    copy_hls_time=ticks,
    copy_obstacle=texts,
)


@given(inspections)
def test_an_inspection_comes_back_from_an_older_version_too(value: Inspection) -> None:
    text = stored.dump_inspection(value)
    assert stored.load_inspection(text) == value
    assert stored.load_inspection(text.replace("{", '{"copy_peak_bps":1,', 1)) == value


@given(inspections.filter(lambda value: value.audio is not None), st.integers(0, 16))
def test_a_sound_field_of_an_older_version_is_one(value: Inspection, channels: int) -> None:
    assert value.audio
    audio = replace(value.audio, channels=channels, places=())
    text = stored.dump_inspection(replace(value, audio=audio))
    older = text.replace('"places":[]', '"is_ambisonic":true')
    places = tuple(f"AMBI{number}" for number in range(channels))
    assert stored.load_inspection(older).audio == replace(audio, places=places)
    other = text.replace('"places":[]', '"is_ambisonic":false')
    assert stored.load_inspection(other).audio == audio


@given(plans)
def test_a_plan_comes_back(value: Plan) -> None:
    assert stored.load_plan(stored.dump_plan(value)) == value


def test_fractions_are_readable() -> None:
    value = Plan(SegmentTable(((3, Ticks(5)),)), Fraction(30000, 1001), (0, 1, 2, 3), (), "", ())
    text = stored.dump_plan(value)
    assert '"frame_rate":"30000/1001"' in text
    assert '"borders":[[1,0],[3,1]]' in text
