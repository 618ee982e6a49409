"""JSON bodies: playlists, transport, channels, videos, the guide."""

from typing import Annotated, Generic

from pydantic import Field, RootModel, StrictInt

from insta_stream.api.wire import (
    Body,
    Id,
    Model,
    Moment,
    Revision,
    Seconds,
    StandbyReason,
    State,
    T,
    Title,
    VideoState,
)
from insta_stream.channels.channel import Playback
from insta_stream.channels.playlist import MAX_ENTRIES


class Effect(Model):
    """When an edit reaches the air."""

    effective_at: Moment = Field(description="When viewers see the change.")
    revision: Revision


class EntryName(Model):
    """An entry of a playlist and its video's name."""

    entry: str
    id: str = Field(description="The video.")
    name: str


class Place(EntryName):
    """A place in the video of an entry."""

    offset: Seconds


_NEXT = "What the channel continues with; null if that is only the slate."
_BACK = (
    "What the skip or jump left: a jump to this `entry` and `offset` undoes it. null if that was not in "
    "the playlist, or is the same."
)


class Steered(Effect):
    """What a jump makes of a channel, and how to take it back."""

    next: EntryName | None = Field(description=_NEXT)
    back: Place | None = Field(description=_BACK)


class EntriesAdded(Effect):
    """When added videos air at the earliest, and the ids of their places in the playlist."""

    entries: list[str]


# --- playlists


class VideoBrief(Model):
    """The video on the air."""

    id: str
    name: str
    duration: Seconds


class EntryBrief(VideoBrief):
    """The entry on the air."""

    entry: str


class PlaylistVideo(VideoBrief):
    """A video in the main channel's playlist."""

    added_at: Moment


class PlaylistEntry(PlaylistVideo):
    """A place in a playlist; `id` is the video's, `entry` the place's."""

    entry: str
    state: VideoState
    airable: bool
    airs_at: Moment | None = Field(description="When it airs next; null if that is not planned yet.")


_CURRENT = (
    "What is on air. Off air or paused: what the channel will continue with, which a skip or jump "
    "changes. -1 (and no `currentVideo`) if there is neither."
)


class Playlist(Model):
    """The main channel's playlist."""

    is_playing: bool
    current_index: int = Field(description=_CURRENT)
    total_videos: int
    current_video: VideoBrief | None
    playlist: list[PlaylistVideo]


class ChannelPlaylist(Model):
    """A channel's playlist, with entries."""

    is_playing: bool
    current_index: int = Field(description=_CURRENT)
    total_videos: int
    current_video: EntryBrief | None
    playlist: list[PlaylistEntry]
    can_undo: bool


class NextBorder(Model):
    """When edits that are made now would show. null off the air, where nothing shows."""

    skip_at: Moment | None = Field(
        description="For skip, jump, pause, resume, stop, and removing what is on air."
    )
    border_at: Moment | None = Field(
        description="For added and moved entries: the first border between two showings after `skipAt`."
    )


class Order(Model):
    """A permutation of the playlist."""

    order: Annotated[list[str], Field(max_length=MAX_ENTRIES, fail_fast=True)]


class VideosToAdd(Body):
    """Videos to add, together."""

    videos: Annotated[list[Id], Field(min_length=1, max_length=MAX_ENTRIES, fail_fast=True)]
    at: (
        Annotated[int, Field(ge=0, description="Insert before this position; at the end if missing.")] | None
    ) = None


class VideosInstead(Body):
    """The whole playlist at once; videos that stay keep their entries."""

    videos: Annotated[list[Id], Field(max_length=MAX_ENTRIES, fail_fast=True)]


class EntriesToRemove(Body):
    """Entries to remove in one edit, which one undo takes back."""

    entries: Annotated[list[str], Field(min_length=1, max_length=MAX_ENTRIES, fail_fast=True)]


class EntryToJumpTo(Body):
    """The entry to go on with, and how far into its video."""

    entry: str
    offset: Annotated[Seconds, Field(ge=0, allow_inf_nan=False, description="Seconds into the video.")] = 0


# --- transport


class Standby(Model):
    """Why a channel that is on air, and not paused, shows only its slate."""

    since: Moment = Field(description="Since when viewers have seen nothing else.")
    reason: StandbyReason = Field(
        description=(
            "`empty`: the playlist is empty; `deleted`: its videos were deleted; `encoding`: a video is "
            "being prepared, for longer than usual; `failed`: its videos could not be encoded; `no_quality`: "
            "they have no quality that the channel offers; `ready`: a video can air."
        )
    )
    message: str = Field(examples=["Its playlist is empty."])
    remedy: str
    expected_at: Moment | None = Field(
        description="When the first of its videos can air, if one is being encoded and that is known."
    )


_STANDBY = "Set while the channel is on air, not paused, and shows only its slate; else null."


class StreamStatus(Model, Generic[T]):
    """What a channel is doing."""

    is_streaming: bool
    stream_url: str = Field(examples=["/stream/stream.m3u8"])
    current_video: VideoBrief | None
    playlist_status: T
    state: State
    standby: Standby | None = Field(description=_STANDBY)
    position: Seconds | None = Field(description="The position in the video on air.")
    started_at: Moment | None


class StreamChanged(StreamStatus[T], Generic[T]):
    """What a channel is doing, and when the change reaches the air."""

    effective_at: Moment
    revision: Revision
    next: EntryName | None = Field(description=_NEXT)
    back: Place | None = Field(description=_BACK)


# --- channels


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
    standby: Standby | None = Field(description=_STANDBY)
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


# --- videos


class Progress(Model):
    """How far packaging has come."""

    step: str
    percent: float
    fps: float
    speed: float
    eta_seconds: float | None


class Caution(Model):
    """Something to know about a video."""

    code: str
    message: str


class Strip(Model):
    """How the thumbnails lie in a video's strip: in rows, left to right."""

    tiles: int
    columns: int
    tile_width: int
    tile_height: int
    interval: Seconds = Field(description="Thumbnail i shows the video at about i times this.")


class Video(VideoBrief):
    """A video."""

    state: VideoState
    progress: Progress
    airable: bool
    airable_at: Moment | None = Field(description="A prediction, while it cannot air yet.")
    size_bytes: int
    disk_use_bytes: int
    original_bytes: int = Field(description="Of that, the uploaded file; 0 if it was dropped.")
    added_at: Moment
    cautions: list[Caution]
    error: str
    poster_url: str | None = Field(description="null if there are no pictures yet.")
    strip_url: str | None
    strip: Strip | None
    preview_url: str | None = Field(
        description="An HLS playlist of the video by itself; null if there is nothing to play yet."
    )
    width: int = Field(description="The size of the picture as shown: upright, in square pixels.")
    height: int
    frame_rate: str = Field(
        description="The rate at which it airs; `cautions` say if the file's is different.",
        examples=["30000/1001"],
    )
    video_codec: str
    audio_codec: str
    owner: str | None = Field(
        description="Who uploaded it; null where nobody signed in, and for people who have been removed."
    )


class Uploaded(VideoBrief):
    """A video that was just uploaded."""

    added_at: Moment
    state: VideoState
    airable_at: Moment | None
    effective_at: Moment | None = Field(description="When the change of its playlist takes effect on air.")


class OriginalUrl(Model):
    """An address of a video's original that needs no token for a while."""

    url: str
    expires_at: Moment


class Arrival(Model):
    """A resumable upload."""

    video: Video = Field(description="The video that it becomes; `failed`, with `error`, if it was refused.")
    is_video: bool = Field(description="It was inspected and accepted.")
    channel_awaited: str | None = Field(
        description="The channel whose playlist the video is still to join; null if none."
    )


class Rename(Body):
    """A video's new name."""

    name: Title


class Use(Model):
    """What a channel has of some videos."""

    slug: str
    title: str
    state: State
    times: int = Field(description="How many entries of its playlist.")
    on_air: bool = Field(description="Viewers are getting one of them now.")
    is_slate: bool = Field(description="One of them is the channel's standby picture.")
    leaves_nothing: bool = Field(
        description="Without them, viewers would get the slate: nothing else of the playlist can air."
    )


class Usage(Model):
    """What channels have of some videos, and how long these could be restored if they were deleted."""

    uses: list[Use] = Field(
        description="The 100 most important: first those on air, then those with nothing left."
    )
    playlists: int = Field(description="How many playlists contain one of them.")
    on_air: int = Field(description="How many channels have one of them on air.")
    left_empty: int = Field(description="How many channels would have nothing left to air.")
    slates: int = Field(description="How many channels have one of them as standby picture.")
    keep_deleted_seconds: int


class VideosToLookUp(Body):
    """Videos whose use is asked for."""

    videos: Annotated[list[Id], Field(min_length=1, max_length=MAX_ENTRIES, fail_fast=True)]


# --- guide


class Airings(Model):
    """What airs, or aired, between two instants. `next` is where to ask on when there was more."""

    begin: Moment = Field(serialization_alias="from")
    to: Moment
    airings: list[Airing]
    next: Moment | None


class OldPlaylistVideo(Model):
    """An item of `playlist.json` as older versions wrote it."""

    id: str
    filename: str
    original_name: str
    path: str
    size: int
    duration: Seconds
    added_at: Moment


class OldPlaylist(RootModel[list[OldPlaylistVideo]]):
    """`playlist.json` as older versions wrote it."""
