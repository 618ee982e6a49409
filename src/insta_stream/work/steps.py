"""In which order the renditions of a package are made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from insta_stream.db.videos import RenditionRow
from insta_stream.library.video import Step


@dataclass(frozen=True, slots=True)
class PackagingStep:
    """Renditions that one run of FFmpeg makes.

    is_urgent: the video airs when this is done or growing, so it does not wait behind other videos'
    ladders.
    """

    name: Step
    renditions: tuple[str, ...]
    is_urgent: bool


def steps(made: Sequence[RenditionRow]) -> tuple[PackagingStep, ...]:
    """Return the steps that make these renditions: the copy, the starter, then the rest together.

    Where all that is encoded may air while it grows, there is no starter: it is made in one go.
    """
    copied = tuple(each.name for each in made if each.kind == "copy")
    first = tuple(each.name for each in made if each.kind != "copy" and each.is_early)
    rest = tuple(each.name for each in made if each.kind != "copy" and not each.is_early)
    if not rest:
        first, rest = (), first
    found = (
        PackagingStep("copy", copied, is_urgent=True),
        PackagingStep("starter", first, is_urgent=True),
        # Without a starter the rest is quick to make, or is itself what the lowest rungs wait for.
        PackagingStep("ladder", rest, is_urgent=not first),
    )
    return tuple(step for step in found if step.renditions)


def can_split(step: PackagingStep, made: Sequence[RenditionRow]) -> bool:
    """Say whether a step is a ladder that airs while it grows, of which a starter could be taken."""
    early = [each for each in made if each.name in step.renditions and each.is_early]
    return step.name == "ladder" and len(early) > 1


def with_starter(made: Sequence[RenditionRow], ladder: PackagingStep) -> tuple[RenditionRow, ...]:
    """Return the renditions with the lowest of a ladder as the only one of it that airs while it grows."""
    later = ladder.renditions[:-1]
    return tuple(replace(each, is_early=each.is_early and each.name not in later) for each in made)


def side_by_side(ordered: Sequence[PackagingStep]) -> tuple[tuple[PackagingStep, ...], ...]:
    """Return the steps in groups of what is made at the same time.

    A copy takes the disk and encoding the processor; a channel may wait for both.
    """
    early = tuple(step for step in ordered if step.is_urgent)
    late = tuple((step,) for step in ordered if not step.is_urgent)
    return (early, *late) if early else late
