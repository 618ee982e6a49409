"""Walks the channels on the air and audits what each would serve, whether anybody watches or not.

Channels are visited in groups, twice: the second look comes a target duration after the first, so that it
shows what a player's refresh would. The walk takes a fixed small share of one core: after each look it rests
in proportion to the processor time the look took. More channels therefore mean longer rounds, never more
work.

Of several processes one walks; the others go only where they have found a breach themselves, to see when it
is over.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

import structlog

from insta_stream.channels.channel import Channel
from insta_stream.clock import Clock
from insta_stream.delivery.audit import Audit, judge, read_closely
from insta_stream.delivery.http import Refusal
from insta_stream.delivery.page import Page
from insta_stream.delivery.view import Early, View
from insta_stream.errors import Unknown
from insta_stream.hls.continuity import Text
from insta_stream.hls.rules.http import PLAYLIST_HTTP
from insta_stream.hls.rules.refresh import MSN_BACK, TD_CHANGED
from insta_stream.hls.rules.rule import Violation
from insta_stream.ids import BroadcastId, ChannelSlug
from insta_stream.metrics import Metrics
from insta_stream.ticks import Ticks, to_seconds

log = structlog.get_logger()

SHARE = 0.002
"""Part of one core that looking may take; finding the next channel and waking up take half as much again."""

GROUP = 32
"""Channels between the first look at one and the second; their playlists are in memory for so long. So many
are gone through, too, before others have their turn."""

_T = TypeVar("_T")


class Serving(Protocol):
    """What viewers are shown."""

    def glance(self, channel: Channel, broadcast: BroadcastId) -> View:
        """Return what a viewer would see, and keep nothing of it. Raises Refusal or Unknown."""


class Registry(Protocol):
    """Who knows the channels."""

    def get(self, slug: str) -> Channel:
        """Return a channel as it is now. Raises Unknown."""

    def all(self) -> tuple[Channel, ...]:
        """Return all channels."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a channel served at an instant: its pages by rung. created_at: of the channel."""

    created_at: Ticks
    broadcast: BroadcastId
    pages: dict[str, Page]


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a channel's numbers had come when it was last looked at, in whichever broadcast.

    created_at: of the channel, since another one may have got its name.
    """

    created_at: Ticks
    next_msn: int
    target_duration: int


class Patrol:
    """The walk. lags: how far the edge of each channel was behind the clock when last looked at, in seconds.

    round_seconds: how long the last round took; 0 before the first has ended, and where another process
    walks. leads: whether this one does.
    """

    def __init__(  # noqa: PLR0917 - wired once, in `app`
        self,
        channels: Registry,
        serving: Serving,
        clock: Clock,
        audit: Audit,
        metrics: Metrics,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self.lags: dict[ChannelSlug, float] = {}
        self.round_seconds = 0.0
        self._channels = channels
        self._serving = serving
        self._clock = clock
        self._audit = audit
        self._leads = leads
        self._looked = metrics.audited.labels("walk")
        self._spent = metrics.audit_seconds
        self._reached: dict[ChannelSlug, Reached] = {}
        self._early: dict[ChannelSlug, tuple[BroadcastId, Ticks]] = {}

    async def walk(self) -> None:
        """Walk for ever."""
        while True:
            began, leads = time.monotonic(), self._leads()
            await self.round()
            self.round_seconds = time.monotonic() - began if leads else 0.0

    async def round(self) -> None:
        """Visit each of its channels that is on the air once, and at least a second long."""
        on_air = await self._on_air()
        await self._forget_others(on_air)
        if not on_air:
            await asyncio.sleep(1)
        for group in _pieces(on_air):
            # What is broken is visited with every group, to see when it is over.
            visited = dict.fromkeys((*group, *islice(self._audit.broken() & on_air.keys(), GROUP)))
            target = max(to_seconds(on_air[slug].timeline.target) for slug in visited)
            await self._visit(visited, target)

    async def _on_air(self) -> dict[ChannelSlug, Channel]:
        """Return those of its channels that are on the air. Others have their turn meanwhile: there may be
        thousands.
        """
        found: dict[ChannelSlug, Channel] = {}
        for piece in _pieces(self._channels.all() if self._leads() else self._broken()):
            found |= {each.slug: each for each in piece if each.timeline.state != "off"}
            await asyncio.sleep(0)
        return found

    def _broken(self) -> Iterator[Channel]:
        for slug in self._audit.broken():
            with suppress(Unknown):  # it was deleted
                yield self._channels.get(slug)

    async def _forget_others(self, on_air: Mapping[ChannelSlug, Channel]) -> None:
        """Forget what is known of channels that are not on the air; nobody can watch them any more."""
        for piece in _pieces(dict.fromkeys((*self.lags, *self._reached, *self._early))):
            for slug in piece:
                if slug not in on_air:
                    for known in (self.lags, self._reached, self._early):
                        known.pop(slug, None)
            await asyncio.sleep(0)
        for slug in self._audit.broken():
            if slug not in on_air:
                self._audit.mended(slug, self._clock.now())

    async def _visit(self, group: Iterable[ChannelSlug], target_seconds: float) -> None:
        """Look at each channel twice, `target_seconds` or more apart."""
        began = time.monotonic()
        looks: dict[ChannelSlug, Look] = {}
        for slug in group:
            if look := await self._look_rested(slug, None):
                looks[slug] = look
        await asyncio.sleep(max(0.0, began + target_seconds - time.monotonic()))
        for slug, before in looks.items():
            await self._look_rested(slug, before)

    async def _look_rested(self, slug: ChannelSlug, before: Look | None) -> Look | None:
        look, spent = await self.look(slug, before)
        self._spent.inc(spent)
        await asyncio.sleep(spent / SHARE)
        return look

    async def look(self, slug: ChannelSlug, before: Look | None) -> tuple[Look | None, float]:
        """Audit what a channel serves now, and return it with the processor time that it took, in seconds.

        before: what it served a moment ago. The first value is None where the channel serves nothing.
        """
        view, now = self._glance(slug)
        if view is None:
            return None, 0.0
        self._looked.inc()
        try:
            look, found, spent = await asyncio.to_thread(_examine, view, before, now)
        except Exception:  # a mistake in the audit must not end it
            log.exception("audit_failed", channel=slug)
            return None, 0.0
        if broken := (*found, *(self._compare_numbers(slug, look, now) if look else ())):
            self._audit.note_all(slug, broken, now)
        elif before is not None:  # it was right, and went on rightly
            self._audit.mended(slug, now)
        return look, spent

    def _glance(self, slug: ChannelSlug) -> tuple[View | None, Ticks]:
        """Return what a viewer would see now; a channel on the air that shows nothing is reported."""
        now = self._clock.now()
        try:
            channel = self._channels.get(slug)
        except Unknown:  # it was deleted
            return None, now
        broadcast = channel.on_air
        if broadcast is None:
            return None, now
        try:
            view = self._serving.glance(channel, broadcast.id)
        except Early as early:
            if self._is_too_late(slug, broadcast.id, early, now):
                self._audit.note(slug, PLAYLIST_HTTP.broken(f"503 {early.code}: {early}"), now)
        except (Refusal, Unknown) as error:
            self._audit.note(slug, PLAYLIST_HTTP.broken(f"{error.code}: {error}"), now)
        except Exception as error:
            log.exception("playlist_failed", channel=slug)
            self._audit.note(slug, _failure(error), now)
        else:
            self._early.pop(slug, None)
            return view, now
        return None, now

    def _is_too_late(self, slug: ChannelSlug, broadcast: BroadcastId, early: Early, now: Ticks) -> bool:
        """Return whether a viewer who came with the broadcast was told to come back, or one will be."""
        known, since = self._early.setdefault(slug, (broadcast, now))
        if known != broadcast:
            self._early[slug], since = (broadcast, now), now
        listed_at = early.listed_at or now
        return max(listed_at - now, now - since) > early.patience

    def _compare_numbers(self, slug: ChannelSlug, look: Look, now: Ticks) -> Iterator[Violation]:
        """Check that numbers have not gone back since the last look, which may be a round ago."""
        page = Text.of(next(iter(look.pages.values())).plain)
        if page is None:
            return
        next_msn = page.media_sequence + page.body.count(b"#EXTINF:")
        reached = Reached(look.created_at, next_msn, page.target_duration)
        before = self._reached.get(slug)
        self._reached[slug] = reached
        self.lags[slug] = to_seconds(Ticks(now - page.edge))
        if before is None or before.created_at != reached.created_at:
            return
        if reached.next_msn < before.next_msn:
            yield MSN_BACK.broken(f"the next number was {before.next_msn}, now it is {reached.next_msn}")
        if reached.target_duration != before.target_duration:
            yield TD_CHANGED.broken(f"from {before.target_duration} s to {reached.target_duration} s")


def _pieces(all_of_them: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield GROUP at a time."""
    rest = iter(all_of_them)
    while piece := list(islice(rest, GROUP)):
        yield piece


def _examine(view: View, before: Look | None, now: Ticks) -> tuple[Look | None, tuple[Violation, ...], float]:
    """Render what was not asked for, and check all rungs; return how much processor time that took."""
    began = time.thread_time()
    try:
        look = _rendered(view)
    except Exception as error:  # what a viewer would meet, too
        log.exception("playlist_failed", channel=view.channel.slug)
        return None, (_failure(error),), time.thread_time() - began
    earlier = before.pages if before is not None and before.broadcast == look.broadcast else {}
    first = next(iter(look.pages.values()))
    # What is the same as before was read closely then.
    found = [] if earlier else list(read_closely(first))
    for name, page in look.pages.items():
        beside = None if page is first else first
        judged = judge(page, before=earlier.get(name), beside=beside, now=now)
        found += [violation.about(name) for violation in judged]
    return look, tuple(found), time.thread_time() - began


def _rendered(view: View) -> Look:
    pages = dict(view.pages)
    names = [rung.name for rung in view.broadcast.rungs]
    rendered = {name: pages.get(name) or view.render(name) for name in names}
    return Look(view.channel.created_at, view.broadcast.id, rendered)


def _failure(error: Exception) -> Violation:
    """Return what a mistake in the program is to viewers."""
    return PLAYLIST_HTTP.broken(f"500: {error!r}")
