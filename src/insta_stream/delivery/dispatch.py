"""Which part of the server answers a request: the hot path, or the API framework behind it."""

from dataclasses import dataclass
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from insta_stream.delivery.http import Reply


class Ready(Protocol):
    """An ASGI application whose replies are often ready."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

    def at_once(self, scope: Scope) -> Reply | None:
        """Return the reply to a GET, where it is ready; None where the request is to be asked."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends /stream/ and /media/ to their handlers and everything else to the API.

    programmes: the JSON documents among the playlists. previews: the playlists among the media.
    """

    playlists: Ready
    programmes: ASGIApp
    media: ASGIApp
    previews: ASGIApp
    api: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if path.startswith("/media/"):
                if path.endswith(".m3u8"):
                    return await self.previews(scope, receive, send)
                return await self.media(scope, receive, send)
            if path.startswith("/stream/"):
                if path.endswith(".json"):
                    return await self.programmes(scope, receive, send)
                return await self.playlists(scope, receive, send)
        return await self.api(scope, receive, send)

    def at_once(self, scope: Scope) -> Reply | None:
        """Return the reply to a GET, where it is ready; None where the request is to be asked."""
        path: str = scope["path"]
        if path.startswith("/stream/") and path.endswith(".m3u8"):
            return self.playlists.at_once(scope)
        return None
