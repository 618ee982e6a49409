"""What everything else stands on: the data folder, FFmpeg, the database, the clock, the log,
and the other processes on the same folder.
"""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from insta_stream.clock import FAR_SECONDS, Clock, span
from insta_stream.db import instants, restored
from insta_stream.db.engine import Database
from insta_stream.db.installation import opened
from insta_stream.duties import Duties
from insta_stream.health.remedies import ADVICE
from insta_stream.health.troubles import Troubles
from insta_stream.media.ffmpeg import FFmpeg, locate
from insta_stream.metrics import DOCUMENT, Metrics
from insta_stream.settings import Settings
from insta_stream.storage.bulletin import Bulletin
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.installation import located
from insta_stream.storage.mark import Mark
from insta_stream.storage.offset import SharedOffset
from insta_stream.ticks import Ticks, to_nanoseconds
from insta_stream.work.role import Role

log = structlog.get_logger()

LEAD_LOOK_SECONDS = 1.0
"""How soon another process leads when one has ended: nobody waits for that, and each look wakes a process."""


@dataclass(frozen=True, slots=True)
class Ground:
    """duties: those of all who stand on it. troubles: what has been logged since. bulletin: what the
    processes of the machine tell each other; lead: who of those that answer leads.
    """

    folder: DataFolder
    ffmpeg: FFmpeg
    database: Database
    clock: Clock
    metrics: Metrics
    troubles: Troubles
    duties: Duties
    bulletin: Bulletin
    lead: Role


async def lay_ground(settings: Settings, stack: AsyncExitStack) -> Ground:
    """Return the ground, which lasts as long as `stack` is open. Whoever started this process has the folder.

    Raises what says why the folder or the database cannot be used.
    """
    folder = located(settings.data, settings.upload_dir, settings.stream_dir)
    await asyncio.to_thread(folder.create)
    bulletin, lead = _meet_others(folder, stack)
    ffmpeg = await locate(settings.ffmpeg)
    database = await opened(folder, settings.segment_seconds)
    stack.push_async_callback(database.close)
    offset = SharedOffset(folder.offset, folder.clock)
    stack.callback(offset.give_up)
    clock, metrics = begin_clock(folder, await last_edit(database), offset, stack), Metrics(bulletin)
    stack.callback(metrics.post)
    troubles = _note_troubles(clock, stack)
    duties = Duties(lambda _: metrics.duty_deaths.inc())
    duties.begin("clock", offset.succeed)
    return Ground(folder, ffmpeg, database, clock, metrics, troubles, duties, bulletin, lead)


def _meet_others(folder: DataFolder, stack: AsyncExitStack) -> tuple[Bulletin, Role]:
    """Return this process's place among those on a data folder, as long as `stack` is open."""
    bulletin = Bulletin(folder.bulletin, outlives={DOCUMENT})
    stack.callback(bulletin.give_up)
    lead = Role(folder.lead, LEAD_LOOK_SECONDS)
    stack.callback(lead.give_up)
    return bulletin, lead


async def last_edit(database: Database) -> Ticks:
    """Return when the last edit of a channel that goes on was: nothing of it shows before that."""
    async with database.read() as connection:
        begins_anew = await restored.taken_at(connection) is not None
        return Ticks(0) if begins_anew else await instants.committed(connection)


def begin_clock(folder: DataFolder, last_edit: Ticks, offset: SharedOffset, stack: AsyncExitStack) -> Clock:
    """Return the clock of a data folder: that of the processes that have it already, or one that begins no
    earlier than the one before it ended. Raises NotReady.
    """
    mark = Mark(folder.clock)
    stack.callback(mark.close)
    not_before_ns = max(mark.read(), to_nanoseconds(last_edit))
    clock = Clock(not_before_ns=not_before_ns, reserve=mark.keep, offset=offset.offset)
    offset.begin()
    behind = -clock.drift_seconds()
    if behind > FAR_SECONDS:
        log.warning("clock_far_ahead", reason=span(behind), remedy=ADVICE["clock_far_ahead"].remedy)
    elif behind > 1:
        log.warning(
            "wall_clock_set_back", seconds=round(behind, 3), remedy="The stream continues where it was."
        )
    return clock


def _note_troubles(clock: Clock, stack: AsyncExitStack) -> Troubles:
    """Return the troubles that are logged from now on, as long as `stack` is open."""
    troubles = Troubles(clock.now)
    logging.getLogger().addHandler(troubles)
    stack.callback(logging.getLogger().removeHandler, troubles)
    return troubles
