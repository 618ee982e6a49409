"""What channels ask of the library: videos, and what can be aired of them at this moment."""

from collections.abc import Callable
from typing import Protocol

from insta_stream.db.news import Heard
from insta_stream.ids import PackageId, VideoId
from insta_stream.library.video import Video
from insta_stream.media.ceilings import Ceiling, Need
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.table import SegmentTable


class Shelf(Protocol):
    """The part of the library that channels see; what is not `async` answers from memory."""

    def has(self, video: VideoId) -> bool:
        """Say whether there is such a video, and it is not deleted."""

    def may_return(self, video: VideoId) -> bool:
        """Say whether a video was deleted and can be restored."""

    def get(self, video: VideoId) -> Video:
        """Return a video. Raises Unknown."""

    def playable(self, video: VideoId, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        """Return what a channel that declares this of its rungs (best first) can air of a video, None for
        nothing.
        """

    def need(self, video: VideoId) -> Need | None:
        """Return what a video asks of a broadcast that begins with it, None where it has nothing."""

    def slate(self, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        """Return the built-in slate, None while it is being made."""

    def table(self, package: PackageId) -> SegmentTable:
        """Return the segment table of a package that has not been forgotten. Raises Unknown."""

    async def catch_up(self, news: Heard) -> None:
        """Know what other processes have changed. Raises NotReady, DiskFull."""

    def subscribe(self, callback: Callable[[VideoId], None]) -> None:
        """Call `callback` in the event loop whenever what can be aired of a video changes."""
