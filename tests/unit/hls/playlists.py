"""Arbitrary playlists, for properties."""

from fractions import Fraction

from hypothesis import strategies as st

from insta_stream.hls.playlist import MediaPlaylist, MediaSegment, MultivariantPlaylist, Variant
from insta_stream.ticks import TICKS_PER_MILLISECOND, Ticks

uris = st.from_regex(r"[a-z0-9/._?=-]{1,40}\.ts", fullmatch=True)
durations = st.integers(1, 20 * 720_000).map(Ticks)
instants = st.integers(0, 4_000_000_000_000).map(
    lambda milliseconds: Ticks(milliseconds * TICKS_PER_MILLISECOND)
)
numbers = st.integers(0, 2**53)
segments = st.builds(MediaSegment, uris, durations, st.none() | instants, st.booleans())
media_playlists = st.builds(
    MediaPlaylist,
    target_duration=st.integers(1, 20),
    media_sequence=numbers,
    discontinuity_sequence=st.none() | numbers,
    segments=st.lists(segments, max_size=8).map(tuple),
    is_ended=st.booleans(),
    is_independent=st.booleans(),
    playlist_type=st.sampled_from(["", "EVENT", "VOD"]),
)
sizes = st.none() | st.tuples(st.integers(1, 8000), st.integers(1, 8000))
rates = st.integers(1, 240_000).map(lambda thousandths: Fraction(thousandths, 1000))


@st.composite
def variants(draw: st.DrawFn) -> Variant:
    width, height = draw(sizes) or (None, None)
    return Variant(
        draw(uris),
        bandwidth=draw(st.integers(1, 10**9)),
        average_bandwidth=draw(st.none() | st.integers(1, 10**9)),
        width=width,
        height=height,
        frame_rate=draw(st.none() | rates),
        codecs=draw(st.none() | st.sampled_from(["avc1.4d401e,mp4a.40.2", "avc1.640020"])),
    )


multivariant_playlists = st.builds(
    MultivariantPlaylist,
    st.lists(variants(), min_size=1, max_size=6).map(tuple),
    is_independent=st.booleans(),
)
