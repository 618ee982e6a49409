"""A port of its own for programs that watch the server: its metrics and how it is, without a token.

Who reaches that port is up to whoever opened it: by default only this machine does. Nothing else is
answered there, so that it opens nothing that a viewer's page or a stranger could use.
"""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.api.callers import Access
from insta_stream.api.guard import Guard
from insta_stream.api.permits import admit
from insta_stream.api.problems import problem

WATCHER = Principal(frozenset({Permission.SERVER_READ}))
"""Who asks there."""

_PATHS = ("/metrics", "/health", "/health/ready")
_ELSEWHERE = f"Only {', '.join(_PATHS[:-1])} and {_PATHS[-1]} are answered on this port."


class Scrapes:
    """Answers on that port, with the routes of the API. hosts: names that the server answers to."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._guard = Guard(self._answer, Access(hosts=hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._guard(scope, receive, send)

    def at_once(self, scope: Scope) -> None:
        """No reply is ready."""

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in _PATHS:
            await self._app(admit(scope, WATCHER), receive, send)
        else:
            await problem(404, "unknown", _ELSEWHERE)(scope, receive, send)
