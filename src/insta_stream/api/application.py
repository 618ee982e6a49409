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
    playlist_schemas,
    playlists,
    problems,
    retention,
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
from insta_stream.db.latest import Know, know_already

_ABOUT = """Package once, play forever: upload videos, arrange a playlist, and it plays around the clock.

Every answer is `{"success", "message", "data"}`; every error is `{"success": false, "message", "code"}`.
Routes without a channel's name are about the channel `main`."""

_PARTS = (
    upload.routes,
    tus.routes,
    playlists.main_routes,
    transport_routes("/api", main_channel, views.main_playlist, playlist_schemas.Playlist),
    channels.routes,
    playlists.channel_routes,
    transport_routes(
        "/api/channels/{slug}", named_channel, views.channel_playlist, playlist_schemas.ChannelPlaylist
    ),
    guide.channel_routes,
    videos.routes,
    retention.routes,
    originals.routes,
    guide.address_routes,
    guide.listing_routes,
    health.routes,
    topics.routes,
    session.routes,
    sso.routes,
    account.routes,
    invitation.routes,
    people.routes,
    tokens.routes,
    playback.routes,
    playback.link_routes,
    audit.routes,
)


def guarded(app: FastAPI, access: Access, record: Record = forget, know: Know = know_already) -> ASGIApp:
    """Return the API as it is served. Its `state.services` and `state.events` are set before it is asked.
    record: takes what changes, or was refused, for the audit log. know: what others have
    changed.
    """
    app.state.access = access
    app.router.routes.append(WebSocketRoute("/api/events", Events(access.listener, access.address)))
    return Guard(app, access, record, partial(session.refused_early, app), know)


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
    # Not included: of each that is, a server makes all routes once more, when it is first asked.
    for part in (*_PARTS, about.about_routes(static)):
        app.router.routes.extend(part.routes)
    app.include_router(guide.listing_routes, prefix="/tv/{secret}", include_in_schema=False)
    pages.install(app, static, public_url)
    return app
