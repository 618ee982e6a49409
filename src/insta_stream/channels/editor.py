"""One edit of a channel: one transaction.

It takes the write lock, reads the clock, takes the channel as the database has it at that moment, decides,
writes, and tells the news. What it did is shown once it is known to be stored; where nobody knows what a
commit did, the next news says so.
"""

from dataclasses import dataclass, replace

from insta_stream.channels import store
from insta_stream.channels.channel import Channel
from insta_stream.channels.planner import Decide, Planner
from insta_stream.channels.shown import Shown
from insta_stream.db.news import News, Writing
from insta_stream.ids import EntryId
from insta_stream.library.whole import whole
from insta_stream.ticks import Ticks
from insta_stream.timeline.edit import Change, Jump


@dataclass(frozen=True, slots=True)
class Applied:
    """An edit that is on its way to the air. effective_at: the instant at which viewers' time reaches it.

    added: entries that were not in the playlist before. back: the jump that takes a skip or a jump back, if
    one does.
    """

    channel: Channel
    effective_at: Ticks
    added: tuple[EntryId, ...]
    back: Jump | None


@dataclass(frozen=True, slots=True)
class Editor:
    """The only one that changes channels."""

    shown: Shown
    news: News
    planner: Planner

    @whole
    async def edit(self, slug: str, decide: Decide) -> Applied:
        """Apply the proposal that `decide` makes of the channel as it then is.

        Raises Unknown, whatever `decide` and the timeline's rules raise, and NotReady when the database did
        not take the edit in time; then nothing has changed. A caller that goes away does not stop the edit.
        """
        name = self.shown.get(slug).slug
        async with self.news.edit() as writing:
            before = await self.shown.newest(writing.connection, name)
            after, change = await self._stored(writing, before, decide)
        self.shown.show(after)
        known = {entry.id for entry in before.timeline.entries}
        added = tuple(entry.id for entry in after.timeline.entries if entry.id not in known)
        return Applied(after, change.effective_at, added, change.back)

    async def _stored(self, writing: Writing, before: Channel, decide: Decide) -> tuple[Channel, Change]:
        """Return the channel after an edit, which is written unless it changes nothing."""
        after, change = self.planner.apply(before, decide(before), writing.now)
        if after is before:
            return before, change
        if before.broken:
            await store.forget_runs(writing.connection, before.slug)
        after = replace(after, revision=await writing.tell())
        await store.update(writing.connection, before, after)
        return after, change
