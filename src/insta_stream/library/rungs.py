"""Which rendition of a package serves which rung of a channel.

A rung is served by the best complete rendition that does not exceed it. While there is none, one that is
still being made serves it, but only if it grows quickly (the copy, the starter, or a whole ladder that is
made well above real time): the number of rung maps a growing video goes through stays small.

On the air a rung may have declared less than its caps. Then what exceeds that does not serve it.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from insta_stream.db.videos import PackageRow, RenditionRow
from insta_stream.media.ceilings import CAPS, Ceiling, Need, Rates
from insta_stream.media.ladder import LADDER
from insta_stream.ticks import TICKS_PER_SECOND
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.table import SegmentTable

_RANK = {rung.name: rank for rank, rung in enumerate(LADDER)}


def playable(package: PackageRow, ceilings: Sequence[Ceiling], frame_rate: Fraction) -> Playable | None:
    """Return what a channel that declares this of its rungs (best first) can air of a package; None when it
    can air nothing. frame_rate: of the package.
    """
    rates = {each.name: rates_of(package.table, each) for each in package.renditions}
    serving = [_below(package, ceiling, rates, frame_rate) for ceiling in ceilings]
    chosen = [rendition for rendition in serving if rendition is not None]
    if not chosen or len(chosen) < len(serving):
        return None
    is_complete = all(rendition.is_complete for rendition in chosen)
    if not (is_complete or package.is_airable):
        return None
    return Playable(
        video=package.video,
        package=package.id,
        table=package.table,
        available=min(rendition.published for rendition in chosen),
        is_complete=is_complete,
        renditions=tuple(rendition.name for rendition in chosen),
    )


def rendition_for(package: PackageRow, rung: str) -> RenditionRow | None:
    """Return the rendition that serves a rung which declares its caps; None when none does at this moment."""
    return _best(package, _fitting(package, rung))


def rates_of(table: SegmentTable, rendition: RenditionRow) -> Rates:
    """Return what a rendition takes; the caps of its rung while it grows, or where nobody measured it."""
    caps = CAPS[rendition.name]
    if not (rendition.is_complete and rendition.peak_bps):
        return caps
    average = -(-rendition.size_bytes * 8 * TICKS_PER_SECOND // table.length)
    return Rates(min(rendition.peak_bps, caps.peak_bps), min(average, caps.peak_bps))


def need(package: PackageRow, frame_rate: Fraction) -> Need | None:
    """Return what a package asks of a broadcast, now or when it is complete; None where it has nothing."""
    expected = [
        each
        for each in package.renditions
        if each.is_complete or (package.state == "packaging" and not each.error)
    ]
    rates = {each.name: rates_of(package.table, each) for each in expected}
    return Need(frame_rate, rates) if rates else None


def _below(
    package: PackageRow, ceiling: Ceiling, rates: Mapping[str, Rates], frame_rate: Fraction
) -> RenditionRow | None:
    """Return the rendition that serves a rung at this moment; None when none does.

    All renditions of a video may have more frames than was declared: then the smallest airs all the same,
    which takes the least.
    """
    fitting = _fitting(package, ceiling.name)
    keeping = [each for each in fitting if ceiling.keeps(each.name, rates[each.name], frame_rate)]
    if found := _best(package, keeping):
        return found
    lowest_first = (_best(package, [each]) for each in reversed(fitting))
    return next((each for each in lowest_first if each is not None), None)


def _fitting(package: PackageRow, rung: str) -> list[RenditionRow]:
    return [each for each in package.renditions if _RANK[each.name] >= _RANK[rung]]


def _best(package: PackageRow, fitting: Sequence[RenditionRow]) -> RenditionRow | None:
    """Return the best of some renditions that can air at this moment."""
    for rendition in fitting:
        if rendition.is_complete:
            return rendition
    if package.state != "packaging":
        return None  # what was given up will not grow to its end
    # Of one run of FFmpeg always the best: which of its renditions is a segment ahead changes all the time.
    growing: dict[str, RenditionRow] = {}
    for each in fitting:
        if each.is_early and each.published and not each.error:
            growing.setdefault(each.kind, each)
    return max(growing.values(), key=lambda each: each.published, default=None)


def airing(package: PackageRow) -> tuple[tuple[str, int, bool, int] | None, ...]:
    """Return what can air of a package: for each rung there is, the rendition that serves it, its segments,
    whether it is complete, and its peak; nothing at all before it may go on the air.
    """
    if not package.is_airable:
        return ()
    serving = (rendition_for(package, rung) for rung in _RANK)
    return tuple(
        (each.name, each.published, each.is_complete, each.peak_bps) if each else None for each in serving
    )
