"""Playlists: the main channel's, whose routes speak of videos, and any channel's, which speak of entries."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import Path
from starlette.responses import Response

from insta_stream.access.permission import Permission
from insta_stream.api import views
from insta_stream.api.permits import needs, router
from insta_stream.api.schemas import (
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
from insta_stream.channels.registry import Applied
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


async def _helped(services: Services, edit: Callable[..., Awaitable[Applied]], *given: Any) -> Applied:
    """Make an edit that removes something, or chooses what airs: also when the disk is full."""
    return await services.reserve.helped(partial(edit, *given))


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


def _steered(services: Services, slug: ChannelSlug, applied: Applied) -> Reply[Steered]:
    message = _FOLLOWS[services.streams.status(slug).state]
    return Reply(message=message, data=views.steered(services, applied))


@main_routes.get("", response_model=Reply[Playlist], summary="The main channel's playlist")
@needs(Permission.CHANNEL_READ)
def main_status(services: Held) -> Response:
    return views.as_response(Reply[Playlist](message="", data=views.main_playlist(services, MAIN)))


@main_routes.delete("/{video_id}", summary="Remove a video")
@needs(Permission.CHANNEL_AIR)
async def main_remove(services: Held, video_id: str) -> Reply[Effect]:
    return _effect(
        await _helped(services, services.playlists.remove_video, MAIN, VideoId(video_id)),
        "The video was removed.",
    )


@main_routes.delete("", summary="Remove every video")
@needs(Permission.CHANNEL_AIR)
async def main_clear(services: Held) -> Reply[Effect]:
    return _effect(await _helped(services, services.playlists.clear, MAIN), "The playlist is empty.")


@main_routes.post("/reorder", summary="Change the order of the videos")
@needs(Permission.CHANNEL_AIR)
async def main_reorder(services: Held, body: Order) -> Reply[Effect]:
    order = [VideoId(video) for video in body.order]
    return _effect(await services.playlists.reorder_videos(MAIN, order), "The order was changed.")


@main_routes.post("/current/{index}", summary="Play the video at a position now")
@needs(Permission.CHANNEL_AIR)
async def main_jump(services: Held, index: Index) -> Reply[Steered]:
    applied = await _helped(services, services.playlists.jump_to_index, MAIN, index)
    return _steered(services, MAIN, applied)


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
async def add(services: Held, slug: Slug, body: VideosToAdd) -> Reply[EntriesAdded]:
    videos = [VideoId(video) for video in body.videos]
    return _added(await services.playlists.add(slug, videos, at=body.at), "Added.")


@channel_routes.put("", summary="Replace the whole playlist")
@needs(Permission.CHANNEL_AIR)
async def replace(services: Held, slug: Slug, body: VideosInstead) -> Reply[EntriesAdded]:
    videos = [VideoId(video) for video in body.videos]
    return _added(await services.playlists.replace(slug, videos), "The playlist was replaced.")


@channel_routes.delete("", summary="Remove every entry")
@needs(Permission.CHANNEL_AIR)
async def clear(services: Held, slug: Slug) -> Reply[Effect]:
    return _effect(await _helped(services, services.playlists.clear, slug), "The playlist is empty.")


@channel_routes.delete("/{entry}", summary="Remove an entry")
@needs(Permission.CHANNEL_AIR)
async def remove(services: Held, slug: Slug, entry: str) -> Reply[Effect]:
    return _effect(
        await _helped(services, services.playlists.remove, slug, [EntryId(entry)]), "The entry was removed."
    )


@channel_routes.post("/remove", summary="Remove several entries in one edit")
@needs(Permission.CHANNEL_AIR)
async def remove_several(services: Held, slug: Slug, body: EntriesToRemove) -> Reply[Effect]:
    entries = [EntryId(entry) for entry in body.entries]
    return _effect(
        await _helped(services, services.playlists.remove, slug, entries), "The entries were removed."
    )


@channel_routes.post("/reorder", summary="Change the order of the entries")
@needs(Permission.CHANNEL_AIR)
async def reorder(services: Held, slug: Slug, body: Order) -> Reply[Effect]:
    order = [EntryId(entry) for entry in body.order]
    return _effect(await services.playlists.reorder(slug, order), "The order was changed.")


@channel_routes.post("/current", summary="Play an entry now")
@needs(Permission.CHANNEL_AIR)
async def jump(services: Held, slug: Slug, body: EntryToJumpTo) -> Reply[Steered]:
    entry, offset = EntryId(body.entry), seconds(body.offset)
    applied = await _helped(services, services.playlists.jump, slug, entry, offset)
    return _steered(services, slug, applied)


@channel_routes.post("/current/{index}", summary="Play the entry at a position now")
@needs(Permission.CHANNEL_AIR)
async def jump_to_index(services: Held, slug: Slug, index: Index) -> Reply[Steered]:
    applied = await _helped(services, services.playlists.jump_to_index, slug, index)
    return _steered(services, slug, applied)


@channel_routes.post("/undo", summary="Undo the last edit of the playlist")
@needs(Permission.CHANNEL_AIR)
async def undo(services: Held, slug: Slug) -> Reply[Effect]:
    return _effect(await services.playlists.undo(slug), "The last edit was undone.")
