"""A channel of real values on a clock that a test sets, and the playlists made of it."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from starlette.types import Scope

from insta_stream.access.passes import Viewer
from insta_stream.channels.channel import Broadcast, Channel
from insta_stream.clock import Clock
from insta_stream.db.videos import PackageRow
from insta_stream.delivery.audit import Audit
from insta_stream.delivery.gate import Gate
from insta_stream.delivery.playlists import Playlists
from insta_stream.delivery.reach import Reach
from insta_stream.delivery.viewers import Viewers
from insta_stream.errors import Unknown
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist
from insta_stream.ids import BroadcastId, ChannelSlug, EntryId, PackageId, VideoId
from insta_stream.media.ceilings import caps
from insta_stream.media.ladder import RUNGS
from insta_stream.metrics import Metrics
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds
from insta_stream.timeline.edit import Change, Start, apply
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.retention import prune
from insta_stream.timeline.table import SegmentTable
from insta_stream.timeline.timeline import Entry, Timeline

CHANNEL_RUNGS = (RUNGS["1080p"], RUNGS["720p"], RUNGS["480p"])
RENDITIONS = ("720p", "720p", "480p")
BROADCAST = BroadcastId("0123456789ab")
BASE = f"/stream/main/{BROADCAST}"
EPOCH = Ticks(1_795_464_000 * TICKS_PER_SECOND)


def playable(name: str, count: int) -> Playable:
    table = SegmentTable(((count, seconds(2)),))
    return Playable(VideoId(name * 32), PackageId(name * 32), table, count, True, RENDITIONS)


FILM, SLATE = playable("a", 20), playable("e", 30)


class Callers:
    """Knows viewers by the pass that they show."""

    def __init__(self, viewers: dict[str, Viewer] | None = None) -> None:
        self.viewers = viewers or {}
        self.edition = object()

    def viewer(self, text: str) -> Viewer | None:
        return self.viewers.get(text)

    def address(self, scope: Scope) -> str:
        return str(scope["client"][0])


class Shelf:
    """Knows the film and the slate."""

    def package(self, package: PackageId) -> PackageRow:
        for each in (FILM, SLATE):
            if each.package == package:
                return PackageRow(
                    id=package,
                    video=each.video,
                    created_at=EPOCH,
                    state="ready",
                    is_current=True,
                    is_airable=True,
                    has_pictures=True,
                    attempts=0,
                    error="",
                    table=each.table,
                    cautions=(),
                    renditions=(),
                )
        raise Unknown


class Scene:
    """One channel, its clock, and the playlists under test."""

    def __init__(self) -> None:
        self.ceilings = caps(CHANNEL_RUNGS)
        self.now = Ticks(EPOCH + seconds(1000))
        self.held_at: Ticks | None = None
        timeline = Timeline(
            epoch=EPOCH,
            horizon=seconds(1),
            target=seconds(2),
            window=seconds(30),
            entries=(Entry(EntryId("1" * 32), FILM.video),),
        )
        self.channel = Channel(
            ChannelSlug("main"),
            1,
            "Main",
            CHANNEL_RUNGS,
            None,
            30,
            EPOCH,
            timeline,
            broadcasts={},
            added_at={},
        )
        self.metrics = Metrics()
        self.clock = Clock(self._nanoseconds, self._nanoseconds)
        self.audit = Audit(self.metrics)
        self.viewers = Viewers(target_seconds=2)
        self.playlists = Playlists(self, self.clock, self.metrics, self.audit, self.viewers)

    def edge(self, _: Channel) -> Ticks:
        return min(self.clock.now(), self.clock.now() if self.held_at is None else self.held_at)

    @property
    def gate(self) -> Gate:
        """A gate before the channel at which nobody has a pass."""
        return Gate(self, Reach(self, Shelf(), self.clock), Callers())

    def _nanoseconds(self) -> int:
        return -(-self.now * 1_000_000_000 // TICKS_PER_SECOND)

    def get(self, slug: str) -> Channel:
        if slug != "main":
            raise Unknown(code="unknown_channel")
        return self.channel

    def all(self) -> tuple[Channel, ...]:
        return (self.channel,)

    def using(self, videos: AbstractSet[VideoId]) -> list[Channel]:
        return [each for each in self.all() if each.videos & videos]

    def edit(self, edit: Any) -> Change:
        """Apply an edit at once; return what it made."""
        change = apply(self.channel.timeline, edit, {FILM.video: FILM}, SLATE, self.now)
        self.channel = replace(
            self.channel,
            timeline=change.timeline,
            broadcasts={
                each.id: Broadcast(each.id, self.ceilings, self.now) for each in change.timeline.broadcasts
            },
        )
        return change

    def forget(self, age: Ticks) -> None:
        """Forget the runs that ended so long ago."""
        timeline = prune(self.channel.timeline, Ticks(self.now - age))
        self.channel = replace(self.channel, timeline=timeline)

    def media(self, rung: str = "720p") -> MediaPlaylist:
        playlist = parse(self.playlists.page(f"{BASE}/{rung}.m3u8").plain.decode())
        assert isinstance(playlist, MediaPlaylist)
        return playlist

    @classmethod
    def on_air(cls) -> "Scene":
        """Return the scene right after its start."""
        scene = cls()
        scene.edit(Start(BROADCAST))
        return scene

    def pass_time(self, duration: float) -> None:
        self.now = Ticks(self.now + seconds(duration))
