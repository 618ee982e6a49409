"""How the routes are made."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.responses import Response

from insta_stream.api.application import routes

BOUNDED = {
    "/api/videos/{video_id}",
    "/api/uploads/{upload_id}",
    "/api/channels/{slug}",
    "/health/ready",
    "/api/session",
    "/api/account",
    "/api/account/sessions",
    "/api/channels/{slug}/links",
}
"""What has a list of a few things: cautions, rungs, checks."""


def flat(all_of_them: object) -> Iterator[APIRoute]:
    """Yield all routes."""
    for each in all_of_them:  # type: ignore[attr-defined]
        if isinstance(each, APIRoute):
            yield each
        elif (router := getattr(each, "original_router", None)) is not None:
            yield from flat(router.routes)


def of(folder: Path) -> Iterator[APIRoute]:
    """Yield the routes that only read, and tell a list of something."""
    for route in flat(routes(folder).routes):
        if "GET" in route.methods and route.response_model is not None:
            schema = TypeAdapter(route.response_model).json_schema(mode="serialization")
            if '"array"' in json.dumps(schema):
                yield route


def test_a_server_makes_no_route_that_others_have_too(tmp_path: Path) -> None:
    """To make them all takes as long as everything else that a server loads for itself."""
    one, other = ({id(route): route for route in routes(tmp_path).routes} for _ in range(2))
    shared = [one[number] for number in one.keys() & other.keys()]
    own = [route.path for number, route in one.items() if number not in other and isinstance(route, APIRoute)]
    assert len(shared) > 100
    assert sorted(own) == ["/api/about", "/api/about/licences/{kind}/{name:path}"]


def test_what_may_be_long_is_collected_and_written_by_a_thread(tmp_path: Path) -> None:
    listing = {route.path: route for route in of(tmp_path) if route.path not in BOUNDED}
    assert {"/api/channels", "/api/videos", "/api/retention", "/api/health"} <= listing.keys()
    for path, route in listing.items():
        assert inspect.signature(route.endpoint).return_annotation is Response, path
        if path not in {"/api/retention", "/api/audit", "/api/people"}:  # which wait for what is to be told
            assert not inspect.iscoroutinefunction(route.endpoint), path


@pytest.mark.parametrize("path", sorted(BOUNDED))
def test_what_is_called_bounded_is_there(tmp_path: Path, path: str) -> None:
    assert path in {route.path for route in of(tmp_path)}


def test_nobody_waits_for_a_thread_to_be_told_of_which_channel_a_route_speaks(tmp_path: Path) -> None:
    """Threads may all be busy with what others want to see, and a channel is to be stopped."""
    found = {
        each.call
        for route in flat(routes(tmp_path).routes)
        for each in route.dependant.dependencies
        if each.call is not None
    }
    assert len(found) > 1
    assert [each for each in found if not inspect.iscoroutinefunction(each)] == []
