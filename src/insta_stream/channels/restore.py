"""Channels that come from a backup, or from a clock that was ahead: what is done with them once, before
anything is served.
"""

from dataclasses import replace

import structlog

from insta_stream.channels import store
from insta_stream.channels.channel import Channel
from insta_stream.channels.planner import Planner, Proposal
from insta_stream.clock import Clock
from insta_stream.db import news, restored
from insta_stream.db.engine import Database
from insta_stream.errors import NotReady
from insta_stream.ids import new_broadcast_id
from insta_stream.ticks import Ticks, to_datetime
from insta_stream.timeline.edit import Start
from insta_stream.timeline.restore import archived
from insta_stream.timeline.timeline import Timeline

log = structlog.get_logger()


async def begin_anew(
    database: Database, planner: Planner, tables: store.Tables, clock: Clock, fresh: Timeline
) -> None:
    """Let the channels of a database begin anew that nothing was served from yet, all in one write; those of
    any other stay. fresh: as for `store.load_all`.
    """
    async with database.write() as connection:
        taken_at = await restored.taken_at(connection)
        if taken_at is None:
            return
        now, revision = clock.now(), await news.tell(connection)
        channels = await store.load_all(connection, tables, fresh)
        for before in channels:
            if before.broken:
                await store.lift(connection, before, taken_at, now)
            else:
                after = _anew(before, planner, taken_at, now)
                await store.update(connection, before, replace(after, revision=revision))
        await restored.unmark(connection)
    log.info("channels_restored", channels=len(channels), known_until=to_datetime(taken_at).isoformat())


def _anew(channel: Channel, planner: Planner, taken_at: Ticks, now: Ticks) -> Channel:
    """Return a channel with a new broadcast, if it was on the air."""
    history, start = _as_history(channel, taken_at, now), _new_start(channel)
    if start is None:
        return history
    try:
        return planner.apply(history, Proposal(history, start), now)[0]
    except NotReady as error:  # there is nothing to show, not even a slate
        log.warning("restored_channel_stays_off", channel=channel.slug, reason=error.message)
        return history


def _as_history(channel: Channel, taken_at: Ticks, now: Ticks) -> Channel:
    """Return a channel off the air, the broadcast that is cut off under a name that nobody knows."""
    timeline = archived(channel.timeline, taken_at=taken_at, now=now, known_as=new_broadcast_id())
    # What is left of the broadcasts are the first ones, one of them renamed.
    pairs = zip(channel.timeline.broadcasts, timeline.broadcasts, strict=False)
    broadcasts = {after.id: replace(channel.broadcasts[before.id], id=after.id) for before, after in pairs}
    return replace(channel, timeline=timeline, broadcasts=broadcasts, effective_at=None)


def _new_start(channel: Channel) -> Start | None:
    """Return the edit that puts a channel back into the state that `channel` is in; None where it is off."""
    state = channel.timeline.state
    return None if state == "off" else Start(new_broadcast_id(), is_paused=state == "paused")
