"""What may be aired of one video at this moment, on one channel."""

from dataclasses import dataclass

from insta_stream.ids import EntryId, PackageId, VideoId
from insta_stream.timeline.program import Slot
from insta_stream.timeline.table import SegmentTable


@dataclass(frozen=True, slots=True)
class Playable:
    """The part of a video's package that exists in every rendition a channel maps to.

    available: segments 0 to available - 1 exist in all `renditions`. is_complete: they are all there, and the
    package will not grow. renditions: for each rung of the channel (best first) the rendition that serves it.
    """

    video: VideoId
    package: PackageId
    table: SegmentTable
    available: int
    is_complete: bool
    renditions: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.available <= self.table.count:
            raise ValueError("a package has no more segments than its table")
        if self.is_complete and self.available != self.table.count:
            raise ValueError("a complete package has all segments of its table")

    def slot(self, entry: EntryId) -> Slot:
        """Return the slot that airs all that is available, as `entry`. Needs at least one segment."""
        last = self.available - 1
        return Slot(entry, self.video, self.package, self.table, self.renditions, first=0, last=last)
