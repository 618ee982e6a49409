"""Start, stop, pause, resume, skip: the same routes for the main channel and for any other."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends
from starlette.responses import Response

from insta_stream.access.act import Act
from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.api import playlist_schemas, views, wire
from insta_stream.api.acts import Doing, does
from insta_stream.api.edits import tell_edit
from insta_stream.api.patience import patiently
from insta_stream.api.permits import needs, router
from insta_stream.api.services import Held, Services
from insta_stream.api.slugs import SlugOf
from insta_stream.api.transport_schemas import StreamChanged, StreamStatus
from insta_stream.api.wire import Reply
from insta_stream.channels.editor import Applied
from insta_stream.ids import ChannelSlug

_SKIPPED = {
    "on": "The next video follows.",
    "paused": "The next video follows when the channel resumes.",
    "off": "The channel will start with the next video.",
}

P = TypeVar("P", playlist_schemas.Playlist, playlist_schemas.ChannelPlaylist)


def transport_routes(
    prefix: str, slug_of: SlugOf, playlist: Callable[[Services, ChannelSlug], P], kind: type[P]
) -> APIRouter:
    """Return the routes, at `prefix`. slug_of: whose. playlist, kind: how the status shows its playlist."""
    routes = router(f"{prefix}/stream", "stream")
    Slug = Annotated[ChannelSlug, Depends(slug_of)]  # noqa: N806 - a type
    status_type: type[StreamStatus[P]] = StreamStatus[kind]  # type: ignore[valid-type]
    changed_type: type[StreamChanged[P]] = StreamChanged[kind]  # type: ignore[valid-type]
    status_reply: type[Reply[StreamStatus[P]]] = Reply[status_type]  # type: ignore[valid-type]
    changed_reply: type[Reply[StreamChanged[P]]] = Reply[changed_type]  # type: ignore[valid-type]

    def status(services: Services, slug: ChannelSlug) -> StreamStatus[P]:
        now = services.streams.status(slug)
        return status_type(
            is_streaming=now.is_streaming,
            stream_url=views.stream_url(slug),
            current_video=views.brief(now.current.video) if now.current else None,
            playlist_status=playlist(services, slug),
            state=now.state,
            standby=views.standby(services, services.channels.get(slug)),
            position=wire.duration(now.position) if now.position is not None else None,
            started_at=wire.optional_moment(now.started_at),
        )

    async def change(
        services: Services,
        doing: Act,
        slug: ChannelSlug,
        edit: Callable[[], Awaitable[Applied]],
        message: str,
        *,
        but_for: str = "",
    ) -> Response:
        before = services.channels.get(slug)
        applied = await patiently(edit, but_for=but_for)
        tell_edit(doing, services, before, applied.channel)

        def show() -> Response:
            shown = status(services, slug)
            when = wire.moment(applied.effective_at)
            revision = views.revision(applied.channel)
            data = changed_type(
                **dict(shown),
                effective_at=when,
                revision=revision,
                next=views.following(services, applied),
                back=views.leaving(services, applied),
            )
            return views.as_response(changed_reply(message=message, data=data))

        # Not behind those who view: whoever steers a channel hears at once what came of it.
        return await asyncio.to_thread(show)

    @routes.get("/status", response_model=status_reply, summary="What the channel is playing")
    @needs(Permission.CHANNEL_VIEW)
    def get_status(services: Held, slug: Slug) -> Response:
        return views.as_response(status_reply(message="", data=status(services, slug)))

    @routes.post("/start", response_model=changed_reply, summary="Put the channel on air")
    @needs(Permission.CHANNEL_AIR)
    @does(Action.CHANNEL_START)
    async def start(services: Held, doing: Doing, slug: Slug) -> Response:
        return await change(
            services, doing, slug, partial(services.streams.start, slug), "The channel is on air."
        )

    @routes.post("/stop", response_model=changed_reply, summary="Take the channel off air")
    @needs(Permission.CHANNEL_AIR)
    @does(Action.CHANNEL_STOP)
    async def stop(services: Held, doing: Doing, slug: Slug) -> Response:
        return await change(
            services, doing, slug, partial(services.streams.stop, slug), "The channel is off air."
        )

    @routes.post(
        "/pause", response_model=changed_reply, summary="Pause: show the standby picture and keep the place"
    )
    @needs(Permission.CHANNEL_AIR)
    @does(Action.CHANNEL_PAUSE)
    async def pause(services: Held, doing: Doing, slug: Slug) -> Response:
        # Nothing but the slate is wanted of it: whoever waits for that without a word presses again.
        message, but_for = "The channel is paused; viewers see the standby picture.", "slate_not_ready"
        return await change(
            services, doing, slug, partial(services.streams.pause, slug), message, but_for=but_for
        )

    @routes.post("/resume", response_model=changed_reply, summary="Resume where the pause began")
    @needs(Permission.CHANNEL_AIR)
    @does(Action.CHANNEL_RESUME)
    async def resume(services: Held, doing: Doing, slug: Slug) -> Response:
        return await change(
            services, doing, slug, partial(services.streams.resume, slug), "The channel has resumed."
        )

    @routes.post("/skip", response_model=changed_reply, summary="Skip to the next video")
    @needs(Permission.CHANNEL_AIR)
    @does(Action.CHANNEL_SKIP)
    async def skip(services: Held, doing: Doing, slug: Slug) -> Response:
        message = _SKIPPED[services.streams.status(slug).state]
        return await change(services, doing, slug, partial(services.streams.skip, slug), message)

    return routes
