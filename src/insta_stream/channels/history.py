"""What channels remember, as those ask who delete: which packages somebody may still ask for, and which runs
are old.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from insta_stream.channels import naming, store
from insta_stream.channels.channel import Channel
from insta_stream.channels.editor import Editor
from insta_stream.channels.naming import Naming
from insta_stream.channels.planner import Proposal
from insta_stream.channels.shown import Shown
from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.db.news import heard
from insta_stream.ids import ChannelSlug, PackageId
from insta_stream.library.whole import whole
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.retention import later, packages, prune
from insta_stream.turns import in_turns

KEEP_HISTORY = Ticks(30 * 86_400 * TICKS_PER_SECOND)
"""How far back the as-run log reaches."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Who can reach packages. until: of each that a run or a player can still name, the instant from which on
    nobody can ask for its segments; None: not before an edit. as_of: how many edits there had been.
    """

    until: Mapping[PackageId, Ticks | None]
    as_of: int


@dataclass(frozen=True, slots=True)
class History:
    """The past of all channels, as the database has it: other processes edit them, too."""

    database: Database
    shown: Shown
    editor: Editor
    clock: Clock

    async def reach(self, packages: AbstractSet[PackageId], now: Ticks) -> Reached:
        """Return who can reach these packages. Raises NotReady, DiskFull."""
        async with self.database.read() as connection:
            as_of = (await heard(connection, now)).revision
            if not packages:
                return Reached({}, as_of)
            echoes = await store.load_echoes(connection)
            found = await naming.namings(connection, packages)
            namers = [await self.shown.at(connection, each.channel, each.revision) for each in found]
        until = await asyncio.to_thread(self._until, zip(namers, found, strict=True), now)
        for package in packages & echoes.keys():
            until[package] = later(until.get(package, echoes[package]), echoes[package])
        return Reached(until, as_of)

    async def named(self, packages: AbstractSet[PackageId]) -> frozenset[PackageId]:
        """Return those of these packages that a run names. Raises NotReady, DiskFull."""
        if not packages:
            return frozenset()
        async with self.database.read() as connection:
            return await naming.named(connection, packages)

    async def old(self, now: Ticks) -> list[Channel]:
        """Return the channels that have runs to forget."""
        oldest = Ticks(now - KEEP_HISTORY)
        async with self.database.read() as connection:
            aged = await naming.aged(connection, oldest)
            channels = [await self.shown.at(connection, *each) for each in aged.items()]
        return await asyncio.to_thread(_old, channels, oldest)

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

    def _until(self, channels: Iterable[tuple[Channel, Naming]], now: Ticks) -> dict[PackageId, Ticks | None]:
        until: dict[PackageId, Ticks | None] = {}
        for channel, naming_ in in_turns(channels):
            for package, end in self._ends(channel, naming_.packages, now).items():
                until[package] = later(until.get(package, end), end)
        return until

    def _ends(
        self, channel: Channel, named: AbstractSet[PackageId], now: Ticks
    ) -> dict[PackageId, Ticks | None]:
        """Return until when a channel needs each package that it names; one that cannot be read keeps all."""
        if channel.broken:
            return dict.fromkeys(named)
        held = max(0, now - self.shown.edge(channel))  # for how long already its edge stands still
        needed = packages(channel.timeline)
        ends = ((package, needed[package]) for package in named & needed.keys())
        return {package: None if end is None else Ticks(end + held) for package, end in ends}


def _old(channels: Sequence[Channel], oldest: Ticks) -> list[Channel]:
    return [each for each in in_turns(channels) if prune(each.timeline, oldest) != each.timeline]


def _pruned(channel: Channel, oldest: Ticks) -> Proposal:
    return Proposal(replace(channel, timeline=prune(channel.timeline, oldest)), None)
