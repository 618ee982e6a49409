"""ID tokens, as a service should send them, and as it should not."""

import base64
import hmac
import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from structlog.testing import capture_logs

from insta_stream.access.oidc import Errand, Provider, ProviderSettings
from insta_stream.access.role import Role
from insta_stream.errors import Forbidden, NotReady, TooMany, Unauthorized

KEY = RSAKey.generate_key(2048, {"kid": "one"})
ANOTHER = RSAKey.generate_key(2048, {"kid": "one"})
ERRAND = Errand("state", "nonce", "verifier")
SETTINGS = ProviderSettings(
    issuer="https://id.example",
    client_id="tv",
    client_secret="secret",
    redirect_uri="https://tv.example/api/session/sso/callback",
    groups_claim="groups",
    groups={Role.ADMIN: ["admins"], Role.OPERATOR: ["staff"], Role.VIEWER: []},
)
GOOD = {"iss": "https://id.example", "aud": "tv", "sub": "7", "nonce": "nonce", "groups": ["staff"]}


def provider() -> Provider:
    made = Provider(SETTINGS)
    made._known_until, made._metadata = math.inf, {}
    made._keys = KeySet([KEY])
    return made


def token(key: Any = KEY, alg: str = "RS256", **said: object) -> str:
    now = int(time.time())
    claims = {**GOOD, "iat": now, "exp": now + 300, **said}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": "one"}, claims, key, algorithms=[alg])


def with_public_key_as_secret() -> str:
    """Return what a reader would take who lets a token choose how it is checked."""
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    signed = f"{header}.{token().split('.')[1]}"
    digest = hmac.digest(KEY.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


async def test_a_good_one_says_who_it_is() -> None:
    claims = await provider()._claims(token(), ERRAND)
    identity = provider()._identity(claims)
    assert (identity.subject, identity.name, identity.role) == ("https://id.example#7", "7", Role.OPERATOR)


@pytest.mark.parametrize(
    "said",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": ["tv", "another"]},
        {"aud": ["tv", "another"], "azp": "another"},
        {"sub": None},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
    ],
)
async def test_one_that_is_not_for_us_now_is_refused(said: dict[str, object]) -> None:
    with capture_logs(), pytest.raises(Unauthorized):
        await provider()._claims(token(**said), ERRAND)


async def test_one_for_several_names_who_asked() -> None:
    claims = await provider()._claims(token(aud=["tv", "another"], azp="tv"), ERRAND)
    assert claims["sub"] == "7"


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "x",
        "a.b.c",
        token(ANOTHER),
        with_public_key_as_secret(),
        token()[:-8],
        "eyJhbGciOiJub25lIn0." + token().split(".")[1] + ".",
    ],
)
async def test_one_that_another_has_signed_is_refused(forged: str) -> None:
    made = provider()
    with capture_logs(), pytest.raises(Unauthorized):
        await made._claims(forged, ERRAND)
    assert made._known_until == 0  # its keys are asked for again


async def test_one_that_cannot_be_reached_is_left_alone_for_a_while() -> None:
    nowhere = Provider(replace(SETTINGS, issuer="http://127.0.0.1:9"))
    with capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(NotReady):
                await nowhere.send()
    assert [entry["event"] for entry in logs] == ["provider_down"]


async def test_the_first_token_with_a_new_key_is_taken_and_one_that_is_forged_is_not() -> None:
    old, new = (RSAKey.generate_key(2048, {"kid": name}) for name in ("old", "new"))
    with serving(old) as (issuer, service):
        settings = replace(SETTINGS, issuer=issuer)
        several = [Provider(settings) for _ in range(2)]
        for key in (old, new):
            service.key = key
            for each in several:
                assert (await each.receive("code", ERRAND)).subject == f"{issuer}#7"
        service.signs_with = RSAKey.generate_key(2048, {"kid": "new"})
        with capture_logs() as logs, pytest.raises(Unauthorized):
            await several[0].receive("code", ERRAND)
        assert [entry["event"] for entry in logs] == ["provider_refused"]


class Service(ThreadingHTTPServer):
    """A provider. key: the one that it tells of. signs_with: None for that."""

    key: RSAKey
    signs_with: RSAKey | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str) -> dict[str, Any]:
        match path:
            case "/keys":
                return {"keys": [self.key.as_dict(private=False)]}
            case "/token":
                key = self.signs_with or self.key
                now = int(time.time())
                said = {**GOOD, "iss": self.issuer, "iat": now, "exp": now + 300}
                return {"id_token": jwt.encode({"alg": "RS256", "kid": key.kid}, said, key)}
        places = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{at}" for name, at in places.items()}}


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Service)
        body = json.dumps(self.server.answer(self.path)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(key: RSAKey) -> Iterator[tuple[str, Service]]:
    with Service(("127.0.0.1", 0), Answering) as service:
        service.key = key
        thread = threading.Thread(target=service.serve_forever)
        thread.start()
        try:
            yield service.issuer, service
        finally:
            service.shutdown()
            thread.join()


async def test_strangers_cannot_have_it_asked_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("insta_stream.access.oidc._MOST_AT_ONCE", 0)
    with pytest.raises(TooMany):
        await provider().receive("code", ERRAND)


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["staff", "admins"], Role.ADMIN),
        ("admins", Role.ADMIN),
        (["x", "staff"], Role.OPERATOR),
        (["Staff"], None),
        ([], None),
        (None, None),
        ([["admins"]], None),
    ],
)
def test_the_highest_of_their_groups_counts(groups: object, role: Role | None) -> None:
    claims = {"sub": "7", "groups": groups}
    if role is None:
        with capture_logs(), pytest.raises(Forbidden):
            provider()._identity(claims)
    else:
        assert provider()._identity(claims).role is role
