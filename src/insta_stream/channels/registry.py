"""The channels there are: made, given other settings, and deleted."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum

import structlog

from insta_stream.channels import store
from insta_stream.channels.channel import Channel, Playback
from insta_stream.channels.defaults import Defaults
from insta_stream.channels.editor import Editor
from insta_stream.channels.fields import parse_rungs, parse_title, parse_window
from insta_stream.channels.planner import Proposal
from insta_stream.channels.shelf import Shelf
from insta_stream.channels.shown import Shown
from insta_stream.channels.slug import MAIN, parse_slug
from insta_stream.db.news import News
from insta_stream.errors import Unknown, WrongState
from insta_stream.ids import PackageId, VideoId
from insta_stream.library.whole import whole
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.edit import Refresh, Resize
from insta_stream.timeline.retention import packages

log = structlog.get_logger()

BACK_FILL = Ticks(3600 * TICKS_PER_SECOND)
"""A channel's own time begins this long before it: a first broadcast that starts at once has a past."""


class Keep(Enum):
    """Says that a setting stays, where None has a meaning of its own."""

    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Registry:
    """Makes channels and deletes them."""

    shown: Shown
    news: News
    editor: Editor
    library: Shelf
    defaults: Defaults

    async def see_to_main(self) -> None:
        """See that there is a main channel."""
        try:
            self.shown.get(MAIN)
        except Unknown:
            with suppress(WrongState):  # another process was quicker, of which the news tells
                await self.create(MAIN, "Main")
            await self.shown.ask()

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
        defaults = self.defaults
        window = defaults.window_seconds if window_seconds is None else parse_window(window_seconds)
        channel = Channel(
            slug=parse_slug(slug),
            number=0,
            title=parse_title(title),
            rungs=defaults.rungs if rungs is None else parse_rungs(rungs),
            slate=self._slate_video(slate),
            window_seconds=window,
            created_at=Ticks(0),
            timeline=defaults.timeline(),
            broadcasts={},
            added_at={},
            playback=playback,
        )
        async with self.news.edit() as writing:
            if channel.slug in await store.names(writing.connection):
                raise WrongState(f"There is already a channel “{channel.slug}”.", code="channel_exists")
            channel = replace(
                _begun(channel, writing.now),
                number=await store.next_number(writing.connection),
                revision=await writing.tell(),
            )
            await store.insert(writing.connection, channel)
        self.shown.show(channel)
        log.info("channel_created", channel=channel.slug)
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

        def decide(channel: Channel) -> Proposal:
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
            return Proposal(base, Resize(_ticks(base.window_seconds)) if resized else Refresh())

        return (await self.editor.edit(slug, decide)).channel

    @whole
    async def delete(self, slug: str) -> None:
        """Forget a channel that is off the air. Raises WrongState for the main one and one on the air."""
        name = self.shown.get(slug).slug
        if name == MAIN:
            raise WrongState("The main channel cannot be deleted; stop it instead.", code="main_channel")
        async with self.news.edit() as writing:
            channel = await self.shown.newest(writing.connection, name)
            if channel.timeline.state != "off":
                raise WrongState("The channel is on air; stop it first.", code="on_air")
            await store.remove(writing.connection, name)
            await store.add_echoes(writing.connection, _echoes(channel))
            await writing.tell(is_deletion=True)
        self.shown.drop(name)
        log.info("channel_deleted", channel=name)

    def _slate_video(self, slate: VideoId | None) -> VideoId | None:
        return None if slate is None else self.library.get(slate).id


def _begun(channel: Channel, now: Ticks) -> Channel:
    """Return a channel whose own time begins."""
    timeline = replace(channel.timeline, epoch=Ticks(now - BACK_FILL), window=_ticks(channel.window_seconds))
    return replace(channel, created_at=now, timeline=timeline)


def _echoes(channel: Channel) -> dict[PackageId, Ticks]:
    """Return until when players of a channel that is off the air may ask for which packages."""
    return {package: until for package, until in packages(channel.timeline).items() if until is not None}


def _ticks(whole_seconds: int) -> Ticks:
    return Ticks(whole_seconds * TICKS_PER_SECOND)
