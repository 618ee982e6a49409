"""The channels of this server: loaded once, held in memory, and changed by one edit at a time.

An edit takes the database's write lock before it reads the clock, so it never waits between its decision
and its commit. While it commits, the channel is shown with `listed_until`: no playlist lists what the edit is
about to replace. What the database says in the end is what airs, whichever way the commit went.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import Enum
from weakref import WeakValueDictionary

import structlog

from insta_stream.channels import store
from insta_stream.channels.absent import parted, woven
from insta_stream.channels.channel import Broadcast, Channel, Playback, declared
from insta_stream.channels.fields import parse_rungs, parse_title, parse_window
from insta_stream.channels.follower import Follower
from insta_stream.channels.restore import as_history, new_start
from insta_stream.channels.shelf import Shelf
from insta_stream.channels.slate import chosen
from insta_stream.channels.slug import MAIN, parse_slug
from insta_stream.channels.standby import is_left_to_slate
from insta_stream.clock import Clock
from insta_stream.db import restored
from insta_stream.db.engine import Database
from insta_stream.errors import NotReady, Unknown, WrongState
from insta_stream.ids import ChannelSlug, EntryId, PackageId, VideoId
from insta_stream.library.whole import whole
from insta_stream.media.ceilings import Ceiling
from insta_stream.media.ladder import Rung
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, to_datetime
from insta_stream.timeline.edit import Change, Edit, Jump, Rearrange, Refresh, Resize, Start, apply
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.retention import later, packages, prune
from insta_stream.timeline.timeline import Timeline

log = structlog.get_logger()

COMMIT_LIMIT = Ticks(2 * TICKS_PER_SECOND)
"""An edit that is not written this long after it read the clock is given up: meanwhile the edge is held, and
a player waits one and a half target durations for a new segment, not longer (RFC 8216 section 6.2.1)."""

KEEP_HISTORY = Ticks(30 * 86_400 * TICKS_PER_SECOND)
"""How far back the as-run log reaches."""

REMEDY = "Start it: it begins again with its playlist, and its history is lost."
"""What can be done about a broken channel."""

BACK_FILL = Ticks(3600 * TICKS_PER_SECOND)
"""A channel's own time begins this long before it: a first broadcast that starts at once has a past."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a new channel is given. horizon: how far ahead of now the timeline is frozen."""

    rungs: tuple[Rung, ...]
    window_seconds: int
    target_seconds: int
    horizon: Ticks


@dataclass(frozen=True, slots=True)
class Revision:
    """What becomes of a channel: `base` (the channel itself, or with other settings), then the edit.

    is_undoable: a new playlist is somebody's choice, which that person may want to take back.
    """

    base: Channel
    edit: Edit | None
    is_undoable: bool = True


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


class Keep(Enum):
    """Says that a setting stays, where None has a meaning of its own."""

    KEEP = "keep"


class Channels:
    """Knows every channel, and is the only one that changes them."""

    def __init__(self, database: Database, library: Shelf, clock: Clock, defaults: Defaults) -> None:
        self._database = database
        self._library = library
        self._clock = clock
        self._defaults = defaults
        self._channels: dict[ChannelSlug, Channel] = {}  # in the order in which they were created
        self._broken: set[ChannelSlug] = set()
        self._left_to_slate: set[ChannelSlug] = set()
        self._follower = Follower(library, clock, self._renew)
        self._echoes: dict[PackageId, Ticks] = {}
        self._effects: dict[ChannelSlug, Ticks] = {}
        self._watchers: list[Callable[[ChannelSlug], None]] = []
        self._locks: WeakValueDictionary[ChannelSlug, asyncio.Lock] = WeakValueDictionary()
        self._unsure: set[ChannelSlug] = set()
        self._edits: set[asyncio.Task[Applied]] = set()
        self._duties: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Load the channels, see to it that there is a main one, and begin to follow the library."""
        async with self._database.read() as connection:
            loaded = await store.load_all(connection, self._library.table, self._fresh())
            self._echoes = await store.load_echoes(connection)
            taken_at = await restored.taken_at(connection)
        if taken_at is not None:
            loaded = await self._begin_anew(loaded, taken_at)
        for channel in sorted(loaded, key=_age):
            self._show(channel)
        self._follower.begin()
        if MAIN not in self._channels:
            await self.create(MAIN, "Main")
        self._duties = [asyncio.create_task(self._follower.follow())]

    async def stop(self) -> None:
        """Finish the edits that are being committed, and stop following the library."""
        for duty in self._duties:
            duty.cancel()
        await asyncio.gather(*self._duties, *self._edits, return_exceptions=True)

    def get(self, slug: str) -> Channel:
        """Return the channel as it is at this moment. Raises Unknown."""
        try:
            return self._channels[ChannelSlug(slug)]
        except KeyError:
            raise Unknown(f"There is no channel “{slug}”.", code="unknown_channel") from None

    def all(self) -> tuple[Channel, ...]:
        """Return the channels in the order in which they were created. Any thread may ask."""
        return tuple(self._channels.values())

    def broken(self) -> list[Channel]:
        """Return the channels that could not be read."""
        return sorted((self._channels[name] for name in self._broken), key=_age)

    def using(self, videos: AbstractSet[VideoId]) -> list[Channel]:
        """Return the channels that may play one of these videos, also as a slate. Any thread may ask."""
        names = self._follower.users(videos)
        followed = (self._channels.get(name) for name in names)
        return [each for each in (*followed, *self.broken()) if each is not None]

    def used(self) -> frozenset[VideoId]:
        """Return the videos that some playlist holds, or a slate is made of. Any thread may ask."""
        return self._follower.followed().union(*(channel.videos for channel in self.broken()))

    def left_to_slate(self) -> list[Channel]:
        """Return the channels that are, or will be, on standby if nothing changes. Any thread may ask."""
        found = (self._channels.get(name) for name in tuple(self._left_to_slate))
        return [channel for channel in found if channel is not None]

    def effective_at(self, slug: ChannelSlug) -> Ticks | None:
        """Return when the last edit that changes what airs reaches the air, or did; None where there was none
        since the start. That of the library, when more can air than could, is nobody's and does not count.
        """
        return self._effects.get(slug)

    def watch(self, callback: Callable[[ChannelSlug], None]) -> None:
        """Call back with a channel's name when it was created, has changed, or was deleted."""
        self._watchers.append(callback)

    @whole
    async def create(
        self,
        slug: str,
        title: str,
        *,
        rungs: Sequence[str] | None = None,
        window_seconds: int | None = None,
        slate: VideoId | None = None,
        playback: Playback = Playback.PUBLIC,
    ) -> Channel:
        """Make a channel. Raises BadRequest for settings that make no sense, WrongState where it exists."""
        name = parse_slug(slug)
        async with self._lock(name):
            if name in self._channels:
                raise WrongState(f"There is already a channel “{name}”.", code="channel_exists")
            now, defaults = self._clock.now(), self._defaults
            window = defaults.window_seconds if window_seconds is None else parse_window(window_seconds)
            channel = Channel(
                slug=name,
                number=0,
                title=parse_title(title),
                rungs=defaults.rungs if rungs is None else parse_rungs(rungs),
                slate=self._slate_video(slate),
                window_seconds=window,
                created_at=now,
                timeline=replace(self._fresh(), epoch=Ticks(now - BACK_FILL), window=_ticks(window)),
                broadcasts={},
                added_at={},
                playback=playback,
            )
            async with self._database.write() as connection:
                channel = replace(channel, number=await store.next_number(connection))
                await store.insert(connection, channel)
            newest = next(reversed(self._channels.values()), channel)
            self._show(channel)
            if _age(newest) > _age(channel):  # that one was written sooner
                self._channels = {each.slug: each for each in sorted(self.all(), key=_age)}
        log.info("channel_created", channel=name)
        return channel

    async def update(
        self,
        slug: str,
        *,
        title: str | None = None,
        rungs: Sequence[str] | None = None,
        window_seconds: int | None = None,
        slate: VideoId | Keep | None = Keep.KEEP,
        playback: Playback | None = None,
    ) -> Channel:
        """Change settings; None leaves one as it is, but as a slate means the built-in one.

        Another window, and who may watch, is there at once; other rungs come with the next broadcast.

        Raises Unknown for a channel or a slate video that does not exist, BadRequest for what makes no sense.
        """

        def decide(channel: Channel) -> Revision:
            base = replace(
                channel,
                title=channel.title if title is None else parse_title(title),
                rungs=channel.rungs if rungs is None else parse_rungs(rungs),
                slate=channel.slate if slate is Keep.KEEP else self._slate_video(slate),
                window_seconds=channel.window_seconds
                if window_seconds is None
                else parse_window(window_seconds),
                playback=channel.playback if playback is None else playback,
            )
            resized = base.window_seconds != channel.window_seconds
            return Revision(base, Resize(_ticks(base.window_seconds)) if resized else Refresh())

        return (await self.edit(slug, decide)).channel

    @whole
    async def delete(self, slug: str) -> None:
        """Forget a channel that is off the air. Raises WrongState for the main one and one on the air."""
        name = self.get(slug).slug
        if name == MAIN:
            raise WrongState("The main channel cannot be deleted; stop it instead.", code="main_channel")
        async with self._lock(name):
            if self.get(name).timeline.state != "off":
                raise WrongState("The channel is on air; stop it first.", code="on_air")
            async with self._database.write() as connection:
                await store.remove(connection, name)
                echoes = _echoing(self._echoes, self.get(name))
                await store.save_echoes(connection, echoes)
            self._echoes = echoes
            channel = self._channels.pop(name)
            if not channel.broken:
                self._follower.look_away(channel)
            self._unsure.discard(name)
            self._broken.discard(name)
            self._left_to_slate.discard(name)
            self._effects.pop(name, None)
            self._tell(name)
        log.info("channel_deleted", channel=name)

    async def edit(self, slug: str, decide: Callable[[Channel], Revision]) -> Applied:
        """Apply the revision that `decide` makes of the channel as it then is.

        Raises Unknown, whatever `decide` and the timeline's rules raise, and NotReady when the database did
        not take the edit in time; then nothing has changed. A caller that goes away does not stop the edit.
        """
        name = self.get(slug).slug
        task = asyncio.create_task(self._edit(name, decide))
        self._edits.add(task)
        task.add_done_callback(self._edits.discard)
        return await asyncio.shield(task)

    def reach(self, now: Ticks) -> dict[PackageId, Ticks | None]:
        """Return every package that runs or players can still name, with the instant from which on nobody can
        ask for its segments; None: not before an edit. Takes long with thousands of channels.
        """
        channels = self.all()  # before the echoes: a channel leaves one when it goes, and then goes
        reach: dict[PackageId, Ticks | None] = dict(self._echoes)
        for channel in channels:
            held = 0 if channel.listed_until is None else max(0, now - channel.listed_until)
            for package, needed in packages(channel.timeline).items():
                until = None if needed is None else Ticks(needed + held)
                reach[package] = later(reach.get(package, until), until)
        return reach

    def old_history(self, now: Ticks) -> list[Channel]:
        """Return the channels that have runs to forget. Takes long with thousands of channels."""
        oldest = Ticks(now - KEEP_HISTORY)
        return [each for each in self.all() if prune(each.timeline, oldest) != each.timeline]

    async def forget_history(self, name: ChannelSlug) -> None:
        """Forget the runs of a channel that are older than the as-run log reaches back. Raises Unknown."""
        oldest = Ticks(self._clock.now() - KEEP_HISTORY)
        await self.edit(name, lambda present: _pruned(present, oldest))

    @whole
    async def forget_echoes(self) -> None:
        """Forget what only runs that are forgotten, and players of channels that are deleted, needed."""
        now = self._clock.now()
        async with self._database.write() as connection:
            await store.drop_unused_programs(connection)
            echoes = {package: until for package, until in self._echoes.items() if until > now}
            if echoes != self._echoes:
                await store.save_echoes(connection, echoes)
                self._echoes = echoes

    def _fresh(self) -> Timeline:
        """Return the timeline of a channel that was never on the air, but for its epoch."""
        defaults = self._defaults
        target, window = _ticks(defaults.target_seconds), _ticks(defaults.window_seconds)
        return Timeline(epoch=Ticks(0), horizon=defaults.horizon, target=target, window=window)

    async def _begin_anew(self, channels: Sequence[Channel], taken_at: Ticks) -> tuple[Channel, ...]:
        """Let the channels of a backup, or of a clock that was ahead, begin anew, all in one write."""
        now = self._clock.now()
        begun = []
        async with self._database.write() as connection:
            for before in channels:
                if before.broken:
                    begun.append(await store.lift(connection, before, taken_at, now))
                else:
                    after = self._anew(before, taken_at, now)
                    await store.update(connection, before, after)
                    begun.append(after)
            await restored.unmark(connection)
        log.info("channels_restored", channels=len(begun), known_until=to_datetime(taken_at).isoformat())
        return tuple(begun)

    def _anew(self, channel: Channel, taken_at: Ticks, now: Ticks) -> Channel:
        """Return a channel with a new broadcast, if it was on the air."""
        history, start = as_history(channel, taken_at, now), new_start(channel)
        if start is None:
            return history
        revision = Revision(history, start)
        try:
            return self._applied(history, revision, now)[0]
        except NotReady as error:  # there is nothing to show, not even a slate
            log.warning("restored_channel_stays_off", channel=channel.slug, reason=error.message)
            return history

    async def _edit(self, name: ChannelSlug, decide: Callable[[Channel], Revision]) -> Applied:
        async with self._lock(name):
            before = self.get(name)
            try:
                async with self._database.write() as connection:
                    if name in self._unsure:
                        before = await self._read(name)
                    now = self._clock.now()
                    revision = decide(before)
                    _check_broken(before, revision)
                    after, change = self._applied(before, revision, now)
                    if _differs(before, after):
                        self._show(replace(before, listed_until=change.cut))
                        if before.broken:
                            await store.forget_runs(connection, name)
                        await store.update(connection, before, after)
                        self._check_time(now)
                        if _is_awaited(revision, before, after):
                            self._effects[name] = change.effective_at
                    else:
                        after = before
            except BaseException:
                if self._channels[name] is not before:
                    await self._recover(name)
                raise
            self._show(after)
        known = {entry.id for entry in before.timeline.entries}
        added = tuple(entry.id for entry in after.timeline.entries if entry.id not in known)
        return Applied(after, change.effective_at, added, change.back)

    def _check_time(self, began: Ticks) -> None:
        if self._clock.now() - began > COMMIT_LIMIT:
            raise NotReady("The database was too slow to save the edit; nothing has changed. Try again.")

    async def _recover(self, name: ChannelSlug) -> None:
        """Show what the database says; where it does not answer, hold the edge and ask again later."""
        try:
            self._show(await self._read(name))
        except Exception:
            self._unsure.add(name)
            self._follower.look_again(name)
            log.exception("channel_not_recovered", channel=name)

    async def _read(self, name: ChannelSlug) -> Channel:
        async with self._database.read() as connection:
            channel = await store.load(connection, name, self._library.table, self._fresh())
        self._unsure.discard(name)
        return channel

    def _show(self, channel: Channel) -> None:
        """Make this what every request sees."""
        self._channels[channel.slug] = channel
        if channel.broken:  # nothing can be planned for it
            self._broken.add(channel.slug)
        else:
            self._broken.discard(channel.slug)
            self._follower.look_at(channel)
        if is_left_to_slate(channel.timeline):
            self._left_to_slate.add(channel.slug)
        else:
            self._left_to_slate.discard(channel.slug)
        if channel.listed_until is None:  # an edit that is being committed is news in a moment
            self._tell(channel.slug)

    def _tell(self, name: ChannelSlug) -> None:
        for watcher in self._watchers:
            watcher(name)

    def _lock(self, name: ChannelSlug) -> asyncio.Lock:
        """Return the lock of a channel; it exists as long as somebody holds it or waits for it."""
        return self._locks.setdefault(name, asyncio.Lock())

    def _applied(self, before: Channel, revision: Revision, now: Ticks) -> tuple[Channel, Change]:
        """Return the channel after an edit, and what the edit changed of its timeline."""
        is_start = isinstance(revision.edit, Start)
        ceilings = declared(revision.base, self._library.need) if is_start else revision.base.ceilings
        change = self._apply(revision, ceilings, now)
        return _revised(before, revision, change, ceilings, now), change

    def _apply(self, revision: Revision, ceilings: tuple[Ceiling, ...], now: Ticks) -> Change:
        """Let the timeline apply an edit, with what the library can air at this moment."""
        channel, edit = revision.base, revision.edit
        timeline = channel.timeline
        if edit is None:
            return Change(timeline, now, now)
        entries = (*edit.entries, *timeline.entries) if isinstance(edit, Rearrange) else timeline.entries
        videos = {entry.video for entry in entries}
        found = {video: self._library.playable(video, ceilings) for video in videos}
        catalogue = {video: playable for video, playable in found.items() if playable is not None}
        return apply(timeline, edit, catalogue, self._slate(channel, ceilings), now)

    def _slate_video(self, slate: VideoId | None) -> VideoId | None:
        return None if slate is None else self._library.get(slate).id

    def _slate(self, channel: Channel, ceilings: tuple[Ceiling, ...]) -> Playable | None:
        own = None if channel.slate is None else self._library.playable(channel.slate, ceilings)
        return chosen(own, self._library.slate(ceilings))

    async def _renew(self, name: ChannelSlug) -> None:
        """Look at the library again: what was deleted leaves the playlist, the rest is planned anew."""
        await self.edit(name, self._renewed)

    def _renewed(self, channel: Channel) -> Revision:
        present = channel.timeline.entries
        order = woven(present, channel.absent)
        entries, absent = parted(order, self._library.has, self._library.may_return)
        slate = channel.slate if channel.slate is not None and self._library.has(channel.slate) else None
        base = replace(channel, slate=slate, absent=absent if absent != channel.absent else channel.absent)
        if entries == present:
            return Revision(base, Refresh())
        return Revision(base, Rearrange(entries), is_undoable=False)


def _age(channel: Channel) -> Ticks:
    return channel.created_at


def _revised(
    before: Channel, revision: Revision, change: Change, ceilings: tuple[Ceiling, ...], now: Ticks
) -> Channel:
    """Return the channel after an edit, with what hangs on its timeline. ceilings: of a new broadcast."""
    timeline = change.timeline
    is_playlist_edit = isinstance(revision.edit, Rearrange) and revision.is_undoable
    undo = woven(before.timeline.entries, before.absent) if is_playlist_edit else before.undo
    absent = (each.entry for each in revision.base.absent)
    kept = (*timeline.entries, *(undo or ()), *absent)
    rungs = {broadcast.id: broadcast.rungs for broadcast in before.broadcasts.values()}
    broadcasts = {
        each.id: Broadcast(each.id, rungs.get(each.id, ceilings), each.started_at)
        for each in timeline.broadcasts
    }
    return replace(
        revision.base,
        timeline=timeline,
        broadcasts=broadcasts,
        added_at={entry.id: before.added_at.get(entry.id, now) for entry in kept},
        undo=undo,
        listed_until=None,
        broken="",
    )


def _check_broken(channel: Channel, revision: Revision) -> None:
    """Raise WrongState for an edit of a broken channel, unless it begins anew."""
    if channel.broken and not isinstance(revision.edit, Start):
        raise WrongState(f"{channel.broken} {REMEDY}", code="channel_broken")


def _echoing(echoes: Mapping[PackageId, Ticks], channel: Channel) -> dict[PackageId, Ticks]:
    """Return until when packages are needed, those included that a channel aired which is being deleted."""
    found = dict(echoes)
    for package, until in packages(channel.timeline).items():
        assert until is not None, "the channel is off air"
        found[package] = max(found.get(package, until), until)
    return found


def _pruned(channel: Channel, oldest: Ticks) -> Revision:
    return Revision(replace(channel, timeline=prune(channel.timeline, oldest)), None)


def _differs(before: Channel, after: Channel) -> bool:
    """Say whether an edit changed more than the hour at which somebody looked."""
    at = before.timeline.committed_at
    return replace(after, timeline=replace(after.timeline, committed_at=at)) != before


def _is_awaited(revision: Revision, before: Channel, after: Channel) -> bool:
    """Say whether somebody waits for an edit to be seen: it changes what airs, and not only what is planned
    or remembered.
    """
    is_deed = revision.edit is not None and not isinstance(revision.edit, Refresh)
    return is_deed and after.timeline.runs is not before.timeline.runs


def _ticks(whole_seconds: int) -> Ticks:
    return Ticks(whole_seconds * TICKS_PER_SECOND)
