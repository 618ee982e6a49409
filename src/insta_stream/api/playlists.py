"""Playlists: the main channel's, whose routes speak of videos, and any channel's, which speak of entries."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import Path
from starlette.responses import Response

from insta_stream.access.act import Act
from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.api import views
from insta_stream.api.acts import Doing, does
from insta_stream.api.edits import tell_edit
from insta_stream.api.permits import needs, router
from insta_stream.api.playlist_schemas import (
    ChannelPlaylist,
    Effect,
    EntriesAdded,
    EntriesToRemove,
    EntryToJumpTo,
    NextBorder,
    Order,
    Playlist,
    Steered,
    VideosInstead,
    VideosToAdd,
)
from insta_stream.api.services import Held, Services
from insta_stream.api.slugs import Slug
from insta_stream.api.wire import Reply, moment, optional_moment
from insta_stream.channels.editor import Applied
from insta_stream.channels.slug import MAIN
from insta_stream.ids import ChannelSlug, EntryId, VideoId
from insta_stream.ticks import seconds

main_routes = router("/api/playlist", "playlist")
channel_routes = router("/api/channels/{slug}/playlist", "playlist")

Index = Annotated[int, Path(description="Counted from 0.")]

_FOLLOWS = {
    "on": "It follows.",
    "paused": "It follows when the channel resumes.",
    "off": "The channel will start with it.",
}


async def _helped(
    services: Services, doing: Act, slug: ChannelSlug, edit: Callable[..., Awaitable[Applied]], *given: Any
) -> Applied:
    """Make an edit that removes something, or chooses what airs: also when the disk is full."""

    async def helped(*given: Any) -> Applied:
        return await services.reserve.helped(partial(edit, *given))

    return await _made(services, doing, slug, helped, *given)


async def _made(
    services: Services, doing: Act, slug: ChannelSlug, edit: Callable[..., Awaitable[Applied]], *given: Any
) -> Applied:
    """Make an edit of a channel, and say what it changed."""
    before = services.channels.get(slug)
    applied = await edit(slug, *given)
    tell_edit(doing, services, before, applied.channel)
    return applied


def _effect(applied: Applied, message: str) -> Reply[Effect]:
    data = Effect(effective_at=moment(applied.effective_at), revision=views.revision(applied.channel))
    return Reply(message=message, data=data)


def _added(applied: Applied, message: str) -> Reply[EntriesAdded]:
    data = EntriesAdded(
        effective_at=moment(applied.effective_at),
        revision=views.revision(applied.channel),
        entries=list(applied.added),
    )
    return Reply(message=message, data=data)


def _steered(services: Services, doing: Act, slug: ChannelSlug, applied: Applied) -> Reply[Steered]:
    message, data = _FOLLOWS[services.streams.status(slug).state], views.steered(services, applied)
    doing.tell(after={"next": data.next and data.next.name})
    return Reply(message=message, data=data)


@main_routes.get("", response_model=Reply[Playlist], summary="The main channel's playlist")
@needs(Permission.CHANNEL_READ)
def main_status(services: Held) -> Response:
    return views.as_response(Reply[Playlist](message="", data=views.main_playlist(services, MAIN)))


@main_routes.delete("/{video_id}", summary="Remove a video")
@needs(Permission.CHANNEL_AIR)
@does(Action.PLAYLIST_REMOVE)
async def main_remove(services: Held, doing: Doing, video_id: str) -> Reply[Effect]:
    return _effect(
        await _helped(services, doing, MAIN, services.playlists.remove_video, VideoId(video_id)),
        "The video was removed.",
    )


@main_routes.delete("", summary="Remove every video")
@needs(Permission.CHANNEL_AIR)
@does(Action.PLAYLIST_CLEAR)
async def main_clear(services: Held, doing: Doing) -> Reply[Effect]:
    return _effect(await _helped(services, doing, MAIN, services.playlists.clear), "The playlist is empty.")


@main_routes.post("/reorder", summary="Change the order of the videos")
@needs(Permission.CHANNEL_AIR)
@does(Action.PLAYLIST_SORT)
async def main_reorder(services: Held, doing: Doing, body: Order) -> Reply[Effect]:
    order = [VideoId(video) for video in body.order]
    return _effect(
        await _made(services, doing, MAIN, services.playlists.reorder_videos, order), "The order was changed."
    )


@main_routes.post("/current/{index}", summary="Play the video at a position now")
@needs(Permission.CHANNEL_AIR)
@does(Action.CHANNEL_PLAY)
async def main_jump(services: Held, doing: Doing, index: Index) -> Reply[Steered]:
    applied = await _helped(services, doing, MAIN, services.playlists.jump_to_index, index)
    return _steered(services, doing, MAIN, applied)


@channel_routes.get(
    "",
    response_model=Reply[ChannelPlaylist],
    summary="A channel's playlist, with the next airing of each entry",
)
@needs(Permission.CHANNEL_READ)
def status(services: Held, slug: Slug) -> Response:
    playlist = views.channel_playlist(services, slug)
    return views.as_response(Reply[ChannelPlaylist](message="", data=playlist))


@channel_routes.get("/next-border", summary="When an edit made now would show")
@needs(Permission.CHANNEL_READ)
def next_border(services: Held, slug: Slug) -> Reply[NextBorder]:
    skip_at, border_at = services.streams.next_border(slug)
    data = NextBorder(skip_at=optional_moment(skip_at), border_at=optional_moment(border_at))
    return Reply(message="", data=data)


@channel_routes.post("", summary="Add videos")
@needs(Permission.CHANNEL_AIR)
@does(Action.PLAYLIST_ADD)
async def add(services: Held, doing: Doing, slug: Slug, body: VideosToAdd) -> Reply[EntriesAdded]:
    videos = [VideoId(video) for video in body.videos]
    return _added(
        await _made(services, doing, slug, partial(services.playlists.add, at=body.at), videos), "Added."
    )


@channel_routes.put("", summary="Replace the whole playlist")
@needs(Permission.CHANNEL_AIR)
@does(Action.PLAYLIST_REPLACE)
async def replace(services: Held, doing: Doing, slug: Slug, body: VideosInstead) -> Reply[EntriesAdded]:
    videos = [VideoId(video) for video in body.videos]
    return _added(
        await _made(services, doing, slug, services.playlists.replace, videos), "The playlist was replaced."
    )


@channel_routes.delete("", summary="Remove every entry")
@needs(Permission.CHANNEL_AIR)
@does(Action.PLAYLIST_CLEAR)
async def clear(services: Held, doing: Doing, slug: Slug) -> Reply[Effect]:
    return _effect(await _helped(services, doing, slug, services.playlists.clear), "The playlist is empty.")


@channel_routes.delete("/{entry}", summary="Remove an entry")
@needs(Permission.CHANNEL_AIR)
@does(Action.PLAYLIST_REMOVE)
async def remove(services: Held, doing: Doing, slug: Slug, entry: str) -> Reply[Effect]:
    return _effect(
        await _helped(services, doing, slug, services.playlists.remove, [EntryId(entry)]),
        "The entry was removed.",
    )


@channel_routes.post("/remove", summary="Remove several entries in one edit")
@needs(Permission.CHANNEL_AIR)
@does(Action.PLAYLIST_REMOVE)
async def remove_several(services: Held, doing: Doing, slug: Slug, body: EntriesToRemove) -> Reply[Effect]:
    entries = [EntryId(entry) for entry in body.entries]
    return _effect(
        await _helped(services, doing, slug, services.playlists.remove, entries), "The entries were removed."
    )


@channel_routes.post("/reorder", summary="Change the order of the entries")
@needs(Permission.CHANNEL_AIR)
@does(Action.PLAYLIST_SORT)
async def reorder(services: Held, doing: Doing, slug: Slug, body: Order) -> Reply[Effect]:
    order = [EntryId(entry) for entry in body.order]
    return _effect(
        await _made(services, doing, slug, services.playlists.reorder, order), "The order was changed."
    )


@channel_routes.post("/current", summary="Play an entry now")
@needs(Permission.CHANNEL_AIR)
@does(Action.CHANNEL_PLAY)
async def jump(services: Held, doing: Doing, slug: Slug, body: EntryToJumpTo) -> Reply[Steered]:
    entry, offset = EntryId(body.entry), seconds(body.offset)
    applied = await _helped(services, doing, slug, services.playlists.jump, entry, offset)
    return _steered(services, doing, slug, applied)


@channel_routes.post("/current/{index}", summary="Play the entry at a position now")
@needs(Permission.CHANNEL_AIR)
@does(Action.CHANNEL_PLAY)
async def jump_to_index(services: Held, doing: Doing, slug: Slug, index: Index) -> Reply[Steered]:
    applied = await _helped(services, doing, slug, services.playlists.jump_to_index, index)
    return _steered(services, doing, slug, applied)


@channel_routes.post("/undo", summary="Undo the last edit of the playlist")
@needs(Permission.CHANNEL_AIR)
@does(Action.PLAYLIST_UNDO)
async def undo(services: Held, doing: Doing, slug: Slug) -> Reply[Effect]:
    return _effect(await _made(services, doing, slug, services.playlists.undo), "The last edit was undone.")
