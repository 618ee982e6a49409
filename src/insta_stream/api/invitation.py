"""Invitations: whoever has the link chooses a password, and is signed in by that."""

from typing import Annotated

from fastapi import Request
from pydantic import Field, SecretStr
from starlette.responses import Response

from insta_stream.access.action import Action
from insta_stream.api.acts import changes_nothing, does
from insta_stream.api.permits import open_to_all, router
from insta_stream.api.services import Held
from insta_stream.api.session import Session, Typed, browser_of, signed_in
from insta_stream.api.wire import Body, Model, Reply

routes = router("/api/invitation", "accounts")

_Secret = Annotated[SecretStr, Field(max_length=255)]


class Shown(Body):
    """What stands in the link, behind the `#`."""

    secret: _Secret


class Chosen(Shown):
    """The password that is wanted."""

    password: Typed


class Invited(Model):
    """Whom an invitation is for."""

    name: str
    title: str


@routes.post("", summary="Whom an invitation is for")
@open_to_all
@changes_nothing
async def read_invitation(services: Held, body: Shown) -> Reply[Invited]:
    found = await services.credentials.invited(body.secret.get_secret_value())
    return Reply(message="", data=Invited(name=found.name, title=found.title))


@routes.put("", response_model=Reply[Session], summary="Choose a password, and sign in")
@open_to_all
@does(Action.INVITATION_ACCEPT)
async def accept(services: Held, request: Request, body: Chosen) -> Response:
    account = await services.credentials.accept(
        body.secret.get_secret_value(), body.password.get_secret_value()
    )
    tickets = await services.sessions.open(account, browser_of(request), is_remembered=False)
    return await signed_in(services, request, tickets)
