"""What a request does, as the audit log is to know it: each endpoint that changes something names its action,
or says that it changes nothing, or no server starts.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.types import Scope

from insta_stream.access.act import Act
from insta_stream.access.action import Action
from insta_stream.db.audit import Actor

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_ACT = "insta_stream.act"
"""Where in a request's scope its act is."""

_ACTION = "action"


def does(action: Action) -> Callable[[Endpoint], Endpoint]:
    """Say what an endpoint does."""

    def declared(endpoint: Endpoint) -> Endpoint:
        vars(endpoint)[_ACTION] = action
        return endpoint

    return declared


def changes_nothing(endpoint: Endpoint) -> Endpoint:
    """Say that an endpoint changes nothing that anybody would ask for later, whatever its method."""
    vars(endpoint)[_ACTION] = None
    return endpoint


def action_of(endpoint: Callable[..., Any], methods: Iterable[str]) -> Action | None:
    """Return what an endpoint does, None for nothing. Raises TypeError where it would have to say so."""
    told = vars(endpoint)
    if _ACTION not in told and not SAFE_METHODS.issuperset(methods):
        raise TypeError("@does(...) or @changes_nothing")
    action: Action | None = told.get(_ACTION)
    return action


def with_act(scope: Scope, act: Act) -> Scope:
    """Return the scope of a request that does this."""
    return {**scope, _ACT: act}


def act_of(scope: Scope) -> Act:
    """Return what a request is doing; of one that is not recorded, an act of which nobody hears."""
    found: Act | None = scope.get(_ACT)
    return found or Act(Actor("nobody"))


async def _act(connection: HTTPConnection) -> Act:
    return act_of(connection.scope)


Doing = Annotated[Act, Depends(_act)]
"""What the request does, as a parameter of a route that can tell more of it."""
