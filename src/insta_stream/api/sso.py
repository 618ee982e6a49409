"""Signing in by another service: there and back. The errand waits in a cookie of the browser."""

from html import escape

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from insta_stream.access.action import Action
from insta_stream.access.oidc import Provider
from insta_stream.api.acts import act_of, does
from insta_stream.api.callers import access_of
from insta_stream.api.permits import open_to_all, router
from insta_stream.api.problems import to_reply
from insta_stream.api.services import Held, Services
from insta_stream.api.session import browser_of, by_account, is_secure
from insta_stream.errors import InstaStreamError, Unauthorized, Unknown

routes = router("/api/session/sso", "accounts")

CALLBACK = "/api/session/sso/callback"
_STUDIO = "/studio"

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Insta-Stream</title>
<h1>You could not be signed in</h1>
<p>{sentence}</p>
<p><a href="{studio}">Back to the Studio</a></p>
</html>
"""


@routes.get("", summary="Go to the service that one signs in with", status_code=303, response_class=Response)
@open_to_all
async def depart(services: Held, request: Request) -> Response:
    try:
        url, errand = await _provider(services).send()
    except InstaStreamError as error:
        return _told(services, request, error)
    response = RedirectResponse(url, 303)
    access_of(request).cookies.send(response, errand, is_secure=is_secure(request))
    return response


@routes.get("/callback", summary="Come back from it", status_code=303, response_class=Response)
@open_to_all
@does(Action.SESSION_START)
async def arrive(services: Held, request: Request, code: str = "", state: str = "") -> Response:
    access = access_of(request)
    errand = access.cookies.errand(request.headers)
    try:
        provider = _provider(services)
        if not code:
            raise Unauthorized("You did not sign in there.", code="wrong_sign_in")
        if errand is None or errand.state != state:
            raise Unauthorized(
                "This took too long, or began in another browser. Try again.", code="wrong_sign_in"
            )
        account = await services.people.admit(await provider.receive(code, errand))
        tickets = await services.sessions.open(account, browser_of(request), is_remembered=False)
    except InstaStreamError as error:
        response = _told(services, request, error)
    else:
        response = RedirectResponse(f"{services.public_url or ''}{_STUDIO}", 303)
        access.cookies.give(response, tickets, is_secure=is_secure(request))
        by_account(request, tickets.account, tickets.session)
        act_of(request.scope).tell(after={"role": account.role})  # as their groups say, each time
    access.cookies.forget_errand(response)
    return response


def _provider(services: Services) -> Provider:
    if services.provider is None:
        raise Unknown("This server knows no such service.", code="no_provider")
    return services.provider


def _told(services: Services, request: Request, error: InstaStreamError) -> Response:
    """Return an error, as a page where a person opens the address."""
    reply = to_reply(error)
    act_of(request.scope).code = error.code
    if "text/html" not in request.headers.get("accept", ""):
        return reply
    studio = f"{services.public_url or ''}{_STUDIO}"
    page = _PAGE.format(sentence=escape(error.message), studio=escape(studio))
    return HTMLResponse(page, reply.status_code, {"cache-control": "no-store"})
