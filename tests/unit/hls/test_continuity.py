"""The comparison of bytes agrees with the rules about values."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough

from insta_stream.hls.continuity import Text, goes_on, without_uris
from insta_stream.hls.playlist import MediaPlaylist, MediaSegment
from insta_stream.hls.render import render_media
from insta_stream.hls.rules.refresh import check_refresh
from insta_stream.ticks import Ticks, seconds

ALL = 40


def segment(number: int, *, rung: str = "720p") -> MediaSegment:
    return MediaSegment(
        f"../media/{rung}/{number % 7}.ts", seconds(2), seconds(1000 + 2 * number), number % 7 == 0
    )


def window(first: int, count: int, *, rung: str = "720p") -> MediaPlaylist:
    segments = tuple(segment(number, rung=rung) for number in range(first, first + count))
    return MediaPlaylist(2, first, -(-first // 7), segments)


def text(playlist: MediaPlaylist) -> Text:
    found = Text.of(render_media(playlist).encode())
    assert found is not None
    return found


windows = st.builds(window, st.integers(0, ALL), st.integers(6, 12))


def spoil(playlist: MediaPlaylist, mistake: int, at: int) -> MediaPlaylist:
    at %= len(playlist.segments)
    segments = list(playlist.segments)
    one = segments[at]
    match mistake:
        case 0:
            return playlist
        case 1:
            return replace(playlist, discontinuity_sequence=(playlist.discontinuity_sequence or 0) + 1)
        case 2:
            segments[at] = one._replace(uri="other.ts")
        case 3:
            segments[at] = one._replace(duration=Ticks(one.duration + 720))
        case 4:
            segments[at] = one._replace(date_time=Ticks((one.date_time or 0) + 720))
        case _:
            segments[at] = one._replace(discontinuity=not one.discontinuity)
    return replace(playlist, segments=tuple(segments))


@thorough
@given(windows, windows, st.integers(0, 5), st.integers(0, 20))
def test_bytes_and_rules_agree(before: MediaPlaylist, after: MediaPlaylist, mistake: int, at: int) -> None:
    after = spoil(after, mistake, at)
    broken = {found.code for found in check_refresh(before, after)} - {"MSN-GAP", "WINDOW-SHORT"}
    overlaps = before.media_sequence <= after.media_sequence < before.next_msn
    if overlaps or broken:
        assert goes_on(text(before), text(after)) == (not broken)


def test_without_a_segment_in_common_the_numbers_may_not_go_back() -> None:
    assert goes_on(text(window(0, 6)), text(window(20, 6)))
    early = replace(window(20, 6), discontinuity_sequence=0)
    assert not goes_on(text(window(0, 6)), text(early))


def test_rungs_may_differ_in_their_uris_only() -> None:
    one, other = (render_media(window(3, 9, rung=rung)).encode() for rung in ("720p", "480p"))
    assert one != other
    assert without_uris(one) == without_uris(other)
    for mistake in (1, 3, 4, 5):
        spoilt = render_media(spoil(window(3, 9), mistake, 4)).encode()
        assert without_uris(one) != without_uris(spoilt)


def test_the_edge_is_where_the_last_segment_ends() -> None:
    assert text(window(3, 9)).edge == seconds(1000 + 2 * 12)


def test_what_does_not_begin_as_ours_is_not_read() -> None:
    assert Text.of(b"#EXTM3U\n#EXTINF:2,\na.ts\n") is None
