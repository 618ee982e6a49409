"""Signing in and out, and what whoever asks may do here."""

from dataclasses import replace
from typing import Annotated

from fastapi import FastAPI, Request
from pydantic import Field, SecretStr
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from insta_stream.access.action import Action
from insta_stream.access.passwords import LONGEST
from insta_stream.access.principal import NOBODY, Principal
from insta_stream.access.sessions import Browser, Tickets, UsedTwice
from insta_stream.access.signer import Claims
from insta_stream.api import views
from insta_stream.api.account_views import Account, account_of
from insta_stream.api.acts import Doing, act_of, does
from insta_stream.api.callers import Access, access_of
from insta_stream.api.devices import device
from insta_stream.api.permits import Caller, open_to_all, router
from insta_stream.api.problems import to_reply
from insta_stream.api.services import Held, Services
from insta_stream.api.wire import Body, Done, Model, Moment, Reply, optional_iso, optional_moment
from insta_stream.db.audit import Actor
from insta_stream.db.sessions import SessionRow
from insta_stream.errors import TooMany, Unauthorized
from insta_stream.ids import AccountId
from insta_stream.ticks import Ticks

routes = router("/api/session", "accounts")

Typed = Annotated[SecretStr, Field(max_length=4 * LONGEST)]
"""A password, as somebody typed it: what is too long for one is said in words."""


class SignIn(Body):
    """What is shown to sign in."""

    name: Annotated[str, Field(max_length=255)]
    password: Typed
    code: Annotated[str, Field(max_length=64)] = Field(
        "", description="Of the second factor, or a recovery code."
    )
    remember: bool = Field(False, description="Stay signed in after the browser was closed, for 30 days.")


class Session(Model):
    """Who asks, and what they may do."""

    sign_in_needed: bool = Field(description="false: everyone may do everything on this server.")
    single_sign_on: str | None = Field(
        description="What the service is called to sign in with at `/api/session/sso`; null for none."
    )
    has_accounts: bool = Field(description="There are people who can sign in with a name and a password.")
    account: Account | None
    via: str = Field(description="`session`, `token` or `nothing`.", examples=["session"])
    permissions: list[str]
    channels: list[str] | None = Field(
        description="For which channels the permissions of channels hold; null for all."
    )
    expires_at: Moment | None = Field(description="Before that, a session is to be renewed; null for none.")


@routes.get("", response_model=Reply[Session], summary="Who asks, and what they may do")
@open_to_all
def read_session(caller: Caller, request: Request) -> Response:
    access = access_of(request)
    found = access.signed_in(request.scope) if caller.session is not None else None
    expires_at = None if found is None else found[1].expires_at
    return views.as_response(_told(access, caller, expires_at))


@routes.post("", response_model=Reply[Session], summary="Sign in")
@open_to_all
@does(Action.SESSION_START)
async def sign_in(services: Held, request: Request, doing: Doing, body: SignIn) -> Response:
    if (meant := services.people.called(body.name)) is not None:  # what nobody is called may be a password
        doing.concerns("person", meant.id, meant.name)
    try:
        tickets = await services.sessions.sign_in(
            body.name,
            body.password.get_secret_value(),
            body.code,
            browser_of(request),
            is_remembered=body.remember,
        )
    except Unauthorized as refusal:
        doing.is_told = refusal.code != "code_needed"  # who is asked for one gives it next
        raise
    return await signed_in(services, request, tickets)


def refused_early(app: FastAPI, scope: Scope) -> Response | None:
    """Return the refusal of somebody who signs in, where it does not matter what they show; else None."""
    access: Access = app.state.access
    services: Services = app.state.services
    known_as = access.cookies.read(Headers(scope=scope)).device
    try:
        services.sessions.refuse_early(access.address(scope), known_as)
    except TooMany as refusal:
        return to_reply(refusal)
    return None


@routes.post("/refresh", response_model=Reply[Session], summary="Renew a session")
@open_to_all
@does(Action.SESSION_REUSE)
async def refresh(services: Held, request: Request, doing: Doing) -> Response:
    doing.is_told = False  # whoever goes on being signed in does nothing
    shown = access_of(request).cookies.read(request.headers)
    try:
        tickets = await services.sessions.renew(shown.refresh)
    except UsedTwice as found:
        _tell_of_copy(request, found.session)
        raise
    return given(request, tickets)


@routes.delete("", response_model=Done, summary="Sign out")
@open_to_all
@does(Action.SESSION_END)
async def sign_out(services: Held, request: Request, doing: Doing) -> Response:
    ended = await _leave(services, request)
    doing.is_told = ended is not None
    if ended is not None:
        by_account(request, ended.account, ended.session)
    response = views.as_response(Done(message="You are signed out."))
    access_of(request).cookies.take(response)
    return response


def browser_of(request: Request) -> Browser:
    """Return what asks."""
    access = access_of(request)
    shown = access.cookies.read(request.headers)
    return Browser(access.address(request.scope), device(request.headers.get("user-agent", "")), shown.device)


def is_secure(request: Request) -> bool:
    """Return whether the page that asks was loaded over HTTPS, perhaps from a proxy that ends it."""
    origin = request.headers.get("origin") or access_of(request).public_url or ""
    return request.url.scheme == "https" or origin.lower().startswith("https://")


async def signed_in(services: Services, request: Request, tickets: Tickets) -> Response:
    """Return the reply to somebody who has just signed in; whoever was, in this browser, is not any more."""
    await _leave(services, request)
    return given(request, tickets)


def given(request: Request, tickets: Tickets) -> Response:
    """Return the reply that gives a browser what it is to keep."""
    access = access_of(request)
    found = access.roster.signed_in(tickets.access)
    caller = NOBODY if found is None else found[0]
    by_account(request, tickets.account, tickets.session)
    response = views.as_response(_told(access, caller, tickets.expires_at))
    access.cookies.give(response, tickets, is_secure=is_secure(request))
    return response


def by_account(request: Request, account: AccountId, session: str) -> None:
    """Say for the audit log whose request it is: they have signed in just now, or out."""
    act = act_of(request.scope)
    row = access_of(request).roster.account(account)
    act.actor = replace(
        act.actor, kind="person", account=account, session=session, name="" if row is None else row.name
    )
    act.things.pop("person", None)  # it is who does it


def _tell_of_copy(request: Request, session: SessionRow) -> None:
    """Say for the audit log whose session somebody has copied. Who asks may be either of them."""
    act = act_of(request.scope)
    row = access_of(request).roster.account(session.account)
    name = "" if row is None else row.name
    here = Actor("nobody", address=act.actor.address, device=act.actor.device)
    act.actor = replace(here, account=session.account, name=name, session=session.id)
    act.concerns("person", session.account, name)
    act.tell(
        before={
            "signedInFrom": f"{session.address} · {session.device}",
            "signedInAt": optional_iso(session.created_at),
            "lastUsed": optional_iso(session.used_at),
        }
    )
    act.is_told = True


async def _leave(services: Services, request: Request) -> Claims | None:
    """End the session of the browser that asks; return which it was, None where there was none."""
    shown = access_of(request).cookies.read(request.headers)
    return await services.sessions.leave(shown.refresh, shown.access)


def _told(access: Access, caller: Principal, expires_at: Ticks | None) -> Reply[Session]:
    account = access.roster.account(caller.account)
    session = Session(
        sign_in_needed=not access.is_open,
        single_sign_on=access.single_sign_on,
        has_accounts=access.roster.has_accounts,
        account=None if account is None else account_of(account),
        via=_way(access, caller),
        permissions=sorted(caller.permissions),
        channels=None if caller.channels is None else sorted(caller.channels),
        expires_at=optional_moment(expires_at),
    )
    return Reply(message="", data=session)


def _way(access: Access, caller: Principal) -> str:
    if caller.session is not None:
        return "session"
    return "nothing" if caller == NOBODY or access.is_open else "token"
