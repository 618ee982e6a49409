"""What the routes work with, wired once by `app`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from insta_stream.access.tokens import Tokens
from insta_stream.channels.janitor import Janitor
from insta_stream.channels.playlist import PlaylistManager
from insta_stream.channels.registry import Channels
from insta_stream.channels.stream import StreamManager
from insta_stream.clock import Clock
from insta_stream.health.health import Health
from insta_stream.library.library import Library
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.metrics import Metrics
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.reserve import Reserve


@dataclass(frozen=True, slots=True)
class Services:
    """The services behind the API.

    reserve: helps where something goes and the disk is full.
    public_url: how viewers reach this server, None for as they asked.
    """

    clock: Clock
    library: Library
    channels: Channels
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


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Held = Annotated[Services, Depends(_services)]
"""The services, as a parameter of a route."""
