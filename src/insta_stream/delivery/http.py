"""What every reply of the hot path has in common: CORS, methods, validators, errors."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from http import HTTPStatus

from starlette.types import Scope, Send

Headers = list[tuple[bytes, bytes]]

CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Content-Length, Content-Range, Date, Age, ETag"),
)
"""On every reply, errors included: without it a player in a browser sees status 0 instead of a 404."""

COMMON = (*CORS, (b"x-content-type-options", b"nosniff"))
"""Headers of every reply but a preflight's."""

_ALLOW = (b"allow", b"GET, HEAD, OPTIONS")
_PREFLIGHT = [
    *CORS,
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    # Of the star Authorization is no part: pages that show the API a token often show it to all.
    (b"access-control-allow-headers", b"*, Authorization, Range, If-None-Match, If-Range"),
    (b"access-control-max-age", b"86400"),
    _ALLOW,
]

_LONGEST_FIELD = 1024
"""Longer Accept-Encoding and If-None-Match values than this are nobody's honest ones; they are ignored."""


@dataclass(frozen=True)
class Reply:
    """A whole reply, made once and sent many times. headers: all but the date."""

    status: int
    headers: Headers
    body: bytes

    @cached_property
    def head(self) -> bytes:
        """The status line and the headers as HTTP/1.1 sends them, without the empty line at their end."""
        lines = [b"HTTP/1.1 %d %b" % (self.status, HTTPStatus(self.status).phrase.encode())]
        lines += [b"%b: %b" % header for header in self.headers]
        return b"\r\n".join([*lines, b""])


class Refusal(Exception):
    """The hot path answers with an error: an HTTP status, a stable code and a sentence."""

    def __init__(
        self, status: int, code: str, message: str, headers: Iterable[tuple[bytes, bytes]] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = tuple(headers)


def not_found(message: str) -> Refusal:
    """Return the refusal of a path that names nothing."""
    return Refusal(404, "unknown", message)


def header(scope: Scope, name: bytes) -> bytes:
    """Return the first header called `name` (lower case), or b"" where it is missing or over-long."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value) if len(value) <= _LONGEST_FIELD else b""
    return b""


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: bytes) -> bool:
    """Tell whether an Accept-Encoding value admits gzip (RFC 9110 section 12.5.3)."""
    weights = _weights(accept_encoding)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


@lru_cache(maxsize=256)
def accepts_brotli(accept_encoding: bytes) -> bool:
    """Tell whether an Accept-Encoding value names brotli (RFC 7932), which "*" is too old to mean."""
    return _weights(accept_encoding).get("br", 0.0) > 0


def _weights(accept_encoding: bytes) -> dict[str, float]:
    weights: dict[str, float] = {}
    for item in accept_encoding.decode("latin-1").lower().split(","):
        coding, _, parameter = item.partition(";")
        weights[coding.strip()] = _weight(parameter)
    return weights


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Tell whether an If-None-Match value names `etag`, by weak comparison (RFC 9110 section 13.1.2)."""
    if not if_none_match:
        return False
    if if_none_match.strip() == b"*":
        return True
    return any(tag.strip().removeprefix(b"W/") == etag for tag in if_none_match.split(b","))


async def begin(send: Send, status: int, headers: Headers) -> None:
    """Send the status and headers of a reply; what all replies share is added here."""
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *COMMON]})


async def reply(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    """Send a whole reply; what all replies share is added here."""
    await begin(send, status, headers)
    await send({"type": "http.response.body", "body": body})


def refusal_reply(refusal: Refusal, headers: Iterable[tuple[bytes, bytes]] = ()) -> Reply:
    """Return the JSON error body of the API; no cache may keep it. headers: more of them."""
    content = {"success": False, "message": str(refusal), "code": refusal.code}
    body = json.dumps(content).encode()
    common = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    return Reply(refusal.status, [*common, *refusal.headers, *headers, *COMMON], body)


async def refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Answer with the JSON error body of the API."""
    made = refusal_reply(refusal)
    await send({"type": "http.response.start", "status": made.status, "headers": made.headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else made.body})


async def answered_method(scope: Scope, send: Send) -> bool:
    """Answer what is neither GET nor HEAD, and tell whether that was so."""
    match scope["method"]:
        case "GET" | "HEAD":
            return False
        case "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send({"type": "http.response.body", "body": b""})
        case _:
            message = "Only GET, HEAD and OPTIONS are supported here."
            await refuse(scope, send, Refusal(405, "method_not_allowed", message, (_ALLOW,)))
    return True
