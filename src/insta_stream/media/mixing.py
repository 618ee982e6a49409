"""How sound of any channels becomes stereo, as FFmpeg filters. Pure.

FFmpeg mixes the usual layouts by itself, and does it well. Of others it loses channels, refuses them, or (as
FFmpeg 5.1 does with the order of a cinema) takes one for another without a word: those are mixed here, by the
number of each channel, so that every FFmpeg does the same.
"""

from collections.abc import Sequence
from math import sqrt

_USUAL = ("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR")
_PAIRS = (("FL", "FR"), ("BL", "BR"), ("FLC", "FRC"), ("SL", "SR"))
"""Places that every FFmpeg mixes wholly, in the order that it expects, and those that need each other."""

_HALF = 1 / sqrt(2)

_LEFT = {"FL": 1.0, "DL": 1.0, "BIL": 1.0, "FLC": 1.0, "WL": 1.0} | dict.fromkeys(
    ("BL", "SL", "TFL", "TBL", "TSL", "BFL", "SDL", "SSL", "TTL"), _HALF
)
_RIGHT = {"FR": 1.0, "DR": 1.0, "BIR": 1.0, "FRC": 1.0, "WR": 1.0} | dict.fromkeys(
    ("BR", "SR", "TFR", "TBR", "TSR", "BFR", "SDR", "SSR", "TTR"), _HALF
)
_MIDDLE = {"FC": _HALF, "AMBI0": _HALF} | dict.fromkeys(("BC", "TC", "TFC", "TBC", "BFC"), 0.5)
"""How loud a channel is on its own side, or on both (ITU-R BS.775 annex 4, as FFmpeg has it)."""

_UNHEARD = ("LFE", "LFE2", "AMBI")
"""Nobody mixes these into stereo: effects too deep for small loudspeakers, and the directions of a field."""

_UNNAMED = {
    3: ("FL", "FR", "FC"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "BC", "BL", "BR"),
    8: ("FL", "FR", "FC", "BC", "BL", "BR", "SL", "SR"),
}
"""What so many channels are where the file does not say: as FFmpeg guesses, but none is taken for effects."""

_LIMIT = "alimiter=limit=0.9:level=false:latency=true"
"""Many loud channels add up to more than a sample can be. It changes nothing of what stays below."""


def mixed(places: Sequence[str]) -> tuple[str, ...]:
    """Return the filters that come before FFmpeg's own mixing. places: as `AudioStream` has them."""
    if not places or _is_usual(places):
        return ()
    left, right = zip(*_weights(places), strict=True)
    # In numbers that may exceed 1: whole ones would cut off what adds up to more.
    return ("aformat=sample_fmts=fltp", f"pan=stereo|c0={_sum(left)}|c1={_sum(right)}")


def _sum(weights: Sequence[float]) -> str:
    # Never quite 1: what only changes the order of channels, FFmpeg 9 puts back into the order of the file.
    parts = (f"{min(weight, 0.9999):.4f}*c{number}" for number, weight in enumerate(weights) if weight)
    return "+".join(parts)


def limited(places: Sequence[str]) -> tuple[str, ...]:
    """Return the filters that end FFmpeg's mixing, and come behind it."""
    return ("aformat=channel_layouts=stereo", _LIMIT) if len(places) > 2 else ()  # noqa: PLR2004 - what is stereo is not mixed


def _is_usual(places: Sequence[str]) -> bool:
    if tuple(places) in {("FC",), ("DL", "DR")}:
        return True
    there = set(places)
    return (
        there >= {"FL", "FR"}
        and list(places) == [place for place in _USUAL if place in there]
        and all((left in there) == (right in there) for left, right in _PAIRS)
    )


def _weights(places: Sequence[str]) -> list[tuple[float, float]]:
    """Return for each channel how loud it is on the left and on the right."""
    if len(places) == 1:
        return [(_HALF, _HALF)]
    named = _UNNAMED.get(len(places)) if set(places) == {"NONE"} else None
    weights = [_weight(place, number, len(places)) for number, place in enumerate(named or places)]
    sides = [max(side) for side in zip(*weights, strict=True)]
    if 0 in sides:  # no loudspeaker for one side: all that there is, on both
        return [(max(weight) or _HALF,) * 2 for weight in weights]
    return weights


def _weight(place: str, number: int, count: int) -> tuple[float, float]:
    """Return how loud one channel is; one without a known place belongs to a pair, as in recordings."""
    left, right = _LEFT.get(place, 0.0), _RIGHT.get(place, 0.0)
    middle = _MIDDLE.get(place, 0.0)
    if left or right or middle:
        return left + middle, right + middle
    if place.startswith(_UNHEARD):
        return 0.0, 0.0
    weight = 1.0 if number < 2 else _HALF  # noqa: PLR2004 - the first pair is the main one
    if number == count - 1 and count % 2:
        return _HALF, _HALF
    return (0.0, weight) if number % 2 else (weight, 0.0)
