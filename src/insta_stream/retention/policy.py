"""The policy of retention: everything that is ever deleted, why, and from which instant on.

A pure function over facts. The garbage collector does what is due, and the dry run shows the whole plan, so
what is shown is what happens. `docs/explanation/retention.md` says the same in words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from insta_stream.db.videos import PackageRow, VideoRow
from insta_stream.ids import PackageId, VideoId
from insta_stream.library.published import is_there
from insta_stream.ticks import Ticks, seconds

KeepOriginals = Literal["keep", "drop"]
Kind = Literal["video", "original", "package", "record", "history"]
Reason = Literal["deleted", "disk_full", "packaged", "replaced", "failed", "unnamed", "old"]

REASONS: Mapping[Reason, str] = {
    "deleted": "The video is in the bin and can be restored until then.",
    "disk_full": "The video is in the bin, and there is too little free disk space to keep it longer.",
    "packaged": "All its qualities are encoded, and keep_originals is “drop”.",
    "replaced": "The video was encoded again.",
    "failed": "Encoding was not finished, and nothing of it can air.",
    "unnamed": "Its files are gone, and the as-run log no longer mentions it.",
    "old": "The as-run log does not reach further back.",
}
"""What each reason means, as a sentence."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator has chosen. keep_deleted: how long a deleted video can be restored."""

    keep_deleted: Ticks
    keep_originals: KeepOriginals


DEFAULT_RULES = Rules(keep_deleted=seconds(86_400), keep_originals="keep")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plan is made of.

    packages: oldest first. busy: videos that are being packaged. shortage_bytes: how much more disk space
    there should be. reach: of those packages that are `in_question`, the instant from which on nobody can ask
    for the segments of one that a run or a player may still name; None: not before an edit. named: those of
    the packages that are `forgettable` which a run names.
    """

    now: Ticks
    videos: Sequence[VideoRow]
    packages: Sequence[PackageRow]
    busy: frozenset[VideoId]
    shortage_bytes: int
    reach: Mapping[PackageId, Ticks | None] = field(default_factory=dict)
    named: frozenset[PackageId] = frozenset()


@dataclass(frozen=True, slots=True)
class Deletion:
    """One thing that goes.

    kind: `video` (the original goes, and nothing can bring the video back), `original` (of a video that
    stays), `package` (its files), `record` (the row of a package without files), `history` (of a channel).
    id: of that thing; video: whose it is, name: its name. due: from which instant on; None: not before an
    edit.
    """

    kind: Kind
    id: str
    video: VideoId | None
    name: str
    reason: Reason
    due: Ticks | None
    size_bytes: int

    def is_due(self, now: Ticks) -> bool:
        """Tell whether it may go now."""
        return self.due is not None and self.due <= now


def in_question(facts: Facts, *, with_bin: bool) -> frozenset[PackageId]:
    """Return the packages whose files go once nobody can reach them; with_bin: also those of which that
    becomes true only when nobody can restore their video any more.
    """
    over_ = {package.id for package, _, _ in _over(facts) if is_there(package)}
    if not with_bin:
        return frozenset(over_)
    deleted = {video.id for video in facts.videos if video.can_come_back}
    return frozenset(over_ | {each.id for each in facts.packages if each.video in deleted and is_there(each)})


def forgettable(facts: Facts) -> frozenset[PackageId]:
    """Return the packages without files whose rows go once no run names them."""
    gone = ((package.id, reason) for package, _, reason in _over(facts) if not is_there(package))
    return frozenset(package for package, reason in gone if reason != "failed")


def plan(facts: Facts, rules: Rules) -> tuple[Deletion, ...]:
    """Return everything that goes, now or later, in the order in which it goes."""
    anyway = [*_replaced(facts), *_originals(facts, rules)]
    missing = facts.shortage_bytes - _freed(anyway, facts.now)
    deletions = [*anyway, *_deleted(facts, rules, missing)]
    return tuple(sorted(deletions, key=lambda each: (each.due is None, each.due or 0)))


def gone_at(deleted_at: Ticks, rules: Rules) -> Ticks:
    """Return until when a video can be restored that was deleted at an instant, unless the disk is full."""
    return Ticks(deleted_at + rules.keep_deleted)


def over(package: PackageRow, video: VideoRow, newest: PackageId) -> Reason | None:
    """Return why nothing can begin to air of a package again; None where something may, or is being made.

    What is over is never named by a new run, so who may go on asking for it can be told.
    """
    if video.released_at is not None:
        return "deleted"
    if not package.is_current:
        if package.id != newest:
            return "replaced"
        return None if package.state == "packaging" else "failed"
    return "failed" if package.state == "failed" else None


def can_drop_original(video: VideoRow, packages: Sequence[PackageRow], rules: Rules) -> bool:
    """Tell whether the original has done its duty: the package that airs is whole, and no other is made."""
    current = next((package for package in packages if package.is_current), None)
    return (
        rules.keep_originals == "drop"
        and video.has_original
        and not (video.is_hidden or video.deleted_at is not None)
        and current is not None
        and (current.state == "ready" and current.is_whole)
        and packages[-1].state != "packaging"
    )


def _over(facts: Facts) -> Iterator[tuple[PackageRow, VideoRow, Reason]]:
    """Yield the packages that are over, whatever became of the video, and why."""
    videos = {video.id: video for video in facts.videos}
    newest = {package.video: package.id for package in facts.packages}
    for package in facts.packages:
        reason = over(package, videos[package.video], newest[package.video])
        if reason is not None and package.video not in facts.busy:
            yield package, videos[package.video], reason


def _replaced(facts: Facts) -> Iterator[Deletion]:
    unnamed = forgettable(facts) - facts.named
    for package, video, reason in _over(facts):
        if is_there(package):
            yield _package(package, video, reason, facts, earliest=facts.now)
        elif package.id in unnamed:
            yield Deletion("record", package.id, video.id, video.name, "unnamed", facts.now, 0)


def _package(
    package: PackageRow, video: VideoRow, reason: Reason, facts: Facts, *, earliest: Ticks
) -> Deletion:
    reach = facts.reach.get(package.id, earliest)
    due = None if reach is None else max(reach, earliest)
    return Deletion("package", package.id, video.id, video.name, reason, due, package.size_bytes)


def _originals(facts: Facts, rules: Rules) -> Iterator[Deletion]:
    if rules.keep_originals == "keep":
        return
    packages = _by_video(facts)
    for video in facts.videos:
        if video.id not in facts.busy and can_drop_original(video, packages.get(video.id, []), rules):
            size = video.original_bytes
            yield Deletion("original", video.id, video.id, video.name, "packaged", facts.now, size)


def _deleted(facts: Facts, rules: Rules, missing: int) -> Iterator[Deletion]:
    """Yield the videos that can still come back, and their packages, with the end of that.

    Where disk space is short, they go earlier: the oldest first, and no more than helps.
    """
    packages = _by_video(facts)
    deleted = ((video, _gone_at(video, rules)) for video in facts.videos if video.id not in facts.busy)
    ends = [(end, video) for video, end in deleted if end is not None]
    for end, video in sorted(ends, key=lambda each: each[0]):
        is_early = missing > 0 and end > facts.now
        due = facts.now if is_early else end
        reason: Reason = "disk_full" if is_early else "deleted"
        of_video = packages.get(video.id, [])
        gone = [
            Deletion("video", video.id, video.id, video.name, reason, due, video.original_bytes),
            *(
                _package(package, video, reason, facts, earliest=due)
                for package in of_video
                if is_there(package) and over(package, video, of_video[-1].id) is None
            ),
        ]
        missing -= _freed(gone, facts.now)
        yield from gone


def _gone_at(video: VideoRow, rules: Rules) -> Ticks | None:
    """Return until when a video can be restored, None where it cannot. The slate needs no way back."""
    if not video.can_come_back or video.deleted_at is None:
        return None
    return video.deleted_at if video.is_hidden else gone_at(video.deleted_at, rules)


def _freed(deletions: Iterable[Deletion], now: Ticks) -> int:
    return sum(deletion.size_bytes for deletion in deletions if deletion.is_due(now))


def _by_video(facts: Facts) -> dict[VideoId, list[PackageRow]]:
    packages: dict[VideoId, list[PackageRow]] = {}
    for package in facts.packages:
        packages.setdefault(package.video, []).append(package)
    return packages
