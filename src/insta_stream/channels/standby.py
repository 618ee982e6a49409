"""Standby: a channel is on the air, nobody paused it, and viewers get nothing but its slate.

It looks healthy from outside, so it has a state of its own. A slate that has an end, because it covers for a
late video, is none; nor is one while the next video is being prepared, for as long as that is normal.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from insta_stream.channels.channel import Channel
from insta_stream.channels.shelf import Shelf
from insta_stream.errors import Unknown
from insta_stream.ids import VideoId
from insta_stream.library.video import Video
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.plan import PATIENCE
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.timeline import Timeline

GRACE = PATIENCE
"""For so long the slate is no reason to worry. Wherever it covers for a late video on purpose, it does so for
no longer than this; a first video is ready to air some seconds after its upload; and whoever starts a channel
and then fills it has the time to.
"""

LOOK_AGAIN = Ticks(10 * TICKS_PER_SECOND)

LOOKED_AT = 200
"""Of the videos of a playlist, so many are looked at: thousands of channels may be on standby at once."""

Reason = Literal["empty", "deleted", "encoding", "failed", "no_quality", "ready"]
"""encoding: a video is on its way. ready: one could air, and the channel will be planned anew in a moment."""

_REMEDIES: dict[Reason, str] = {
    "empty": "Add videos to its playlist, or stop the channel.",
    "deleted": "Restore them from the bin, or add other videos to its playlist.",
    "encoding": "Wait: it goes on air by itself. To show something sooner, add a video that is ready.",
    "failed": "Encode the failed videos again, upload them in another format, or add other videos.",
    "no_quality": "Choose qualities that its videos have in the channel's settings and start it again, or "
    "encode the videos again.",
    "ready": "Wait a moment. If this persists, stop the channel and start it again.",
}
_IN_SHORT: dict[Reason, str] = {
    "empty": "the playlist is empty",
    "deleted": "its videos were deleted",
    "encoding": "its videos are still being encoded",
    "failed": "its videos failed to encode",
    "no_quality": "its videos have no quality that it offers",
    "ready": "its videos are ready, but not scheduled yet",
}
_PREFERRED: tuple[Reason, ...] = ("ready", "encoding", "failed", "no_quality")
_ONE_OF_MANY: dict[Reason, tuple[str, str]] = {
    "ready": ("is ready", "are ready"),
    "encoding": ("is being encoded", "are being encoded"),
    "failed": ("failed to encode", "failed to encode"),
    "no_quality": ("has no quality that this channel offers", "have no quality that this channel offers"),
}


@dataclass(frozen=True, slots=True)
class Standby:
    """Why a channel shows only its slate.

    since: when viewers began to see nothing else. message, remedy: sentences; they may name videos, so not
    everybody may read them. expected_at: when the first video can air, where that can be told.
    """

    since: Ticks
    reason: Reason
    message: str
    remedy: str
    expected_at: Ticks | None = None

    @property
    def in_short(self) -> str:
        """The message for everybody, without a capital and a full stop."""
        return _IN_SHORT[self.reason]


def is_left_to_slate(timeline: Timeline) -> bool:
    """Return whether nothing but the slate is planned in the end, and nobody asked for that."""
    return timeline.state == "on" and bool(timeline.runs) and timeline.runs[-1].program.is_slate


def slate_since(timeline: Timeline, now: Ticks) -> Ticks | None:
    """Return since when viewers get a slate that only an edit will end; None in a pause, too."""
    broadcast = timeline.broadcast
    if broadcast is None or not is_left_to_slate(timeline) or timeline.runs[-1].starts_at > now:
        return None
    began = timeline.runs[-1].starts_at
    for run in reversed(timeline.runs):
        if run.broadcast != broadcast.id or not run.program.is_slate:
            break
        began = run.starts_at
    return max(began, broadcast.started_at)


def standby(channel: Channel, library: Shelf, now: Ticks) -> Standby | None:
    """Return why a channel shows only its slate now; None where it does not, or is just being prepared."""
    since = slate_since(channel.timeline, now)
    if since is None:
        return None
    why = _why(channel, library, since)
    is_on_its_way = why.reason in {"encoding", "ready"}
    return None if is_on_its_way and now < since + GRACE else why


def look_again(timeline: Timeline, now: Ticks) -> Ticks | None:
    """Return when to look again at a channel on its slate, though nothing was told of it; None: never.

    Its grace ends, and what is foretold of the encoding changes all the time. What is empty stays so.
    """
    since = slate_since(timeline, now) if timeline.entries else None
    if since is None:
        return None
    soon, grace_ends = now + LOOK_AGAIN, since + GRACE
    return Ticks(min(soon, grace_ends) if grace_ends > now else soon)


def lasting(channels: Iterable[Channel], now: Ticks) -> list[tuple[Ticks, Channel]]:
    """Return the channels on standby for longer than the grace, with since when; the longest first."""
    found = ((slate_since(channel.timeline, now), channel) for channel in channels)
    late = [(since, channel) for since, channel in found if since is not None and since + GRACE <= now]
    return sorted(late, key=lambda each: (each[0], each[1].slug))


def _why(channel: Channel, library: Shelf, since: Ticks) -> Standby:
    entries = channel.timeline.entries
    if not entries:
        lost = len({absent.entry.video for absent in channel.absent})
        if not lost:
            return Standby(since, "empty", "Its playlist is empty.", _REMEDIES["empty"])
        gone = "Its only video was" if lost == 1 else f"All {lost:,} videos of its playlist were"
        return Standby(since, "deleted", f"{gone} deleted.", _REMEDIES["deleted"])
    ids = dict.fromkeys(entry.video for entry in entries)
    seen = [
        (_kind(video, library.playable(video.id, channel.ceilings)), video)
        for video in _known(library, islice(ids, LOOKED_AT))
    ]
    if not seen:
        return Standby(since, "deleted", "Its videos were deleted.", _REMEDIES["deleted"])
    kinds = {kind for kind, _ in seen}
    reason: Reason = next((kind for kind in _PREFERRED if kind in kinds), "ready")
    expected = [video.airable_at for _, video in seen if video.airable_at is not None]
    return Standby(since, reason, _message(seen, len(ids)), _REMEDIES[reason], min(expected, default=None))


def _known(library: Shelf, ids: Iterable[VideoId]) -> Iterator[Video]:
    for id_ in ids:
        try:
            yield library.get(id_)
        except Unknown:  # it was deleted a moment ago, and leaves the playlist
            continue


def _kind(video: Video, playable: Playable | None) -> Reason:
    if playable is not None and playable.available:
        return "ready" if playable.is_complete else "encoding"
    if video.state == "failed":
        return "failed"
    return "no_quality" if video.state == "ready" else "encoding"


def _message(seen: Sequence[tuple[Reason, Video]], total: int) -> str:
    """Return one sentence about what hinders the videos of a playlist, of which there are `total`."""
    failed = next((video for kind, video in seen if kind == "failed"), None)
    why = f" “{failed.name}”: {failed.error}" if failed is not None and failed.error else ""
    if total == 1:
        kind, video = seen[0]
        return f"“{video.name}” {_ONE_OF_MANY[kind][0]}.{why.removeprefix(f' “{video.name}”:')}"
    counts = {kind: sum(each == kind for each, _ in seen) for kind in _PREFERRED}
    parts = [f"{count:,} {_ONE_OF_MANY[kind][count > 1]}" for kind, count in counts.items() if count]
    of_those = f"of the first {LOOKED_AT}, " if total > LOOKED_AT else ""
    return f"None of its {total:,} videos is on air: {of_those}{', '.join(parts)}.{why}"
