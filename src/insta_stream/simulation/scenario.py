"""A channel and its videos, from a copy of a data folder's database."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from insta_stream.channels import store
from insta_stream.channels.channel import Broadcast, Channel, declared
from insta_stream.channels.slate import chosen
from insta_stream.db import snapshot
from insta_stream.db.engine import Database
from insta_stream.errors import WrongState
from insta_stream.ids import ChannelSlug, PackageId, VideoId, new_broadcast_id
from insta_stream.library.catalogue import Catalogue
from insta_stream.media.ceilings import Ceiling
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks
from insta_stream.timeline.edit import Start, apply
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.timeline import Timeline

_NOTHING = Timeline(Ticks(0), Ticks(0), Ticks(0), Ticks(0))


@dataclass(frozen=True, slots=True)
class Scenario:
    """A channel, and what is known of its videos."""

    channel: Channel
    catalogue: Catalogue
    folder: DataFolder

    def name(self, video: VideoId) -> str:
        """Return the name of a video, also of a deleted one."""
        return self.catalogue.row(video).name

    def published(self, package: PackageId, rendition: str) -> int:
        """Return how many segments of a rendition are on the disk, without a gap."""
        count = self.catalogue.package(package).table.count
        return len(self.folder.published(package, rendition, count))

    def started(self, at: Ticks) -> "Scenario":
        """Return the same channel on the air: as it is, or, if it is off, started at an instant.

        Raises NotReady when it has nothing to show, not even a slate.
        """
        if self.channel.timeline.state != "off":
            return self
        channel = self.channel
        ceilings = declared(channel, self.catalogue.need)
        found = {video: self._playable(video, ceilings) for video in channel.videos}
        playables = {video: playable for video, playable in found.items() if playable is not None}
        start = Start(new_broadcast_id())
        timeline = apply(channel.timeline, start, playables, self._slate(ceilings), at).timeline
        begun = timeline.broadcasts[-1]
        broadcasts = {**channel.broadcasts, begun.id: Broadcast(begun.id, ceilings, begun.started_at)}
        return replace(self, channel=replace(channel, timeline=timeline, broadcasts=broadcasts))

    def passed_over(self) -> Iterator[tuple[str, str]]:
        """Yield name and reason of each video in the playlist that cannot air, or not to its end."""
        for video in dict.fromkeys(entry.video for entry in self.channel.timeline.entries):
            playable = self._playable(video, self.channel.ceilings)
            if playable is None or not playable.is_complete:
                yield self.name(video), self._reason(video, playable)

    def _reason(self, video: VideoId, playable: Playable | None) -> str:
        if not self.catalogue.has(video):
            return "it was deleted"
        package = self.catalogue.newest(video)
        if package.state == "failed":
            return package.error or "it could not be encoded"
        if playable is None:
            return "it is being encoded, and cannot air yet"
        return f"{playable.available} of {playable.table.count} segments are ready; it is being encoded"

    def _playable(self, video: VideoId, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        return self.catalogue.playable(video, ceilings)

    def _slate(self, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        own, built_in = self.channel.slate, self.catalogue.hidden()
        return chosen(
            *(None if video is None else self._playable(video, ceilings) for video in (own, built_in))
        )


async def load(folder: DataFolder, slug: str) -> Scenario:
    """Return a channel as a data folder has it now, whether a server uses it or not.

    Raises Unknown where there is no data folder or channel, WrongState ("newer_data", "channel_broken").
    """
    with TemporaryDirectory(prefix="insta-stream-") as scratch:
        copied = Path(scratch) / "database"
        snapshot.copy(folder.database, copied)
        database = Database(copied)
        try:
            await database.upgrade()  # of the copy: the server may be of an older version
            catalogue = Catalogue(database)
            await catalogue.load()
            async with database.read() as connection:
                channel = await store.load(
                    connection,
                    ChannelSlug(slug),
                    lambda package: catalogue.package(package).table,
                    _NOTHING,
                )
        finally:
            await database.close()
    if channel.broken:
        raise WrongState(channel.broken, code="channel_broken")
    return Scenario(channel, catalogue, folder)
