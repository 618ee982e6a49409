from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel
from starlette.requests import ClientDisconnect

from insta_stream import errors
from insta_stream.api import problems

STATUSES = [
    (errors.BadRequest, 400),
    (errors.Unknown, 404),
    (errors.WrongState, 409),
    (errors.TooLarge, 413),
    (errors.NotAVideo, 415),
    (errors.NotReady, 503),
    (errors.DiskFull, 507),
    (errors.PackagingFailed, 500),
]


class EvenLessKnown(errors.Unknown):
    """A kind that the table does not name."""


def refuse(text: str) -> str:
    raise ValueError(f"write it in another way than {text}")


class Checked(BaseModel):
    """A body with a field that a check of our own refuses, and one that the framework knows."""

    site: Annotated[str, AfterValidator(refuse)]
    days: int = 1


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    seen: list[Exception] = []
    app = FastAPI()
    problems.install(app, seen.append)

    @app.get("/raise/{name}")
    async def fail(name: str) -> None:
        raise EvenLessKnown(name) if name == "EvenLessKnown" else getattr(errors, name)

    @app.get("/secret")
    async def leak() -> None:
        raise RuntimeError("password=hunter2 /etc/passwd")

    @app.get("/gone")
    async def leave() -> None:
        raise ClientDisconnect

    @app.get("/echo")
    async def echo() -> None:
        raise errors.BadRequest("you sent \ud800")

    @app.post("/checked")
    async def check(body: Checked) -> None:
        """Take it."""

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
    assert all(type(each) is RuntimeError for each in seen)


@pytest.mark.parametrize(("error", "status"), STATUSES)
async def test_every_kind_of_error_has_its_status(
    client: httpx.AsyncClient, error: type[errors.InstaStreamError], status: int
) -> None:
    reply = await client.get(f"/raise/{error.__name__}")
    assert reply.status_code == status
    assert reply.json() == {"success": False, "message": error.__doc__, "code": error.code}
    assert reply.headers["cache-control"] == "no-store"


async def test_a_kind_takes_the_status_of_what_it_is_a_kind_of(client: httpx.AsyncClient) -> None:
    assert (await client.get("/raise/EvenLessKnown")).status_code == 404


async def test_not_ready_says_when_to_try_again(client: httpx.AsyncClient) -> None:
    assert (await client.get("/raise/NotReady")).headers["retry-after"] == "2"


async def test_a_wrong_field_is_told_in_our_words_alone(client: httpx.AsyncClient) -> None:
    reply = await client.post("/checked", json={"site": "x", "days": "y"})
    ours, theirs = reply.json()["message"].split("; ")
    assert ours == "`site`: write it in another way than x"
    assert theirs.startswith("`days`: Input should be a valid integer")


async def test_what_nobody_foresaw_tells_nothing(client: httpx.AsyncClient) -> None:
    reply = await client.get("/secret")
    assert reply.status_code == 500
    assert reply.json()["code"] == "internal"
    assert "hunter2" not in reply.text
    assert "RuntimeError" not in reply.text


async def test_text_that_utf_8_cannot_hold_is_no_second_error(client: httpx.AsyncClient) -> None:
    reply = await client.get("/echo")
    assert (reply.status_code, reply.json()["message"]) == (400, "you sent ?")


async def test_a_client_that_goes_away_is_no_failure_of_the_server(client: httpx.AsyncClient) -> None:
    reply = await client.get("/gone")
    assert (reply.status_code, reply.json()["code"]) == (400, "incomplete_body")
