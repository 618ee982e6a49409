"""PlaylistManager: what a channel plays, and in which order."""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from insta_stream.channels.absent import parted
from insta_stream.channels.channel import Channel
from insta_stream.channels.editor import Applied, Editor
from insta_stream.channels.planner import Proposal
from insta_stream.channels.shelf import Shelf
from insta_stream.channels.shown import Shown
from insta_stream.clock import Clock
from insta_stream.errors import BadRequest, Unknown, WrongState
from insta_stream.ids import ChannelSlug, EntryId, VideoId, new_id
from insta_stream.library.video import Video
from insta_stream.ticks import Ticks
from insta_stream.timeline.airings import on_air
from insta_stream.timeline.edit import BEGINNING, Jump, Rearrange
from insta_stream.timeline.timeline import Entry, Timeline

MAX_ENTRIES = 25_000
"""A playlist that one request can name whole, and an edit on the air can plan and write in a fraction of a
second: meanwhile nothing is served, and after two the edit is given up (`COMMIT_LIMIT`)."""


def _entry(video: VideoId) -> Entry:
    return Entry(EntryId(new_id()), video)


def _places(entries: tuple[Entry, ...]) -> dict[VideoId, list[Entry]]:
    """Return the entries of each video, the first one last, so that `pop` gives it."""
    places: dict[VideoId, list[Entry]] = defaultdict(list)
    for entry in reversed(entries):
        places[entry.video].append(entry)
    return places


def _rearranged(base: Channel, entries: tuple[Entry, ...]) -> Proposal:
    if len(entries) > max(MAX_ENTRIES, len(base.timeline.entries)):
        raise BadRequest(f"A playlist holds at most {MAX_ENTRIES:,} entries.")
    return Proposal(base, Rearrange(entries))


@dataclass(frozen=True, slots=True)
class Item:
    """An entry with the video that it shows."""

    entry: EntryId
    video: Video
    added_at: Ticks


@dataclass(frozen=True, slots=True)
class PlaylistStatus:
    """The playlist and where it is.

    current_index: of the item on the air; off the air and in a pause of the one that the channel goes on
    with, which a skip or a jump moves; -1 where there is neither.
    """

    is_playing: bool
    current_index: int
    items: tuple[Item, ...]

    @property
    def current(self) -> Item | None:
        """The item at `current_index`."""
        return self.items[self.current_index] if self.current_index >= 0 else None


@dataclass(frozen=True, slots=True)
class PlaylistManager:
    """Edits playlists. Every edit goes on the air by itself and says when (`Applied.effective_at`).

    Methods that change raise Unknown for a channel, video or entry that does not exist, and BadRequest for
    an order that is not one.
    """

    channels: Shown
    editor: Editor
    library: Shelf
    clock: Clock

    async def add(self, slug: ChannelSlug, videos: Sequence[VideoId], *, at: int | None = None) -> Applied:
        """Add videos, together, before position `at` (the end where it is None)."""
        # The library's own ids, not the request's: each is in memory once, however many channels play it.
        added = tuple(_entry(self.library.get(video).id) for video in videos)

        def insert(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
            place = len(entries) if at is None else at
            if not 0 <= place <= len(entries):
                raise BadRequest(f"`at` must be between 0 and {len(entries)}, the length of the playlist.")
            return (*entries[:place], *added, *entries[place:])

        return await self._rearrange(slug, insert)

    async def join(self, slug: ChannelSlug, video: VideoId) -> Applied:
        """Add an uploaded video at the end, unless it is there: whoever sent it may have been quicker."""
        added = _entry(self.library.get(video).id)

        def decide(channel: Channel) -> Proposal:
            entries = channel.timeline.entries
            if any(entry.video == added.video for entry in entries):
                return Proposal(channel, None)
            return _rearranged(channel, (*entries, added))

        applied = await self.editor.edit(slug, decide)
        if applied.added:
            return applied
        seen_at = applied.channel.effective_at or applied.effective_at
        return dataclasses.replace(applied, effective_at=max(applied.effective_at, seen_at))

    async def replace(self, slug: ChannelSlug, videos: Sequence[VideoId]) -> Applied:
        """Make the playlist consist of these videos; places that stay keep their entries.

        Restored videos stay away.
        """
        wanted = [self.library.get(video).id for video in videos]

        def keep_places(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
            places = _places(entries)
            return tuple(places[video].pop() if places[video] else _entry(video) for video in wanted)

        return await self._rearrange(slug, keep_places, is_whole=True)

    async def remove(self, slug: ChannelSlug, entries: Sequence[EntryId]) -> Applied:
        """Remove entries; what is on the air gives way to its successor."""
        leaving = frozenset(entries)

        def without(present: tuple[Entry, ...]) -> tuple[Entry, ...]:
            if missing := leaving - {entry.id for entry in present}:
                raise Unknown(f"The playlist has no entry {min(missing)}.", code="unknown_entry")
            return tuple(entry for entry in present if entry.id not in leaving)

        return await self._rearrange(slug, without)

    async def remove_video(self, slug: ChannelSlug, video: VideoId) -> Applied:
        """Remove the first entry that shows `video`."""
        return await self.remove(slug, [self._first_entry(slug, video).id])

    async def clear(self, slug: ChannelSlug) -> Applied:
        """Remove every entry; the channel stays on the air with its slate. Restored videos stay away."""
        return await self._rearrange(slug, lambda _: (), is_whole=True)

    async def reorder(self, slug: ChannelSlug, order: Sequence[EntryId]) -> Applied:
        """Bring the entries into this order, which must name each of them once."""

        def sort(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
            by_id = {entry.id: entry for entry in entries}
            if len(order) != len(by_id) or set(order) != by_id.keys():
                raise BadRequest("`order` must name every entry of the playlist exactly once.")
            return tuple(by_id[entry] for entry in order)

        return await self._rearrange(slug, sort)

    async def reorder_videos(self, slug: ChannelSlug, order: Sequence[VideoId]) -> Applied:
        """Bring the entries into the order of these videos, each named as often as it is there."""

        def sort(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
            if Counter(order) != Counter(entry.video for entry in entries):
                raise BadRequest("`order` must name every video of the playlist exactly once.")
            places = _places(entries)
            return tuple(places[video].pop() for video in order)

        return await self._rearrange(slug, sort)

    async def undo(self, slug: ChannelSlug) -> Applied:
        """Bring back the playlist as it was before the last edit; once more undoes the undo.

        What was deleted meanwhile is absent until it is restored, and what was restored is there.
        """

        def decide(channel: Channel) -> Proposal:
            if channel.undo is None:
                raise WrongState("There is no edit to undo.", code="nothing_to_undo")
            entries, absent = parted(channel.undo, self.library.has, self.library.may_return)
            return Proposal(dataclasses.replace(channel, absent=absent), Rearrange(entries))

        return await self.editor.edit(slug, decide)

    async def jump(self, slug: ChannelSlug, entry: EntryId, offset: Ticks = BEGINNING) -> Applied:
        """Go on with this entry, `offset` into its video."""
        return await self.editor.edit(slug, lambda channel: Proposal(channel, Jump(entry, offset)))

    async def jump_to_index(self, slug: ChannelSlug, index: int) -> Applied:
        """Go on with the entry at `index`, counted from 0."""

        def decide(channel: Channel) -> Proposal:
            entries = channel.timeline.entries
            if not 0 <= index < len(entries):
                raise BadRequest(
                    f"`index` must be between 0 and {len(entries) - 1}."
                    if entries
                    else "The playlist is empty; add a video first."
                )
            return Proposal(channel, Jump(entries[index].id))

        return await self.editor.edit(slug, decide)

    def status(self, slug: ChannelSlug) -> PlaylistStatus:
        """Return the playlist as it is now."""
        channel = self.channels.get(slug)
        timeline = channel.timeline
        found = (self._item(channel, entry) for entry in timeline.entries)
        items = tuple(item for item in found if item is not None)
        current = self._place(timeline)
        index = next((n for n, item in enumerate(items) if item.entry == current), -1)
        return PlaylistStatus(timeline.state == "on", index, items)

    def _place(self, timeline: Timeline) -> EntryId | None:
        """Return the entry that is on the air, or is held for when the channel goes on."""
        now = on_air(timeline, self.clock.now())
        if now is not None and not now.airing.is_slate:
            return now.airing.entry
        return None if timeline.held is None else timeline.held.entry

    def current(self, channel: Channel) -> Item | None:
        """Return the item on the air, None where no item of the playlist is."""
        now = on_air(channel.timeline, self.clock.now())
        if now is None:
            return None
        entries = channel.timeline.entries
        entry = next((entry for entry in entries if entry.id == now.airing.entry), None)
        return None if entry is None else self._item(channel, entry)

    def _item(self, channel: Channel, entry: Entry) -> Item | None:
        """Return an entry as an item; None where its video was deleted a moment ago."""
        try:
            video = self.library.get(entry.video)
        except Unknown:
            return None
        return Item(entry.id, video, channel.added_at[entry.id])

    def _first_entry(self, slug: ChannelSlug, video: VideoId) -> Entry:
        entries = self.channels.get(slug).timeline.entries
        found = next((entry for entry in entries if entry.video == video), None)
        if found is None:
            raise Unknown(f"The playlist has no video {video}.", code="unknown_video")
        return found

    async def _rearrange(
        self,
        slug: ChannelSlug,
        change: Callable[[tuple[Entry, ...]], tuple[Entry, ...]],
        *,
        is_whole: bool = False,
    ) -> Applied:
        """Change the entries. is_whole: to what the playlist is from now on, absent entries included."""

        def decide(channel: Channel) -> Proposal:
            base = dataclasses.replace(channel, absent=()) if is_whole else channel
            return _rearranged(base, change(channel.timeline.entries))

        return await self.editor.edit(slug, decide)
