"""What a browser keeps of a session, in cookies (RFC 6265): no script can read them, no other site can use
them.

Cookies are told apart by host, not by port, so they are named after the installation: two servers on one
machine do not sign each other out. Over HTTPS their names begin with `__Host-`, which no plain page of the
same host can set (RFC 6265bis section 4.1.3.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from starlette.datastructures import Headers
from starlette.responses import Response

from insta_stream.access.oidc import Errand
from insta_stream.access.sessions import DEVICE_LASTS, Tickets
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

_KINDS = ("access", "refresh", "device")
_SECURE = "__Host-"
_ERRAND_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser sent; "" for nothing."""

    access: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)
    device: str = field(default="", repr=False)


class Cookies:
    """Those of one installation."""

    def __init__(self, installation: str) -> None:
        self._mark = installation[:8]

    def read(self, headers: Headers) -> Shown:
        """Return what a request has of them."""
        return Shown(**{kind: self._first(kind, headers) for kind in _KINDS})

    def give(self, response: Response, tickets: Tickets, *, is_secure: bool) -> None:
        """Let the browser keep what it was given."""
        self._set(response, "access", tickets.access, tickets.lasting, is_secure=is_secure)
        self._set(response, "refresh", tickets.refresh, tickets.lasting, is_secure=is_secure)
        self._set(response, "device", tickets.known_as, DEVICE_LASTS, is_secure=is_secure)

    def take(self, response: Response) -> None:
        """Let the browser forget the session; that it was known here, it may keep."""
        for kind in ("access", "refresh"):
            self._delete(response, kind, "strict")

    def send(self, response: Response, errand: Errand, *, is_secure: bool) -> None:
        """Let the browser keep why it was sent elsewhere: it comes back by a link of another site."""
        value = f"{errand.state}.{errand.nonce}.{errand.verifier}"
        secure, plain = self._names("errand")
        response.set_cookie(
            secure if is_secure else plain,
            value,
            max_age=_ERRAND_SECONDS,
            secure=is_secure,
            httponly=True,
            samesite="lax",
        )

    def errand(self, headers: Headers) -> Errand | None:
        """Return why a browser was sent elsewhere; None where it was not, or long ago."""
        match self._first("errand", headers).split("."):
            case [state, nonce, verifier] if state and nonce and verifier:
                return Errand(state, nonce, verifier)
            case _:
                return None

    def forget_errand(self, response: Response) -> None:
        """Let the browser forget it: it is done."""
        self._delete(response, "errand", "lax")

    def _delete(self, response: Response, kind: str, same_site: Literal["lax", "strict"]) -> None:
        for name in self._names(kind):
            is_secure = name.startswith(_SECURE)
            response.delete_cookie(name, secure=is_secure, httponly=True, samesite=same_site)

    def _first(self, kind: str, headers: Headers) -> str:
        # Not by the standard library's reader: some versions take seconds for some (CVE-2024-7592).
        parts = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
        sent = {name: value for name, _, value in parts}
        return next(filter(None, map(sent.get, self._names(kind))), "")

    def _set(
        self, response: Response, kind: str, value: str, lasting: Ticks | None, *, is_secure: bool
    ) -> None:
        secure, plain = self._names(kind)
        response.set_cookie(
            secure if is_secure else plain,
            value,
            max_age=None if lasting is None else lasting // TICKS_PER_SECOND,
            secure=is_secure,
            httponly=True,
            samesite="strict",
        )

    def _names(self, kind: str) -> Iterator[str]:
        plain = f"insta_stream_{kind}_{self._mark}"
        yield f"{_SECURE}{plain}"
        yield plain
