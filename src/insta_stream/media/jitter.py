"""How far timestamps stray that only jitter, told from those behind which something is missing."""

from collections.abc import Sequence

_BEFORE = 8
"""Packets that are looked back: what has not come back after so many is no jitter."""

_MOST = 20_000
"""Packets that are looked at, evenly spread: more tell nothing new, and take their time."""

_SHARE = 100
"""One packet in so many may stray further: a single wrong timestamp is no habit."""


def jitter(drifts: Sequence[int]) -> int:
    """Return how far timestamps fall back behind those just before them, but for the worst hundredth.

    drifts: of each packet, its time less the sum of the durations before it, in any unit. Where something is
    missing they rise and stay there, so however many holes there are, they count for nothing.
    """
    step = max(1, len(drifts) // _MOST)
    places = range(_BEFORE, len(drifts), step)
    falls = sorted(max(drifts[at - _BEFORE : at + 1]) - drifts[at] for at in places)
    return falls[len(falls) - 1 - len(falls) // _SHARE] if falls else 0
