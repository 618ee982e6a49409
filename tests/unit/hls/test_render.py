from fractions import Fraction
from pathlib import Path

from hypothesis import given
from tests.unit.hls.playlists import media_playlists, multivariant_playlists

from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MediaSegment, MultivariantPlaylist, Variant
from insta_stream.hls.render import render_media, render_multivariant
from insta_stream.ticks import Ticks, seconds

GOLDEN = Path(__file__).parents[2] / "golden"
MIDNIGHT = Ticks(1_772_323_200 * 720_000)
A = seconds(Fraction(9, 5))
B = seconds(Fraction(59 * 1001, 30_000))
ONE_0 = MediaSegment("/media/one/720p/0.ts", A, Ticks(MIDNIGHT - A))
ONE_1 = MediaSegment("/media/one/720p/1.ts", A, MIDNIGHT)
TWO_0 = MediaSegment("/media/two/480p/0.ts", B, Ticks(MIDNIGHT + A), discontinuity=True)
TWO_1 = MediaSegment("/media/two/480p/1.ts", B, Ticks(MIDNIGHT + A + B))


def golden(name: str) -> str:
    return (GOLDEN / name).read_bytes().decode()


def test_a_channel_that_has_just_started() -> None:
    assert render_media(MediaPlaylist(2, 1764, 0, (ONE_0, ONE_1))) == golden("start.m3u8")


def test_a_join_in_the_middle() -> None:
    assert render_media(MediaPlaylist(2, 1765, 0, (ONE_1, TWO_0, TWO_1))) == golden("join.m3u8")


def test_the_tag_stays_on_its_segment_in_first_position_and_is_not_counted_yet() -> None:
    assert render_media(MediaPlaylist(2, 1766, 0, (TWO_0, TWO_1))) == golden("tag-in-front.m3u8")


def test_the_tag_is_counted_when_its_segment_has_left_and_the_end_is_said() -> None:
    assert render_media(MediaPlaylist(2, 1767, 1, (TWO_1,), is_ended=True)) == golden("ended.m3u8")


def test_the_variants_of_a_channel() -> None:
    playlist = MultivariantPlaylist(
        (
            Variant(
                "0f3c9a5d11e2/720p.m3u8",
                5_032_800,
                3_378_240,
                1280,
                720,
                Fraction(60),
                "avc1.640020,mp4a.40.2",
            ),
            Variant(
                "0f3c9a5d11e2/240p.m3u8",
                820_800,
                570_240,
                426,
                240,
                Fraction(30_000, 1001),
                "avc1.4d401e,mp4a.40.2",
            ),
        )
    )
    assert render_multivariant(playlist) == golden("multivariant.m3u8")


def test_the_date_is_rounded_once_and_carries_into_the_next_year() -> None:
    new_year = Ticks(1_767_225_600 * 720_000)
    almost = MediaSegment("a.ts", A, Ticks(new_year - 360))
    before = MediaSegment("a.ts", A, Ticks(new_year - 361))
    assert "2026-01-01T00:00:00.000Z" in render_media(MediaPlaylist(2, 0, 0, (almost,)))
    assert "2025-12-31T23:59:59.999Z" in render_media(MediaPlaylist(2, 0, 0, (before,)))


@given(media_playlists)
def test_a_media_playlist_is_read_back_as_it_was_written(playlist: MediaPlaylist) -> None:
    assert parse(render_media(playlist)) == playlist


@given(multivariant_playlists)
def test_a_multivariant_playlist_is_read_back_as_it_was_written(playlist: MultivariantPlaylist) -> None:
    assert parse(render_multivariant(playlist)) == playlist


@given(media_playlists)
def test_a_windows_line_end_is_read_the_same(playlist: MediaPlaylist) -> None:
    assert parse(render_media(playlist).replace("\n", "\r\n")) == playlist


def test_numbers_stay_with_their_segments_while_the_window_slides() -> None:
    listed = (ONE_1, TWO_0, TWO_1, TWO_0._replace(uri="three"))
    before = MediaPlaylist(2, 1765, 4, listed)
    slid = MediaPlaylist(2, 1767, 5, listed[2:])
    assert list(slid.numbered()) == list(before.numbered())[2:]
    assert [(msn, dsn) for msn, dsn, _ in before.numbered()] == [(1765, 4), (1766, 5), (1767, 5), (1768, 6)]
    assert slid.next_msn == before.next_msn == 1769
    assert slid.duration == 2 * B
