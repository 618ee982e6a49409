"""What channels remember, as those ask who delete: which packages somebody may still ask for, and which runs
are old.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from insta_stream.channels import store
from insta_stream.channels.channel import Channel
from insta_stream.channels.editor import Editor
from insta_stream.channels.planner import Proposal
from insta_stream.channels.shown import Shown
from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.ids import ChannelSlug, PackageId
from insta_stream.library.whole import whole
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.retention import later, packages, prune
from insta_stream.turns import in_turns

KEEP_HISTORY = Ticks(30 * 86_400 * TICKS_PER_SECOND)
"""How far back the as-run log reaches."""


@dataclass(frozen=True, slots=True)
class History:
    """The past of all channels."""

    database: Database
    shown: Shown
    editor: Editor
    clock: Clock

    async def reach(self, now: Ticks) -> dict[PackageId, Ticks | None]:
        """Return every package that runs or players can still name, with the instant from which on nobody can
        ask for its segments; None: not before an edit. Raises NotReady, DiskFull.
        """
        channels = self.shown.all()  # before the echoes: a channel leaves one when it goes, and then goes
        async with self.database.read() as connection:
            echoes = await store.load_echoes(connection)
        return await asyncio.to_thread(self._reach, channels, echoes, now)

    async def old(self, now: Ticks) -> list[Channel]:
        """Return the channels that have runs to forget."""
        return await asyncio.to_thread(_old, self.shown.all(), Ticks(now - KEEP_HISTORY))

    async def forget(self, name: ChannelSlug) -> None:
        """Forget the runs of a channel that are older than the as-run log reaches back. Raises Unknown."""
        oldest = Ticks(self.clock.now() - KEEP_HISTORY)
        await self.editor.edit(name, lambda present: _pruned(present, oldest))

    @whole
    async def tidy_up(self) -> None:
        """Forget what only runs that are forgotten, and players of channels that are deleted, needed."""
        async with self.database.write() as connection:
            await store.drop_unused_programs(connection)
            await store.drop_echoes(connection, self.clock.now())

    def _reach(
        self, channels: Sequence[Channel], echoes: Mapping[PackageId, Ticks], now: Ticks
    ) -> dict[PackageId, Ticks | None]:
        reach: dict[PackageId, Ticks | None] = dict(echoes)
        for channel in in_turns(channels):
            held = max(0, now - self.shown.edge(channel))  # for how long already its edge stands still
            for package, needed in packages(channel.timeline).items():
                until = None if needed is None else Ticks(needed + held)
                reach[package] = later(reach.get(package, until), until)
        return reach


def _old(channels: Sequence[Channel], oldest: Ticks) -> list[Channel]:
    return [each for each in in_turns(channels) if prune(each.timeline, oldest) != each.timeline]


def _pruned(channel: Channel, oldest: Ticks) -> Proposal:
    return Proposal(replace(channel, timeline=prune(channel.timeline, oldest)), None)
