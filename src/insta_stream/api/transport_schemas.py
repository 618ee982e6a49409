"""JSON bodies: what a channel is doing, and why it shows only its slate."""

from typing import Generic

from pydantic import Field

from insta_stream.api.playlist_schemas import BACK, NEXT, EntryName, Place
from insta_stream.api.video_schemas import VideoBrief
from insta_stream.api.wire import Model, Moment, Revision, Seconds, StandbyReason, State, T


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


STANDBY = "Set while the channel is on air, not paused, and shows only its slate; else null."


class StreamStatus(Model, Generic[T]):
    """What a channel is doing."""

    is_streaming: bool
    stream_url: str = Field(examples=["/stream/stream.m3u8"])
    current_video: VideoBrief | None
    playlist_status: T
    state: State
    standby: Standby | None = Field(description=STANDBY)
    position: Seconds | None = Field(description="The position in the video on air.")
    started_at: Moment | None


class StreamChanged(StreamStatus[T], Generic[T]):
    """What a channel is doing, and when the change reaches the air."""

    effective_at: Moment
    revision: Revision
    next: EntryName | None = Field(description=NEXT)
    back: Place | None = Field(description=BACK)
