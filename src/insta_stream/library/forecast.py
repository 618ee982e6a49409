"""When a video that is being packaged can air, and when it will be complete. Pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass

from insta_stream.db.videos import PackageRow, RenditionRow
from insta_stream.library.rungs import rendition_for
from insta_stream.media.ladder import RUNGS
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, to_seconds

LEAD_SEGMENTS = 3
"""Fewest segments that go on the air while the rest is made; fewer only if the video has fewer."""

_CAUTIOUS = 0.8
"""Part of the measured speed that is counted on: the rest of a film may be harder to encode than its
beginning.
"""

PATIENCE_SECONDS = 2.0
"""How long to wait for a ladder that is under way, rather than begin a starter."""

LEAST_SPEED = 1.8
"""Times real time: a slower ladder falls behind its own playing as soon as others want the processor."""

_COPY_WEIGHT = RUNGS["240p"].width * RUNGS["240p"].height // 4


def lead(table_length: Ticks, first_segments: Ticks, speed: float) -> Ticks:
    """Return how much must be there so that playing from the beginning never overtakes packaging.

    first_segments: the length of the fewest segments to air. speed: seconds of video made per second. What
    is missing, L - P, takes (L - P) / speed to make, and must take no longer than the whole takes to play,
    L.
    """
    return max(first_segments, Ticks(round(table_length * (1 - _CAUTIOUS * speed))))


def seconds_until_airable(package: PackageRow, rungs: tuple[str, ...], speed: float) -> float | None:
    """Return how long until a channel with these rungs can begin to air a package that grows at `speed`.

    0: now. None: it cannot be told, or no rendition that grows can serve the lowest rung.
    """
    serving = [rendition_for(package, rung) for rung in rungs]
    growing = [each for each in serving if each is not None and not each.is_complete]
    if None in serving:
        return None
    if not growing:
        return 0.0
    if speed <= 0:
        return None
    table = package.table
    published = table.start(min(each.published for each in growing))
    needed = lead(table.length, table.start(min(LEAD_SEGMENTS, table.count)), speed)
    return to_seconds(Ticks(max(0, needed - published))) / speed


def needs_starter(wait_seconds: float | None, speed: float) -> bool:
    """Say whether a ladder that was to air while it grows is too slow for that.

    wait_seconds: until it can air, as `seconds_until_airable` tells it when the ladder has shown its speed.
    """
    return wait_seconds is None or wait_seconds > PATIENCE_SECONDS or speed < LEAST_SPEED


def share_done(package: PackageRow) -> float:
    """Return how much of all work on a package is done, 0 to 1. Pixels are work."""
    weights = [_weight(each) for each in package.renditions]
    done = [each.published / package.table.count for each in package.renditions]
    return sum(w * d for w, d in zip(weights, done, strict=True)) / sum(weights)


def _weight(rendition: RenditionRow) -> int:
    rung = RUNGS[rendition.name]
    return _COPY_WEIGHT if rendition.kind == "copy" else rung.width * rung.height


@dataclass(frozen=True, slots=True)
class Pace:
    """Where a package stood when a job began (or went on), to tell how quick the job is."""

    began_at: Ticks
    before: PackageRow

    def seconds_left(self, share: float, now: Ticks) -> float | None:
        """Return how long until all is done, if it goes on like this; None while nothing is done.

        share: as of `share_done`.
        """
        begun = share_done(self.before)
        if share <= begun:
            return None
        return (now - self.began_at) / TICKS_PER_SECOND * (1 - share) / (share - begun)

    def speed(self, made: Sequence[RenditionRow], names: Sequence[str], now: Ticks) -> float:
        """Return with how many times real time the slowest of some renditions was published."""
        start = self.before.table.start
        pairs = zip(self.before.renditions, made, strict=True)
        gained = [start(new.published) - start(old.published) for old, new in pairs if new.name in names]
        return min(gained, default=0) / max(1, now - self.began_at)
