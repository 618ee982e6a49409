"""The garbage collector: does what the policy of retention says is due, and tells what it will do.

What is deleted, when and why is decided in `policy` alone; this module brings the facts together, of channels
and library, and has the plan carried out.
"""

import asyncio
from dataclasses import dataclass, field, replace

import structlog

from insta_stream.channels.channel import Channel
from insta_stream.channels.history import History
from insta_stream.clock import Clock
from insta_stream.errors import Unknown
from insta_stream.ids import ChannelSlug
from insta_stream.library.parts import Parts
from insta_stream.retention.disposal import Disposal
from insta_stream.retention.policy import Deletion, Facts, Kind, Rules, forgettable, in_question, plan
from insta_stream.storage.reserve import Reserve
from insta_stream.ticks import Ticks

log = structlog.get_logger()

EVERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes, now or later. as_of: how many edits there had been that it knows of."""

    deletions: tuple[Deletion, ...]
    as_of: int


@dataclass(frozen=True, slots=True)
class Janitor:
    """Looks after what nobody needs any more."""

    history: History
    disposal: Disposal
    clock: Clock
    reserve: Reserve
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def rules(self) -> Rules:
        """What the operator has chosen."""
        return self.disposal.rules

    async def plan(self) -> tuple[Deletion, ...]:
        """Return everything that goes, now or later. Raises NotReady where the disk is gone."""
        planned = await self._planned(self.rules, with_bin=True)
        return (*await self._old(), *planned.deletions)

    async def tidy_up(self, *, with_deleted: bool = False) -> tuple[Deletion, ...]:
        """Do what is due, and return what was done. with_deleted: as if no deleted video could come back.

        Raises NotReady, DiskFull.
        """
        rules = replace(self.rules, keep_deleted=Ticks(0)) if with_deleted else self.rules
        async with self._one_at_a_time:
            # Twice: who can reach the packages of a video is asked once nobody can restore it any more.
            gone = await self._do(await self._planned(rules), "video")
            old = [each for each in await self._old() if await self._forget(each)]
            rest = await self._do(await self._planned(rules), "original", "package", "record")
            await self.reserve.helped(self.history.tidy_up)
        return (*gone, *old, *rest)

    async def work(self) -> None:
        """Tidy up every minute, for ever."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.reserve.keep()
            try:
                await self.tidy_up()
            except Exception:
                log.exception("tidying_failed")

    async def _planned(self, rules: Rules, *, with_bin: bool = False) -> Plan:
        # In this order: what is over now is named by no run that is made meanwhile, but by one that is there.
        facts = facts_of(self.disposal.library, self.clock.now())
        files = in_question(facts, with_bin=with_bin or facts.shortage_bytes > 0)
        reached = await self.history.reach(files, facts.now)
        named = await self.history.named(forgettable(facts))
        facts = replace(facts, reach=reached.until, named=named)
        return Plan(await asyncio.to_thread(plan, facts, rules), reached.as_of)

    async def _old(self) -> tuple[Deletion, ...]:
        now = self.clock.now()
        return tuple(_history(channel, now) for channel in await self.history.old(now))

    async def _do(self, planned: Plan, *kinds: Kind) -> tuple[Deletion, ...]:
        now = self.clock.now()
        due = [each for each in planned.deletions if each.kind in kinds and each.is_due(now)]
        return tuple([each for each in due if await self._carry_out(each, planned.as_of)])

    async def _carry_out(self, deletion: Deletion, as_of: int) -> bool:
        return await self.reserve.helped(lambda: self.disposal.carry_out(deletion, as_of))

    async def _forget(self, old: Deletion) -> bool:
        try:
            await self.reserve.helped(lambda: self.history.forget(ChannelSlug(old.id)))
        except Unknown:  # the channel was deleted, and its history with it
            return False
        return True


def facts_of(library: Parts, now: Ticks) -> Facts:
    """Return what the plan is made of, but for what channels know. Raises NotReady where the disk is gone."""
    videos = library.catalogue.all()
    return Facts(
        now=now,
        videos=videos,
        packages=library.catalogue.packages(),
        busy=frozenset(video.id for video in videos if library.catalogue.is_being_made(video.id)),
        shortage_bytes=max(0, library.min_free_bytes - library.folder.free_bytes()),
    )


def _history(channel: Channel, now: Ticks) -> Deletion:
    return Deletion("history", channel.slug, None, channel.title, "old", now, 0)
