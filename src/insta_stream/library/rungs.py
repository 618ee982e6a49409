"""Which rendition of a package serves which rung of a channel.

A rung is served by the best complete rendition that does not exceed it. While there is none, one that is
still being made serves it, but only if it grows quickly (the copy, the starter, or a whole ladder that is
made well above real time): the number of rung maps a growing video goes through stays small.
"""

from collections.abc import Sequence

from insta_stream.db.videos import PackageRow, RenditionRow
from insta_stream.media.ladder import LADDER
from insta_stream.timeline.playable import Playable

_RANK = {rung.name: rank for rank, rung in enumerate(LADDER)}


def playable(package: PackageRow, rungs: Sequence[str]) -> Playable | None:
    """Return what a channel with these rungs (best first) can air of a package; None when it can air
    nothing.
    """
    serving = [rendition_for(package, rung) for rung in rungs]
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
    """Return the rendition that serves a rung at this moment; None when none does."""
    fitting = [each for each in package.renditions if _RANK[each.name] >= _RANK[rung]]
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


def airing(package: PackageRow) -> tuple[tuple[str, int, bool] | None, ...]:
    """Return what can air of a package: for each rung there is, the rendition that serves it, its segments,
    and whether it is complete; nothing at all before it may go on the air.
    """
    if not package.is_airable:
        return ()
    serving = (rendition_for(package, rung) for rung in _RANK)
    return tuple((each.name, each.published, each.is_complete) if each else None for each in serving)
