"""Records what requests do: the guard lays an act into the scope of each that may change something, the route
says what it is, the endpoint what it changed, and before the reply begins the act is written down.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Scope, Send

from insta_stream.access.act import Act
from insta_stream.access.action import Action
from insta_stream.access.principal import OWNER, Principal
from insta_stream.api.acts import SAFE_METHODS, act_of, with_act
from insta_stream.api.callers import Access
from insta_stream.api.devices import device
from insta_stream.api.services import Services
from insta_stream.db.audit import Actor, EntryRow
from insta_stream.errors import InstaStreamError
from insta_stream.ids import AccountId, VideoId

Record = Callable[[EntryRow], Awaitable[None]]
"""Takes an entry for the audit log."""

SSO_PATH = "/api/session/sso"
"""Where a GET changes something: whoever comes back from there is signed in."""

_KINDS: Mapping[str, str] = {"slug": "channel"}
"""Of what is named in addresses, by the name of the parameter; of others it is that, without `_id`."""


async def forget(_: EntryRow) -> None:
    """Take an entry where there is no log."""


def is_recorded(scope: Scope) -> bool:
    """Return whether a request is to be looked at."""
    return scope["method"] not in SAFE_METHODS or scope["path"].startswith(SSO_PATH)


def begin(scope: Scope, access: Access, caller: Principal) -> Scope:
    """Return the scope of a request that is looked at."""
    return with_act(scope, Act(actor_of(scope, access, caller)))


def actor_of(scope: Scope, access: Access, caller: Principal) -> Actor:
    """Return who a caller is, for whoever reads of it later."""
    agent = Headers(scope=scope).get("user-agent", "")
    here = Actor("nobody", address=access.address(scope), device=device(agent) if agent else "")
    account = access.roster.account(caller.account)
    here = replace(here, account=caller.account, name="" if account is None else account.name)
    if caller.token is not None:
        token = access.roster.issued.find(caller.token)
        return replace(here, kind="token", token=caller.token, token_name="" if token is None else token.name)
    if caller.account is not None:
        return replace(here, kind="person", session=caller.session)
    if caller != OWNER:
        return here
    return replace(here, kind="anyone" if access.is_open else "server_token")


def refuse_at_door(act: Act) -> None:
    """Say that a request is refused before it is known what it is about, and whether it is theirs who seem to
    ask: a page of another site asks with a browser that is somebody's.
    """
    act.action = Action.REQUEST
    act.actor = Actor("nobody", address=act.actor.address, device=act.actor.device)


def recorded(scope: Scope, send: Send, record: Record) -> Send:
    """Return a `send` that records what a request did before the reply to it begins."""
    act = act_of(scope)

    async def send_recorded(message: Message) -> None:
        if message["type"] == "http.response.start" and (entry := act.entry(message["status"])):
            await record(entry)
        await send(message)

    return send_recorded


def place(act: Act, request: Request, channel: str | None) -> None:
    """Say what a request is about, by its address. channel: the one that it is for, None for none."""
    if act.actor.kind == "nobody":
        return  # who may send any address
    for parameter, id_ in request.path_params.items():
        act.concerns(_KINDS.get(parameter, parameter.removesuffix("_id")), str(id_))
    if channel is not None:
        act.concerns("channel", channel)


def name_things(act: Act, services: Services) -> None:
    """Say what people call what a request is about: afterwards it may be gone, or have another name."""
    for thing in tuple(act.things.values()):
        act.concerns(thing.kind, thing.id, _name(services, thing.kind, thing.id))


def _name(services: Services, kind: str, id_: str) -> str:
    """Return what people call something, "" for what has no name, or is not there."""
    with suppress(InstaStreamError):
        match kind:
            case "channel":
                return services.channels.get(id_).title
            case "video":
                return services.library.name(VideoId(id_))
            case "upload":
                return services.library.look_up(VideoId(id_)).name
            case "person":
                return services.people.name(AccountId(id_)) or ""
            case "key":
                return next((key.label for key in services.links.every_key() if key.id == id_), "")
            case "token":
                return "" if (token := services.tokens.find(id_)) is None else token.name
    return ""
