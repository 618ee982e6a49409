"""What browsers hold of a session: signed texts (JWT, RFC 7519), by keys that change without anybody
noticing.

Two keys are valid at any time. A new one signs nothing until every process on the same database has read it.
"""

import asyncio
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

from insta_stream.access.wall import wall_clock
from insta_stream.db.sessions import KeyRow
from insta_stream.ids import AccountId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds

_ALGORITHM = "HS256"
_PARTS = ["exp", "sub", "use", "sid", "gen"]
_UNTIL_ALL_KNOW_IT = seconds(15)
_KEPT = 4096
"""Texts whose signature was checked."""

ACCESS_LASTS = seconds(900)
"""An access token of a session."""

ACCESS_MATTERS = Ticks(ACCESS_LASTS + seconds(60))
"""The same where clocks of servers differ. For so long it is known which sessions were ended: a token that
would last longer, for it was made before the clock was set back, opens nothing.
"""

Use = Literal["access", "refresh", "device"]
"""access: opens what an account may do. refresh: is given for new ones. device: a browser has signed in
before.
"""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signed text says. session: of a device the one that it was first known by in that account."""

    use: Use
    account: AccountId
    expires_at: Ticks
    session: str
    generation: int


class Signer:
    """Signs and reads with the keys that it was last given."""

    def __init__(self, now: Callable[[], Ticks] = wall_clock) -> None:
        self._now = now
        self._keys: tuple[KeyRow, ...] = ()
        self._read: dict[str, Claims] = {}

    @property
    def has_key(self) -> bool:
        """Whether there is a key to sign with."""
        return bool(self._keys)

    def replace(self, keys: Iterable[KeyRow]) -> None:
        """Let these keys be valid, newest first, and no others."""
        before, self._keys = self._keys, tuple(keys)
        if self._keys != before:
            self._read = {}

    def sign(self, claims: Claims) -> str:
        """Return a signed text. There has to be a key."""
        known_to_all = self._now() - _UNTIL_ALL_KNOW_IT
        key = next((key for key in self._keys if key.created_at <= known_to_all), self._keys[0])
        content = {
            "use": claims.use,
            "sub": claims.account,
            "exp": claims.expires_at // TICKS_PER_SECOND,
            "sid": claims.session,
            "gen": claims.generation,
        }
        jwt = _library()
        text: str = jwt.encode(content, _bytes(key), algorithm=_ALGORITHM, headers={"kid": key.id})
        return text

    def read(self, text: str, use: Use) -> Claims | None:
        """Return what a text says; None where it is not ours, for another use, or has ended."""
        claims, now = self._read.get(text) or self._checked(text), self._now()
        if claims is None or claims.use != use or claims.expires_at <= now:
            return None
        if use == "access" and claims.expires_at > now + ACCESS_MATTERS:
            return None
        return claims

    def _checked(self, text: str) -> Claims | None:
        """Return what a text says, and keep that its signature is good: a page asks with it all the time."""
        jwt = _library()
        try:
            id_ = jwt.get_unverified_header(text).get("kid")
            key = next(key for key in self._keys if key.id == id_)
            said = jwt.decode(text, _bytes(key), algorithms=[_ALGORITHM], options={"require": _PARTS})
        except (jwt.InvalidTokenError, StopIteration):
            return None
        expires_at = Ticks(said["exp"] * TICKS_PER_SECOND)
        claims = Claims(said["use"], AccountId(said["sub"]), expires_at, said["sid"], said["gen"])
        if len(self._read) >= _KEPT:
            self._read = {}
        self._read[text] = claims
        return claims


async def warm() -> None:
    """Load the library now, beside the event loop, which would wait for it later."""
    await asyncio.to_thread(_library)


def _library() -> ModuleType:
    """Return PyJWT. It takes a fifth of a second to load, for which no server waits where nobody signs in."""
    return importlib.import_module("jwt")


def _bytes(key: KeyRow) -> bytes:
    return bytes.fromhex(key.secret)
