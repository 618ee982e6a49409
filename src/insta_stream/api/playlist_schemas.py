"""JSON bodies: playlists, and what an edit of one did."""

from typing import Annotated

from pydantic import Field, RootModel

from insta_stream.api.video_schemas import VideoBrief
from insta_stream.api.wire import Body, Id, Model, Moment, Revision, Seconds, VideoState
from insta_stream.channels.playlist import MAX_ENTRIES


class Effect(Model):
    """When an edit reaches the air."""

    effective_at: Moment = Field(description="When viewers see the change.")
    revision: Revision


class EntriesAdded(Effect):
    """When added videos air at the earliest, and the ids of their places in the playlist."""

    entries: list[str]


class EntryName(Model):
    """An entry of a playlist and its video's name."""

    entry: str
    id: str = Field(description="The video.")
    name: str


class Place(EntryName):
    """A place in the video of an entry."""

    offset: Seconds


NEXT = "What the channel continues with; null if that is only the slate."
BACK = (
    "What the skip or jump left: a jump to this `entry` and `offset` undoes it. null if that was not in "
    "the playlist, or is the same."
)


class Steered(Effect):
    """What a jump makes of a channel, and how to take it back."""

    next: EntryName | None = Field(description=NEXT)
    back: Place | None = Field(description=BACK)


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
