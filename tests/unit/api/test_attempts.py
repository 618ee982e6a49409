from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from insta_stream.api.application import guarded, routes
from insta_stream.api.attempts import (
    FREE,
    LONGEST_PAUSE_SECONDS,
    MAX_ADDRESSES,
    SECONDS_EACH,
    Attempts,
)
from insta_stream.api.callers import Access
from insta_stream.api.events.frames import Farewell
from insta_stream.proxies import Proxies

TOKEN = "a-token-that-is-long"


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def scope(address: str, *forwarded: str) -> dict[str, object]:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return {"client": (address, 5000), "path": "/api/videos", "headers": headers}


def test_the_first_are_only_refused_then_pauses_grow_up_to_the_longest() -> None:
    attempts = Attempts(now=Stopwatch())
    pauses = [attempts.failed(scope("10.0.0.1")) for _ in range(FREE + 30)]
    assert pauses[:FREE] == [0] * FREE
    assert pauses[FREE : FREE + 3] == [6, 12, 18]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_they_are_forgiven_one_by_one() -> None:
    watch = Stopwatch()
    attempts = Attempts(now=watch)
    for _ in range(FREE + 1):
        pause = attempts.failed(scope("10.0.0.1"))
    watch.seconds += pause
    assert attempts.failed(scope("10.0.0.1")) == SECONDS_EACH
    watch.seconds += FREE * SECONDS_EACH + LONGEST_PAUSE_SECONDS
    assert [attempts.failed(scope("10.0.0.1")) for _ in range(FREE)] == [0] * FREE


def test_addresses_are_counted_each_for_itself_and_networks_of_ipv6_as_one() -> None:
    attempts = Attempts(now=Stopwatch())
    for last in range(FREE):
        assert attempts.failed(scope("10.0.0.1")) == 0
        assert attempts.failed(scope(f"2001:db8::{last:x}")) == 0
    assert attempts.failed(scope("10.0.0.2")) == 0
    assert attempts.failed(scope("2001:db8:0:1::1")) == 0
    assert attempts.failed(scope("10.0.0.1")) > 0
    assert attempts.failed(scope("::ffff:10.0.0.1")) > 0
    assert attempts.failed(scope("::ffff:10.0.0.3")) == 0
    assert attempts.failed(scope("2001:db8::ffff")) > 0


def test_behind_a_proxy_that_is_trusted_the_address_is_the_one_that_it_wrote() -> None:
    trusting = Attempts(Proxies(trusts_peer=True), now=Stopwatch())
    others = Attempts(now=Stopwatch())
    for number in range(FREE):
        assert trusting.failed(scope("127.0.0.1", f"9.9.9.{number}, 10.0.0.1")) == 0
        assert others.failed(scope("127.0.0.1", f"10.0.0.{number}")) == 0
    assert trusting.failed(scope("127.0.0.1", "10.0.0.2")) == 0
    assert trusting.failed(scope("127.0.0.1", "7.7.7.7, 10.0.0.1")) > 0
    assert others.failed(scope("127.0.0.1", "10.0.0.99")) > 0


@pytest.mark.parametrize(
    "written",
    [
        ("6.6.6.{}", "10.0.0.1"),  # HAProxy adds a line
        ("6.6.6.{}, " * 300 + "10.0.0.1",),
        ("10.0.0.1:50{}",),
        ("6.6.6.{}, [2001:db8::1]:50{}",),
    ],
    ids=["lines", "long", "port", "port of IPv6"],
)
def test_what_a_guesser_writes_in_front_of_the_address_does_not_count(written: tuple[str, ...]) -> None:
    attempts = Attempts(Proxies(trusts_peer=True), now=Stopwatch())
    lines = [[line.replace("{}", str(number)) for line in written] for number in range(FREE + 1)]
    pauses = [attempts.failed(scope("127.0.0.1", *each)) for each in lines]
    assert [pause > 0 for pause in pauses] == [False] * FREE + [True]
    assert attempts.failed(scope("127.0.0.1", "6.6.6.0", "10.0.0.2")) == 0  # nor for another's


def test_memory_is_bounded() -> None:
    attempts = Attempts(now=Stopwatch())
    for _ in range(FREE + 1):
        attempts.failed(scope("10.0.0.1"))
    for number in range(MAX_ADDRESSES):
        attempts.failed(scope(f"10.1.{number // 256}.{number % 256}"))
    assert attempts.failed(scope("10.0.0.1")) == 0  # the oldest was forgotten


def test_the_log_names_the_address_and_is_not_filled() -> None:
    attempts = Attempts(now=Stopwatch())
    with capture_logs() as logs:
        for _ in range(FREE + 100):
            attempts.failed(scope("10.0.0.1"))
    assert [entry["event"] for entry in logs] == ["wrong_token"] * FREE + ["many_wrong_tokens"]
    assert {entry["address"] for entry in logs} == {"10.0.0.1"}


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    app = guarded(routes(tmp_path), Access(token=TOKEN))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def ask(client: httpx.AsyncClient, token: str | None) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token is not None else {}
    return await client.get("/api/openapi-that-is-not-there", headers=headers)


async def test_a_guesser_is_told_to_wait_and_the_right_token_still_opens(client: httpx.AsyncClient) -> None:
    answers = [await ask(client, f"guess-{number}") for number in range(FREE + 2)]
    assert [reply.status_code for reply in answers] == [401] * FREE + [429] * 2
    assert answers[-1].json()["code"] == "too_many_tokens"
    assert 0 < int(answers[-1].headers["retry-after"]) <= LONGEST_PAUSE_SECONDS
    assert answers[-1].headers["retry-after"] in answers[-1].json()["message"]
    assert (await ask(client, TOKEN)).status_code == 404


async def test_a_request_that_shows_no_token_is_no_guess(client: httpx.AsyncClient) -> None:
    assert {(await ask(client, None)).status_code for _ in range(FREE + 5)} == {401}


def test_a_page_that_listens_is_told_the_same() -> None:
    access = Access(token=TOKEN)

    def farewell(address: str, token: str | None) -> Farewell | None:
        try:
            access.listener(scope(address), token)
        except Farewell as told:
            return told
        return None

    def close(address: str, token: str | None) -> int:
        told = farewell(address, token)
        return told.close if told else 0

    codes = [close("10.0.0.1", f"guess-{number}") for number in range(FREE + 1)]
    assert codes == [4401] * (FREE + 1)
    last = farewell("10.0.0.1", "guess")
    assert last is not None
    assert last.code == "too_many_tokens"
    assert close("10.0.0.1", TOKEN) == 0
    assert {close("10.0.0.3", None) for _ in range(FREE + 5)} == {4401}
