"""A channel for examples: one-letter videos, and times in seconds since the example began."""

from dataclasses import dataclass, field

from tests.unit.timeline import world

from insta_stream.ids import BroadcastId, EntryId, VideoId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline import edit as edits
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.run import Position, Segment
from insta_stream.timeline.timeline import Timeline
from insta_stream.timeline.window import Window, window

BEGIN = Ticks(world.EPOCH + world.seconds(10_000))


@dataclass
class Station:
    """Videos a, b, c have 5, 4 and 3 segments of 2 s; the horizon is 1 s."""

    timeline: Timeline = field(default_factory=world.empty)
    catalogue: dict[VideoId, Playable] = field(default_factory=dict)
    time: float = 0
    starts: int = 0

    def __post_init__(self) -> None:
        for name, count in (("a", 5), ("b", 4), ("c", 3)):
            self.put(world.even(name, count, 2))

    def put(self, value: Playable) -> None:
        self.catalogue[value.video] = value

    @property
    def now(self) -> Ticks:
        return Ticks(BEGIN + world.seconds(self.time))

    @property
    def broadcast(self) -> BroadcastId:
        return BroadcastId(f"b{self.starts}")

    def apply(self, edit: edits.Edit) -> float:
        """Apply an edit; return when it shows."""
        change = edits.apply(self.timeline, edit, self.catalogue, world.SLATE, self.now)
        self.timeline = change.timeline
        return self.ago(change.effective_at)

    def back(self, edit: edits.Edit) -> edits.Jump | None:
        """Apply an edit; return the jump that takes it back."""
        change = edits.apply(self.timeline, edit, self.catalogue, world.SLATE, self.now)
        self.timeline = change.timeline
        return change.back

    def arrange(self, names: str) -> float:
        return self.apply(edits.Rearrange(world.entries(names)))

    def start(self) -> float:
        self.starts += 1
        return self.apply(edits.Start(self.broadcast))

    def on_air_with(self, names: str) -> "Station":
        """Start on a border, six segments after the opening: the first of `names` may have ended."""
        self.arrange(names)
        self.start()
        return self

    def jump(self, name: str) -> float:
        return self.apply(edits.Jump(EntryId(f"{name}.0")))

    def ago(self, instant: Ticks) -> float:
        return (instant - BEGIN) / TICKS_PER_SECOND

    def window(self) -> Window:
        return window(self.timeline, self.broadcast, self.now)

    def airs(self, begin: float, end: float) -> str:
        """Return what airs between two times: a letter and a digit for each segment, `_` for the slate."""
        segments = (s for s in self.every(end) if self.ago(s.starts_at) >= begin)
        return " ".join("_" if s.slot.is_slate else f"{s.slot.video}{s.number}" for s in segments)

    def every(self, end: float) -> list[Segment]:
        return list(world.every_segment(self.timeline, self.broadcast, Ticks(BEGIN + world.seconds(end))))

    def tags(self, begin: float, end: float) -> list[float]:
        """Return the times of the discontinuities."""
        times = ((self.ago(s.starts_at), s.is_tagged) for s in self.every(end))
        return [time for time, is_tagged in times if is_tagged and time >= begin]

    @property
    def held(self) -> Position | None:
        return self.timeline.held
