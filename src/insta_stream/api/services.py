"""What the routes work with, wired once by `app`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from insta_stream.access.audit_log import AuditLog
from insta_stream.access.credentials import Credentials
from insta_stream.access.oidc import Provider
from insta_stream.access.people import People
from insta_stream.access.playback import PlaybackLinks
from insta_stream.access.sessions import Sessions
from insta_stream.access.tokens import Tokens
from insta_stream.channels.channel import Playback
from insta_stream.channels.playlist import PlaylistManager
from insta_stream.channels.registry import Registry
from insta_stream.channels.shown import Shown
from insta_stream.channels.stream import StreamManager
from insta_stream.clock import Clock
from insta_stream.health.health import Health
from insta_stream.ids import ChannelSlug
from insta_stream.library.library import Library
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.metrics import Metrics
from insta_stream.retention.janitor import Janitor
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.reserve import Reserve


@dataclass(frozen=True, slots=True)
class Services:
    """The services behind the API.

    reserve: helps where something goes and the disk is full. public_url: how viewers reach this server, None
    for as they asked. provider: of another service that people can sign in with, None for none.
    """

    clock: Clock
    library: Library
    channels: Shown
    registry: Registry
    playlists: PlaylistManager
    streams: StreamManager
    janitor: Janitor
    reserve: Reserve
    metrics: Metrics
    folder: DataFolder
    public_url: str | None
    health: Health
    ffmpeg: FFmpeg
    tokens: Tokens
    people: People
    credentials: Credentials
    sessions: Sessions
    provider: Provider | None
    links: PlaybackLinks
    audit_log: AuditLog


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Held = Annotated[Services, Depends(_services)]
"""The services, as a parameter of a route."""


def is_any_protected(services: Services) -> bool:
    """Tell whether there is a channel that not everybody may watch."""
    return any(channel.playback is not Playback.PUBLIC for channel in services.channels.all())


def chosen_channels(services: Services, slugs: Iterable[str] | None) -> frozenset[ChannelSlug] | None:
    """Return the channels that a body names, None for all. Raises Unknown."""
    if slugs is None:
        return None
    return frozenset(services.channels.get(ChannelSlug(slug)).slug for slug in slugs)
