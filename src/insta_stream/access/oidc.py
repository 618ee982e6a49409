"""Signing in by another service: OpenID Connect Core 1.0, the code flow with PKCE (RFC 7636), state and
nonce.

The libraries are loaded when somebody first comes: they take a fifth of a second, which no other server need
wait.
"""

import base64
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import httpx
import structlog

from insta_stream.access.role import Role
from insta_stream.errors import Forbidden, NotReady, TooMany, Unauthorized

if TYPE_CHECKING:
    from joserfc.jwk import KeySet, KeySetSerialization

log = structlog.get_logger()

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Of ID tokens: none whose key the provider would have to share."""

EVERYONE = "*"
"""Stands for all who have an account there, in the place of a group."""

_SCOPE = "openid profile email groups"
_TIMEOUT_SECONDS = 10.0
_KNOWN_SECONDS = 3600.0
"""How long the provider's description and keys are used before they are asked for again."""

_NEEDED = frozenset({"authorization_endpoint", "token_endpoint", "jwks_uri"})
"""Of the provider's description."""

_REST_SECONDS = 5.0
"""A provider that could not be reached is left alone for so long: anybody can have it asked."""

_MOST_AT_ONCE = 16
_VERIFIER_BYTES = 48
_LEEWAY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What this server knows of the service. groups: of whom of its people are here what."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    groups_claim: str
    groups: Mapping[Role, Collection[str]]


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser keeps while somebody is at the service; it has to come back with the same state."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the service has shown. subject: what tells them from all others, for ever."""

    subject: str
    name: str
    title: str
    role: Role


class Provider:
    """The service."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._known_until = 0.0
        self._rests_until = 0.0
        self._inside = 0
        self._metadata: dict[str, Any] = {}
        self._keys: KeySet | None = None

    async def send(self) -> tuple[str, Errand]:
        """Return where somebody is to go who wants to sign in, and what their browser keeps meanwhile.

        Raises NotReady ("provider_down").
        """
        await self._know()
        errand = Errand(*(secrets.token_urlsafe(_VERIFIER_BYTES) for _ in range(3)))
        asked = {  # RFC 6749 section 4.1.1
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": _SCOPE,
            "state": errand.state,
            "nonce": errand.nonce,
            "code_challenge": _challenge(errand.verifier),
            "code_challenge_method": "S256",
        }
        url = httpx.URL(self._metadata["authorization_endpoint"]).copy_merge_params(asked)
        return str(url), errand

    async def receive(self, code: str, errand: Errand) -> Identity:
        """Return who has come back. Raises NotReady ("provider_down"), Unauthorized ("wrong_sign_in"), and
        Forbidden ("no_group") where none of their groups is for anything here. TooMany.
        """
        if self._inside >= _MOST_AT_ONCE:
            raise TooMany("Too many people are signing in at this moment. Try again in a few seconds.")
        self._inside += 1
        try:
            return await self._received(code, errand)
        finally:
            self._inside -= 1

    async def _received(self, code: str, errand: Errand) -> Identity:
        await self._know()
        token = await self._token(code, errand)
        claims = await self._claimed(str(token.get("id_token") or ""), errand)
        if self._settings.groups_claim not in claims and "userinfo_endpoint" in self._metadata:
            more = await self._userinfo(token)
            if more.get("sub") != claims["sub"]:
                raise _refused("its user info is about another person")
            claims = {**more, **claims}
        return self._identity(claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        listed = claims.get(self._settings.groups_claim, [])
        theirs = {EVERYONE, *([listed] if isinstance(listed, str) else map(str, listed or []))}
        by_rank = reversed(Role)
        role = next((role for role in by_rank if theirs & set(self._settings.groups.get(role, ()))), None)
        if role is None:
            log.warning("sign_in_without_group", subject=claims["sub"])
            raise Forbidden("None of your groups may use this server. Ask its admin.", code="no_group")
        name = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])
        return Identity(f"{self._settings.issuer}#{claims['sub']}", name, str(claims.get("name") or ""), role)

    async def _know(self) -> None:
        """See that the provider's description and keys are known, and not from long ago."""
        now = time.monotonic()
        if now < self._known_until:
            return
        if now < self._rests_until:
            raise _unreachable()
        from joserfc.jwk import KeySet  # noqa: PLC0415 - see above

        place = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as client:
            metadata = await self._json(client.get(place))
            if metadata.get("issuer") != self._settings.issuer:
                raise self._down(f"it calls itself {str(metadata.get('issuer'))[:200]}")
            if missing := _NEEDED.difference(metadata):
                raise self._down(f"it does not say its {', '.join(sorted(missing))}")
            keys = await self._json(client.get(metadata["jwks_uri"]))
        self._metadata = metadata
        try:
            self._keys = KeySet.import_key_set(cast("KeySetSerialization", keys))
        except (KeyError, TypeError, ValueError) as error:
            raise self._down(f"its keys cannot be read: {error}") from error
        self._known_until = time.monotonic() + _KNOWN_SECONDS

    async def _token(self, code: str, errand: Errand) -> dict[str, Any]:
        """Give the code for tokens (RFC 6749 section 4.1.3)."""
        settings = self._settings
        shown = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": settings.redirect_uri,
            "code_verifier": errand.verifier,
        }
        auth = httpx.Auth()
        if settings.client_secret:
            auth = httpx.BasicAuth(quote(settings.client_id), quote(settings.client_secret))
        else:
            shown["client_id"] = settings.client_id
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as client:
            asking = client.post(self._metadata["token_endpoint"], data=shown, auth=auth)
            return await self._json(asking, is_refusal=_is_refusal)

    async def _userinfo(self, token: Mapping[str, Any]) -> dict[str, Any]:
        shown = {"authorization": f"Bearer {token.get('access_token', '')}"}
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as client:
            return await self._json(client.get(self._metadata["userinfo_endpoint"], headers=shown))

    async def _claimed(self, id_token: str, errand: Errand) -> dict[str, Any]:
        """Return what an ID token says, also the first with a new key: each process finds that out for
        itself, and nobody is to try once for each.
        """
        keys = self._keys
        try:
            return await self._claims(id_token, errand)
        except Unauthorized:
            await self._know()
            if keys is None or self._keys is None or self._keys.as_dict() == keys.as_dict():
                raise
        return await self._claims(id_token, errand)

    async def _claims(self, id_token: str, errand: Errand) -> dict[str, Any]:
        """Return what an ID token says, for this errand and for nobody else (Core 1.0 section 3.1.3.7)."""
        from joserfc import jwt  # noqa: PLC0415 - see above
        from joserfc.errors import JoseError  # noqa: PLC0415

        assert self._keys is not None
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": errand.nonce},
        )
        try:
            found = jwt.decode(id_token, self._keys, algorithms=list(ALGORITHMS))
            registry.validate(found.claims)
        except (JoseError, ValueError) as error:
            self._known_until = 0.0  # its keys may have changed
            raise _refused(str(error)) from error
        claims = dict(found.claims)
        is_for_others_too = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if is_for_others_too and claims.get("azp") != self._settings.client_id:
            raise _refused("the ID token is for another client")
        return claims

    async def _json(
        self,
        asking: Awaitable[httpx.Response],
        *,
        is_refusal: Callable[[httpx.Response], bool] = lambda _: False,
    ) -> dict[str, Any]:
        try:
            reply = await asking
            if is_refusal(reply):
                raise _refused(reply.text)
            found = reply.raise_for_status().json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise self._down(str(error)) from error
        if not isinstance(found, dict):
            raise self._down("it does not speak OpenID Connect")
        return found

    def _down(self, reason: str) -> NotReady:
        log.warning("provider_down", issuer=self._settings.issuer, reason=reason[:500])
        self._rests_until = time.monotonic() + _REST_SECONDS
        return _unreachable()


def _unreachable() -> NotReady:
    return NotReady("The service that you sign in with cannot be reached. Try again.", code="provider_down")


def _is_refusal(reply: httpx.Response) -> bool:
    """Return whether a token endpoint says no (RFC 6749 section 5.2)."""
    return reply.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}


def _challenge(verifier: str) -> str:
    """Return what is told of a verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _refused(reason: str) -> Unauthorized:
    log.warning("provider_refused", reason=reason[:500])
    return Unauthorized("Signing in with that service did not work. Try again.", code="wrong_sign_in")
