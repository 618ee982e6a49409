"""StreamManager: whether a channel is on the air, and where in its playlist."""

from dataclasses import dataclass
from typing import Literal

from insta_stream.channels.channel import Channel
from insta_stream.channels.editor import Applied, Editor
from insta_stream.channels.planner import Decide, Proposal
from insta_stream.channels.playlist import Item, PlaylistManager
from insta_stream.channels.shown import Shown
from insta_stream.clock import Clock
from insta_stream.errors import WrongState
from insta_stream.ids import BroadcastId, ChannelSlug, new_broadcast_id
from insta_stream.storage.reserve import Reserve
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.airings import airings, on_air
from insta_stream.timeline.cut import cut
from insta_stream.timeline.edit import Pause, Resume, Skip, Start, Stop

BORDER_WITHIN = Ticks(7 * 86_400 * TICKS_PER_SECOND)
"""How far ahead the end of what is on the air is looked for."""


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """What a channel is doing.

    started_at, broadcast: of the present broadcast, None off the air. position: how far the item on the air
    has come, None on the slate.
    """

    state: Literal["off", "on", "paused"]
    broadcast: BroadcastId | None
    started_at: Ticks | None
    position: Ticks | None
    current: Item | None

    @property
    def is_streaming(self) -> bool:
        """Whether viewers get a picture; a paused channel shows its slate."""
        return self.state != "off"


@dataclass(frozen=True, slots=True)
class StreamManager:
    """Starts, stops, pauses, resumes and skips, also when the disk is full.

    Raises WrongState for the state a channel is already in.
    """

    channels: Shown
    editor: Editor
    playlists: PlaylistManager
    clock: Clock
    reserve: Reserve

    async def start(self, slug: ChannelSlug) -> Applied:
        """Put the channel on the air, its window filled as if it had just been playing."""
        return await self._edit(slug, lambda channel: Proposal(channel, Start(new_broadcast_id())))

    async def stop(self, slug: ChannelSlug) -> Applied:
        """End the broadcast; players play out and stop."""
        return await self._edit(slug, lambda channel: Proposal(channel, Stop()))

    async def pause(self, slug: ChannelSlug) -> Applied:
        """Show the slate and hold the place in the playlist."""
        return await self._edit(slug, lambda channel: Proposal(channel, Pause()))

    async def resume(self, slug: ChannelSlug) -> Applied:
        """Go on where the pause began."""
        return await self._edit(slug, lambda channel: Proposal(channel, Resume()))

    async def skip(self, slug: ChannelSlug) -> Applied:
        """Go on with the next item; during a pause or off the air, begin with it."""

        def revise(channel: Channel) -> Proposal:
            if not channel.timeline.entries:
                raise WrongState(
                    "The playlist is empty: add a video to continue with.", code="playlist_empty"
                )
            return Proposal(channel, Skip())

        return await self._edit(slug, revise)

    async def _edit(self, slug: ChannelSlug, decide: Decide) -> Applied:
        return await self.reserve.helped(lambda: self.editor.edit(slug, decide))

    def next_border(self, slug: ChannelSlug) -> tuple[Ticks | None, Ticks | None]:
        """Return when a skip would show that is asked for now, and the border between two showings at which
        something added could air at first; they are one where nothing of the playlist can air. None where
        nothing of the kind is planned.
        """
        timeline = self.channels.get(slug).timeline
        if timeline.state == "off":
            return None, None
        here = cut(timeline, max(self.clock.now(), timeline.committed_at))
        if timeline.state == "paused":  # whatever is added waits for the pause to end
            return here.at, None
        if here.after.slot.is_slate and here.place is None:
            return here.at, here.at
        is_chosen = timeline.directed_at == here.at  # what somebody chose at this cut stays
        borders = (airing.starts_at for airing in airings(timeline, here.at, Ticks(here.at + BORDER_WITHIN)))
        return here.at, next((border for border in borders if border >= here.at + is_chosen), None)

    def status(self, slug: ChannelSlug) -> StreamStatus:
        """Return the state of the channel now. Raises Unknown."""
        return self.status_of(self.channels.get(slug))

    def status_of(self, channel: Channel) -> StreamStatus:
        """Return the state now of a channel that is known, also where it was deleted a moment ago."""
        timeline = channel.timeline
        now = on_air(timeline, self.clock.now())
        broadcast = channel.on_air
        return StreamStatus(
            state=timeline.state,
            broadcast=broadcast.id if broadcast else None,
            started_at=broadcast.started_at if broadcast else None,
            position=now.position if now and not now.airing.is_slate else None,
            current=self.playlists.current(channel),
        )
