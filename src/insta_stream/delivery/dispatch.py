"""Which part of the server answers a request: the hot path, or the API framework behind it."""

from dataclasses import dataclass
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from insta_stream.db.latest import Know, know_already
from insta_stream.delivery.gate import Gate
from insta_stream.delivery.http import Refusal, Reply, answered_method, refuse


class Ready(Protocol):
    """An ASGI application whose replies are often ready."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

    def at_once(self, scope: Scope) -> Reply | None:
        """Return the reply to a GET, where it is ready; None where the request is to be asked."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends /stream/ and /media/ to their handlers and everything else to the API.

    gate: lets viewers in first. programmes: the JSON documents among the playlists. previews: the playlists
    among the media. know: what others have changed.
    """

    gate: Gate
    playlists: Ready
    programmes: ASGIApp
    media: ASGIApp
    previews: ASGIApp
    api: ASGIApp
    know: Know = know_already

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            inner, answer = await self._found(scope)
        except Refusal as refusal:
            if not await answered_method(scope, send):
                await refuse(scope, send, refusal)
            return
        await answer(inner, receive, send)

    async def _found(self, scope: Scope) -> tuple[Scope, ASGIApp]:
        """Return a request without its pass, and what answers it. Raises Refusal."""
        try:
            return await self._entered(scope)
        except Refusal:
            await self.know()  # perhaps another process has just made what it is about
        return await self._entered(scope)

    async def _entered(self, scope: Scope) -> tuple[Scope, ASGIApp]:
        if scope["type"] == "http" and scope["path"].startswith("/t/"):
            scope = self.gate.enter(scope)
        return scope, await self._admitted(scope)

    async def _admitted(self, scope: Scope) -> ASGIApp:
        """Return what answers a request. Raises Refusal."""
        path: str = scope["path"] if scope["type"] == "http" else ""
        if path.startswith("/media/"):
            await self.gate.check_media(scope)
            return self.previews if path.endswith(".m3u8") else self.media
        if path.startswith("/stream/"):
            is_document = path.endswith(".json")
            if not (is_document and self.gate.knows(path)):  # a playlist that is there was ready
                await self.know()
            self.gate.check(scope)
            return self.programmes if is_document else self.playlists
        if path.startswith("/allows/"):
            return self.gate.allow
        return self.api

    def at_once(self, scope: Scope) -> Reply | None:
        """Return the reply to a GET, where it is ready; None where the request is to be asked."""
        path: str = scope["path"]
        if not path.endswith(".m3u8"):
            return None
        try:
            if path.startswith("/t/"):
                scope = self.gate.admit_at_once(scope)
            elif path.startswith("/stream/"):
                self.gate.check(scope)
            else:
                return None
        except Refusal:
            return None
        return self.playlists.at_once(scope)
