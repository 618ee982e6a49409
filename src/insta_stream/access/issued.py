"""The API tokens that are valid, as requests are held against them: in memory, by their hashes."""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.db.tokens import TokenRow
from insta_stream.ticks import Ticks, from_nanoseconds

PREFIX = "ist_"
"""How every API token begins, for people, and for programs that look for secrets in what is published."""

_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new token: 256 random bits, so its hash needs neither salt nor effort."""
    return f"{PREFIX}{secrets.token_urlsafe(_SECRET_BYTES)}"


def digest(secret: str) -> str:
    """Return what is stored of a token."""
    return sha256(secret.encode(errors="replace")).hexdigest()


def wall_clock() -> Ticks:
    """Return what the machine's clock shows. Tokens end by it, and not by the one that channels go by, which
    may be far ahead.
    """
    return from_nanoseconds(time.time_ns())


def principal_of(row: TokenRow) -> Principal:
    """Return what a token may do. A permission that this version does not know is none."""
    known = frozenset(each for each in Permission if each.value in row.permissions)
    return Principal(known, row.channels)


class Issued:
    """Knows the tokens that it was last given, and when each was used."""

    def __init__(self, now: Callable[[], Ticks] = wall_clock) -> None:
        self._now = now
        self._rows: dict[str, TokenRow] = {}
        self._principals: dict[str, Principal] = {}
        self._used: dict[str, Ticks] = {}

    def replace(self, rows: Iterable[TokenRow]) -> None:
        """Let these tokens be valid, each until it ends, and no others."""
        self._rows = {row.digest: row for row in rows}
        self._principals = {key: principal_of(row) for key, row in self._rows.items()}

    def rows(self) -> tuple[TokenRow, ...]:
        """Return the tokens, with what is known of their last use."""
        return tuple(self._rows.values())

    def opened_by(self, secret: str) -> Principal | None:
        """Return who shows this token; None where it is none of ours, or has ended."""
        if not secret.startswith(PREFIX):
            return None
        row, now = self._rows.get(key := digest(secret)), self._now()
        if row is None or (row.expires_at is not None and row.expires_at <= now):
            return None
        self._used[row.id] = now
        return self._principals[key]

    def take_used(self) -> Mapping[str, Ticks]:
        """Return when tokens were last used, of those that were since this was last asked."""
        used, self._used = self._used, {}
        return used
