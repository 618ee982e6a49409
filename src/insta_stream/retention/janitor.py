"""The garbage collector: does what the policy of retention says is due, and tells what it will do.

What is deleted, when and why is decided in `policy.py` alone; this module brings the facts
together, of channels and library, and has the plan carried out.
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
from insta_stream.retention.policy import Deletion, Facts, Kind, Rules, plan
from insta_stream.storage.reserve import Reserve
from insta_stream.ticks import Ticks

log = structlog.get_logger()

EVERY_SECONDS = 60.0


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

    async def plan(self, *, with_deleted: bool = False) -> tuple[Deletion, ...]:
        """Return everything that goes, now or later. with_deleted: as if no deleted video could come back.

        Raises NotReady where the disk is gone.
        """
        # First: what is over now is never named by a run that is made meanwhile.
        facts = facts_of(self.disposal.library, self.clock.now())
        reach = await self.history.reach(facts.now)
        old = await self.history.old(facts.now)
        rules = replace(self.rules, keep_deleted=Ticks(0)) if with_deleted else self.rules
        history = (_history(channel, facts.now) for channel in old)
        return (*history, *await asyncio.to_thread(plan, replace(facts, reach=reach), rules))

    async def tidy_up(self, *, with_deleted: bool = False) -> tuple[Deletion, ...]:
        """Do what is due, and return what was done. Raises NotReady, DiskFull."""
        async with self._one_at_a_time:
            # Twice: who can reach the packages of a video is asked once nobody can restore it any more.
            gone = await self._do("video", with_deleted=with_deleted)
            rest = await self._do("original", "package", "record", "history", with_deleted=with_deleted)
            await self.reserve.helped(self.history.tidy_up)
        return (*gone, *rest)

    async def work(self) -> None:
        """Tidy up every minute, for ever."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.reserve.keep()
            try:
                await self.tidy_up()
            except Exception:
                log.exception("tidying_failed")

    async def _do(self, *kinds: Kind, with_deleted: bool) -> tuple[Deletion, ...]:
        planned = await self.plan(with_deleted=with_deleted)
        now = self.clock.now()
        due = [each for each in planned if each.kind in kinds and each.is_due(now)]
        return tuple([each for each in due if await self._carry_out(each)])

    async def _carry_out(self, deletion: Deletion) -> bool:
        return await self.reserve.helped(lambda: self._delete(deletion))

    async def _delete(self, deletion: Deletion) -> bool:
        if deletion.kind != "history":
            return await self.disposal.carry_out(deletion)
        try:
            await self.history.forget(ChannelSlug(deletion.id))
        except Unknown:  # the channel was deleted, and its history with it
            return False
        return True


def facts_of(library: Parts, now: Ticks) -> Facts:
    """Return what the plan is made of, but for the reach. Raises NotReady where the disk is gone."""
    videos = library.catalogue.all()
    return Facts(
        now=now,
        videos=videos,
        packages=library.catalogue.packages(),
        reach={},
        busy=frozenset(video.id for video in videos if library.jobs.is_running(video.id)),
        shortage_bytes=max(0, library.min_free_bytes - library.folder.free_bytes()),
    )


def _history(channel: Channel, now: Ticks) -> Deletion:
    return Deletion("history", channel.slug, None, channel.title, "old", now, 0)
