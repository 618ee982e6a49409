"""The people who can sign in: added, changed, invited, removed. How they prove who they are is their own
affair.
"""

import itertools
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.access.directory import Directory
from insta_stream.access.oidc import Identity
from insta_stream.access.presence import require_channels
from insta_stream.access.principal import OWNER, Principal
from insta_stream.access.role import Role, principal_of
from insta_stream.access.roster import Roster, is_admin
from insta_stream.access.secret import digest, new_secret
from insta_stream.access.wall import wall_clock
from insta_stream.db.accounts import (
    AccountRow,
    count_accounts,
    delete_account,
    find_account,
    insert_account,
    invite,
    load_accounts,
    uninvite,
    update_account,
    update_channels,
)
from insta_stream.db.audit import Details
from insta_stream.db.engine import Database
from insta_stream.db.sessions import end_sessions
from insta_stream.errors import BadRequest, Forbidden, Unknown, WrongState
from insta_stream.ids import AccountId, ChannelSlug, new_id
from insta_stream.ticks import Ticks, seconds

log = structlog.get_logger()

MOST = 1000
FIRST_ADMIN = "admin"

INVITATION_LASTS = seconds(3 * 86_400)
SET_UP_LASTS = seconds(3600)

_PREFIX = "isi_"
_LONGEST_TITLE = 255
_LONGEST_FOREIGN = 50
"""Of names from elsewhere: a number may have to follow."""

_is_name = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,61}[a-z0-9])?").fullmatch


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link with which somebody chooses a password, once. It is not told again."""

    account: AccountId
    secret: str = field(repr=False)
    expires_at: Ticks

    @property
    def path(self) -> str:
        """Where it leads; what stands behind the `#` reaches no server's log."""
        return f"/studio/invitation#{self.secret}"


def parse_name(text: str) -> str:
    """Return the name of an account, in lower case. Raises BadRequest ("bad_name")."""
    name = text.strip().casefold()
    if not _is_name(name):
        raise BadRequest(
            "A `name` has at most 63 letters (a to z), digits and . _ @ + -, and begins and ends with a "
            "letter or digit.",
            code="bad_name",
        )
    return name


class People:
    """Keeps the accounts. One admin who can sign in is always left, once there is one.

    by: who does something. Nobody can give, or take away, more than they may do themselves.
    """

    def __init__(self, database: Database, directory: Directory, roster: Roster) -> None:
        self._database = database
        self._directory = directory
        self._roster = roster

    def all(self) -> tuple[AccountRow, ...]:
        """Return everybody, by name."""
        return self._roster.accounts()

    def get(self, id_: AccountId, by: Principal = OWNER) -> AccountRow:
        """Return somebody. Raises Unknown ("unknown_person"), Forbidden."""
        found = self._roster.account(id_)
        if found is None:
            raise _unknown()
        _require_cover(by, found)
        return found

    def name(self, id_: AccountId | None) -> str | None:
        """Return somebody's name, None for nobody, and where it cannot be read."""
        found = self._roster.account(id_)
        return None if found is None else found.name

    def called(self, name: str) -> AccountRow | None:
        """Return who types this name to sign in, as far as it is known here; None for nobody."""
        typed = name.strip().casefold()
        return next((each for each in self.all() if each.name == typed), None)

    @staticmethod
    def rights_of(row: AccountRow) -> Details:
        """Return what the audit log tells of somebody."""
        return {
            "title": row.title,
            "role": row.role,
            "channels": "all" if row.channels is None else row.channels,
            "disabled": row.disabled_at is not None,
            "storageBytes": "default" if row.quota_bytes is None else row.quota_bytes or "unlimited",
        }

    def title_of(self, id_: AccountId | None) -> str | None:
        """Return what others read for somebody, None for nobody."""
        found = self._roster.account(id_)
        return None if found is None else found.title or found.name

    async def find(self, name: str) -> AccountRow:
        """Return who has this name. Raises Unknown ("unknown_person"), WrongState where the account is
        damaged.
        """
        async with self._database.read() as connection:
            try:
                found = await find_account(connection, name=name.strip().casefold())
            except ValueError as error:
                raise WrongState(
                    f"What is stored of {name} is damaged ({error}). Add another admin, or restore a backup."
                ) from error
        if found is None:
            raise Unknown(f"There is no person called {name}.", code="unknown_person")
        return found

    async def add(
        self,
        name: str,
        title: str,
        role: Role,
        channels: frozenset[ChannelSlug] | None,
        by: Principal = OWNER,
        *,
        quota_bytes: int | None = None,
    ) -> tuple[AccountRow, Invitation]:
        """Add somebody, and return the link that lets them choose a password.

        Raises BadRequest ("bad_name"), Unknown ("unknown_channel"), WrongState ("name_taken",
        "too_many_people"), Forbidden.
        """
        row = AccountRow(
            id=AccountId(new_id()),
            name=parse_name(name),
            title=title,
            role=role.value,
            channels=channels,
            created_at=wall_clock(),
            quota_bytes=quota_bytes,
        )
        _require_cover(by, row)
        async with self._database.write() as connection:
            if await find_account(connection, name=row.name) is not None:
                raise WrongState(f"The name {row.name} is taken.", code="name_taken")
            if await count_accounts(connection) >= MOST:
                raise _too_many()
            await require_channels(connection, channels or ())
            await insert_account(connection, row)
            invitation = await _invited(connection, row.id, INVITATION_LASTS)
        await self._directory.read()
        log.info("person_added", id=row.id, name=row.name, role=role.value)
        return row, invitation

    async def admit(self, identity: Identity) -> AccountRow:
        """Return the account of somebody whom another service has shown; there is one afterwards. What they
        are here is what their groups there say now, each time.

        Raises Forbidden ("disabled"), WrongState ("last_admin", "too_many_people").
        """
        async with self._database.read() as connection:
            row = await find_account(connection, subject=identity.subject)
        if row is None:
            return await self._admit_new(identity)
        if row.disabled_at is not None:
            raise Forbidden("Your account on this server is disabled. Ask its admin.", code="disabled")
        if row.role != identity.role:
            return await self.change(row.id, role=identity.role)
        return row

    async def _admit_new(self, identity: Identity) -> AccountRow:
        async with self._database.write() as connection:
            if (found := await find_account(connection, subject=identity.subject)) is not None:
                return found  # they came twice at once
            if await count_accounts(connection) >= MOST:
                raise _too_many()
            name = await _free_name(connection, identity.name)
            title = "".join(filter(str.isprintable, identity.title)).strip()[:_LONGEST_TITLE]
            row = AccountRow(
                id=AccountId(new_id()),
                name=name,
                title=title,
                role=identity.role.value,
                channels=None,
                created_at=wall_clock(),
                subject=identity.subject,
            )
            await insert_account(connection, row)
        await self._directory.read()
        log.info("person_admitted", id=row.id, name=row.name, role=row.role)
        return row

    async def change(
        self,
        id_: AccountId,
        by: Principal = OWNER,
        *,
        title: str | None = None,
        role: Role | None = None,
        is_disabled: bool | None = None,
        has_channels: bool = False,
        channels: frozenset[ChannelSlug] | None = None,
        has_quota: bool = False,
        quota_bytes: int | None = None,
    ) -> AccountRow:
        """Change somebody; what they may do changes at once. What is None stays, but for `channels`, where it
        means all of them, and `quota_bytes`, where it means what the settings say: they stay unless
        `has_channels` and `has_quota`.

        Raises Unknown ("unknown_person", "unknown_channel"), WrongState ("last_admin"), Forbidden.
        """
        now = wall_clock()
        values: dict[str, object] = {}
        if title is not None:
            values["title"] = title
        if role is not None:
            values["role"] = role.value
        if is_disabled is not None:
            values["disabled_at"] = now if is_disabled else None
        if has_quota:
            values["quota_bytes"] = quota_bytes
        async with self._edit(id_, by) as connection:
            if values:
                await update_account(connection, id_, **values)
            if has_channels:
                await require_channels(connection, channels or ())
                await update_channels(connection, id_, channels)
            if is_disabled:
                await end_sessions(connection, now, account=id_)
        log.info("person_changed", id=id_, **{key: str(value) for key, value in values.items()})
        return self.get(id_)

    async def remove(self, id_: AccountId, by: Principal = OWNER) -> None:
        """Remove somebody, who is signed out everywhere by that. Raises Unknown, WrongState, Forbidden."""
        async with self._edit(id_, by) as connection:
            await delete_account(connection, id_)
        log.info("person_removed", id=id_)

    async def invite(self, id_: AccountId, by: Principal = OWNER) -> Invitation:
        """Return a new link for somebody to choose a password; one before it ends. Raises Unknown,
        Forbidden.
        """
        async with self._database.write() as connection:
            _require_cover(by, await _found(connection, id_))
            invitation = await _invited(connection, id_, INVITATION_LASTS)
        await self._directory.read()
        log.info("person_invited", id=id_)
        return invitation

    async def set_up(self) -> Invitation | None:
        """Return a link for the first admin; None where there is an admin who can sign in."""
        async with self._database.write() as connection:
            everybody = await load_accounts(connection, _pass_over)
            if any(map(is_admin, everybody)):
                return None
            admin = next((each for each in everybody if _waits_for_set_up(each)), None)
            if admin is None:
                taken = {each.name for each in everybody}
                free = next(name for name in _numbered(FIRST_ADMIN) if name not in taken)
                admin = AccountRow(AccountId(new_id()), free, "", Role.ADMIN.value, None, wall_clock())
                await insert_account(connection, admin)
            invitation = await _invited(connection, admin.id, SET_UP_LASTS)
        await self._directory.read()
        return invitation

    @asynccontextmanager
    async def _edit(self, id_: AccountId, by: Principal) -> AsyncIterator[AsyncConnection]:
        """Give a connection for a change of somebody; the roster knows of it afterwards.

        Raises Unknown, Forbidden, and WrongState ("last_admin") where the change would leave nobody who may
        do everything.
        """
        async with self._database.write() as connection:
            before = await _found(connection, id_)
            _require_cover(by, before)
            had_admin = await _has_admin(connection)
            yield connection
            if had_admin and not await _has_admin(connection):
                raise WrongState(
                    "This is the last admin who can sign in: make another person an admin first.",
                    code="last_admin",
                )
            after = await find_account(connection, id_=id_)
            if after is not None:
                _require_cover(by, after)
                has_come = after.password is not None or after.subject is not None
                if has_come and not _rights(before).covers(_rights(after)):
                    await uninvite(connection, id_)  # whoever made that link was to give no more than before
        await self._directory.read()


def _waits_for_set_up(account: AccountRow) -> bool:
    """Return whether the link of a new server may be somebody's; who was sent another link keeps that."""
    if account.role != Role.ADMIN or account.disabled_at is not None:
        return False
    return account.invited_until is None or account.invited_until <= wall_clock() + SET_UP_LASTS


async def _invited(connection: AsyncConnection, id_: AccountId, lasting: Ticks) -> Invitation:
    secret, expires_at = new_secret(_PREFIX), Ticks(wall_clock() + lasting)
    await invite(connection, id_, digest(secret), expires_at)
    return Invitation(id_, secret, expires_at)


async def _found(connection: AsyncConnection, id_: AccountId) -> AccountRow:
    found = await find_account(connection, id_=id_)
    if found is None:
        raise _unknown()
    return found


def _rights(row: AccountRow) -> Principal:
    """Return what an account is for. Which one it is does not matter."""
    return principal_of(row.role, row.channels, AccountId(""))


def _require_cover(by: Principal, row: AccountRow) -> None:
    """Raise Forbidden where somebody may do what `by` may not: with a link for the password of such a one,
    anybody would be them.
    """
    if not by.covers(_rights(row)):
        raise Forbidden("Nobody can give, or take away, more than they may do themselves.")


async def _has_admin(connection: AsyncConnection) -> bool:
    return any(map(is_admin, await load_accounts(connection, _pass_over)))


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}{number}" for number in itertools.count(2))


def _pass_over(_: str, __: Exception) -> None:
    """The directory has told of it."""


async def _free_name(connection: AsyncConnection, wanted: str) -> str:
    """Return a name like the one that another service tells, which nobody has here."""
    plain = re.sub(r"[^a-z0-9._@+-]+", "-", wanted.casefold())[:_LONGEST_FOREIGN].strip(".-_@+") or "person"
    taken = {each.name for each in await load_accounts(connection, _pass_over)}
    return next(name for name in _numbered(plain) if name not in taken)


def _too_many() -> WrongState:
    return WrongState(f"There are {MOST} people already: remove some.", code="too_many_people")


def _unknown() -> Unknown:
    return Unknown("There is no such person (any more).", code="unknown_person")
