"""Who there is, as requests are held against it: in memory, as the database was a few seconds ago."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from insta_stream.access.issued import Issued
from insta_stream.access.passes import Passes
from insta_stream.access.principal import Principal
from insta_stream.access.role import Role, principal_of
from insta_stream.access.signer import Claims, Signer
from insta_stream.db.accounts import AccountRow
from insta_stream.db.playback import PlaybackKeyRow
from insta_stream.db.sessions import KeyRow
from insta_stream.db.tokens import TokenRow
from insta_stream.ids import AccountId

_ROLES = frozenset(map(str, Role))


def can_sign_in(account: AccountRow) -> bool:
    """Tell whether there is a way in for an account."""
    has_way = account.password is not None or account.subject is not None
    return has_way and account.disabled_at is None


def is_admin(account: AccountRow) -> bool:
    """Tell whether somebody can sign in who may do everything."""
    return account.role == Role.ADMIN and can_sign_in(account)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read.

    ended: sessions that were ended, as long as something that they signed is valid; ended_links: the same of
    links. has_broken: there are accounts that could not be read.
    """

    tokens: Iterable[TokenRow]
    accounts: Iterable[AccountRow]
    keys: Iterable[KeyRow]
    ended: frozenset[str]
    playback_keys: Iterable[PlaybackKeyRow]
    ended_links: frozenset[str]
    installation: str
    has_broken: bool


class Roster:
    """Knows tokens, accounts, keys and ended sessions.

    installation: by whose name this server's cookies are told from another's on the same host. tv_secret: of
    the addresses for TV apps, "" before it was read. edition: another object whenever this was replaced.
    """

    def __init__(self) -> None:
        self.issued = Issued()
        self.signer = Signer()
        self.passes = Passes()
        self.installation = ""
        self.tv_secret = ""
        self.edition = object()
        self.has_admin = False
        self.has_accounts = False
        self._accounts: Mapping[AccountId, AccountRow] = {}
        self._principals: Mapping[AccountId, Principal] = {}
        self._ended: frozenset[str] = frozenset()

    @property
    def lacks_keys(self) -> bool:
        """Whether a key is damaged or gone that all processes are to share."""
        return not (self.tv_secret and self.signer.has_key and self.passes.has_own)

    def replace(self, seen: Seen) -> None:
        """Let this be all there is."""
        accounts = {account.id: account for account in seen.accounts}
        keys = list(seen.keys)
        self.signer.replace(key for key in keys if key.purpose == "session")
        self.installation = seen.installation
        self.tv_secret = next((key.secret for key in keys if key.purpose == "tv"), "")
        # Whoever cannot be read may have been the one: damage must not open a server to all.
        has_damage = seen.has_broken or any(each.role not in _ROLES for each in accounts.values())
        self.has_admin = has_damage or any(map(is_admin, accounts.values()))
        self.has_accounts = any(map(can_sign_in, accounts.values()))
        self._accounts = accounts
        self._principals = {
            account.id: principal_of(account.role, account.channels, account.id)
            for account in accounts.values()
            if account.disabled_at is None
        }
        self.issued.replace(seen.tokens, self._principals)
        self._ended = seen.ended
        self.passes.replace(seen.playback_keys, seen.ended_links)
        self.edition = object()

    def accounts(self) -> tuple[AccountRow, ...]:
        """Return every account, by name."""
        return tuple(self._accounts.values())

    def account(self, id_: AccountId | None) -> AccountRow | None:
        """Return an account, None where there is none of this id."""
        return None if id_ is None else self._accounts.get(id_)

    def person(self, id_: AccountId, session: str) -> Principal | None:
        """Return what somebody may do who has signed in; None where the session or the right has ended."""
        return None if session in self._ended else self._principals.get(id_)

    def signed_in(self, text: str) -> tuple[Principal, Claims] | None:
        """Return who shows this access token, and what it says; None where it opens nothing (any more)."""
        claims = self.signer.read(text, "access")
        if claims is None:
            return None
        principal = self.person(claims.account, claims.session)
        return None if principal is None else (replace(principal, session=claims.session), claims)
