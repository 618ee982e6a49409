"""People: who can sign in, as what, and for which channels. Nobody can give more than they have."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from fastapi import Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from insta_stream.access.action import Action
from insta_stream.access.people import Invitation
from insta_stream.access.permission import Permission
from insta_stream.access.role import Role
from insta_stream.api import views
from insta_stream.api.account_views import Person, person_of
from insta_stream.api.acts import Doing, does
from insta_stream.api.callers import access_of
from insta_stream.api.permits import Caller, needs, router
from insta_stream.api.services import Held, chosen_channels
from insta_stream.api.wire import Body, Done, Model, Moment, Reply, Title, moment
from insta_stream.db.accounts import AccountRow
from insta_stream.db.usage import Usage
from insta_stream.errors import WrongState
from insta_stream.ids import AccountId

routes = router("/api/people", "accounts")


Quota = Annotated[
    int,
    Field(
        strict=True,
        ge=0,
        le=2**53 - 1,
        description="How much disk space their videos may take: 0 for any amount; null for what the settings "
        "say.",
    ),
]


class NewPerson(Body):
    """A person to add."""

    name: str = Field(
        description="What they type to sign in: letters, digits and . _ @ + -", examples=["anna"]
    )
    title: Title | None = Field(None, description="What others read.", examples=["Anna Bauer"])
    role: Role
    channels: list[str] | None = Field(
        None, description="Which are theirs; null for all.", examples=[["main"]]
    )
    quota_bytes: Quota | None = None


class PersonChange(Body):
    """What is to be another; what is missing stays."""

    title: Title | Literal[""] | None = None
    role: Role | None = None
    channels: list[str] | None = Field(None, description="Which are theirs; null for all.")
    is_disabled: bool | None = None
    quota_bytes: Quota | None = None


class InvitationView(Model):
    """A link with which a person chooses a password, once. It is not told again."""

    path: str = Field(description="To be put behind the address of the server.")
    expires_at: Moment


class Added(Model):
    """A person who was added."""

    person: Person
    invitation: InvitationView


class PersonList(Model):
    """Everyone."""

    people: list[Person]
    quota_bytes: int = Field(description="Of those who have none of their own; 0 for any amount.")


@routes.get("", response_model=Reply[PersonList], summary="Everyone who can sign in")
@needs(Permission.PEOPLE_MANAGE)
async def list_people(services: Held) -> Response:
    people, quotas = services.people.all(), services.library.quotas
    return await run_in_threadpool(_listed, people, await quotas.usage(), quotas.default_bytes)


def _listed(rows: Sequence[AccountRow], usage: Mapping[AccountId, Usage], quota_bytes: int) -> Response:
    people = PersonList(people=[person_of(row, usage) for row in rows], quota_bytes=quota_bytes)
    return views.as_response(Reply[PersonList](message="", data=people))


@routes.post("", status_code=201, summary="Add a person")
@needs(Permission.PEOPLE_MANAGE)
@does(Action.PERSON_ADD)
async def add_person(
    services: Held, caller: Caller, request: Request, doing: Doing, body: NewPerson
) -> Reply[Added]:
    if access_of(request).is_open and body.role is not Role.ADMIN:
        raise WrongState(
            "Everyone may do everything on this server. Add an admin first, who can then add others.",
            code="first_is_admin",
        )
    doing.concerns("person", "", body.name)
    channels = chosen_channels(services, body.channels)
    row, invitation = await services.people.add(
        body.name, body.title or "", body.role, channels, caller, quota_bytes=body.quota_bytes
    )
    doing.concerns("person", row.id, row.name)
    doing.tell(after=services.people.rights_of(row))
    added = Added(person=person_of(services.people.get(row.id), {}), invitation=_shown(invitation))
    return Reply(message="Send the link: it is not shown again.", data=added)


@routes.patch("/{person_id}", summary="Change a person")
@needs(Permission.PEOPLE_MANAGE)
@does(Action.PERSON_CHANGE)
async def change_person(
    services: Held, caller: Caller, doing: Doing, person_id: str, body: PersonChange
) -> Reply[Person]:
    has_channels = "channels" in body.model_fields_set
    before = services.people.get(AccountId(person_id), caller)
    after = await services.people.change(
        AccountId(person_id),
        caller,
        title=body.title,
        role=body.role,
        is_disabled=body.is_disabled,
        has_channels=has_channels,
        channels=chosen_channels(services, body.channels),
        has_quota="quota_bytes" in body.model_fields_set,
        quota_bytes=body.quota_bytes,
    )
    doing.tell_changes(services.people.rights_of(before), services.people.rights_of(after))
    usage = await services.library.quotas.usage(after.id)
    return Reply(message="", data=person_of(after, usage))


@routes.delete("/{person_id}", summary="Remove a person")
@needs(Permission.PEOPLE_MANAGE)
@does(Action.PERSON_REMOVE)
async def remove_person(services: Held, caller: Caller, doing: Doing, person_id: str) -> Done:
    row = services.people.get(AccountId(person_id), caller)
    await services.people.remove(row.id, caller)
    doing.tell(before=services.people.rights_of(row))
    return Done(message=f"{row.title or row.name} was removed.")


@routes.post("/{person_id}/invitation", summary="A link for a (new) password")
@needs(Permission.PEOPLE_MANAGE)
@does(Action.PERSON_INVITE)
async def invite_person(services: Held, caller: Caller, person_id: str) -> Reply[InvitationView]:
    invitation = await services.people.invite(AccountId(person_id), caller)
    return Reply(message="Send the link: it is not shown again.", data=_shown(invitation))


@routes.delete("/{person_id}/sessions", summary="Sign a person out everywhere")
@needs(Permission.PEOPLE_MANAGE)
@does(Action.PERSON_SIGN_OUT)
async def sign_person_out(services: Held, caller: Caller, person_id: str) -> Done:
    row = services.people.get(AccountId(person_id), caller)
    await services.sessions.end_all(row.id)
    return Done(message=f"{row.title or row.name} is signed out everywhere.")


def _shown(invitation: Invitation) -> InvitationView:
    return InvitationView(path=invitation.path, expires_at=moment(invitation.expires_at))
