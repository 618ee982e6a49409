"""A channel, its library and its garbage collector, driven by random histories."""

from dataclasses import dataclass, field, replace

from tests.unit.timeline import world

from insta_stream.db.videos import PackageRow, RenditionRow, VideoRow
from insta_stream.ids import PackageId, VideoId
from insta_stream.retention import policy
from insta_stream.retention.policy import Facts, Rules
from insta_stream.ticks import Ticks
from insta_stream.timeline import edit as edits
from insta_stream.timeline import retention as reaching
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.window import Window, window

RULES = Rules(keep_deleted=world.seconds(30), keep_originals="drop")
LOST = "what a playlist lists is there"
TOO_EARLY = "what a playlist listed stays for the longest playlist's length"
LOST_VIDEO = "a video that can come back has its packages"

KINDS = (
    *("wait", "start", "stop", "pause", "resume", "skip", "jump", "add", "remove", "remove_current"),
    *("wait", "start", "add", "resume", "shuffle", "clear", "undo", "resize", "resize"),
    *("grow", "break", "break", "break", "repackage", "repackage"),
)


@dataclass
class Cellar(world.World):
    """Looks at every playlist, and collects garbage after every step; `removed` is what is gone."""

    rows: dict[VideoId, VideoRow] = field(default_factory=dict)
    made: dict[PackageId, Playable] = field(default_factory=dict)
    current: dict[VideoId, PackageId] = field(default_factory=dict)
    needed: dict[PackageId, Ticks] = field(default_factory=dict)
    removed: set[PackageId] = field(default_factory=set)
    is_short: bool = False

    def put(self, value: Playable) -> None:
        super().put(value)
        self.rows.setdefault(value.video, _video(value.video))
        self.made[value.package] = value
        self.current[value.video] = value.package

    def edit(self, kind: str, a: int, b: int) -> edits.Edit | None:
        edit = super().edit(kind, a, b)
        self.is_short = b % 5 == 0
        return None if kind == "break" and b % 3 == 0 else edit  # the channel has not heard of it yet

    def alter(self, kind: str, number: int, b: int) -> None:
        video = VideoId(f"v{number}")
        row = self.rows[video]
        if kind == "break":
            if row.deleted_at is None:
                self.rows[video] = replace(row, deleted_at=self.now)
                del self.catalogue[video]
            elif row.can_come_back:
                self.rows[video] = replace(row, deleted_at=None)
                world.check(self.current[video] not in self.removed, LOST_VIDEO, video)
                self.put(self.made[self.current[video]])
            else:
                self.rows[video] = _video(video)
                self.remake(number)
        elif row.deleted_at is None:
            if kind == "repackage":
                self.remake(number)
            elif kind == "grow":
                super().alter(kind, number, b)

    def remake(self, number: int) -> None:
        self.put(world.playable(f"v{number}", self.durations[number], version=1000 + len(self.made)))

    def look(self) -> None:
        for node in self.nodes:
            lease = Ticks(node.read_at + world.HORIZON - world.milliseconds(world.MAX_COMMIT_MS))
            now = Ticks(self.now + node.skew)
            for broadcast in node.snapshot.broadcasts if now <= lease else ():
                self.note(window(node.snapshot, broadcast.id, now))
        for broadcast in self.timeline.broadcasts:
            self.note(window(self.timeline, broadcast.id, self.now))

    def note(self, shown: Window) -> None:
        """Take note of what a player is told, and until when it may ask for that."""
        if not shown.segments:
            return
        last = shown.segments[-1]
        length = Ticks(last.ends_at - shown.segments[0].starts_at)
        if shown.is_ended and self.now >= last.ends_at + length:
            return  # the playlist is served no more
        for segment in shown.segments:
            world.check(segment.package not in self.removed, LOST, segment, self.now)
            until = Ticks(self.now + segment.duration + length)
            self.needed[segment.package] = max(self.needed.get(segment.package, until), until)

    def step(self, kind: str, wait_ms: int, commit_ms: int, a: int, b: int) -> None:
        super().step(kind, wait_ms, commit_ms, a, b)
        self.collect()

    def what_is(self) -> Facts:
        made = [self.package(value) for value in self.made.values() if value.package not in self.removed]
        reach = reaching.packages(self.timeline)
        facts = Facts(self.now, list(self.rows.values()), made, frozenset(), int(self.is_short))
        asked = policy.in_question(facts, with_bin=self.is_short)
        return replace(facts, reach={package: reach[package] for package in asked & reach.keys()})

    def collect(self) -> None:
        """Do what the policy says is due, in the way of the janitor."""
        for deletion in policy.plan(self.what_is(), RULES):
            if deletion.kind == "video" and deletion.is_due(self.now):
                row = self.rows[VideoId(deletion.id)]
                self.rows[row.id] = replace(row, released_at=self.now)
        facts = self.what_is()
        newest = {package.video: package.id for package in facts.packages}
        by_id = {package.id: package for package in facts.packages}
        for deletion in policy.plan(facts, RULES):
            if deletion.kind == "package" and deletion.is_due(self.now):
                package = by_id[PackageId(deletion.id)]
                if policy.over(package, self.rows[package.video], newest[package.video]) is not None:
                    self.remove(package.id)

    def remove(self, package: PackageId) -> None:
        until = self.needed.get(package, self.now)
        world.check(until <= self.now, TOO_EARLY, package, until, self.now)
        self.removed.add(package)

    def package(self, value: Playable) -> PackageRow:
        published = value.available
        names = ("hi", "lo")
        renditions = (RenditionRow(name, "encode", False, published, 1, value.is_complete) for name in names)
        return PackageRow(
            id=value.package,
            video=value.video,
            created_at=Ticks(0),
            state="ready" if value.is_complete else "packaging",
            is_current=self.current[value.video] == value.package,
            is_airable=True,
            has_pictures=True,
            attempts=0,
            error="",
            table=value.table,
            cautions=(),
            renditions=tuple(renditions),
        )


def _video(id_: VideoId) -> VideoRow:
    return VideoRow(
        id=id_,
        name=id_,
        size_bytes=1,
        added_at=Ticks(0),
        is_hidden=id_ == "slate",
        deleted_at=None,
        width=1280,
        height=720,
        frame_rate="25",
        video_codec="h264",
        audio_codec="aac",
    )


def begun(durations: list[tuple[Ticks, ...]], history: list[world.Step]) -> Cellar:
    """Return a cellar on the air, after a history."""
    made = Cellar(durations)
    made.play([("add", 0, 0, 0, 0), ("add", 0, 0, 1, 2), ("start", 0, 0, 0, 0), *history])
    return made
