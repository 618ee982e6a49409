"""API tokens: for programs and people that are to do something, but not everything."""

from typing import Annotated

from fastapi import Request
from pydantic import Field
from starlette.responses import Response

from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.api import views
from insta_stream.api.acts import Doing, does
from insta_stream.api.callers import access_of
from insta_stream.api.permits import Caller, needs, router
from insta_stream.api.services import Held, Services, chosen_channels
from insta_stream.api.wire import (
    Body,
    Done,
    Model,
    Moment,
    Reply,
    Title,
    moment,
    optional_iso,
    optional_moment,
)
from insta_stream.db.audit import Details
from insta_stream.db.tokens import TokenRow
from insta_stream.errors import Forbidden, WrongState
from insta_stream.ticks import seconds

DAY = 86_400
LONGEST_DAYS = 3650

routes = router("/api/tokens", "tokens")


class NewToken(Body):
    """What an API token is to be for."""

    name: Title = Field(description="What it is for, to know it by.", examples=["The camera's uploads"])
    permissions: list[Permission] = Field(min_length=1, examples=[["library:upload", "channel:air"]])
    channels: list[str] | None = Field(
        None,
        description="For which channels the permissions of channels hold; null for all.",
        examples=[["main"]],
    )
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] | None = Field(
        None, description="After how many days it ends; null for never."
    )


class ApiToken(Model):
    """An API token, without what would open anything."""

    id: str
    name: str
    permissions: list[str]
    channels: list[str] | None = Field(description="null for all.")
    created_at: Moment
    expires_at: Moment | None
    used_at: Moment | None = Field(description="To the minute; null if never.")
    owner: str | None = Field(
        description="The name of whoever made it, and may do all of it; null if made with the server's token."
    )


class IssuedToken(Model):
    """A new API token."""

    token: ApiToken
    secret: str = Field(description="What is to be sent as the bearer token. It is not told again.")


@routes.get("", response_model=Reply[list[ApiToken]], summary="All API tokens, newest first")
@needs(Permission.TOKENS_MANAGE)
def list_tokens(services: Held) -> Response:
    tokens = [_shown(services, row) for row in services.tokens.all()]
    return views.as_response(Reply[list[ApiToken]](message="", data=tokens))


@routes.post("", status_code=201, summary="Make an API token that may do no more than who makes it")
@needs(Permission.TOKENS_MANAGE)
@does(Action.TOKEN_CREATE)
async def issue(
    services: Held, caller: Caller, request: Request, doing: Doing, body: NewToken
) -> Reply[IssuedToken]:
    if access_of(request).is_open:
        raise WrongState(
            "Everyone may do everything on this server, so a token would open nothing more. Add people, "
            "or set a `token` in its settings, first.",
            code="no_token_needed",
        )
    doing.concerns("token", "", body.name)
    principal = Principal(frozenset(body.permissions), chosen_channels(services, body.channels))
    if not caller.covers(principal):
        raise Forbidden("An API token cannot be allowed more than you are.")
    lasting = None if body.days is None else seconds(body.days * DAY)
    row, secret = await services.tokens.issue(body.name, principal, lasting, caller.account)
    doing.concerns("token", row.id, row.name)
    doing.tell(after=_rights(row))
    data = IssuedToken(token=_shown(services, row), secret=secret)
    return Reply(message="Copy the token now: it is not shown again.", data=data)


@routes.delete("/{token_id}", summary="Revoke an API token")
@needs(Permission.TOKENS_MANAGE)
@does(Action.TOKEN_REVOKE)
async def revoke(services: Held, doing: Doing, token_id: str) -> Done:
    if (row := services.tokens.find(token_id)) is not None:
        doing.tell(before=_rights(row))
    await services.tokens.revoke(token_id)
    return Done(message="The API token was revoked.")


def _rights(row: TokenRow) -> Details:
    """Return what the audit log tells of a token."""
    return {
        "permissions": row.permissions,
        "channels": "all" if row.channels is None else row.channels,
        "expires": optional_iso(row.expires_at),
    }


def _shown(services: Services, row: TokenRow) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        permissions=sorted(row.permissions),
        channels=None if row.channels is None else sorted(row.channels),
        created_at=moment(row.created_at),
        expires_at=optional_moment(row.expires_at),
        used_at=optional_moment(row.used_at),
        owner=services.people.name(row.account),
    )
