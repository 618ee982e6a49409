"""How far timestamps stray that only jitter, told from those behind which something is missing."""

from collections.abc import Sequence

_AROUND = 8
"""Packets that are looked at on either side: what has not come back after so many is no jitter."""

_MOST = 20_000
"""Packets that are looked at, evenly spread: more tell nothing new, and take their time."""

_SHARE = 100
"""One packet in so many may stray further: a single wrong timestamp is no habit."""


def jitter(drifts: Sequence[int]) -> int:
    """Return how far timestamps fall back behind those just before and just after them, but for the worst
    hundredth.

    drifts: of each packet, its time less the sum of the durations before it, in any unit. Where something is
    missing they rise and stay there, and where parts of a recording overlap they fall and stay: however often
    that is, it counts for nothing.
    """
    step = max(1, len(drifts) // _MOST)
    places = range(_AROUND, len(drifts) - _AROUND, step)
    falls = sorted(
        min(max(drifts[at - _AROUND : at + 1]), max(drifts[at : at + _AROUND + 1])) - drifts[at]
        for at in places
    )
    return falls[len(falls) - 1 - len(falls) // _SHARE] if falls else 0
