from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.library.packages import COUNT, package, rendition

from insta_stream.db.videos import PackageRow, RenditionRow
from insta_stream.library import rungs
from insta_stream.library.rungs import airing
from insta_stream.media.ceilings import Ceiling, caps, chosen
from insta_stream.media.ladder import LADDER, RUNGS, Rung
from insta_stream.timeline.playable import Playable

ALL = ("1080p", "720p", "480p", "360p", "240p")


def playable(row: PackageRow, names: tuple[str, ...]) -> Playable | None:
    """Return what airs where nothing less than the rungs' caps is declared."""
    return rungs.playable(row, caps(RUNGS[name] for name in names), Fraction(60))


def test_a_complete_ladder_serves_each_rung_with_its_own() -> None:
    found = playable(package(*(rendition(name, COUNT) for name in ALL), state="ready"), ALL)
    assert found is not None
    assert (found.renditions, found.available, found.is_complete) == (ALL, COUNT, True)


def test_a_rung_that_the_video_lacks_is_served_by_the_best_below_it() -> None:
    found = playable(package(rendition("480p", COUNT), rendition("240p", COUNT)), ("1080p", "360p", "240p"))
    assert found is not None
    assert found.renditions == ("480p", "240p", "240p")


def test_every_rung_maps_to_the_starter_while_it_grows() -> None:
    growing = package(rendition("1080p"), rendition("720p"), rendition("240p", 7, is_early=True))
    found = playable(growing, ALL)
    assert found is not None
    assert (set(found.renditions), found.available, found.is_complete) == ({"240p"}, 7, False)


def test_a_complete_copy_and_a_growing_starter_share_the_rungs() -> None:
    growing = package(rendition("720p", COUNT, is_early=True), rendition("240p", 7, is_early=True))
    found = playable(growing, ALL)
    assert found is not None
    assert found.renditions == ("720p", "720p", "240p", "240p", "240p")
    assert (found.available, found.is_complete) == (7, False)


def test_a_channel_with_the_top_rung_alone_airs_a_complete_copy_at_once() -> None:
    growing = package(rendition("720p", COUNT, is_early=True), rendition("240p"), is_airable=False)
    found = playable(growing, ("720p",))
    assert found is not None
    assert found.is_complete
    assert playable(growing, ("720p", "240p")) is None


def test_of_two_that_grow_the_one_that_is_further_serves() -> None:
    copy = replace(rendition("720p", 5, is_early=True), kind="copy")
    growing = package(copy, rendition("240p", 9, is_early=True))
    assert playable(growing, ("720p",)).renditions == ("240p",)  # type: ignore[union-attr]


@pytest.mark.parametrize("published", [(7, 7, 7), (7, 8, 9), (9, 8, 7)])
def test_a_ladder_that_grows_serves_each_rung_with_its_own_whichever_is_ahead(
    published: tuple[int, int, int],
) -> None:
    names = ("480p", "360p", "240p")
    pairs = zip(names, published, strict=True)
    found = playable(package(*(rendition(name, count, is_early=True) for name, count in pairs)), ALL)
    assert found is not None
    assert found.renditions == ("480p", "480p", *names)
    assert (found.available, found.is_complete) == (7, False)


def test_what_grows_in_company_does_not_serve_before_it_is_complete() -> None:
    growing = package(rendition("720p", 50), rendition("480p", 50), rendition("240p", COUNT, is_early=True))
    assert playable(growing, ALL).renditions == ("240p",) * 5  # type: ignore[union-attr]


def test_nothing_airs_before_playing_cannot_overtake_packaging() -> None:
    assert playable(package(rendition("240p", 7, is_early=True), is_airable=False), ALL) is None


def test_what_was_given_up_does_not_air_unless_it_is_complete() -> None:
    failed = package(
        rendition("720p", 50, is_early=True, error="broken"), rendition("240p", COUNT), state="ready"
    )
    assert playable(failed, ("720p",)).renditions == ("240p",)  # type: ignore[union-attr]
    assert playable(package(rendition("240p", 50, is_early=True), state="failed"), ALL) is None


def test_what_airs_changes_with_what_serves_a_rung_and_with_nothing_else() -> None:
    before = package(rendition("720p", 98), rendition("240p", 50, is_early=True))
    assert airing(before) == airing(package(rendition("720p", 99), rendition("240p", 50, is_early=True)))
    assert airing(before) != airing(package(rendition("720p", COUNT), rendition("240p", 50, is_early=True)))
    assert airing(before) != airing(package(rendition("720p", 98), rendition("240p", 51, is_early=True)))
    assert airing(replace(before, is_airable=False)) == ()


QUIET = {"1080p": 2_500_000, "720p": 1_500_000, "480p": 900_000, "360p": 500_000, "240p": 300_000}
"""Bits per second of the busiest segment of a quiet film's renditions."""


def film(peaks: dict[str, int]) -> PackageRow:
    """Return a complete package whose renditions are as busy as this, all of the time."""
    return package(*(measured(name, peak) for name, peak in peaks.items()), state="ready")


def measured(name: str, peak: int) -> RenditionRow:
    size = peak // 8 * COUNT * 2
    return replace(rendition(name, COUNT), peak_bps=peak, size_bytes=size)


def quiet_channel(frame_rate: int = 24) -> tuple[Ceiling, ...]:
    """Return what a channel declares that began with a quiet film."""
    need = rungs.need(film(QUIET), Fraction(frame_rate))
    assert need is not None
    return chosen(LADDER, [need])


def served(row: PackageRow, ceilings: tuple[Ceiling, ...], frame_rate: int = 24) -> tuple[str, ...]:
    found = rungs.playable(row, ceilings, Fraction(frame_rate))
    assert found is not None
    return found.renditions


def test_what_the_channel_began_with_is_shown_in_its_own_rungs() -> None:
    assert served(film(QUIET), quiet_channel()) == ALL


def test_a_busy_film_that_is_added_later_takes_the_rendition_below() -> None:
    busy = film(QUIET | {"1080p": 6_000_000})
    assert served(busy, quiet_channel()) == ("720p", "720p", "480p", "360p", "240p")
    assert served(busy, caps(LADDER)) == ALL


def test_a_fast_film_that_is_added_later_takes_the_rendition_below() -> None:
    assert served(film(QUIET), quiet_channel(), frame_rate=60)[:2] == ("720p", "480p")
    assert served(film(QUIET), quiet_channel(60), frame_rate=60) == ALL


def test_a_fast_film_airs_in_the_lowest_rung_though_nothing_keeps_its_promise() -> None:
    assert served(film(QUIET), quiet_channel(), frame_rate=60)[-1] == "240p"


def test_what_nobody_measured_or_still_grows_counts_with_its_caps() -> None:
    unknown = package(*(rendition(name, COUNT) for name in ALL), state="ready")
    assert served(unknown, quiet_channel())[0] != "1080p"
    growing = package(replace(measured("1080p", 900_000), is_complete=False, published=50, is_early=True))
    assert served(growing, caps(LADDER[:1])) == ("1080p",)
    assert rungs.need(growing, Fraction(24)) == rungs.need(package(rendition("1080p", 0)), Fraction(24))


def test_what_was_given_up_asks_for_nothing() -> None:
    lost = package(rendition("1080p", 3, error="broken"), measured("240p", 300_000), state="failed")
    need = rungs.need(lost, Fraction(24))
    assert need is not None
    assert need.rates.keys() == {"240p"}
    assert rungs.need(package(rendition("240p", error="broken"), state="failed"), Fraction(24)) is None


@st.composite
def packages(draw: st.DrawFn) -> PackageRow:
    """A package in any state: measured or not, growing, with renditions that were given up."""
    made = []
    for rung in LADDER[draw(st.integers(0, len(LADDER) - 1)) :]:
        peak = draw(st.just(0) | st.integers(1, rung.peak_bps))
        published = draw(st.sampled_from([0, 3, 50, COUNT, COUNT]))
        row = rendition(rung.name, published, is_early=draw(st.booleans()))
        kind = draw(st.sampled_from(["encode", "copy"]))
        made.append(replace(row, peak_bps=peak, size_bytes=peak // 8 * 2 * published, kind=kind))
    return package(*made, state=draw(st.sampled_from(["packaging", "ready", "failed"])))


@given(
    st.lists(st.tuples(packages(), st.sampled_from([24, 30, 50, 60])), max_size=3),
    packages(),
    st.sampled_from([24, 30, 50, 60]),
    st.sets(st.sampled_from(LADDER), min_size=1),
)
def test_no_segment_exceeds_what_is_declared_and_no_video_is_left_out(
    begun: list[tuple[PackageRow, int]], later: PackageRow, frames: int, of: set[Rung]
) -> None:
    ladder = tuple(rung for rung in LADDER if rung in of)
    found = [rungs.need(row, Fraction(rate)) for row, rate in begun]
    ceilings = chosen(ladder, [need for need in found if need is not None])
    aired = rungs.playable(later, ceilings, Fraction(frames))
    assert (aired is None) == (playable(later, tuple(rung.name for rung in ladder)) is None)
    rows = {row.name: row for row in later.renditions}
    for ceiling, name in zip(ceilings, aired.renditions if aired else (), strict=False):
        rates = rungs.rates_of(later.table, rows[name])
        assert rates.peak_bps <= ceiling.peak_bps
        # What is above its cap counts as that: nobody would see it better in the rendition below.
        assert min(rates.average_bps, RUNGS[name].average_bps) <= ceiling.average_bps * 1.1
        better = [
            row.name
            for row in later.renditions
            if row.is_complete and RUNGS[name].height < RUNGS[row.name].height <= ceiling.height
        ]
        for each in better:
            assert not ceiling.keeps(each, rungs.rates_of(later.table, rows[each]), Fraction(frames))
