"""What an edit makes of a channel: the rules of the timeline, with what the library can air at that moment.

Nothing here is written or shown, so that what is foretold comes from the same rules as what airs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from insta_stream.channels.absent import woven
from insta_stream.channels.channel import Broadcast, Channel, declared
from insta_stream.channels.slate import chosen
from insta_stream.errors import WrongState
from insta_stream.ids import VideoId
from insta_stream.media.ceilings import Ceiling, Need
from insta_stream.ticks import Ticks
from insta_stream.timeline.edit import Change, Edit, Rearrange, Refresh, Start, apply
from insta_stream.timeline.playable import Playable

REMEDY = "Start it: it begins again with its playlist, and its history is lost."
"""What can be done about a broken channel."""


class Airable(Protocol):
    """Who knows what can be aired at this moment."""

    def playable(self, video: VideoId, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        """Return what a channel that declares this of its rungs (best first) can air of a video, None for
        nothing.
        """

    def need(self, video: VideoId) -> Need | None:
        """Return what a video asks of a broadcast that begins with it, None where it has nothing."""

    def slate(self, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        """Return the built-in slate, None while it is being made."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to become of a channel: `base` (the channel itself, or with other settings), then the edit.

    is_undoable: a new playlist is somebody's choice, which that person may want to take back.
    """

    base: Channel
    edit: Edit | None
    is_undoable: bool = True


Decide = Callable[[Channel], Proposal]
"""Makes a proposal of a channel as it then is."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Applies proposals to channels."""

    library: Airable

    def apply(self, before: Channel, proposal: Proposal, now: Ticks) -> tuple[Channel, Change]:
        """Return the channel after an edit at `now`, and what the edit changed of its timeline; the channel
        `before` itself, where it changed nothing.

        Raises WrongState for an edit of a broken channel that does not begin it anew, and whatever the
        timeline's rules raise.
        """
        _check_broken(before, proposal)
        is_start = isinstance(proposal.edit, Start)
        ceilings = declared(proposal.base, self.library.need) if is_start else proposal.base.ceilings
        change = self._change(proposal, ceilings, now)
        after = _after(before, proposal, change, ceilings, now)
        if not _differs(before, after):
            return before, change
        if _is_awaited(proposal, before, after):
            after = replace(after, effective_at=change.effective_at)
        return after, change

    def _change(self, proposal: Proposal, ceilings: tuple[Ceiling, ...], now: Ticks) -> Change:
        channel, edit = proposal.base, proposal.edit
        timeline = channel.timeline
        if edit is None:
            return Change(timeline, now, now)
        entries = (*edit.entries, *timeline.entries) if isinstance(edit, Rearrange) else timeline.entries
        found = {video: self.library.playable(video, ceilings) for video in {each.video for each in entries}}
        catalogue = {video: playable for video, playable in found.items() if playable is not None}
        return apply(timeline, edit, catalogue, self._slate(channel, ceilings), now)

    def _slate(self, channel: Channel, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        own = None if channel.slate is None else self.library.playable(channel.slate, ceilings)
        return chosen(own, self.library.slate(ceilings))


def _check_broken(channel: Channel, proposal: Proposal) -> None:
    if channel.broken and not isinstance(proposal.edit, Start):
        raise WrongState(f"{channel.broken} {REMEDY}", code="channel_broken")


def _after(
    before: Channel, proposal: Proposal, change: Change, ceilings: tuple[Ceiling, ...], now: Ticks
) -> Channel:
    """Return the channel after an edit, with what hangs on its timeline. ceilings: of a new broadcast."""
    timeline = change.timeline
    is_playlist_edit = isinstance(proposal.edit, Rearrange) and proposal.is_undoable
    undo = woven(before.timeline.entries, before.absent) if is_playlist_edit else before.undo
    absent = (each.entry for each in proposal.base.absent)
    kept = (*timeline.entries, *(undo or ()), *absent)
    rungs = {broadcast.id: broadcast.rungs for broadcast in before.broadcasts.values()}
    broadcasts = {
        each.id: Broadcast(each.id, rungs.get(each.id, ceilings), each.started_at)
        for each in timeline.broadcasts
    }
    return replace(
        proposal.base,
        timeline=timeline,
        broadcasts=broadcasts,
        added_at={entry.id: before.added_at.get(entry.id, now) for entry in kept},
        undo=undo,
        broken="",
    )


def _differs(before: Channel, after: Channel) -> bool:
    """Return whether an edit changed more than the hour at which somebody looked."""
    return _at(after, before.timeline.committed_at) != before


def _at(channel: Channel, instant: Ticks) -> Channel:
    return replace(channel, timeline=replace(channel.timeline, committed_at=instant))


def _is_awaited(proposal: Proposal, before: Channel, after: Channel) -> bool:
    """Return whether somebody waits for an edit to be seen: it changes what airs, and not only what is
    planned or remembered.
    """
    is_deed = proposal.edit is not None and not isinstance(proposal.edit, Refresh)
    return is_deed and after.timeline.runs is not before.timeline.runs
