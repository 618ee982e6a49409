"""Who may drive this server: checks that come before any route.

A page on another site can make a visitor's browser send requests to a server on the visitor's own machine. It
cannot read the replies, but it could stop a channel. Three checks prevent it: the Host must be one of ours
(against names that are re-bound to 127.0.0.1), a request that changes something must not come from another
origin, and where not everybody may do everything, who asks must show who they are (`callers`). Then the Host
may be any name, such as `nas` in a network at home. /stream/ and /media/ are open to all and do not come
here. Pages of the origins that the settings name may do and read all of it (`cross_origin`).
"""

from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from insta_stream.access.action import Action
from insta_stream.access.principal import NOBODY, Principal
from insta_stream.api import cross_origin, hostname
from insta_stream.api.acts import SAFE_METHODS, act_of
from insta_stream.api.attempts import TOO_MANY_TOKENS, wait
from insta_stream.api.bodies import STRANGERS_ALL_BYTES, STRANGERS_BYTES, Bodies
from insta_stream.api.callers import Access, shown
from insta_stream.api.events.frames import Farewell
from insta_stream.api.events.wire import refuse
from insta_stream.api.permits import admit
from insta_stream.api.problems import problem
from insta_stream.api.recording import Record, begin, forget, is_recorded, recorded, refuse_at_door
from insta_stream.api.tv import TvLinks
from insta_stream.db.latest import Know, know_already
from insta_stream.delivery.admission import viewer_of

UPLOAD_PATH = "/api/upload"
UPLOADS_PATH = "/api/uploads"

SIGN_IN = ("POST", "/api/session")

_EMBED = "/embed/"
_OPEN_PATHS = (
    "/health",
    "/assets/",
    "/favicon",
    "/watch/",
    "/studio",
    _EMBED,
)
"""Where nothing need be shown, besides the front page: the pages and health."""
_SIGN_IN_PATHS = ("/api/session", "/api/invitation")
"""Nor here."""
_PLAYER_PATHS = ("/guide.xml", "/channels.m3u")
_NO_LINK = (
    "This link is not valid, or no longer. Copy it again: “TV app links” on the Studio's page Channels."
)
_LOCKED = "This needs the server's access token."
_NEW = "No one can sign in yet. Open the link in the server's log to choose the first admin's password."
_SIGN_IN = "Sign in first, or show an access token."
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:;"
    " object-src 'none'; base-uri 'none'; form-action 'self'"
)
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": f"{_POLICY}; frame-ancestors 'none'",
}
_EMBED_HEADERS = {
    **{name: value for name, value in SECURITY_HEADERS.items() if name != "x-frame-options"},
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": _POLICY,
}
"""Of the player that any page may put into a frame: it can do nothing but play."""


class Guard:
    """Checks Host, Origin and token, limits bodies, answers HEAD, and adds security headers.

    record: takes what requests that change something did, or were refused, before they are answered. know:
    what others have changed.
    refused_early: returns the refusal of somebody who signs in, before anything else is looked at.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        record: Record = forget,
        refused_early: Callable[[Scope], Response | None] = lambda _: None,
        know: Know = know_already,
    ) -> None:
        self._app = app
        self._record = record
        self._access = access
        self._refused_early = refused_early
        self._know = know
        self._bodies = Bodies()
        self._strangers_bodies = Bodies(STRANGERS_BYTES, STRANGERS_ALL_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and (farewell := self._farewell(Headers(scope=scope))):
            await refuse(receive, send, farewell)
            return
        if scope["type"] == "websocket":
            await self._know()
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        headers = Headers(scope=scope)
        added = _embed_headers(scope) if scope["path"].startswith(_EMBED) else SECURITY_HEADERS
        send = _finished(send, {**added, **self._grant(headers)}, is_head=is_head)
        if (scope["method"], scope["path"]) == SIGN_IN and (refusal := self._refused_early(scope)):
            scope, send = self._watched(scope, send, NOBODY)
            act_of(scope).action = Action.SESSION_START
            await refusal(scope, receive, send)
            return
        if not _is_page(scope["path"]):
            await self._know()  # who asks may have just signed in, or made what they ask for, elsewhere
        caller = self._access.caller(scope)
        too_fast = self._too_fast(scope, caller)
        if is_recorded(scope):
            scope, send = self._watched(scope, send, caller)
        if too_fast:
            act_of(scope).action = Action.REQUEST
            await too_fast(scope, receive, send)
            return
        if answer := self._answer(scope, headers, caller):
            refuse_at_door(act_of(scope))
            await answer(scope, receive, send)
            return
        scope = admit(scope, caller)
        if is_head:
            # A range is one of GET alone (RFC 9110 section 14.2).
            kept = [(name, value) for name, value in scope["headers"] if name != b"range"]
            scope = {**scope, "method": "GET", "headers": kept}
        if _is_upload(scope["path"]):
            await self._app(scope, receive, send)
            return
        if scope["method"] in SAFE_METHODS:
            await self._app(scope, _without_body(receive), send)
            return
        bodies = self._strangers_bodies if caller is NOBODY else self._bodies
        with bodies.receiving(receive) as limited:
            await self._app(scope, limited, send)

    def _watched(self, scope: Scope, send: Send, caller: Principal) -> tuple[Scope, Send]:
        """Return both for a request that the audit log is to tell of."""
        scope = begin(scope, self._access, caller)
        return scope, recorded(scope, send, self._record)

    def _too_fast(self, scope: Scope, caller: Principal) -> Response | None:
        """Return the refusal of a request that is one too many: of the API, but for the pieces of uploads."""
        path: str = scope["path"]
        if _is_page(path) or (scope["method"] != "POST" and _is_upload(path)):
            return None
        if (found := self._access.too_fast(scope, caller)) is None:
            return None
        per_minute, pause = found
        said = f"Too many requests: this server takes {per_minute} a minute from each. Wait {pause} s."
        return problem(429, "too_many_requests", said, {"retry-after": str(pause)})

    def _grant(self, headers: Headers) -> Mapping[str, str]:
        """Return what lets a page of another origin read the answer, nothing where it may not."""
        origin = headers.get("origin", "")
        return cross_origin.grant(origin) if origin.lower() in self._access.origins else {}

    def _answer(self, scope: Scope, headers: Headers, caller: Principal) -> Response | None:
        """Return why a request is refused, or the answer to a preflight; None where a route is to answer."""
        path: str = scope["path"]
        if self._grant(headers) and cross_origin.is_preflight(scope["method"], headers):
            return cross_origin.preflight()  # before the token is asked for: browsers show none yet
        if path.startswith("/health"):
            return None
        host = headers.get("host", "")
        if not self._access.answers_to(host):
            return hostname.refusal(host, headers.get("accept", ""))
        if scope["method"] not in SAFE_METHODS and not self._is_same_site(headers, host):
            return problem(403, "bad_origin", "Pages of other sites may not change anything here.")
        if caller is not NOBODY or _is_page(path):
            return None
        if path.startswith(_SIGN_IN_PATHS):
            # What is answered there tells a right token from a wrong one.
            return self._paused(scope, shown(headers))
        if TvLinks.names(path):
            return self._unlinked(scope)
        return self._unauthorized(scope, shown(headers))

    def _unlinked(self, scope: Scope) -> Response:
        """Return the refusal of an address for television software whose secret is not ours (any more)."""
        if not self._access.is_open and (pause := self._access.attempts.failed(scope)):
            return problem(429, TOO_MANY_TOKENS, wait(pause), {"retry-after": str(pause)})
        return problem(404, "unknown", _NO_LINK)

    def _unauthorized(self, scope: Scope, token: str) -> Response:
        """Return the refusal of a request without a token, "", or with a wrong one."""
        if pause := self._paused(scope, token):
            return pause
        scheme = "Basic" if scope["path"] in _PLAYER_PATHS else "Bearer"
        challenge = {"www-authenticate": f'{scheme} realm="Insta-Stream"'}
        if self._access.roster.has_accounts:
            sentence = _SIGN_IN
        else:
            sentence = _LOCKED if self._access.has_token else _NEW
        return problem(401, "unauthorized", sentence, challenge)

    def _paused(self, scope: Scope, token: str) -> Response | None:
        """Take note of a wrong token, "" for none; return the refusal of one too many."""
        if token and (pause := self._access.attempts.failed(scope)):
            return problem(429, TOO_MANY_TOKENS, wait(pause), {"retry-after": str(pause)})
        return None

    def _farewell(self, headers: Headers) -> Farewell | None:
        """Say why a WebSocket may not be opened: browsers let any page open one, and read what comes."""
        host = headers.get("host", "")
        if not self._access.answers_to(host):
            return Farewell(4403, hostname.CODE, hostname.sentence(host))
        if not self._is_same_site(headers, host):
            return Farewell(4403, "bad_origin", "Pages of other sites may not listen here.")
        return None

    def _is_same_site(self, headers: Headers, host: str) -> bool:
        origin = headers.get("origin")
        if origin is not None:
            return self._access.trusts_origin(origin, host)
        return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}


def _embed_headers(scope: Scope) -> Mapping[str, str]:
    """Return the headers of the player for frames; one with a link for a site is shown in its pages only."""
    viewer = viewer_of(scope)
    if viewer is None or viewer.site is None:
        return _EMBED_HEADERS
    return {**_EMBED_HEADERS, "content-security-policy": f"{_POLICY}; frame-ancestors {viewer.site}"}


def _is_page(path: str) -> bool:
    """Return whether a path is one at which nothing need be shown."""
    return path == "/" or path.startswith(_OPEN_PATHS)


def _is_upload(path: str) -> bool:
    """Tell whether a body may be as large as a video: the route that reads it sees to its limits."""
    return path in {UPLOAD_PATH, UPLOADS_PATH} or path.startswith(f"{UPLOADS_PATH}/")


def _without_body(receive: Receive) -> Receive:
    """Return a `receive` that throws the body away: nobody reads that of a GET. Who sends a long answer
    listens meanwhile whether the client is still there, and must not fail for a body that is too large.
    """

    async def received() -> Message:
        message = await receive()
        return {**message, "body": b""} if message["type"] == "http.request" else message

    return received


def _finished(send: Send, added: Mapping[str, str], *, is_head: bool) -> Send:
    """Return a `send` that adds headers that all answers have, and for HEAD leaves the body out."""

    async def finished(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
            headers.add_vary_header("Origin")
        elif is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return finished
