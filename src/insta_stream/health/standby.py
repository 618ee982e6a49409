"""Sees which channels have shown only their slate for too long: a check, a gauge, and a word in the log when
it begins and when it ends.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from insta_stream.channels import standby
from insta_stream.channels.channel import Channel
from insta_stream.channels.shown import Shown
from insta_stream.clock import Clock, span
from insta_stream.health.check import Finding
from insta_stream.ids import ChannelSlug
from insta_stream.library.library import Library
from insta_stream.ticks import Ticks, to_seconds

log = structlog.get_logger()

MOST_NAMES = 3
"""Of channels on standby, so many are named, those first that have been so for longest."""

EACH_ITS_OWN = "Choose “Standby” on the page “Channels”: it says for each of them what to do."

MOST_TOLD = 10
"""At one look, so many channels are told of one by one: a video that thousands play is deleted at once."""

Lasting = Sequence[tuple[Ticks, Channel]]


class StandbyWatch:
    """Looks at the channels that are left to their slate; remembers since when those are that it told of.

    leads: whether it is this process that tells; the others only remember.
    """

    def __init__(
        self, channels: Shown, library: Library, clock: Clock, leads: Callable[[], bool] = lambda: True
    ) -> None:
        self._channels = channels
        self._library = library
        self._clock = clock
        self._leads = leads
        self._told: dict[ChannelSlug, Ticks] = {}

    def count(self) -> int:
        """Return how many channels have been on standby for longer than the grace. Any thread may ask."""
        return len(self._lasting())

    async def look(self) -> Finding:
        """See that no channel is on standby, and tell of those that have become so or are so no more."""
        lasting = await asyncio.to_thread(self._lasting)
        self._tell(lasting)
        if not lasting:
            return Finding("ok", "Every channel on air has something to show.")
        named = [(channel, self._why(channel)) for _, channel in lasting[:MOST_NAMES]]
        said = [self._said(channel, why) for channel, why in named if why is not None]
        if more := len(lasting[MOST_NAMES:]):
            said.append(f"And {more:,} more.")
        remedies = {why.remedy for _, why in named if why is not None}
        remedy = remedies.pop() if len(remedies) == 1 else EACH_ITS_OWN
        return Finding("degraded", f"Viewers see only the standby picture. {' '.join(said)}", remedy)

    def _said(self, channel: Channel, why: standby.Standby) -> str:
        lasts = to_seconds(Ticks(self._clock.now() - why.since))
        return f"“{channel.title}”, for {span(lasts)}: {why.in_short}."

    def _lasting(self) -> Lasting:
        return standby.lasting(self._channels.left_to_slate(), self._clock.now())

    def _why(self, channel: Channel) -> standby.Standby | None:
        return standby.standby(channel, self._library, self._clock.now())

    def _tell(self, lasting: Lasting) -> None:
        present = {channel.slug: since for since, channel in lasting}
        begun = [channel for _, channel in lasting if channel.slug not in self._told]
        over = [(slug, since) for slug, since in self._told.items() if slug not in present]
        self._told = present
        if not self._leads():
            return
        for channel in begun[:MOST_TOLD]:
            if why := self._why(channel):
                log.warning("channel_on_standby", channel=channel.slug, reason=why.message, remedy=why.remedy)
        if more := len(begun[MOST_TOLD:]):
            log.warning("channels_on_standby", reason=f"{more:,} more channels", channels=more)
        for slug, since in over[:MOST_TOLD]:
            lasted = round(to_seconds(Ticks(self._clock.now() - since)))
            log.info("channel_left_standby", channel=slug, after_seconds=lasted)
        if more := len(over[MOST_TOLD:]):
            log.info("channels_left_standby", channels=more)
