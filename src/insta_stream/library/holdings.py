"""What is known of videos and packages in memory, and who is told of it when it changes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from insta_stream.db.videos import PackageRow, VideoRow
from insta_stream.errors import Unknown, WrongState
from insta_stream.ids import PackageId, VideoId
from insta_stream.library import rungs
from insta_stream.media.ceilings import Ceiling, Need
from insta_stream.timeline.playable import Playable

Subscriber = Callable[[VideoId], None]


class Holdings:
    """The videos and packages there are, as rows that are replaced whole."""

    def __init__(self) -> None:
        self._videos: dict[VideoId, VideoRow] = {}
        self._packages: dict[PackageId, PackageRow] = {}
        self._of_video: dict[VideoId, list[PackageId]] = defaultdict(list)
        self._current: dict[VideoId, PackageId] = {}
        self._playables: dict[VideoId, dict[tuple[Ceiling, ...], Playable | None]] = {}
        self._subscribers: list[Subscriber] = []
        self._watchers: list[Subscriber] = []

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

    def is_being_made(self, video: VideoId) -> bool:
        """Return whether something is still to be made of a video; nothing is of one that is deleted."""
        packages = self.packages_of(video) if self.has(video) else ()
        return bool(packages) and packages[-1].state == "packaging"

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

    def show(
        self,
        videos: Iterable[VideoRow] = (),
        packages: Iterable[PackageRow] = (),
        forgotten: Iterable[PackageId] = (),
    ) -> None:
        """Show rows as they were stored, unless something newer is shown, and tell of it: once of each video,
        and where that matters, also those who want to know what it can air.
        """
        airing: dict[VideoId, None] = {}
        changed = [each.id for each in videos if self._put_video(each, airing)]
        changed += [each.video for each in packages if self._put_package(each, airing)]
        changed += [self._drop(id_) for id_ in forgotten]
        for video in airing:
            for subscriber in self._subscribers:
                subscriber(video)
        for video in dict.fromkeys(changed):
            for watcher in self._watchers:
                watcher(video)

    def _put_video(self, video: VideoRow, airing: dict[VideoId, None]) -> bool:
        before = self._videos.get(video.id)
        if before is not None and before.revision >= video.revision > 0:
            return False
        self._videos[video.id] = video
        self._playables.pop(video.id, None)
        if before is not None and (before.deleted_at is None) != (video.deleted_at is None):
            airing[video.id] = None
        return True

    def _put_package(self, package: PackageRow, airing: dict[VideoId, None]) -> bool:
        before = self._packages.get(package.id)
        if before is None:
            self._of_video[package.video].append(package.id)
        elif before.revision >= package.revision > 0:
            return False
        self._packages[package.id] = package
        self._playables.pop(package.video, None)
        if package.is_current:
            self._current[package.video] = package.id
            if before is not None and (
                not before.is_current or rungs.airing(before) != rungs.airing(package)
            ):
                airing[package.video] = None
        return True

    def _drop(self, id_: PackageId) -> VideoId:
        package = self._packages.pop(id_)
        self._of_video[package.video].remove(id_)
        if self._current.get(package.video) == id_:
            del self._current[package.video]
        return package.video
