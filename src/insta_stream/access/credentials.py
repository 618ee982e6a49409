"""How people prove who they are: their passwords and second factors, which only they choose."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.access import passwords, second_factor
from insta_stream.access.directory import Directory
from insta_stream.access.passwords import Passwords
from insta_stream.access.secret import digest
from insta_stream.access.throttle import Throttle, counters
from insta_stream.access.wall import wall_clock
from insta_stream.db.accounts import (
    AccountRow,
    find_account,
    find_invited,
    is_still,
    replace_codes,
    uninvite,
    update_account,
)
from insta_stream.db.engine import Database
from insta_stream.db.sessions import end_sessions
from insta_stream.errors import BadRequest, Unauthorized, Unknown, WrongState
from insta_stream.ids import AccountId

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app needs to show codes. uri: the same, as apps read it."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


class Credentials:
    """Changes them, for whoever shows what was valid so far."""

    def __init__(self, database: Database, directory: Directory, hashes: Passwords) -> None:
        self._database = database
        self._directory = directory
        self._hashes = hashes
        self._throttle = Throttle(database)

    async def invited(self, secret: str) -> AccountRow:
        """Return whom an invitation is for. Raises Unknown ("unknown_invitation")."""
        async with self._database.read() as connection:
            found = await find_invited(connection, digest(secret), wall_clock())
        if found is None or found.disabled_at is not None:
            raise _no_invitation()
        return found

    async def accept(self, secret: str, password: str) -> AccountRow:
        """Let whoever was invited have this password, and be signed in nowhere else. The invitation is used
        up.

        A second factor is gone, too: who needs a new password may have lost both.
        Raises Unknown ("unknown_invitation"), BadRequest ("weak_password"), TooMany.
        """
        account = await self.invited(secret)
        passwords.check(password, account.name)
        hashed, now = await self._hashes.hash(password), wall_clock()
        async with self._database.write() as connection:
            found = await find_invited(connection, digest(secret), now)
            if found is None or found.disabled_at is not None:
                raise _no_invitation()
            await uninvite(connection, found.id)
            await update_account(
                connection, found.id, password=hashed, totp_secret=None, totp_pending=None, totp_step=None
            )
            await replace_codes(connection, found.id, [])
            await end_sessions(connection, now, account=found.id)
        await self._directory.read()
        log.info("invitation_accepted", account=found.id)
        return replace(found, password=hashed)

    async def set_password(self, account: AccountRow, password: str) -> None:
        """Let an account have a password, without asking for the one before. Raises BadRequest, TooMany."""
        passwords.check(password, account.name)
        hashed, now = await self._hashes.hash(password), wall_clock()
        async with self._database.write() as connection:
            await uninvite(connection, account.id)
            await update_account(connection, account.id, password=hashed)
            await end_sessions(connection, now, account=account.id)
        await self._directory.read()
        log.info("password_set", account=account.id)

    async def change_password(self, id_: AccountId, current: str, new: str, session: str | None) -> None:
        """Change a password, and sign out everywhere but here.

        Raises BadRequest ("wrong_password", "weak_password"), TooMany.
        """
        account = await self._proved(id_, current)
        passwords.check(new, account.name)
        hashed, now = await self._hashes.hash(new), wall_clock()
        async with self._changed_by_owner(account) as connection:
            await update_account(connection, id_, password=hashed)
            await uninvite(connection, id_)
            await end_sessions(connection, now, account=id_, but=session)
        await self._directory.read()
        log.info("password_changed", account=id_)

    async def enrol(self, id_: AccountId, password: str) -> Enrolment:
        """Begin with a second factor; it is asked for once a code was shown. Raises BadRequest, TooMany."""
        account = await self._proved(id_, password)
        secret = second_factor.new_secret()
        async with self._changed_by_owner(account) as connection:
            await update_account(connection, id_, totp_pending=secret)
        return Enrolment(secret, second_factor.uri(secret, account.name))

    async def confirm(self, id_: AccountId, code: str) -> list[str]:
        """Ask for the second factor from now on; return the recovery codes, which are not told again.

        Raises BadRequest ("wrong_code"), WrongState ("no_enrolment"), TooMany.
        """
        counted = counters(id_, "", device="a second factor that is to be")
        await self._throttle.take(counted)
        codes = second_factor.new_recovery_codes()
        async with self._database.write() as connection:
            account = await find_account(connection, id_=id_)
            if account is None or account.totp_pending is None:
                raise WrongState("Begin with the picture or the key for your app.", code="no_enrolment")
            step = second_factor.step_of(code, account.totp_pending, wall_clock())
            if step is None:
                raise BadRequest(
                    "This code is wrong. Enter the one that your app shows now; if it is always wrong, the "
                    "clock of your phone or of the server is.",
                    code="wrong_code",
                )
            await update_account(
                connection, id_, totp_secret=account.totp_pending, totp_pending=None, totp_step=step
            )
            await replace_codes(connection, id_, [digest(second_factor.plain(each)) for each in codes])
        await self._throttle.give_back(counted, is_over=True)
        await self._directory.read()
        log.info("second_factor_added", account=id_)
        return codes

    async def disenrol(self, id_: AccountId, password: str) -> None:
        """Ask for no second factor any more. Raises BadRequest ("wrong_password"), TooMany."""
        account = await self._proved(id_, password)
        async with self._changed_by_owner(account) as connection:
            await update_account(connection, id_, totp_secret=None, totp_pending=None, totp_step=None)
            await replace_codes(connection, id_, [])
        await self._directory.read()
        log.info("second_factor_removed", account=id_)

    async def entitle(self, id_: AccountId, title: str) -> None:
        """Change what others read for a name."""
        async with self._database.write() as connection:
            await update_account(connection, id_, title=title)
        await self._directory.read()

    @asynccontextmanager
    async def _changed_by_owner(self, account: AccountRow) -> AsyncIterator[AsyncConnection]:
        """Give a connection for what somebody changes who has shown the password: it has to be it still.
        Raises Unauthorized.
        """
        async with self._database.write() as connection:
            if not await is_still(connection, account):
                raise _signed_out()
            yield connection

    async def _proved(self, id_: AccountId, password: str) -> AccountRow:
        """Return an account whose password this is. Raises BadRequest ("wrong_password"), TooMany.

        An open browser that somebody left is no place to guess it, either.
        """
        async with self._database.read() as connection:
            account = await find_account(connection, id_=id_)
        if account is None:
            raise _signed_out()
        counted = counters(account.name, "", device="a session of its own")
        await self._throttle.take(counted)
        with self._hashes.place("signed in"):
            is_right = await self._hashes.matches(password, account.password, "signed in")
        if not is_right:
            raise BadRequest("This is not your present password.", code="wrong_password")
        await self._throttle.give_back(counted, is_over=True)
        return account


def _signed_out() -> Unauthorized:
    return Unauthorized("Your account has changed. Sign in again.", code="signed_out")


def _no_invitation() -> Unknown:
    return Unknown(
        "This link was used already, or has ended. Ask whoever sent it for a new one.",
        code="unknown_invitation",
    )
