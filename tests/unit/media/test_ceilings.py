"""What a broadcast declares, of playlists of every kind."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from insta_stream.media.ceilings import FRAME_RATES, Ceiling, Need, Rates, caps, chosen
from insta_stream.media.ladder import LADDER, RUNGS, Rung

FILM = Fraction(24000, 1001)
RATES = st.sampled_from([FILM, Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60)])


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Rung, ...]:
    chosen_ones = draw(st.sets(st.sampled_from(LADDER), min_size=1))
    return tuple(rung for rung in LADDER if rung in chosen_ones)


@st.composite
def needs(draw: st.DrawFn) -> Need:
    """A video as packaging makes it: every rung from its top down, each within its caps."""
    top = draw(st.integers(0, len(LADDER) - 1))
    rates = {}
    for rung in LADDER[top:]:
        peak = draw(st.integers(1, rung.peak_bps))
        rates[rung.name] = Rates(peak, draw(st.integers(1, peak)))
    return Need(draw(RATES), rates)


def like(share: Fraction, *, top: str = "1080p", frame_rate: Fraction = FILM) -> Need:
    """Return a video whose renditions take this share of their caps."""
    made = LADDER[[rung.name for rung in LADDER].index(top) :]
    rates = {rung.name: Rates(int(rung.peak_bps * share), int(rung.average_bps * share)) for rung in made}
    return Need(frame_rate, rates)


def named(ceilings: tuple[Ceiling, ...]) -> dict[str, Ceiling]:
    return {each.name: each for each in ceilings}


@given(ladders(), st.lists(needs(), max_size=4))
def test_it_lies_within_the_caps_and_above_the_rung_below(
    rungs: tuple[Rung, ...], wanted: list[Need]
) -> None:
    ceilings = chosen(rungs, wanted)
    assert [each.name for each in ceilings] == [rung.name for rung in rungs]
    for ceiling, rung in zip(ceilings, rungs, strict=True):
        assert rung.peak_bps / 3 <= ceiling.peak_bps <= rung.peak_bps
        assert rung.average_bps / 3 <= ceiling.average_bps
        assert ceiling.average_bps <= ceiling.peak_bps
        assert (ceiling.width, ceiling.height, ceiling.codecs) == (rung.width, rung.height, rung.codecs)
    for better, worse in pairwise(ceilings):
        assert better.peak_bps > worse.peak_bps
        assert better.average_bps > worse.average_bps
    assert ceilings[-1].peak_bps == rungs[-1].peak_bps, "whatever comes, the lowest rung can show it"
    assert len({each.frame_rate for each in ceilings}) == 1


@given(ladders(), st.lists(needs(), min_size=1, max_size=4))
def test_what_the_playlist_has_at_the_start_is_shown_in_its_own_rungs(
    rungs: tuple[Rung, ...], wanted: list[Need]
) -> None:
    for ceiling in chosen(rungs, wanted):
        for need in wanted:
            for name, rates in need.rates.items():
                if RUNGS[name].height <= ceiling.height:
                    assert ceiling.keeps(name, rates, need.frame_rate)
                    assert rates.average_bps <= ceiling.average_bps


def test_a_clip_of_seconds_that_takes_more_than_an_average_film_is_declared_as_it_is() -> None:
    clip = Need(FILM, {"360p": Rates(1_200_000, 1_190_500), "240p": Rates(730_000, 725_000)})
    ceilings = named(chosen((RUNGS["360p"], RUNGS["240p"]), [clip]))
    assert {name: each.average_bps for name, each in ceilings.items()} == {"360p": 1_191_000, "240p": 725_000}
    assert RUNGS["360p"].average_bps == 1_003_000
    assert caps((RUNGS["360p"],))[0].keeps("360p", clip.rates["360p"], FILM), "nor is it shown a rung lower"


def test_a_film_that_takes_a_third_declares_about_that() -> None:
    ceilings = named(chosen(LADDER, [like(Fraction(1, 3))]))
    assert ceilings["1080p"].peak_bps == 4_123_000  # of 9,893,000
    assert ceilings["1080p"].average_bps == 2_759_000  # of 6,619,000
    assert {each.frame_rate for each in ceilings.values()} == {30}


def test_the_busiest_video_decides() -> None:
    quiet, busy = like(Fraction(1, 4)), like(Fraction(1, 2))
    assert chosen(LADDER, [quiet, busy]) == chosen(LADDER, [busy])


def test_without_a_playlist_the_caps_are_declared() -> None:
    assert chosen(LADDER, []) == caps(LADDER)


def test_a_rung_that_no_video_fills_keeps_its_caps_for_one_that_does() -> None:
    ceilings = named(chosen(LADDER, [like(Fraction(1, 3), top="480p")]))
    assert ceilings["720p"].peak_bps == RUNGS["720p"].peak_bps
    assert ceilings["480p"].peak_bps < RUNGS["480p"].peak_bps / 2


def test_fast_pictures_are_declared_as_such() -> None:
    assert [rate for rate in FRAME_RATES if rate > 30] == [60]
    fast = like(Fraction(1, 3), frame_rate=Fraction(50))
    assert {each.frame_rate for each in chosen(LADDER, [like(Fraction(1, 3)), fast])} == {60}


def test_a_picture_with_too_many_frames_is_kept_in_by_fewer_pixels() -> None:
    full = named(chosen(LADDER, [like(Fraction(1))]))["1080p"]
    rates = like(Fraction(1)).rates
    assert not full.keeps("1080p", rates["1080p"], Fraction(60))
    assert full.keeps("720p", rates["720p"], Fraction(60))


def test_an_average_that_is_too_high_is_kept_out_too() -> None:
    ceiling = named(chosen(LADDER, [like(Fraction(1, 3))]))["1080p"]
    peak, average = ceiling.peak_bps, ceiling.average_bps
    assert ceiling.keeps("1080p", Rates(peak, average * 11 // 10), FILM)
    assert not ceiling.keeps("1080p", Rates(peak, average * 11 // 10 + 1), FILM)
    assert not ceiling.keeps("1080p", Rates(peak + 1, average), FILM)


def test_an_even_film_declares_the_average_that_it_has() -> None:
    even = Need(FILM, {"1080p": Rates(4_400_000, 3_600_000), "240p": Rates(300_000, 250_000)})
    ceiling = named(chosen(LADDER, [even]))["1080p"]
    assert (ceiling.peak_bps, ceiling.average_bps) == (5_500_000, 3_960_000)
