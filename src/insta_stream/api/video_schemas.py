"""JSON bodies: videos, and what channels have of them."""

from typing import Annotated

from pydantic import Field

from insta_stream.api.wire import Body, Id, Model, Moment, Seconds, State, Title, VideoState
from insta_stream.channels.playlist import MAX_ENTRIES


class VideoBrief(Model):
    """The video on the air."""

    id: str
    name: str
    duration: Seconds


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
