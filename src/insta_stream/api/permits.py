"""Routes that say whom they are for and what they do: each names the permission that it needs, and its action
(`acts`), or no server starts.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from insta_stream.access.act import Act
from insta_stream.access.permission import OF_A_CHANNEL, Permission
from insta_stream.access.principal import NOBODY, Principal
from insta_stream.api.acts import act_of, action_of
from insta_stream.api.recording import name_things, place
from insta_stream.api.services import Services
from insta_stream.api.wire import ERRORS
from insta_stream.channels.slug import MAIN
from insta_stream.ids import ChannelSlug

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_PRINCIPAL = "insta_stream.principal"
"""Where in a request's scope the guard says who asks."""

_PERMISSION = "needed_permission"
_ANY_CHANNEL = "on_any_channel"


def admit(scope: Scope, principal: Principal) -> Scope:
    """Return the scope of a request that this principal makes."""
    return {**scope, _PRINCIPAL: principal}


def principal_of(scope: Scope) -> Principal:
    """Return who makes a request."""
    found: Principal = scope.get(_PRINCIPAL, NOBODY)
    return found


def needs(permission: Permission, *, on_any_channel: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Say what an endpoint needs.

    A permission of a channel is meant for the one in the address, and for the main one where none is there;
    on_any_channel: it is enough to have it for any.
    """

    def declared(endpoint: Endpoint) -> Endpoint:
        vars(endpoint).update({_PERMISSION: permission, _ANY_CHANNEL: on_any_channel})
        return endpoint

    return declared


def open_to_all(endpoint: Endpoint) -> Endpoint:
    """Say that an endpoint needs nothing."""
    vars(endpoint).update({_PERMISSION: None, _ANY_CHANNEL: True})
    return endpoint


class Route(APIRoute):
    """A route that is asked whether one may before it reads the body."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **details: Any) -> None:
        told = vars(endpoint)
        if _PERMISSION not in told:
            raise TypeError(
                f"The endpoint of {path} does not say what it needs: @needs(...) or @open_to_all."
            )
        self.permission: Permission | None = told[_PERMISSION]
        self._is_on_any_channel: bool = told[_ANY_CHANNEL]
        extra: dict[str, object] = {}
        if self.permission is not None:
            extra["x-permission"] = self.permission.value
            if self.permission in OF_A_CHANNEL and self._is_on_any_channel:
                extra["x-any-channel"] = True
        extra.update(details.pop("openapi_extra", None) or {})
        super().__init__(path, endpoint, openapi_extra=extra, **details)
        try:
            self.action = action_of(endpoint, self.methods or ())
        except TypeError as lacking:
            raise TypeError(f"The endpoint of {path} does not say what it does: {lacking}.") from None

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def permitted(request: Request) -> Response:
            channel = self._channel(request)
            act = None if self.action is None else self._begin(request, channel)
            if self.permission is not None:
                principal_of(request.scope).require(self.permission, channel)
            services: Services | None = getattr(request.app.state, "services", None)
            if act is not None and services is not None:
                name_things(act, services)
            return await handle(request)

        return permitted

    def _begin(self, request: Request, channel: ChannelSlug | None) -> Act:
        """Say what a request does, and return that."""
        act = act_of(request.scope)
        act.action = self.action
        place(act, request, channel)
        return act

    def _channel(self, request: Request) -> ChannelSlug | None:
        """Return for which channel the permission has to hold; None for any."""
        if self.permission not in OF_A_CHANNEL or self._is_on_any_channel:
            return None
        return ChannelSlug(request.path_params.get("slug", MAIN))


def router(prefix: str, tag: str, route_class: type[Route] = Route) -> APIRouter:
    """Return a router for routes that say what they need."""
    return APIRouter(prefix=prefix, tags=[tag], responses=ERRORS, route_class=route_class)


async def _caller(connection: HTTPConnection) -> Principal:
    return principal_of(connection.scope)


Caller = Annotated[Principal, Depends(_caller)]
"""Who asks, as a parameter of a route that needs more than its own permission."""
