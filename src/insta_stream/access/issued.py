"""The API tokens that are valid, as requests are held against them: in memory, by their hashes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.access.secret import digest
from insta_stream.access.wall import wall_clock
from insta_stream.db.tokens import TokenRow
from insta_stream.ids import AccountId
from insta_stream.ticks import Ticks

_NOBODY: Mapping[AccountId, Principal] = MappingProxyType({})

PREFIX = "ist_"
"""How every API token begins."""


def principal_of(row: TokenRow) -> Principal:
    """Return what a token may do. A permission that this version does not know is none."""
    known = frozenset(each for each in Permission if each.value in row.permissions)
    return Principal(known, row.channels, token=row.id)


def _owned(row: TokenRow, owner: Principal | None) -> Principal | None:
    return None if owner is None else replace(principal_of(row).within(owner), account=row.account)


class Issued:
    """Knows the tokens that it was last given, and when each was used."""

    def __init__(self, now: Callable[[], Ticks] = wall_clock) -> None:
        self._now = now
        self._rows: dict[str, TokenRow] = {}
        self._by_id: dict[str, TokenRow] = {}
        self._principals: dict[str, Principal | None] = {}
        self._used: dict[str, Ticks] = {}

    def replace(self, rows: Iterable[TokenRow], people: Mapping[AccountId, Principal] = _NOBODY) -> None:
        """Let these tokens be valid, each until it ends, and no others. One of somebody's is for nothing that
        its owner may not do; people: what they may, those of them who may sign in.
        """
        self._rows = {row.digest: row for row in rows}
        self._by_id = {row.id: row for row in self._rows.values()}
        self._principals = {
            key: principal_of(row) if row.account is None else _owned(row, people.get(row.account))
            for key, row in self._rows.items()
        }

    def rows(self) -> tuple[TokenRow, ...]:
        """Return the tokens, with what is known of their last use."""
        return tuple(self._rows.values())

    def find(self, id_: str) -> TokenRow | None:
        """Return a token, None where there is none of this id."""
        return next((row for row in self._rows.values() if row.id == id_), None)

    def opened_by(self, secret: str) -> Principal | None:
        """Return who shows this token; None where it is none of ours, or has ended."""
        if not secret.startswith(PREFIX):
            return None
        row = self._rows.get(digest(secret))
        principal = None if row is None else self.of(row.id)
        if row is not None and principal is not None:
            self._used[row.id] = self._now()
        return principal

    def of(self, id_: str) -> Principal | None:
        """Return what the token of an id may do; None where it has ended."""
        row = self._by_id.get(id_)
        if row is None or (row.expires_at is not None and row.expires_at <= self._now()):
            return None
        return self._principals[row.digest]

    def take_used(self) -> Mapping[str, Ticks]:
        """Return when tokens were last used, of those that were since this was last asked."""
        used, self._used = self._used, {}
        return used
