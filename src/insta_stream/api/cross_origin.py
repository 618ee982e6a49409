"""What browsers are told about pages of other origins (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).

A browser lets a page read an answer of another origin only where the answer names the page's origin, and
asks with OPTIONS (a preflight) before it sends what forms cannot. Only the origins of the setting
`allowed_origins` are named. Cookies play no part: a page shows the token in a header, so no answer allows
credentials.
"""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import Response

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_MAY_SEND = (
    "Authorization, Content-Type, Range, If-Range, If-None-Match, If-Modified-Since, Cache-Control,"
    " X-Requested-With, X-Request-Id, X-HTTP-Method-Override, Tus-Resumable, Upload-Length, Upload-Offset,"
    " Upload-Metadata, Upload-Checksum, Upload-Defer-Length, Upload-Concat"
)
_MAY_READ = (
    "Location, Retry-After, Content-Length, Content-Range, Accept-Ranges, Content-Disposition,"
    " Content-Encoding, Date, ETag, WWW-Authenticate, Allow, Tus-Resumable, Tus-Version, Tus-Extension,"
    " Tus-Max-Size, Tus-Checksum-Algorithm, Upload-Offset, Upload-Length, Upload-Metadata, Upload-Expires"
)
_MAX_AGE_SECONDS = 7200
"""As long as Chromium keeps such an answer at most."""

_PREFLIGHT = {
    "access-control-allow-methods": _METHODS,
    "access-control-allow-headers": _MAY_SEND,
    "access-control-max-age": str(_MAX_AGE_SECONDS),
    "vary": "Access-Control-Request-Method, Access-Control-Request-Headers",
}


def is_preflight(method: str, headers: Headers) -> bool:
    """Return whether a browser asks what a page of another origin may send."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight() -> Response:
    """Return the answer to a page that may send what the API knows. `grant` adds whose page it is."""
    return Response(status_code=204, headers=_PREFLIGHT)


def grant(origin: str) -> Mapping[str, str]:
    """Return the headers that let pages of `origin` read an answer."""
    return {"access-control-allow-origin": origin, "access-control-expose-headers": _MAY_READ}
