"""A library for tests of what lies above it: videos that are there at once, or grow when they are told to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.stock import package_id, video_id

from insta_stream.db.news import Heard
from insta_stream.errors import Unknown
from insta_stream.ids import PackageId, VideoId
from insta_stream.library.video import Progress, Video
from insta_stream.media.ceilings import Ceiling, Need
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.table import SegmentTable

SECOND = Ticks(TICKS_PER_SECOND)


@dataclass
class Film:
    """A video whose package has `available` segments of two seconds. need: what it asks of a broadcast."""

    video: Video
    package: PackageId
    table: SegmentTable
    available: int
    need: Need | None = None

    @property
    def is_complete(self) -> bool:
        return self.available == self.table.count


@dataclass
class TestShelf:
    """Keeps films, and those that were deleted. asked: what channels declared that asked for one."""

    __test__ = False

    films: dict[VideoId, Film] = field(default_factory=dict)
    tables: dict[PackageId, SegmentTable] = field(default_factory=dict)
    callbacks: list[Callable[[VideoId], None]] = field(default_factory=list)
    deleted: dict[VideoId, Film] = field(default_factory=dict)
    asked: set[tuple[Ceiling, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.slate_film = self.film("Slate", segments=30, is_hidden=True)

    def film(
        self, name: str, *, segments: int = 5, available: int | None = None, is_hidden: bool = False
    ) -> Film:
        """Make a film; `available` of its segments are there (all, unless told otherwise)."""
        number = len(self.tables)
        table = SegmentTable(((segments, Ticks(2 * SECOND)),))
        package = package_id(number)
        ready = segments if available is None else available
        film = Film(_video(name, video_id(number), package, table.length), package, table, ready)
        self.tables[package] = table
        if not is_hidden:
            self.films[film.video.id] = film
        return film

    def grow(self, film: Film, available: int) -> None:
        """Let more segments of a film be there, and tell those who asked."""
        film.available = available
        self.tell(film.video.id)

    def delete(self, film: Film) -> None:
        """Let a film vanish, and tell those who asked."""
        self.deleted[film.video.id] = self.films.pop(film.video.id)
        self.tell(film.video.id)

    def restore(self, film: Film) -> None:
        """Bring back a film that was deleted, and tell those who asked."""
        self.films[film.video.id] = self.deleted.pop(film.video.id)
        self.tell(film.video.id)

    def tell(self, video: VideoId) -> None:
        for callback in self.callbacks:
            callback(video)

    def has(self, video: VideoId) -> bool:
        return video in self.films

    def get(self, video: VideoId) -> Video:
        if video not in self.films:
            raise Unknown(f"There is no video {video}.", code="unknown_video")
        return self.films[video].video

    def playable(self, video: VideoId, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        self.asked.add(ceilings)
        film = self.films.get(video)
        return _playable(film, ceilings) if film is not None and film.available else None

    def need(self, video: VideoId) -> Need | None:
        film = self.films.get(video)
        return film.need if film is not None else None

    def slate(self, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        return _playable(self.slate_film, ceilings) if self.slate_film.is_complete else None

    def table(self, package: PackageId) -> SegmentTable:
        return self.tables[package]

    async def catch_up(self, news: Heard) -> None:
        """There is no other process that changes it."""

    def subscribe(self, callback: Callable[[VideoId], None]) -> None:
        self.callbacks.append(callback)

    def may_return(self, video: VideoId) -> bool:
        return video in self.deleted


def _playable(film: Film, ceilings: tuple[Ceiling, ...]) -> Playable:
    rungs = tuple(each.name for each in ceilings)
    return Playable(film.video.id, film.package, film.table, film.available, film.is_complete, rungs)


def _video(name: str, id_: VideoId, package: PackageId, duration: Ticks) -> Video:
    return Video(
        id=id_,
        name=name,
        state="ready",
        progress=Progress(),
        airable=True,
        airable_at=None,
        duration=duration,
        size_bytes=1000,
        disk_use_bytes=2000,
        original_bytes=1000,
        added_at=Ticks(0),
        cautions=(),
        error="",
        package=package,
        segments=5,
        has_pictures=True,
        width=1280,
        height=720,
        frame_rate="25",
        video_codec="h264",
        audio_codec="aac",
        owner=None,
    )
