"""What a new channel is given."""

from dataclasses import dataclass

from insta_stream.media.ladder import Rung
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Defaults:
    """Settings of new channels. horizon: how far ahead of now the timeline is frozen."""

    rungs: tuple[Rung, ...]
    window_seconds: int
    target_seconds: int
    horizon: Ticks

    def timeline(self) -> Timeline:
        """Return the timeline of a channel that was never on the air, but for its epoch."""
        return Timeline(
            epoch=Ticks(0),
            horizon=self.horizon,
            target=Ticks(self.target_seconds * TICKS_PER_SECOND),
            window=Ticks(self.window_seconds * TICKS_PER_SECOND),
        )
