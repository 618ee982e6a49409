"""The channels as this process shows them, and up to which instant they may be listed: its lease.

What was read is right up to the horizon after the instant at which this process last knew that it is up to
date (`db.news`). Nothing that ends later is listed, so processes that read at different times never
contradict each other, and an edit need not tell anybody before it is stored.
"""

import asyncio
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.channels import store
from insta_stream.channels.channel import Channel
from insta_stream.channels.plays import Plays
from insta_stream.channels.standby import is_left_to_slate
from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.db.news import Heard, News, heard
from insta_stream.errors import InstaStreamError, Unknown
from insta_stream.ids import ChannelSlug, PackageId, VideoId
from insta_stream.ticks import Ticks, to_seconds
from insta_stream.timeline.table import SegmentTable
from insta_stream.timeline.timeline import Timeline

log = structlog.get_logger()

ASK_SECONDS = 0.2
"""How often the news is asked for: an edit that another process made is shown so soon."""


class Known(Protocol):
    """What the library knows, which runs name."""

    def table(self, package: PackageId) -> SegmentTable:
        """Return the segment table of a package that has not been forgotten. Raises Unknown."""

    async def catch_up(self, news: Heard) -> None:
        """Know what other processes have changed. Raises NotReady, DiskFull."""


class Shown:
    """Knows every channel. fresh: the timeline of one of which not even the playlist can be read."""

    def __init__(self, database: Database, news: News, library: Known, clock: Clock, fresh: Timeline) -> None:
        self._database = database
        self._news = news
        self._library = library
        self._clock = clock
        self._fresh = fresh
        self._channels: dict[ChannelSlug, Channel] = {}  # in the order in which they were created
        self._broken: set[ChannelSlug] = set()
        self._left_to_slate: set[ChannelSlug] = set()
        self._plays = Plays()
        self._watchers: list[Callable[[ChannelSlug], None]] = []
        self._hearers: list[Callable[[Heard], Awaitable[None]]] = []
        self._revision = 0
        self._lease = Ticks(0)
        self._is_away = False
        # What was read before a channel was deleted must not be shown after that.
        self._one_reader = asyncio.Lock()

    async def load(self) -> None:
        """Read every channel; `ask` begins the lease. Raises NotReady, DiskFull."""
        async with self._database.read() as connection:
            self._revision = (await heard(connection, self._clock.now())).revision
            loaded = await store.load_all(connection, self._library.table, self._fresh)
        for channel in sorted(loaded, key=_age):
            self.show(channel)

    def get(self, slug: str) -> Channel:
        """Return the channel as it is at this moment. Raises Unknown."""
        try:
            return self._channels[ChannelSlug(slug)]
        except KeyError:
            raise Unknown(f"There is no channel “{slug}”.", code="unknown_channel") from None

    def all(self) -> tuple[Channel, ...]:
        """Return the channels in the order in which they were created. Any thread may ask."""
        return tuple(self._channels.values())

    def edge(self, channel: Channel) -> Ticks:
        """Return the instant up to which a channel may be listed: now, or where its lease ends before that.

        Where the database cannot be asked, the edge is held for one target duration, and then goes on with
        what is known: better that than a stream that ends. Any thread may ask.
        """
        now, lease = self._clock.now(), self._lease + channel.timeline.horizon
        if now <= lease or (self._is_away and now > lease + channel.timeline.target):
            return now
        return Ticks(lease)

    def seconds_behind(self) -> float:
        """Return how long ago this process last knew that it is up to date."""
        return to_seconds(Ticks(self._clock.now() - self._lease))

    def broken(self) -> list[Channel]:
        """Return the channels that could not be read."""
        return sorted((self._channels[name] for name in self._broken), key=_age)

    def using(self, videos: AbstractSet[VideoId]) -> list[Channel]:
        """Return the channels that may play one of these videos, also as a slate. Any thread may ask."""
        playing = (self._channels.get(name) for name in self._plays.of(videos))
        return [each for each in (*playing, *self.broken()) if each is not None]

    def used(self) -> frozenset[VideoId]:
        """Return the videos that some playlist holds, or a slate is made of. Any thread may ask."""
        return self._plays.videos().union(*(channel.videos for channel in self.broken()))

    def left_to_slate(self) -> list[Channel]:
        """Return the channels that are, or will be, on standby if nothing changes. Any thread may ask."""
        found = (self._channels.get(name) for name in tuple(self._left_to_slate))
        return [channel for channel in found if channel is not None]

    def watch(self, callback: Callable[[ChannelSlug], None]) -> None:
        """Call back with a channel's name when it was created, has changed, or was deleted."""
        self._watchers.append(callback)

    def tell(self, hear: Callable[[Heard], Awaitable[None]]) -> None:
        """Have somebody hear the news whenever it was asked for, who then need not ask. hear: raises
        nothing.
        """
        self._hearers.append(hear)

    async def follow(self) -> None:
        """Ask for news, for ever."""
        while True:
            await asyncio.sleep(ASK_SECONDS)
            await self.ask()

    async def ask(self) -> None:
        """Show what others have changed, and renew the lease; where that cannot be done, say so once."""
        try:
            news = await self._news.ask()
            if news is not None:
                await self.catch_up(news)
                self._lease = max(self._lease, news.at)
                for hear in self._hearers:
                    await hear(news)
        except InstaStreamError as error:
            if not self._is_away:
                log.warning("channels_not_read", reason=error.message)
            self._is_away = True
        except Exception:  # a mistake, which whoever called this is told of; viewers go on all the same
            self._is_away = True
            raise
        else:
            self._is_away = False

    async def catch_up(self, news: Heard) -> None:
        """Show what others have changed, as the news has it; no lease is renewed by that. Raises NotReady,
        DiskFull.
        """
        await self._library.catch_up(news)
        async with self._one_reader:
            if news.revision > self._revision:
                await self._catch_up()

    async def newest(self, connection: AsyncConnection, name: ChannelSlug) -> Channel:
        """Return a channel as a transaction sees it. Raises Unknown where it is not there (any more)."""
        return await self.at(connection, name, await store.revision(connection, name))

    async def at(self, connection: AsyncConnection, name: ChannelSlug, revision: int) -> Channel:
        """Return a channel as a transaction sees it that has found this number of its last edit. Raises
        Unknown.
        """
        if self._shows(name, revision):
            return self._channels[name]
        return await store.load(connection, name, self._library.table, self._fresh)

    def show(self, channel: Channel) -> None:
        """Show a channel as it was stored, unless something newer is shown."""
        before = self._channels.get(channel.slug)
        if before is channel or (before is not None and before.revision > channel.revision):
            return
        self._put(channel)
        self._plays.note(before, channel)
        _mark(self._broken, channel.slug, is_so=bool(channel.broken))
        _mark(self._left_to_slate, channel.slug, is_so=is_left_to_slate(channel.timeline))
        if channel.revision == self._revision + 1:  # nothing else happened
            self._revision = channel.revision
        self._tell(channel.slug)

    def drop(self, name: ChannelSlug) -> None:
        """Show a channel no more that was deleted."""
        channel = self._channels.pop(name, None)
        if channel is None:
            return
        self._plays.note(channel, None)
        self._broken.discard(name)
        self._left_to_slate.discard(name)
        self._tell(name)

    def _put(self, channel: Channel) -> None:
        """Put a channel where it belongs; one that is new was created last, or nearly so."""
        newest = next(reversed(self._channels.values()), channel)
        is_in_order = channel.slug in self._channels or _age(newest) <= _age(channel)
        self._channels[channel.slug] = channel
        if not is_in_order:
            self._channels = {each.slug: each for each in sorted(self.all(), key=_age)}

    def _tell(self, name: ChannelSlug) -> None:
        for watcher in self._watchers:
            watcher(name)

    async def _catch_up(self) -> None:
        """Show what has changed since this process was up to date."""
        since = self._revision
        async with self._database.read() as connection:
            news = await heard(connection, self._clock.now())
            changed = await store.changed(connection, since)
            unknown = [name for name, revision in changed.items() if not self._shows(name, revision)]
            table, fresh = self._library.table, self._fresh
            loaded = [await store.load(connection, each, table, fresh) for each in unknown]
            names = await store.names(connection) if news.last_deletion > since else None
        for channel in loaded:
            self.show(channel)
        if names is not None:
            # What is newer than the news was created after it.
            for channel in self.all():
                if channel.slug not in names and channel.revision <= news.revision:
                    self.drop(channel.slug)
        self._revision = max(self._revision, news.revision)

    def _shows(self, name: ChannelSlug, revision: int) -> bool:
        held = self._channels.get(name)
        return held is not None and held.revision == revision


def _age(channel: Channel) -> Ticks:
    return channel.created_at


def _mark(names: set[ChannelSlug], name: ChannelSlug, *, is_so: bool) -> None:
    if is_so:
        names.add(name)
    else:
        names.discard(name)
