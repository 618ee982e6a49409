from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough
from tests.support.segments import Item
from tests.unit.hls.channel import (
    MISSING_ANSWER,
    MULTIVARIANT,
    OPTIONS_ANSWER,
    PLAYLIST_ANSWER,
    RANGE_ANSWER,
    SEGMENT_ANSWER,
    SMALL,
    STEP,
    VARIANT,
    answer,
    edited,
    facts,
    seen,
    segment,
    window,
)

from insta_stream.hls.mpegts import PidFacts, SegmentFacts, TrackFacts
from insta_stream.hls.render import render_media
from insta_stream.hls.rules import RULES, Violation
from insta_stream.hls.rules.http import (
    check_head,
    check_missing,
    check_not_modified,
    check_options,
    check_playlist,
    check_range,
    check_segment_answer,
)
from insta_stream.hls.rules.media import check_media
from insta_stream.hls.rules.pace import check_early, check_edge, check_rate, check_stale
from insta_stream.hls.rules.promises import check_promises, check_rates, peak_rate
from insta_stream.hls.rules.refresh import check_refresh
from insta_stream.hls.rules.segments import (
    check_follow,
    check_join,
    check_same_content,
    check_segment,
    check_sum,
)
from insta_stream.hls.rules.text import check_text
from insta_stream.hls.rules.variants import (
    check_edges,
    check_multivariant,
    check_multivariant_refresh,
    check_variants,
)
from insta_stream.ticks import Ticks, seconds

Check = Callable[[], Iterable[Violation]]
A = window(102)
B = window(103)
SECOND = seconds(1)
LATER = Ticks(A.segments[0].date_time or 0) + 720_000
TEXT = render_media(A).encode()


def track(segment_facts: SegmentFacts, kind: str, **changes: object) -> SegmentFacts:
    """Return the facts with one track changed; a shift moves all timestamps."""
    found: TrackFacts = getattr(segment_facts, kind)
    shift = changes.pop("shift", 0)
    assert isinstance(shift, int)
    assert found.end_pts is not None
    moved = replace(
        found,
        first_pts=found.first_pts + shift,
        last_pts=found.last_pts + shift,
        end_pts=found.end_pts + shift,
    )
    return replace(segment_facts, **{kind: replace(moved, **changes)})  # type: ignore[arg-type]


def unmarked(segment_facts: SegmentFacts) -> SegmentFacts:
    pids = tuple(PidFacts(p.pid, p.first_cc, p.last_cc, p.cc_errors, False) for p in segment_facts.pids)
    return replace(segment_facts, pids=pids)


def recounted(segment_facts: SegmentFacts) -> SegmentFacts:
    pids = tuple(replace(found, first_cc=(found.first_cc + 3) & 15) for found in segment_facts.pids)
    return replace(segment_facts, pids=pids)


GOOD: dict[str, Check] = {
    "text": lambda: check_text(TEXT),
    "media": lambda: check_media(A),
    "ended": lambda: check_media(replace(window(102, 1), is_ended=True)),
    "refresh": lambda: check_refresh(A, B),
    "same": lambda: check_refresh(A, A),
    "end": lambda: check_refresh(A, replace(A, is_ended=True)),
    "unchanged": lambda: check_stale(seen(A, 0), seen(A, 2.5)),
    "cadence": lambda: check_early(seen(A, 0), seen(B, 1), seen(window(104), 3)),
    "rate": lambda: check_rate(seen(A, 220.5), seen(window(132), 281)),
    "edge": lambda: check_edge(seen(A, 221)),
    "variants": lambda: check_variants({"720p": A, "240p": window(102, rung="240p")}),
    "variants, one refresh apart": lambda: check_variants({"720p": A, "240p": window(103, rung="240p")}),
    "edges": lambda: check_edges({"720p": seen(A, 0), "240p": seen(B, 1)}),
    "edges, requested at once": lambda: check_edges({"720p": seen(B, 0, 0.3), "240p": seen(A, 0, 0.1)}),
    "multivariant": lambda: check_multivariant(MULTIVARIANT),
    "multivariant again": lambda: check_multivariant_refresh(MULTIVARIANT, MULTIVARIANT),
    "first segment": lambda: check_segment(facts(0)),
    "last segment": lambda: check_segment(facts(2)),
    "follow": lambda: check_follow(facts(0), SECOND, facts(1)),
    "follow over the wrap": lambda: check_follow(
        facts(0, Item(starts_at=95442.7)), SECOND, facts(1, Item(starts_at=95442.7))
    ),
    "join": lambda: check_join(facts(2), facts(0)),
    "join after a long video": lambda: check_join(
        track(track(facts(2), "video", shift=12 * 90_000), "audio", shift=12 * 90_000),
        replace(facts(0), pictures_ahead=1),
    ),
    "sum": lambda: check_sum([(facts(number), SECOND) for number in range(3)]),
    "same content": lambda: check_same_content(
        {"720p": facts(1), "240p": facts(1, Item(bits_per_second=100_000))}
    ),
    "same content over the wrap": lambda: check_same_content(
        {"720p": facts(1), "240p": track(facts(1), "video", shift=450 - 2**33)}
    ),
    "promises": lambda: check_promises(VARIANT, facts(0)),
    "rates": lambda: check_rates(VARIANT, [(80_000, SECOND)] * 5, 1),
    "playlist answer": lambda: check_playlist(PLAYLIST_ANSWER, 2),
    "multivariant answer": lambda: check_playlist(answer(PLAYLIST_ANSWER, cache_control="max-age=20"), None),
    "segment answer": lambda: check_segment_answer(SEGMENT_ANSWER),
    "missing": lambda: check_missing(MISSING_ANSWER),
    "head": lambda: check_head(SEGMENT_ANSWER, "188000"),
    "options": lambda: check_options(OPTIONS_ANSWER),
    "range": lambda: check_range(RANGE_ANSWER, 188, 188_000),
    "not modified": lambda: check_not_modified(answer(PLAYLIST_ANSWER, 304)),
}

BROKEN: dict[str, list[Check]] = {
    "SYNTAX": [
        lambda: check_text(b"\xef\xbb\xbf" + TEXT),
        lambda: check_text(b"\xff" + TEXT),
        lambda: check_text(TEXT.replace(b"#EXT-X-VERSION:6", b"#EXT-X-VERSION:6\n#EXT-X-VERSION:6")),
    ],
    "PDT-FORMAT": [
        lambda: check_text(TEXT.replace(b".000Z", b"Z")),
        lambda: check_text(TEXT.replace(b"0Z", b"0")),
    ],
    "EMPTY": [lambda: check_media(window(102, 0))],
    "VERSION": [lambda: check_media(replace(A, version=2))],
    "DSEQ-MISSING": [lambda: check_media(replace(A, discontinuity_sequence=None))],
    "TD-EXCEEDED": [lambda: check_media(edited(A, 3, duration=seconds(2.5)))],
    "TD-LOOSE": [lambda: check_media(replace(A, target_duration=4))],
    "PDT-MISSING": [
        lambda: check_media(edited(A, 0, date_time=None)),
        lambda: check_media(edited(A, 3, date_time=None)),
    ],
    "PDT-DRIFT": [lambda: check_media(edited(A, 7, date_time=Ticks(LATER + 7 * STEP)))],
    "PDT-JUMP": [
        lambda: check_media(
            replace(A, segments=A.segments[:3] + tuple(segment(msn + 60) for msn in range(105, 110)))
        )
    ],
    "PDT-BACK": [lambda: check_media(edited(A, 4, date_time=Ticks(0)))],
    "WINDOW-START": [lambda: check_media(window(102, 2))],
    "WINDOW-SIX": [lambda: check_media(window(102, 5))],
    "PLAYLIST-TYPE": [lambda: check_media(replace(A, playlist_type="EVENT"))],
    "EXTENSION": [lambda: check_media(edited(A, 0, uri="/media/one/720p/2"))],
    "SEG-URI-CHANGED": [lambda: check_refresh(A, edited(B, 0, uri="/media/two/720p/3.ts"))],
    "SEG-QUERY-CHANGED": [lambda: check_refresh(A, edited(B, 0, uri="/media/one/720p/3.ts?token=2"))],
    "EXTINF-CHANGED": [lambda: check_refresh(A, edited(B, 0, duration=seconds(1.9)))],
    "PDT-CHANGED": [lambda: check_refresh(A, edited(B, 0, date_time=LATER))],
    "DISC-CHANGED": [lambda: check_refresh(A, edited(B, 1, discontinuity=True))],
    "DSEQ-CHANGED": [
        lambda: check_refresh(window(104), replace(window(105), discontinuity_sequence=22)),
        lambda: check_refresh(window(105), replace(window(106), discontinuity_sequence=21)),
    ],
    "TD-CHANGED": [lambda: check_refresh(A, replace(B, target_duration=3))],
    "MSN-BACK": [lambda: check_refresh(B, A)],
    "EDGE-BACK": [lambda: check_refresh(A, window(102, 7))],
    "MSN-GAP": [lambda: check_refresh(A, window(111))],
    "WINDOW-SHORT": [lambda: check_refresh(window(102, 3), window(103, 2))],
    "AFTER-END": [lambda: check_refresh(replace(A, is_ended=True), B)],
    "STALE": [lambda: check_stale(seen(A, 0), seen(A, 3.1))],
    "UPDATE-EARLY": [lambda: check_early(seen(A, 0), seen(B, 0.4), seen(window(104), 0.8))],
    "LIVE-RATE": [
        lambda: check_rate(seen(A, 0), seen(window(112), 60)),
        lambda: check_rate(seen(A, 0), seen(B, 60)),
    ],
    "PDT-FUTURE": [lambda: check_edge(seen(A, 217))],
    "PDT-LAGS": [lambda: check_edge(seen(A, 227))],
    "TD-DIFFERS": [lambda: check_variants({"720p": A, "240p": replace(A, target_duration=3)})],
    "ALIGN-MSN": [
        lambda: check_variants({"720p": A, "240p": replace(A, media_sequence=101)}),
        lambda: check_variants({"720p": A, "240p": window(300)}),
    ],
    "ALIGN-DUR": [lambda: check_variants({"720p": A, "240p": edited(A, 2, duration=seconds(1.9))})],
    "ALIGN-DSEQ": [
        lambda: check_variants({"720p": A, "240p": replace(A, discontinuity_sequence=20)}),
        lambda: check_variants({"720p": A, "240p": edited(A, 3, discontinuity=False)}),
    ],
    "ALIGN-PDT": [lambda: check_variants({"720p": A, "240p": edited(A, 0, date_time=LATER)})],
    "ALIGN-EDGE": [lambda: check_edges({"720p": seen(B, 0), "240p": seen(A, 1)})],
    "MV-INDEPENDENT": [lambda: check_multivariant(replace(MULTIVARIANT, is_independent=False))],
    "MV-ATTR": [
        lambda: check_multivariant(replace(MULTIVARIANT, variants=(replace(VARIANT, codecs=None),))),
        lambda: check_multivariant(
            replace(MULTIVARIANT, variants=(replace(VARIANT, average_bandwidth=None),))
        ),
    ],
    "MV-DUPLICATE": [
        lambda: check_multivariant(
            replace(MULTIVARIANT, variants=(VARIANT, replace(SMALL, bandwidth=1_000_000)))
        )
    ],
    "MV-CHANGED": [
        lambda: check_multivariant_refresh(
            MULTIVARIANT, replace(MULTIVARIANT, variants=MULTIVARIANT.variants[:1])
        )
    ],
    "TS-PAT": [lambda: check_segment(replace(facts(0), pmt_first=False))],
    "TS-CC": [
        lambda: check_segment(replace(facts(0), pids=(replace(facts(0).pids[0], cc_errors=1),))),
        lambda: check_follow(facts(0), SECOND, recounted(facts(1))),
    ],
    "TS-MARK": [
        lambda: check_join(facts(2), facts(1)),
        lambda: check_join(facts(2), facts(0, Item(is_marked=False))),
    ],
    "KEYFRAME": [lambda: check_segment(replace(facts(0), starts_with_idr=False))],
    "TRACKS-CHANGED": [
        lambda: check_segment(facts(0, Item(has_audio=False))),
        lambda: check_join(facts(2), facts(0, Item(has_audio=False))),
        lambda: check_follow(facts(0), SECOND, track(facts(1), "video", pid=300)),
    ],
    "FORMAT-CHANGED": [lambda: check_join(facts(2), facts(0, Item(size="256x144")))],
    "CONT-VIDEO": [lambda: check_follow(facts(0), SECOND, track(facts(1), "video", shift=9000))],
    "CONT-AUDIO": [lambda: check_follow(facts(0), SECOND, track(facts(1), "audio", shift=-4000))],
    "SEG-HOLE": [
        lambda: check_segment(track(facts(0), "audio", frame_count=40)),
        lambda: check_segment(track(facts(0), "video", unevenness=9000)),
    ],
    "HEAD-AV": [lambda: check_join(facts(2), track(facts(0), "audio", shift=20_000))],
    "TAIL-AV": [lambda: check_join(track(facts(2), "audio", shift=-20_000), facts(0))],
    "MEDIA-CLOCK": [
        lambda: check_join(facts(2), facts(0, Item(is_opened=False, b_frames=0))),
        lambda: check_join(facts(2), facts(1, Item(is_opened=False))),
    ],
    "EXTINF-REAL": [lambda: check_follow(facts(0), seconds(1.1), facts(1))],
    "EXTINF-SUM": [lambda: check_sum([(facts(number), seconds(0.97)) for number in range(3)])],
    "ALIGN-PTS": [
        lambda: check_same_content({"720p": facts(1), "240p": track(facts(1), "video", shift=3600)})
    ],
    "MV-BANDWIDTH": [lambda: check_rates(VARIANT, [(80_000, SECOND), (130_000, SECOND)], 1)],
    "MV-AVERAGE": [lambda: check_rates(VARIANT, [(100_000, SECOND)] * 5, 1)],
    "MV-CODECS": [
        lambda: check_promises(replace(VARIANT, codecs="avc1.42401e,mp4a.40.2"), facts(0)),
        lambda: check_promises(replace(VARIANT, codecs="avc1.4d4015,mp4a.40.2"), facts(0)),
        lambda: check_promises(replace(VARIANT, codecs="avc1.4d401e,mp4a.40.5"), facts(0)),
    ],
    "MV-RESOLUTION": [lambda: check_promises(replace(VARIANT, height=144), facts(0))],
    "MV-FRAME-RATE": [lambda: check_promises(replace(VARIANT, frame_rate=Fraction(24)), facts(0))],
    "PLAYLIST-HTTP": [lambda: check_playlist(answer(PLAYLIST_ANSWER, 503), 2)],
    "PLAYLIST-TYPE-HDR": [lambda: check_playlist(answer(PLAYLIST_ANSWER, content_type="text/plain"), 2)],
    "PLAYLIST-SLOW": [lambda: check_playlist(answer(PLAYLIST_ANSWER, took_ms=900), 2)],
    "GZIP": [lambda: check_playlist(answer(PLAYLIST_ANSWER, content_encoding=None), 2)],
    "VARY": [lambda: check_playlist(answer(PLAYLIST_ANSWER, vary=None), 2)],
    "CACHE-PLAYLIST": [lambda: check_playlist(answer(PLAYLIST_ANSWER, cache_control=None), 2)],
    "CACHE-PLAYLIST-LONG": [
        lambda: check_playlist(answer(PLAYLIST_ANSWER, cache_control="max-age=1, s-maxage=10"), 2)
    ],
    "CACHE-MV": [lambda: check_playlist(answer(PLAYLIST_ANSWER, cache_control="max-age=3600"), None)],
    "LAST-MODIFIED": [
        lambda: check_playlist(answer(PLAYLIST_ANSWER, last_modified="Sat, 28 Feb 2026 00:00:00 GMT"), 2)
    ],
    "SEG-HTTP": [lambda: check_segment_answer(answer(SEGMENT_ANSWER, 404))],
    "SEG-TYPE-HDR": [
        lambda: check_segment_answer(answer(SEGMENT_ANSWER, content_type="text/vnd.trolltech.linguist"))
    ],
    "SEG-GZIP": [lambda: check_segment_answer(answer(SEGMENT_ANSWER, content_encoding="gzip"))],
    "SEG-SLOW": [lambda: check_segment_answer(answer(SEGMENT_ANSWER, took_ms=3000))],
    "LENGTH": [lambda: check_segment_answer(answer(SEGMENT_ANSWER, content_length=None))],
    "CACHE-SEGMENT": [lambda: check_segment_answer(answer(SEGMENT_ANSWER, cache_control="no-cache"))],
    "CORS": [
        lambda: check_playlist(answer(PLAYLIST_ANSWER, access_control_allow_origin=None), 2),
        lambda: check_segment_answer(answer(SEGMENT_ANSWER, access_control_allow_origin=None)),
        lambda: check_missing(answer(MISSING_ANSWER, access_control_allow_origin=None)),
        lambda: check_options(answer(OPTIONS_ANSWER, 405)),
        lambda: check_options(answer(OPTIONS_ANSWER, access_control_allow_headers=None)),
    ],
    "REDIRECT": [
        lambda: check_segment_answer(answer(SEGMENT_ANSWER, 302, location="https://cdn.example/0.ts"))
    ],
    "CACHE-ERROR": [
        lambda: check_missing(answer(MISSING_ANSWER, cache_control=None)),
        lambda: check_missing(answer(MISSING_ANSWER, cache_control="max-age=10")),
    ],
    "HEAD-REFUSED": [
        lambda: check_head(answer(SEGMENT_ANSWER, 405), "188000"),
        lambda: check_head(answer(SEGMENT_ANSWER, content_length="0"), "188000"),
    ],
    "RANGE": [
        lambda: check_range(answer(RANGE_ANSWER, 200), 188, 188_000),
        lambda: check_range(answer(RANGE_ANSWER, content_length=None), 188, 188_000),
    ],
    "ETAG": [lambda: check_not_modified(PLAYLIST_ANSWER)],
}

NEEDS_A_CHANNEL = frozenset({"TS-SYNC", "SEG-LATE", "SEG-EXPIRED", "SEG-MUTATED", "DECODE"})
"""Rules that only a live channel can break: tests/integration/test_check.py has their scenarios."""


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_said_of_a_good_channel(name: str) -> None:
    assert list(GOOD[name]()) == []


@pytest.mark.parametrize("code", sorted(RULES.keys() - NEEDS_A_CHANNEL))
def test_a_broken_rule_is_told_with_its_severity_and_a_message(code: str) -> None:
    for check in BROKEN[code]:
        found = {violation.code: violation for violation in check()}
        assert code in found
        assert found[code].severity == RULES[code].severity
        assert found[code].message


def test_no_input_breaks_a_rule_that_does_not_exist() -> None:
    assert BROKEN.keys() == RULES.keys() - NEEDS_A_CHANNEL


@thorough
@given(st.integers(0, 400), st.integers(0, 8), st.integers(3, 20), st.integers(3, 20))
def test_a_sliding_window_never_contradicts_itself(
    first: int, slid: int, count: int, later_count: int
) -> None:
    before, after = window(first, count), window(first + min(slid, count), count + later_count)
    assert list(check_refresh(before, after)) == []
    assert list(check_variants({"a": before, "b": after})) == [] or slid >= count


@thorough
@given(st.integers(0, 300), st.integers(0, 2), st.integers(1, 8))
def test_a_counter_that_is_wrong_is_told_as_soon_as_a_refresh_overlaps(
    first: int, wrong: int, slid: int
) -> None:
    before = window(first, 10)
    after = window(first + slid, 10)
    off = replace(after, discontinuity_sequence=(after.discontinuity_sequence or 0) + wrong - 1)
    codes = {violation.code for violation in check_refresh(before, off)}
    assert codes == (set() if wrong == 1 else {"DSEQ-CHANGED"})


def test_the_peak_is_taken_over_runs_of_half_to_one_and_a_half_target_durations() -> None:
    burst = [(1000, SECOND), (9000, seconds(0.4)), (1000, SECOND)]
    assert peak_rate(burst, 2) == 10_000 * 8 * 10 // 14
    assert peak_rate([(1000, STEP)], 1) == 0
