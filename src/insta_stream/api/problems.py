"""Errors as replies: which status and which body stand for what went wrong.

The only place that knows status codes of `InstaStreamError`s. An error that nobody foresaw is a 500 that
tells the client nothing but a reference to the log.
"""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Mount
from starlette.types import Receive, Scope, Send

from insta_stream import errors
from insta_stream.api.acts import act_of
from insta_stream.ids import new_id

log = structlog.get_logger()

STATUS: Mapping[type[errors.InstaStreamError], int] = {
    errors.BadRequest: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.Unknown: 404,
    errors.WrongState: 409,
    errors.TooLarge: 413,
    errors.NotAVideo: 415,
    errors.TooMany: 429,
    errors.Damaged: 460,
    errors.NotReady: 503,
    errors.DiskFull: 507,
    errors.QuotaReached: 507,
}
"""Everything else is a 500. 460 is tus's own, for a wrong checksum."""

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "unknown",
    405: "method_not_allowed",
    408: "incomplete_body",
    413: "too_large",
    415: "bad_content_type",
    503: "busy",
}
_SENTENCES = {
    404: "There is nothing here; `GET /` with `Accept: application/json` lists the addresses that exist.",
    405: "This address does not support that method.",
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_A_MOMENT_SECONDS = 2
_MANY = 5
"""Faults of one body that are worth telling at once."""


class _Problem(JSONResponse):
    """An error reply; the audit log has its code."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str]) -> None:
        super().__init__({"success": False, "message": message, "code": code}, status, headers)
        self._code = code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        act_of(scope).code = self._code
        await super().__call__(scope, receive, send)


def problem(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error reply. What a client sent may stand in `message`, so it is made fit for UTF-8."""
    sayable = message.encode(errors="replace").decode()
    return _Problem(status, code, sayable, {"cache-control": "no-store", **(headers or {})})


def to_reply(error: errors.InstaStreamError) -> Response:
    """Return the reply to an error that was foreseen."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    pause = error.pause_seconds if isinstance(error, errors.TooMany) else None
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        pause = _A_MOMENT_SECONDS
    headers = None if pause is None else {"retry-after": str(pause)}
    return problem(status, error.code, error.message, headers)


def install(app: FastAPI, when_unforeseen: Callable[[Exception], None]) -> None:
    """Make `app` answer every error in this way. when_unforeseen: is told of every 500."""

    @app.exception_handler(errors.InstaStreamError)
    async def foreseen(_: Request, error: errors.InstaStreamError) -> Response:
        return to_reply(error)

    @app.exception_handler(HTTPException)
    async def of_the_framework(request: Request, error: HTTPException) -> Response:
        status = error.status_code
        message = _SENTENCES.get(status, str(error.detail))
        headers = error.headers
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = {"allow": ", ".join(_methods(app, request.scope))}
        return problem(status, _CODES.get(status, "error"), message, headers)

    @app.exception_handler(RequestValidationError)
    async def of_the_schema(_: Request, error: RequestValidationError) -> Response:
        faults = error.errors()
        if any(fault["type"] == "json_invalid" for fault in faults):
            return problem(400, "bad_json", "The body is not JSON.")
        sentences = [f"{_place(fault['loc'])}: {_said(fault)}" for fault in faults[:_MANY]]
        return problem(422, "invalid", "; ".join(sentences) + ".")

    @app.exception_handler(ClientDisconnect)
    async def of_the_connection(_: Request, __: ClientDisconnect) -> Response:
        return problem(400, "incomplete_body", "The body ended before it was complete.")

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        when_unforeseen(error)
        reference = new_id()[:12]
        log.error("request_failed", path=request.url.path, reference=reference, exc_info=error)
        return problem(500, "internal", f"Something went wrong; the log has details under {reference}.")


def _methods(app: FastAPI, scope: Scope) -> Iterator[str]:
    """Yield what may be asked of an address; the framework names what the first of its routes takes."""
    # Inside a folder of files the address counts from there.
    root = scope.get("app_root_path", scope.get("root_path", ""))
    for method in _METHODS:
        # A HEAD is answered as a GET is, and a folder of files takes nothing else.
        asked = {**scope, "root_path": root, "method": "GET" if method == "HEAD" else method}
        found = (route for route in app.router.routes if route.matches(asked)[0] is Match.FULL)
        if any(asked["method"] == "GET" or not isinstance(route, Mount) for route in found):
            yield method


def _said(fault: Mapping[str, Any]) -> str:
    """Return what is wrong; where a check of our own says it, in its words alone."""
    ours = fault.get("ctx", {}).get("error")
    return str(ours) if isinstance(ours, ValueError) else str(fault["msg"])


def _place(location: tuple[int | str, ...]) -> str:
    """Return where a fault is, as a client writes it: `order[3]`, `at`."""
    _, *steps = location
    place = ""
    for step in steps:
        place += f"[{step}]" if isinstance(step, int) else f".{step}"
    return f"`{place.removeprefix('.')[:100]}`" if place else "The body"
