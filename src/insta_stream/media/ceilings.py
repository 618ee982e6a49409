"""What a broadcast declares of its rungs: chosen at its start, and kept by all that it airs.

A rung's caps hold for whatever may ever be encoded. Where the films of a channel take a third of that, it
declares less, and players on slower lines take a better rung. The lowest rung declares its caps, whatever
airs, and each other one more than the one below it: so every video that can air has a rendition whose bits
keep what any rung declares.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from insta_stream.media.ladder import LADDER, MAX_FRAME_RATE, RUNGS, Rung

FRAME_RATES = (30, int(MAX_FRAME_RATE))
"""What is declared: players and decoders make no difference between 24, 25 and 30 frames per second."""


class Rates(NamedTuple):
    """What a rendition takes, bits per second: its busiest segment, and all of it together."""

    peak_bps: int
    average_bps: int


_HEADROOM = Rates(peak_bps=125, average_bps=110)
"""What is declared, as percent of the most that the playlist has at the start: videos of its kind that are
added later are shown in the same rung."""

_AVERAGE_TOLERANCE = 110
"""How much of the declared average a video may take, in percent (Apple's authoring rule 1.29)."""

_FLOOR = Fraction(1, 3)
"""The least share of its caps that a rung declares: after slides, films are still worth a look."""

_GRAIN_BPS = 1000


class Ceiling(NamedTuple):
    """What is declared of one rung, by value: another version may know another ladder.

    codecs: CODECS. peak_bps, average_bps: BANDWIDTH and AVERAGE-BANDWIDTH. frame_rate: the same for all rungs
    of a broadcast, because hls.js does not change to a level with another one while it has a choice.
    """

    name: str
    width: int
    height: int
    codecs: str
    peak_bps: int
    average_bps: int
    frame_rate: int

    def keeps(self, rendition: str, rates: Rates, frame_rate: Fraction) -> bool:
        """Return whether a rendition stays below: its bits, and the pixels that are decoded per second.

        All renditions of a video have one frame rate. One that is too high is as much work for a decoder in
        a smaller picture as the declared one is in this. An average above its cap counts as that: only copies
        and clips of seconds have one, and nobody would see a clip better in the rendition below.
        """
        rung = RUNGS[rendition]
        average = min(rates.average_bps, rung.average_bps)
        return (
            rates.peak_bps <= self.peak_bps
            and average * 100 <= self.average_bps * _AVERAGE_TOLERANCE
            and rung.width * rung.height * frame_rate.numerator
            <= self.width * self.height * self.frame_rate * frame_rate.denominator
        )


CAPS = {rung.name: Rates(rung.peak_bps, rung.average_bps) for rung in LADDER}
"""What every rendition keeps, by the name of its rung; the average of a clip of seconds may be more."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one video asks for. rates: of each rendition that it has or will have, by its rung's name."""

    frame_rate: Fraction
    rates: Mapping[str, Rates]


def capped(rung: Rung, frame_rate: int = FRAME_RATES[-1]) -> Ceiling:
    """Return a rung's own caps, which hold for every video."""
    return Ceiling(
        rung.name, rung.width, rung.height, rung.codecs, rung.peak_bps, rung.average_bps, frame_rate
    )


def caps(rungs: Iterable[Rung]) -> tuple[Ceiling, ...]:
    """Return the caps of some rungs."""
    return tuple(capped(rung) for rung in rungs)


def chosen(rungs: Sequence[Rung], needs: Sequence[Need]) -> tuple[Ceiling, ...]:
    """Return what a broadcast with these rungs (best first) declares if it begins with these videos.

    Without any, its rungs' caps.
    """
    if not needs:
        return caps(rungs)
    fastest = max(need.frame_rate for need in needs)
    frame_rate = next((rate for rate in FRAME_RATES if fastest <= rate), FRAME_RATES[-1])
    busiest = _busiest(needs)
    ceilings = [_lowest(capped(rungs[-1], frame_rate), busiest)]
    for rung in reversed(rungs[:-1]):
        ceilings.append(_above(ceilings[-1], rung, busiest))
    return tuple(reversed(ceilings))


def _busiest(needs: Iterable[Need]) -> Mapping[str, Rates]:
    """Return the most that any rendition takes of those that videos have for the same rung, by its name."""
    busiest: dict[str, Rates] = {}
    for need in needs:
        for name, rates in need.rates.items():
            known = busiest.get(name, rates)
            busiest[name] = Rates(
                max(rates.peak_bps, known.peak_bps), max(rates.average_bps, known.average_bps)
            )
    return busiest


def _serving(cap: Ceiling, busiest: Mapping[str, Rates]) -> Rates:
    """Return the most that those take which may serve a rung."""
    serving = [rates for name, rates in busiest.items() if CAPS[name].peak_bps <= cap.peak_bps]
    return Rates(
        max((each.peak_bps for each in serving), default=0),
        max((each.average_bps for each in serving), default=0),
    )


def _lowest(cap: Ceiling, busiest: Mapping[str, Rates]) -> Ceiling:
    most = _serving(cap, busiest).average_bps
    return cap._replace(average_bps=max(cap.average_bps, _bounded(most, 0, cap.peak_bps)))


def _above(below: Ceiling, rung: Rung, busiest: Mapping[str, Rates]) -> Ceiling:
    """Return what a rung declares. One that no video fills shows what the rung below shows, so it can wait
    at its caps for a video that does.
    """
    cap = capped(rung, below.frame_rate)
    if rung.name not in busiest:
        return cap
    most = _serving(cap, busiest)
    wanted = max(Fraction(most.peak_bps * _HEADROOM.peak_bps, 100), _FLOOR * cap.peak_bps)
    peak = _bounded(wanted, below.peak_bps, cap.peak_bps)
    usual = peak * cap.average_bps // cap.peak_bps  # the busy minutes of a film take more than its average
    roomy = min(most.average_bps * _HEADROOM.average_bps // 100, cap.average_bps)
    wanted = max(Fraction(max(most.average_bps, roomy, usual)), _FLOOR * cap.average_bps)
    return cap._replace(peak_bps=peak, average_bps=_bounded(wanted, below.average_bps, peak))


def _bounded(wanted: Fraction | int, below: int, most: int) -> int:
    """Return a rate, rounded up, that is more than the rung below declares, and no more than `most`."""
    return min(most, max(ceil(wanted / _GRAIN_BPS), below // _GRAIN_BPS + 1) * _GRAIN_BPS)
