"""The API as one ASGI application: routes, errors, checks and the web UI.

Routes that only read, and may have much to show, are plain functions: the framework runs them in a thread, so
that a playlist of 25,000 entries does not hold up the playlists of viewers. They return responses
(`views.as_response`), for what they would return otherwise is written by the event loop.
"""

from functools import partial
from pathlib import Path

from fastapi import FastAPI
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp

from insta_stream import __version__
from insta_stream.api import (
    about,
    account,
    audit,
    channels,
    guide,
    health,
    invitation,
    originals,
    pages,
    people,
    playback,
    playlists,
    problems,
    retention,
    schemas,
    session,
    sso,
    tokens,
    topics,
    tus,
    upload,
    videos,
    views,
)
from insta_stream.api.callers import Access
from insta_stream.api.events.connection import Events
from insta_stream.api.guard import Guard
from insta_stream.api.recording import Record, forget
from insta_stream.api.slugs import main_channel, named_channel
from insta_stream.api.transport import transport_routes

_ABOUT = """Package once, play forever: upload videos, arrange a playlist, and it plays around the clock.

Every answer is `{"success", "message", "data"}`; every error is `{"success": false, "message", "code"}`.
Routes without a channel's name are about the channel `main`."""


def guarded(app: FastAPI, access: Access, record: Record = forget) -> ASGIApp:
    """Return the API as it is served. Its `state.services` and `state.events` are set before it is asked.
    record: takes what changes, or was refused, for the audit log.
    """
    app.state.access = access
    app.router.routes.append(WebSocketRoute("/api/events", Events(access.listener, access.address)))
    return Guard(app, access, record, partial(session.refused_early, app))


def routes(static: Path, public_url: str | None = None) -> FastAPI:
    """Return the API without its guard; `openapi()` of it is the published description.

    static: the folder of the built web UI, which need not be there. public_url: how others reach the server.
    """
    app = FastAPI(
        title="Insta-Stream",
        description=_ABOUT,
        version=__version__,
        openapi_url=None,  # making it takes a while: the pages have it made in a thread
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    problems.install(app, lambda _: app.state.services.metrics.failures.inc())
    app.include_router(upload.routes)
    app.include_router(tus.routes)
    app.include_router(playlists.main_routes)
    main = transport_routes(main_channel, views.main_playlist, schemas.Playlist)
    app.include_router(main, prefix="/api")
    app.include_router(channels.routes)
    app.include_router(playlists.channel_routes)
    named = transport_routes(named_channel, views.channel_playlist, schemas.ChannelPlaylist)
    app.include_router(named, prefix="/api/channels/{slug}")
    app.include_router(guide.channel_routes)
    app.include_router(videos.routes)
    app.include_router(retention.routes)
    app.include_router(originals.routes)
    app.include_router(guide.address_routes)
    app.include_router(guide.listing_routes)
    app.include_router(guide.listing_routes, prefix="/tv/{secret}", include_in_schema=False)
    app.include_router(health.routes)
    app.include_router(topics.routes)
    app.include_router(session.routes)
    app.include_router(sso.routes)
    app.include_router(account.routes)
    app.include_router(invitation.routes)
    app.include_router(people.routes)
    app.include_router(tokens.routes)
    app.include_router(playback.routes)
    app.include_router(playback.link_routes)
    app.include_router(audit.routes)
    app.include_router(about.about_routes(static))
    pages.install(app, static, public_url)
    return app
