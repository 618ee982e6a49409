"""Signing in with another service: a real provider, and one that lies."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx
import pytest
from tests.support.server import RunningServer, free_port, running
from tests.support.waiting import eventually

GROUPS = {"anna": ["tv-admins", "staff"], "bob": ["staff"], "carla": ["others"], "dan": "staff"}


@dataclass
class Scene:
    """A server, and the service that its people sign in with."""

    server: RunningServer
    provider: str


@contextmanager
def providing() -> Iterator[str]:
    """Run a provider in a process of its own, and give its address; it knows who is in which group."""
    url = f"http://localhost:{(port := free_port())}"
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: answers(url))
            for name, groups in GROUPS.items():
                become(url, name, groups)
            yield url
        finally:
            process.terminate()


def answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url).is_success
    return False


def become(provider: str, name: str, groups: object) -> None:
    """Let somebody be in these groups from now on."""
    claims = {"preferred_username": f"{name.title()} B.", "name": name.title(), "groups": groups}
    httpx.put(f"{provider}/users/sub-{name}", json=claims).raise_for_status()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with providing() as issuer:
        port = free_port()
        settings = {
            "oidc-issuer": issuer,
            "oidc-client-id": "tv",
            "oidc-client-secret": "a-secret-of-ours",
            "oidc-title": "Staff account",
            "oidc-admins": "tv-admins",
            "oidc-operators": "staff",
            "public-url": f"http://127.0.0.1:{port}",
        }
        flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
        data = tmp_path_factory.mktemp("sso") / "data"
        with running(data, "--host", "127.1", "--rungs", "240p", *flags, port=port) as server:
            yield Scene(server, issuer)


@pytest.fixture
def browser(scene: Scene) -> Iterator[httpx.Client]:
    headers = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    with httpx.Client(base_url=scene.server.url, timeout=30, headers=headers) as client:
        yield client


def go(browser: httpx.Client) -> str:
    """Return where the server sends somebody who wants to sign in."""
    reply = browser.get("/api/session/sso")
    assert reply.status_code == 303, reply.text
    return reply.headers["location"]


def come_back(browser: httpx.Client, place: str, name: str) -> httpx.Response:
    """Sign in at the provider, and come back."""
    at_provider = httpx.post(place, data={"sub": f"sub-{name}"}, timeout=30)
    assert at_provider.status_code == 302, at_provider.text
    return browser.get(at_provider.headers["location"])


def sign_in(browser: httpx.Client, name: str) -> dict[str, object]:
    reply = come_back(browser, go(browser), name)
    assert reply.status_code == 303, reply.text
    assert reply.headers["location"].endswith("/studio")
    told: dict[str, object] = browser.get("/api/session").json()["data"]
    return told


def test_who_is_in_a_group_is_somebody_here_and_the_same_each_time(
    browser: httpx.Client, scene: Scene
) -> None:
    assert browser.get("/api/session").json()["data"]["singleSignOn"] == "Staff account"
    first, again = sign_in(browser, "anna"), sign_in(browser, "anna")
    assert first["account"] == again["account"]
    account = first["account"]
    assert isinstance(account, dict)
    assert (account["name"], account["title"], account["role"]) == ("anna-b", "Anna", "admin")
    entries = browser.get("/api/audit?action=session.start").json()["data"]["entries"]
    assert [each["text"] for each in entries][:2] == ["anna-b signed in"] * 2
    assert entries[0]["after"] == {"role": "admin"}
    people = browser.get("/api/people").json()["data"]["people"]
    assert [(each["isExternal"], each["hasPassword"]) for each in people if each["name"] == "anna-b"] == [
        (True, False)
    ]
    assert "a-secret-of-ours" not in scene.server.log.read_text()


def test_each_is_what_their_groups_say(browser: httpx.Client) -> None:
    for name in ("bob", "dan"):
        account = sign_in(browser, name)["account"]
        assert isinstance(account, dict)
        assert (account["role"], account["channels"]) == ("operator", None)
    stranger = come_back(browser, go(browser), "carla")
    assert stranger.status_code == 403
    assert "None of your groups" in stranger.text


def test_a_group_that_is_lost_takes_its_role_along(browser: httpx.Client, scene: Scene) -> None:
    sign_in(browser, "anna")
    bob = sign_in(browser, "bob")["account"]
    assert isinstance(bob, dict)
    become(scene.provider, "bob", ["tv-admins"])
    raised = sign_in(browser, "bob")["account"]
    assert isinstance(raised, dict)
    assert (raised["id"], raised["role"]) == (bob["id"], "admin")
    become(scene.provider, "bob", ["staff"])
    sunk = sign_in(browser, "bob")["account"]
    assert isinstance(sunk, dict)
    assert sunk["role"] == "operator"


def test_who_is_disabled_here_comes_no_more(browser: httpx.Client) -> None:
    bob = sign_in(browser, "bob")["account"]
    assert isinstance(bob, dict)
    sign_in(browser, "anna")
    assert browser.patch(f"/api/people/{bob['id']}", json={"isDisabled": True}).status_code == 200
    assert come_back(browser, go(browser), "bob").status_code == 403
    assert browser.patch(f"/api/people/{bob['id']}", json={"isDisabled": False}).status_code == 200


@pytest.mark.parametrize("tamper", ["state", "code", "none", "cookie"])
def test_an_answer_that_was_not_asked_for_opens_nothing(browser: httpx.Client, tamper: str) -> None:
    place = go(browser)
    back = httpx.post(place, data={"sub": "sub-anna"}, timeout=30).headers["location"]
    match tamper:
        case "state":
            back = re.sub("state=[^&]*", "state=another", back)
        case "code":
            back = re.sub("code=[^&]*", "code=another", back)
        case "none":
            back = back.partition("?")[0] + "?error=access_denied&error_description=%3Cb%3Eno"
        case "cookie":
            browser.cookies.clear()
    reply = browser.get(back)
    assert reply.status_code == 401
    assert "<b>" not in reply.text
    assert browser.get("/api/session").json()["data"]["account"] is None


def test_an_answer_for_another_errand_opens_nothing(browser: httpx.Client) -> None:
    """Somebody puts their own code into another's browser: its nonce and verifier are not those."""
    theirs = httpx.post(go(browser), data={"sub": "sub-anna"}, timeout=30).headers["location"]
    browser.cookies.clear()
    ours = httpx.post(go(browser), data={"sub": "sub-bob"}, timeout=30).headers["location"]
    code = re.search("code=([^&]*)", theirs)
    assert code is not None
    reply = browser.get(re.sub("code=[^&]*", f"code={code[1]}", ours))
    assert reply.status_code == 401


def test_a_program_is_told_in_json(browser: httpx.Client) -> None:
    reply = browser.get("/api/session/sso/callback", headers={"accept": "*/*"})
    assert (reply.status_code, reply.json()["code"]) == (401, "wrong_sign_in")


def test_the_errand_is_asked_with_a_proof_and_a_nonce(browser: httpx.Client) -> None:
    asked = httpx.URL(go(browser)).params
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    given = browser.get("/api/session/sso").headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=lax" in given
    assert asked["code_challenge"] not in given
