"""Channels and their settings."""

from functools import partial

from starlette.responses import Response

from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.api import views
from insta_stream.api.acts import Doing, does
from insta_stream.api.channel_schemas import Channel, ChannelChanges, ChannelList, NewChannel
from insta_stream.api.channel_texts import ChannelTexts
from insta_stream.api.chunks import as_list
from insta_stream.api.edits import settings_of
from insta_stream.api.permits import Caller, needs, router
from insta_stream.api.playlist_schemas import OldPlaylist, OldPlaylistVideo
from insta_stream.api.services import Held
from insta_stream.api.slugs import Slug
from insta_stream.api.wire import Done, Reply, duration, moment
from insta_stream.ids import VideoId

routes = router("/api/channels", "channels")


@routes.get("", response_model=Reply[ChannelList], summary="All channels")
@needs(Permission.CHANNEL_VIEW, on_any_channel=True)
def list_channels(services: Held, caller: Caller) -> Response:
    texts = (text for _, text in ChannelTexts(services).each(caller.channels))
    return as_list("channels", texts, {"ladder": views.ladder_text()})


@routes.post("", status_code=201, summary="Create a channel")
@needs(Permission.CHANNELS_MANAGE)
@does(Action.CHANNEL_CREATE)
async def create(services: Held, doing: Doing, body: NewChannel) -> Reply[Channel]:
    doing.concerns("channel", body.slug, body.title)
    channel = await services.registry.create(
        body.slug,
        body.title,
        rungs=tuple(body.rungs) if body.rungs is not None else None,
        window_seconds=body.window_seconds,
        slate=VideoId(body.slate) if body.slate is not None else None,
        playback=body.playback,
    )
    doing.tell(after=settings_of(services, channel))
    return Reply(message="The channel was created.", data=views.channel(services, channel))


@routes.get("/{slug}", summary="A channel")
@needs(Permission.CHANNEL_VIEW)
async def get(services: Held, slug: Slug) -> Reply[Channel]:
    return Reply(message="", data=views.channel(services, services.channels.get(slug)))


@routes.patch("/{slug}", summary="Change a channel's settings")
@needs(Permission.CHANNEL_SETTINGS)
@does(Action.CHANNEL_CHANGE)
async def update(services: Held, slug: Slug, doing: Doing, body: ChannelChanges) -> Reply[Channel]:
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    before = settings_of(services, services.channels.get(slug))
    channel = await services.registry.update(slug, **changes)
    doing.tell_changes(before, settings_of(services, channel))
    return Reply(message="The channel was changed.", data=views.channel(services, channel))


@routes.delete("/{slug}", summary="Delete a channel that is off air")
@needs(Permission.CHANNELS_MANAGE)
@does(Action.CHANNEL_DELETE)
async def delete(services: Held, slug: Slug, doing: Doing) -> Done:
    before = settings_of(services, services.channels.get(slug))
    await services.reserve.helped(partial(services.registry.delete, slug))
    doing.tell(before=before)
    return Done(message="The channel was deleted.")


@routes.get(
    "/{slug}/export",
    response_model=list[OldPlaylistVideo],
    summary="The playlist in the format of `playlist.json`",
)
@needs(Permission.CHANNEL_READ)
def export(services: Held, slug: Slug) -> Response:
    items = [
        OldPlaylistVideo(
            id=item.video.id,
            filename=item.video.id,
            original_name=item.video.name,
            path=str(services.folder.original(item.video.id)),
            size=item.video.size_bytes,
            duration=duration(item.video.duration),
            added_at=moment(item.added_at),
        )
        for item in services.playlists.status(slug).items
    ]
    return views.as_response(OldPlaylist(items))
