import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough

from insta_stream.hls.parse import PlaylistSyntaxError, parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist

GOOD = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXTINF:2.0,
a.ts
#EXT-X-DISCONTINUITY
#EXTINF:2.0,
b.ts
"""


def test_what_is_not_ours_is_passed_over() -> None:
    text = GOOD.replace("#EXTINF:2.0,\na.ts", "# a comment\n\n#EXT-X-GREETING:HI\n#EXTINF:2.0,A title\na.ts")
    assert parse(text) == parse(GOOD)


def test_what_is_not_said_has_the_values_of_the_specification() -> None:
    playlist = parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts")
    assert isinstance(playlist, MediaPlaylist)
    assert (playlist.version, playlist.media_sequence, playlist.discontinuity_sequence) == (1, 0, None)
    assert not playlist.is_independent
    assert playlist.segments[0].date_time is None


def test_a_playlist_without_segments_is_still_a_media_playlist() -> None:
    playlist = parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n")
    assert isinstance(playlist, MediaPlaylist)
    assert playlist.segments == ()


@pytest.mark.parametrize(
    "text", ["2026-03-01T00:00:00.000Z", "2026-03-01T01:00:00+01:00", "2026-03-01T01:00:00.000+0100"]
)
def test_a_date_is_the_same_instant_in_every_form(text: str) -> None:
    playlist = parse(GOOD.replace("#EXTINF", f"#EXT-X-PROGRAM-DATE-TIME:{text}\n#EXTINF", 1))
    assert isinstance(playlist, MediaPlaylist)
    assert playlist.segments[0].date_time == 1_772_323_200 * 720_000
    assert playlist.segments[1].date_time is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "must start with #EXTM3U"),
        ("\ufeff" + GOOD, 1, "byte order mark"),
        ("<html>", 1, "must start with #EXTM3U"),
        ("#EXTM3U\n", 0, "neither a segment nor a variant"),
        (GOOD.replace("#EXT-X-TARGETDURATION:2\n", ""), 0, "TARGETDURATION is missing"),
        (GOOD.replace("N:2", "N:2.5"), 3, "not a whole number"),
        (GOOD.replace("SEQUENCE:7", "SEQUENCE:-7"), 4, None),
        (GOOD.replace("#EXT-X-VERSION:3", "#EXT-X-VERSION:3\n#EXT-X-VERSION:3"), 3, "VERSION appears twice"),
        (GOOD.replace("2.0,\nb", "2.0\nb"), 9, "comma"),
        (GOOD.replace("2.0,\nb", "-2.0,\nb"), 9, "must not be negative"),
        (GOOD.replace("2.0,\nb", "1e3,\nb"), 9, "not a decimal number"),
        (GOOD.replace("b.ts\n", ""), 0, "no URI"),
        (GOOD.replace("#EXTINF:2.0,\nb", "b"), 9, "without an EXTINF"),
        (GOOD.replace("b.ts", "#EXTINF:2.0,\nb.ts"), 10, "two EXTINF"),
        (GOOD + "#EXT-X-DISCONTINUITY-SEQUENCE:1\n", 11, "twice"),
        (
            GOOD.replace("#EXT-X-DISCONTINUITY-SEQUENCE:1\n", "") + "#EXT-X-DISCONTINUITY-SEQUENCE:1",
            10,
            "after",
        ),
        (GOOD + "#EXT-X-STREAM-INF:BANDWIDTH=1\nc.m3u8\n", 0, "mixed"),
        (GOOD.replace("VERSION:3", "PLAYLIST-TYPE:LIVE"), 0, "EVENT or VOD"),
        (GOOD.replace("#EXTINF", "#EXT-X-PROGRAM-DATE-TIME:yesterday\n#EXTINF", 1), 6, "yesterday"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:CODECS=1\na", 3, "BANDWIDTH is missing"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,BANDWIDTH=1\na", 2, "twice"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,x\na", 2, "cannot be read"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=1280\na", 3, "not a whole number"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", 0, "no URI"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int, reason: str | None) -> None:
    with pytest.raises(PlaylistSyntaxError, match=reason) as caught:
        parse(text)
    assert caught.value.line in (line, 0)


@thorough
@given(st.lists(st.sampled_from([*GOOD.split("\n"), "#EXT-X-STREAM-INF:BANDWIDTH=1", "x"]), max_size=12))
def test_any_other_order_of_lines_is_a_playlist_or_a_syntax_error(lines: list[str]) -> None:
    try:
        playlist = parse("\n".join(["#EXTM3U", *lines]))
    except PlaylistSyntaxError as error:
        assert error.reason  # noqa: PT017  (both ends are right; anything else raised is not)
        return
    assert isinstance(playlist, MediaPlaylist | MultivariantPlaylist)
