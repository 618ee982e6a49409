"""What a broadcast shows up to an edge: one window, and a page for each rung made of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from insta_stream.channels.channel import Broadcast, Channel
from insta_stream.db.news import COMMIT_LIMIT
from insta_stream.delivery.http import Refusal
from insta_stream.delivery.page import Page
from insta_stream.hls.playlist import MediaPlaylist, MediaSegment
from insta_stream.hls.render import render_media
from insta_stream.ids import BroadcastId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.run import Segment
from insta_stream.timeline.timeline import Timeline
from insta_stream.timeline.window import EDGE, MIN_SEGMENTS, Span, Window, window


class Early(Refusal):
    """The first segment of a broadcast is still on its way.

    listed_at: when it is due; None: never, as things are. patience: for how long a broadcast may list
    nothing; only then is a viewer told to come back.
    """

    def __init__(self, listed_at: Ticks | None, patience: Ticks) -> None:
        message, headers = "The first segment is not ready yet.", ((b"retry-after", b"1"),)
        super().__init__(503, "nothing_yet", message, headers)
        self.listed_at = listed_at
        self.patience = patience


def patience(timeline: Timeline) -> Ticks:
    """Return for how long a broadcast lists nothing that begins right after another one, at most.

    What is frozen of the one before airs to the end of its segment; then the first segment airs; and an edit
    may be stored meanwhile.
    """
    return Ticks(timeline.horizon + 2 * timeline.target + COMMIT_LIMIT)


def max_age_seconds(target_duration: int) -> int:
    """Return for how long caches may keep a media playlist."""
    return max(1, target_duration // 2)


@dataclass(slots=True)
class View:
    """One window of one broadcast.

    until: the edge from which on another window is due; None while the channel stays as it is. pages: those
    that were asked for, by rung. earlier: the last page of each rung that views before this one showed.
    """

    channel: Channel
    broadcast: Broadcast
    window: Window
    until: Ticks | None
    pages: dict[str, Page] = field(default_factory=dict)
    earlier: dict[str, Page] = field(default_factory=dict)

    def holds(self, channel: Channel, edge: Ticks) -> bool:
        """Return whether this is still what there is to see."""
        return self.channel is channel and (self.until is None or edge < self.until)

    def follow(self, before: "View") -> None:
        """Remember what the view before this one showed."""
        self.earlier = before.earlier | before.pages

    def render(self, rung: str) -> Page:
        """Return the page of a rung, made anew. Raises Refusal where there is no such rung."""
        index = rung_index(self.broadcast, rung)
        target = self.channel.timeline.target // TICKS_PER_SECOND
        playlist = MediaPlaylist(
            target_duration=target,
            media_sequence=self.window.segments[0].msn,
            discontinuity_sequence=self.window.discontinuity_sequence,
            segments=tuple(addressed(self.window.segments, index)),
            is_ended=self.window.is_ended,
        )
        return Page(render_media(playlist), max_age_seconds(target))


def look(channel: Channel, broadcast_id: BroadcastId, edge: Ticks) -> View:
    """Return what a broadcast shows up to an edge to everybody. Raises Refusal or Unknown."""
    broadcast = channel.broadcast(broadcast_id)
    seen = window(channel.timeline, broadcast_id, edge, length=EDGE)
    return View(channel, broadcast, seen, shown_until(channel.timeline, seen, edge))


def shown_until(timeline: Timeline, seen: Window | Span, edge: Ticks) -> Ticks | None:
    """Return the edge from which on a playlist gives way to another one, None while the channel stays as it
    is.

    Raises Refusal where there is none: an empty playlist would be an error for players.
    """
    if seen.first is None or seen.newest is None:
        raise Early(seen.changes_at, patience(timeline))
    if not seen.is_ended:
        return seen.changes_at
    # It stays as long as it reaches back. RFC 8216 section 6.2.2 asks the same of its segments, and nobody
    # plays longer than that without a pause. One that was over at once stays longer: browsers keep for a
    # while what leads there.
    length = max(seen.newest.ends_at - seen.first.starts_at, MIN_SEGMENTS * timeline.target)
    until = Ticks(seen.newest.ends_at + length)
    if edge >= until:
        raise Refusal(410, "broadcast_over", "This broadcast is over; load stream.m3u8 again.")
    return until


def rung_index(broadcast: Broadcast, rung: str) -> int:
    """Return which of a broadcast's rungs has a name. Raises Refusal where there is none."""
    for index, each in enumerate(broadcast.rungs):
        if each.name == rung:
            return index
    raise Refusal(404, "unknown_rung", "This broadcast has no such quality; load stream.m3u8 again.")


def addressed(segments: Iterable[Segment], rung: int) -> Iterator[MediaSegment]:
    """Yield segments as a playlist of a rung lists them."""
    for _, starts_at, duration, slot, number, _, is_tagged in segments:
        # Only a package's first segment says in its own packets that something else was before it.
        name = f"{number}.join.ts" if is_tagged and number > 0 else f"{number}.ts"
        uri = f"../../../media/{slot.package}/{slot.renditions[rung]}/{name}"
        yield MediaSegment(uri, duration, starts_at, is_tagged)
