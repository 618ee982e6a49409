"""Every video and package, in memory and in the database: written there first, then shown."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db import videos
from insta_stream.db.engine import Database
from insta_stream.db.videos import PackageRow, VideoRow
from insta_stream.errors import Unknown, WrongState
from insta_stream.ids import PackageId, VideoId
from insta_stream.library import rungs
from insta_stream.library.whole import whole
from insta_stream.media import stored
from insta_stream.media.ceilings import Ceiling, Need
from insta_stream.media.model import Inspection, Plan
from insta_stream.ticks import Ticks
from insta_stream.timeline.playable import Playable

log = structlog.get_logger()

Subscriber = Callable[[VideoId], None]


class Catalogue:
    """The videos and packages there are. Reading touches memory only.

    A package has one writer at a time: its job, or who has stopped its job.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._videos: dict[VideoId, VideoRow] = {}
        self._packages: dict[PackageId, PackageRow] = {}
        self._of_video: dict[VideoId, list[PackageId]] = defaultdict(list)
        self._current: dict[VideoId, PackageId] = {}
        self._playables: dict[VideoId, dict[tuple[Ceiling, ...], Playable | None]] = {}
        self._subscribers: list[Subscriber] = []
        self._watchers: list[Subscriber] = []

    async def load(self) -> None:
        """Read everything from the database."""
        async with self._database.read() as connection:
            rows = await videos.load_videos(connection, _say_broken)
            packages = await videos.load_packages(connection, _say_broken)
        aired = {package.video for package in packages if package.is_current}
        self._videos = {video.id: video for video in rows if _is_whole(video, aired)}
        for package in packages:
            if package.video in self._videos:
                self._hold(package)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with a video's id whenever what it can air has changed, or it was deleted."""
        self._subscribers.append(subscriber)

    def watch(self, watcher: Subscriber) -> None:
        """Call `watcher` with a video's id whenever anything about it has changed, or it was deleted."""
        self._watchers.append(watcher)

    def videos(self) -> Iterable[VideoRow]:
        """Return the videos that are not deleted, the slate included."""
        # A copy of what there is at this moment: some threads that ask take long.
        return (video for video in tuple(self._videos.values()) if video.deleted_at is None)

    def has(self, id_: VideoId) -> bool:
        """Say whether there is such a video, and it is not deleted."""
        return id_ in self._videos and self._videos[id_].deleted_at is None

    def video(self, id_: VideoId) -> VideoRow:
        """Return a video. Raises Unknown where there is none, or it is deleted."""
        if not self.has(id_):
            raise Unknown("There is no such video.", code="unknown_video")
        return self._videos[id_]

    def hidden(self) -> VideoId | None:
        """Return the video that is the built-in slate, if there is one."""
        return next((video.id for video in self.videos() if video.is_hidden), None)

    def all(self) -> Sequence[VideoRow]:
        """Return every video, deleted ones and the slate included."""
        return tuple(self._videos.values())

    def deleted(self, id_: VideoId) -> VideoRow:
        """Return a video that was deleted and can still be restored.

        Raises Unknown where there never was such a video, WrongState where it is not deleted, or gone.
        """
        video = self._videos.get(id_)
        if video is None or video.is_hidden:
            raise Unknown("There is no such video.", code="unknown_video")
        if video.deleted_at is None:
            raise WrongState("This video is not in the bin.", code="not_deleted")
        if video.released_at is not None:
            raise WrongState("This video was permanently deleted; upload it again.", code="gone_for_good")
        return video

    def row(self, id_: VideoId) -> VideoRow:
        """Return a video, also one that was deleted. Raises Unknown."""
        if id_ not in self._videos:
            raise Unknown("There is no such video.", code="unknown_video")
        return self._videos[id_]

    def find(self, id_: VideoId) -> VideoRow | None:
        """Return a video, also one that was deleted; None where nothing is known of it."""
        return self._videos.get(id_)

    def package(self, id_: PackageId) -> PackageRow:
        """Return a package. Raises Unknown."""
        try:
            return self._packages[id_]
        except KeyError:
            raise Unknown("There is no such package.", code="unknown_package") from None

    def packages(self) -> Sequence[PackageRow]:
        """Return all packages, those of deleted videos included."""
        return tuple(self._packages.values())

    def packages_of(self, video: VideoId) -> Sequence[PackageRow]:
        """Return the packages of a video, oldest first."""
        return [self._packages[id_] for id_ in self._of_video.get(video, ())]

    def current(self, video: VideoId) -> PackageRow:
        """Return the package of a video that airs."""
        return self._packages[self._current[video]]

    def newest(self, video: VideoId) -> PackageRow:
        """Return the package of a video that was begun last: the current one, or what will replace it."""
        return self._packages[self._of_video[video][-1]]

    def playable(self, video: VideoId, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        """Return what a channel that declares this of its rungs (best first) can air of a video; None for
        nothing.
        """
        known = self._playables.setdefault(video, {})
        if ceilings not in known:
            known[ceilings] = self._playable(video, ceilings) if self.has(video) else None
        return known[ceilings]

    def _playable(self, video: VideoId, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        frame_rate = Fraction(self._videos[video].frame_rate)
        return rungs.playable(self.current(video), ceilings, frame_rate)

    def need(self, video: VideoId) -> Need | None:
        """Return what a video asks of a broadcast that begins with it; None where it has nothing."""
        if not self.has(video):
            return None
        return rungs.need(self.current(video), Fraction(self._videos[video].frame_rate))

    @whole
    async def documents(self, id_: PackageId) -> tuple[Inspection, Plan]:
        """Return a package's inspection and plan, from the database."""
        async with self._database.read() as connection:
            inspection, plan = await videos.load_documents(connection, id_)
        return stored.load_inspection(inspection), stored.load_plan(plan)

    @whole
    async def add(self, video: VideoRow, package: PackageRow, inspection: Inspection, plan: Plan) -> None:
        """Add a video with its first package."""
        async with self._database.write() as connection:
            await videos.insert_video(connection, video)
            await _insert(connection, package, inspection, plan)
        self._videos[video.id] = video
        self._hold(package)
        self._tell(video.id)

    @whole
    async def add_package(self, package: PackageRow, inspection: Inspection, plan: Plan) -> None:
        """Add another package of a video, which is not current yet."""
        async with self._database.write() as connection:
            await _insert(connection, package, inspection, plan)
        self._hold(package)
        self._tell(package.video)

    @whole
    async def save(self, package: PackageRow) -> None:
        """Write what has changed of a package, show it, and announce it where it matters to channels."""
        before = self._packages[package.id]
        async with self._database.write() as connection:
            await videos.update_package(connection, before, package)
        self._packages[package.id] = package
        self._playables.pop(package.video, None)
        if package.is_current and rungs.airing(before) != rungs.airing(package):
            self._announce(package.video)
        self._tell(package.video)

    @whole
    async def make_current(self, id_: PackageId) -> None:
        """Let a package take the place of its video's current one."""
        new = self._packages[id_]
        old = self.current(new.video)
        async with self._database.write() as connection:
            await videos.update_package(connection, old, replace(old, is_current=False))
            await videos.update_package(connection, new, replace(new, is_current=True))
        self._packages[old.id] = replace(old, is_current=False)
        self._hold(replace(new, is_current=True))
        self._announce(new.video)
        self._tell(new.video)

    @whole
    async def rename(self, id_: VideoId, name: str) -> None:
        """Give a video another name."""
        video = replace(self.video(id_), name=name)
        async with self._database.write() as connection:
            await videos.update_video(connection, id_, name=name)
        self._videos[id_] = video
        self._tell(id_)

    @whole
    async def delete(self, id_: VideoId, now: Ticks) -> None:
        """Make a video a tombstone: it can no longer air, and what aired keeps its name."""
        video = replace(self.video(id_), deleted_at=now)
        async with self._database.write() as connection:
            await videos.update_video(connection, id_, deleted_at=now)
        self._videos[id_] = video
        self._playables.pop(id_, None)
        self._announce(id_)
        self._tell(id_)

    @whole
    async def restore(self, id_: VideoId) -> None:
        """Bring back a video that was deleted. Raises what `deleted` raises."""
        async with self._database.write() as connection:
            video = replace(self.deleted(id_), deleted_at=None)  # asked by the only writer there is
            await videos.update_video(connection, id_, deleted_at=None)
        self._videos[id_] = video
        self._playables.pop(id_, None)
        self._announce(id_)
        self._tell(id_)

    @whole
    async def release(self, id_: VideoId, now: Ticks) -> None:
        """Let a deleted video be gone for good. Raises what `deleted` raises, but for the slate."""
        async with self._database.write() as connection:
            video = self._videos[id_] if self._videos[id_].is_hidden else self.deleted(id_)
            video = replace(video, released_at=now, has_original=False)
            await videos.update_video(connection, id_, released_at=now, has_original=False)
        self._videos[id_] = video

    @whole
    async def note_original(self, id_: VideoId, *, is_there: bool) -> None:
        """Write whether the original of a video is there."""
        async with self._database.write() as connection:
            await videos.update_video(connection, id_, has_original=is_there)
        self._videos[id_] = replace(self._videos[id_], has_original=is_there)
        self._tell(id_)

    @whole
    async def forget(self, id_: PackageId) -> None:
        """Remove the row of a package whose files are gone."""
        async with self._database.write() as connection:
            await videos.delete_package(connection, id_)
        package = self._packages.pop(id_)
        self._of_video[package.video].remove(id_)
        if self._current.get(package.video) == id_:
            del self._current[package.video]
        self._tell(package.video)

    def _hold(self, package: PackageRow) -> None:
        if package.id not in self._packages:
            self._of_video[package.video].append(package.id)
        self._packages[package.id] = package
        if package.is_current:
            self._current[package.video] = package.id
        self._playables.pop(package.video, None)

    def _announce(self, video: VideoId) -> None:
        for subscriber in self._subscribers:
            subscriber(video)

    def _tell(self, video: VideoId) -> None:
        for watcher in self._watchers:
            watcher(video)


def _say_broken(table: str, id_: str, error: Exception) -> None:
    """Say that what is stored of a video or a package cannot be read; the others air."""
    log.error("row_broken", table=table, id=id_, reason=str(error))


def _is_whole(video: VideoRow, aired: Container[VideoId]) -> bool:
    """Say whether a video has the package that everybody takes for granted."""
    is_whole = video.released_at is not None or video.id in aired
    if not is_whole:
        log.error("video_without_package", video=video.id)
    return is_whole


async def _insert(
    connection: AsyncConnection, package: PackageRow, inspection: Inspection, plan: Plan
) -> None:
    await videos.insert_package(
        connection, package, inspection=stored.dump_inspection(inspection), plan=stored.dump_plan(plan)
    )
