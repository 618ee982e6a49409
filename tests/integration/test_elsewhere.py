"""Two workers of one server: what one was told, the other knows when it is asked next."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.pair import pair
from tests.support.waiting import until

from insta_stream.access import directory, upkeep
from insta_stream.api.attempts import FREE
from insta_stream.channels import shown

TOKEN = "a-secret-that-is-long-enough"
ADMIN = {"authorization": f"Bearer {TOKEN}"}
PASSWORD = "correct horse battery"

Pair = tuple[httpx.AsyncClient, httpx.AsyncClient]


@pytest.fixture(autouse=True)
def _news_by_itself_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may depend on how often the news is asked for."""
    monkeypatch.setattr(directory, "LOOK_SECONDS", 3600.0)
    monkeypatch.setattr(shown, "ASK_SECONDS", 3600.0)


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair(tmp_path / "data", token=TOKEN) as clients:
        yield clients


def ok(reply: httpx.Response, status: int = 200) -> Any:
    assert reply.status_code == status, reply.text
    return reply.json().get("data")


async def invited(client: httpx.AsyncClient, name: str, role: str) -> tuple[str, str]:
    """Add somebody; return the id and the secret of the invitation."""
    added = ok(await client.post("/api/people", json={"name": name, "role": role}, headers=ADMIN), 201)
    return added["person"]["id"], added["invitation"]["path"].partition("#")[2]


async def test_one_worker_forgets_what_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tidy, tidied = upkeep.Upkeep.tidy, list[object]()

    async def noted(each: upkeep.Upkeep) -> None:
        tidied.append(each)
        await tidy(each)

    monkeypatch.setattr(upkeep.Upkeep, "tidy", noted)
    monkeypatch.setattr(upkeep, "TIDY_SECONDS", 0.01)
    async with pair(tmp_path / "data", token=TOKEN):
        await until(lambda: len(tidied) >= 10)
    assert len(set(tidied)) == 1


async def test_who_signs_in_at_one_worker_is_signed_in_at_the_other(workers: Pair) -> None:
    here, there = workers
    id_, secret = await invited(here, "anna", "admin")
    reply = await here.put("/api/invitation", json={"secret": secret, "password": PASSWORD})
    assert ok(reply)["via"] == "session"
    there.cookies = here.cookies
    session = ok(await there.get("/api/session"))
    assert (session["via"], session["account"]["name"]) == ("session", "anna")
    assert [each["id"] for each in ok(await there.get("/api/people"))["people"]] == [id_]


async def test_what_is_taken_away_at_one_worker_opens_nothing_at_the_other(workers: Pair) -> None:
    here, there = workers
    wanted = {"name": "monitor", "permissions": ["health:read"]}
    issued = ok(await here.post("/api/tokens", json=wanted, headers=ADMIN), 201)
    shown_ = {"authorization": f"Bearer {issued['secret']}"}
    assert ok(await there.get("/api/health", headers=shown_))
    assert (await here.delete(f"/api/tokens/{issued['token']['id']}", headers=ADMIN)).is_success
    assert (await there.get("/api/health", headers=shown_)).status_code == 401


async def test_a_channel_made_at_one_worker_is_there_at_the_other(workers: Pair) -> None:
    here, there = workers
    ok(await here.post("/api/channels", json={"slug": "kids", "title": "Kids"}, headers=ADMIN), 201)
    assert ok(await there.get("/api/channels/kids", headers=ADMIN))["title"] == "Kids"
    ok(await there.patch("/api/channels/kids", json={"title": "Children"}, headers=ADMIN))
    assert ok(await here.get("/api/channels/kids", headers=ADMIN))["title"] == "Children"
    assert (await here.delete("/api/channels/kids", headers=ADMIN)).is_success
    assert (await there.get("/api/channels/kids", headers=ADMIN)).status_code == 404


async def test_viewers_find_at_one_worker_what_was_made_at_the_other(workers: Pair) -> None:
    here, there = workers
    ok(await here.post("/api/channels", json={"slug": "kids", "title": "Kids"}, headers=ADMIN), 201)
    assert (await there.get("/stream/kids/now.json")).json()["title"] == "Kids"
    ok(await here.post("/api/channels", json={"slug": "news", "title": "News"}, headers=ADMIN), 201)
    assert (await there.get("/stream/news/stream.m3u8")).json()["code"] == "off_air"


async def test_a_channel_that_was_started_at_one_worker_plays_at_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "ASK_SECONDS", 0.2)  # or nothing would be listed after a second
    async with pair(tmp_path / "data", token=TOKEN) as (here, there):
        for number in range(5):
            body = {"slug": f"no-{number}", "title": f"{number}"}
            ok(await here.post("/api/channels", json=body, headers=ADMIN), 201)
            assert (await here.post(f"/api/channels/no-{number}/stream/start", headers=ADMIN)).is_success
            folder = f"/stream/no-{number}"
            entry = await there.get(f"{folder}/stream.m3u8")
            assert entry.status_code == 200, entry.text
            same = await here.get(f"{folder}/stream.m3u8")
            assert (entry.content, entry.headers["etag"]) == (same.content, same.headers["etag"])
            media = next(line for line in entry.text.splitlines() if line.endswith(".m3u8"))
            assert (await there.get(f"{folder}/{media}")).status_code == 200


async def test_a_link_by_a_new_key_works_at_the_other_worker(workers: Pair) -> None:
    here, there = workers
    body = {"slug": "kids", "title": "Kids", "playback": "link"}
    ok(await here.post("/api/channels", json=body, headers=ADMIN), 201)
    (key,) = ok(await here.get("/api/playback/keys", headers=ADMIN))["keys"]
    assert (await here.delete(f"/api/playback/keys/{key['id']}", headers=ADMIN)).is_success
    reply = await here.post("/api/channels/kids/links", json={"label": "x"}, headers=ADMIN)
    document = f"{ok(reply, 201)['folder']}/stream/kids/now.json"
    assert (await there.get(document)).json()["title"] == "Kids"
    assert (await here.delete("/api/channels/kids/links", headers=ADMIN)).is_success
    assert ok(await there.get("/api/channels/kids/links", headers=ADMIN))["total"] == 0
    assert (await there.get(document)).json()["code"] == "link_over"


async def test_workers_count_together_who_asks_how_often(tmp_path: Path) -> None:
    limits = {"api_requests_per_minute": 10, "viewer_requests_per_minute": 4}
    async with pair(tmp_path / "data", token=TOKEN, **limits) as workers:
        asked = [await workers[n % 2].get("/api/session") for n in range(12)]
        assert [reply.status_code for reply in asked] == [200] * 10 + [429] * 2
        watched = [await workers[n % 2].get("/stream/main/now.json") for n in range(6)]
        assert [reply.status_code for reply in watched] == [200] * 4 + [429] * 2


async def test_workers_count_wrong_tokens_together(workers: Pair) -> None:
    wrong = {"authorization": "Bearer ist_wrong"}
    asked = [await workers[n % 2].get("/api/channels", headers=wrong) for n in range(FREE + 2)]
    assert [reply.status_code for reply in asked] == [401] * FREE + [429] * 2
