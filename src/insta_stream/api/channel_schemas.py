"""JSON bodies: channels, their settings, and what airs on them."""

from typing import Annotated

from pydantic import Field, StrictInt

from insta_stream.api.playlist_schemas import EntryBrief, PlaylistEntry
from insta_stream.api.transport_schemas import STANDBY, Standby
from insta_stream.api.wire import Body, Id, Model, Moment, Revision, Seconds, State, Title
from insta_stream.channels.channel import Playback


class Airing(Model):
    """One showing of one video."""

    entry: str | None
    id: str | None = Field(description="The video; null for the built-in standby picture.")
    name: str
    starts_at: Moment
    ends_at: Moment | None = Field(description="null if only an edit will end it.")
    first_offset: Seconds = Field(description="Where in the video it starts.")
    is_partial: bool = Field(description="It started or ended partway through the video, or is not over.")
    is_slate: bool
    is_backfilled: bool = Field(description="Listed when the channel started, as if it had aired before.")


class Airings(Model):
    """What airs, or aired, between two instants. `next` is where to ask on when there was more."""

    begin: Moment = Field(serialization_alias="from")
    to: Moment
    airings: list[Airing]
    next: Moment | None


class Rung(Model):
    """A quality step."""

    name: str = Field(examples=["720p"])
    width: int
    height: int
    bandwidth: int = Field(description="Peak, bits per second.")


_PLAYBACK = (
    "Who can watch: everyone; whoever has a link, or signs in and may see the channel; only the latter."
)


class Channel(Model):
    """A channel and its settings."""

    slug: str = Field(examples=["main"])
    number: int = Field(
        description="The channel number in TV apps; it stays the same whatever happens to other channels."
    )
    title: str
    state: State
    standby: Standby | None = Field(description=STANDBY)
    rungs: list[str] = Field(
        description="Best first. A change takes effect at the next start.", examples=[["720p", "480p"]]
    )
    window_seconds: int
    slate: str | None = Field(description="The video that covers gaps; null for the built-in one.")
    created_at: Moment
    started_at: Moment | None
    stream_url: str = Field(examples=["/stream/main/stream.m3u8"])
    playback: Playback = Field(description=_PLAYBACK)
    total_videos: int
    current_video: EntryBrief | None
    on_air: Airing | None = Field(description="What viewers get right now, including the slate.")
    rungs_on_air: list[str] | None = Field(
        description="Those of the current broadcast (`rungs` are the next one's), best first; null off air.",
        examples=[["720p", "480p"]],
    )
    error: str = Field(
        description='Why its stored data cannot be read; "" if it can. If not, the channel is off air, and '
        "can only be started, which begins it again, or deleted."
    )


class TvAddresses(Model):
    """What television software is given; with a token both have a secret in them, for nothing else."""

    channels: str = Field(description="The channels, as M3U.", examples=["/channels.m3u"])
    guide: str = Field(description="The guide, as XMLTV.", examples=["/guide.xml"])
    is_replaceable: bool = Field(
        description="Whether they have a secret that can be replaced; one that comes from the setting "
        "`token` changes with that."
    )


class ChannelList(Model):
    """All channels, and the rungs a channel may offer."""

    channels: list[Channel]
    ladder: list[Rung]


class ChannelLive(Model):
    """All about a channel at one moment, for those who follow its events."""

    channel: Channel
    revision: Revision
    can_undo: bool
    effective_at: Moment | None = Field(
        description="When the last edit takes effect on air; null once it has."
    )
    horizon_seconds: Seconds = Field(description="How far ahead of now the timeline is fixed.")
    length_seconds: Seconds = Field(description="Of the whole playlist.")
    on_air: Airing | None
    up_next: list[Airing]
    held: str | None = Field(
        description="The entry with which a paused channel resumes, or a stopped one starts."
    )
    entries: list[PlaylistEntry]


class NewChannel(Body):
    """A channel to create. The slug is part of its addresses and never changes."""

    slug: str = Field(examples=["kids"])
    title: Title
    rungs: Annotated[list[str], Field(fail_fast=True)] | None = None
    window_seconds: StrictInt | None = None
    slate: Id | None = None
    playback: Playback = Playback.PUBLIC


class ChannelChanges(Body):
    """What to change; what is missing stays. Rungs apply from the next start on, all else at once."""

    title: Title | None = None
    rungs: Annotated[list[str], Field(fail_fast=True)] | None = None
    window_seconds: StrictInt | None = None
    slate: Id | None = None
    playback: Playback | None = None
