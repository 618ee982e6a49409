"""Sessions: signing in, going on being signed in, and signing out."""

from dataclasses import dataclass, field

import structlog

from insta_stream.access import second_factor
from insta_stream.access.directory import Directory
from insta_stream.access.passwords import Passwords, Whose
from insta_stream.access.roster import Roster, can_sign_in
from insta_stream.access.secret import digest
from insta_stream.access.signer import ACCESS_LASTS, Claims, Use, warm
from insta_stream.access.throttle import Throttle, counters, counters_of_address
from insta_stream.access.wall import wall_clock
from insta_stream.db.accounts import AccountRow, find_account, is_still, spend_code, update_account
from insta_stream.db.engine import Database
from insta_stream.db.sessions import (
    SessionRow,
    end_sessions,
    find_session,
    insert_session,
    load_sessions,
    renew_session,
)
from insta_stream.errors import Unauthorized, Unknown
from insta_stream.ids import AccountId, new_id
from insta_stream.ticks import Ticks, seconds

log = structlog.get_logger()

REMEMBERED_LASTS = seconds(30 * 86_400)
"""A session of somebody who stays signed in, since it was last used; as long as a key is valid at least."""

UNREMEMBERED_LASTS = seconds(86_400)
"""One that the browser forgets when it is closed, if it does."""

DEVICE_LASTS = seconds(365 * 86_400)

OVERLAP = seconds(60)
"""How long the refresh token before the present one is accepted: the reply with this one may have been lost.
"""

MOST_SESSIONS = 50
"""Of one account; who signs in once more ends the one that was not used for longest."""

_SIGNED_OUT = "You are signed out. Sign in again."


@dataclass(frozen=True, slots=True)
class Browser:
    """Who signs in. address: where from. device: what it calls itself. known_as: what it was given when
    somebody signed in with it before, "" for nothing.
    """

    address: str
    device: str
    known_as: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Tickets:
    """What a browser is given to keep. lasting: for how long, None until it is closed. known_as: what tells
    it from strangers when it signs in again; a new one each time, for keys change.
    """

    account: AccountId
    session: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: Ticks
    lasting: Ticks | None
    known_as: str = field(repr=False)


class UsedTwice(Unauthorized):
    """A refresh token was shown again, by somebody who copied it, or after somebody did.

    session: which has been ended by that, as it was until then.
    """

    def __init__(self, session: SessionRow) -> None:
        super().__init__(_SIGNED_OUT, code="signed_out")
        self.session = session


class Sessions:
    """Gives, renews and takes tickets."""

    def __init__(
        self, database: Database, directory: Directory, roster: Roster, passwords: Passwords
    ) -> None:
        self._database = database
        self._directory = directory
        self._roster = roster
        self._passwords = passwords
        self._throttle = Throttle(database)

    def refuse_early(self, address: str, known_as: str) -> None:
        """Raise TooMany ("too_many_sign_ins") where a browser is refused, whatever it will show.

        It costs next to nothing: a flood is to be turned away before anybody reads what it sends.
        """
        if self._known(known_as) is None:
            self._throttle.check(counters_of_address(address))
            self._passwords.require_place("stranger")

    async def sign_in(
        self, name: str, password: str, code: str, browser: Browser, *, is_remembered: bool
    ) -> Tickets:
        """Sign somebody in. code: of the second factor, or a recovery code; "" where none was given.

        Raises Unauthorized ("wrong_sign_in", "code_needed", "wrong_code") and TooMany ("too_many_sign_ins").
        """
        name = name.strip().casefold()
        known = self._known(browser.known_as)
        if known is None:
            self._throttle.check(counters(name, browser.address, None))
        with self._passwords.place(_whose(known)):
            account = await self._proved(name, password, code, browser, known)
        return await self.open(account, browser, is_remembered=is_remembered)

    async def _proved(
        self, name: str, password: str, code: str, browser: Browser, known: Claims | None
    ) -> AccountRow:
        """Return whose password and code these are. known: whose browser this was before, if it was."""
        account = await self._named(name)
        is_theirs = known is not None and account is not None and known.account == account.id
        counted = counters(name, browser.address, known.session if known and is_theirs else None)
        self._throttle.check(counted)
        await self._throttle.take(counted)
        stored = account.password if account is not None and can_sign_in(account) else None
        is_right = await self._passwords.matches(password, stored, _whose(known))
        if account is None or not is_right:
            # What was typed as a name that nobody has may be a password.
            log.warning("sign_in_failed", account=account and account.id, address=browser.address)
            raise _wrong_sign_in()
        if account.totp_secret is not None:
            if not code:
                await self._throttle.give_back(counted, is_over=False)
                raise Unauthorized("Enter the code that your app shows, too.", code="code_needed")
            if not await self._is_second_factor(account, code):
                log.warning("second_factor_wrong", name=name, address=browser.address)
                raise Unauthorized("This code is wrong, or was used already.", code="wrong_code")
        await self._throttle.give_back(counted, is_over=True)
        return account

    def _known(self, known_as: str) -> Claims | None:
        """Return whose browser this was before, None where nobody has signed in with it."""
        return self._roster.signer.read(known_as, "device") if known_as else None

    async def _named(self, name: str) -> AccountRow | None:
        """Return who has this name, None for nobody, and where it cannot be read, of which the directory has
        told.
        """
        async with self._database.read() as connection:
            try:
                return await find_account(connection, name=name)
            except ValueError:
                return None

    async def open(self, account: AccountRow, browser: Browser, *, is_remembered: bool) -> Tickets:
        """Sign somebody in who has shown already who they are.

        account: as it was then. Whoever changed the password meanwhile did so to keep somebody out.
        Raises Unauthorized ("wrong_sign_in").
        """
        await warm()
        now = wall_clock()
        row = SessionRow(
            id=new_id(),
            account=account.id,
            generation=0,
            is_remembered=is_remembered,
            device=browser.device,
            address=browser.address,
            created_at=now,
            used_at=now,
            expires_at=Ticks(now + _lasting(is_remembered=is_remembered)),
        )
        async with self._database.write() as connection:
            if not await is_still(connection, account):
                raise _wrong_sign_in()
            for old in (await load_sessions(connection, row.account, now))[MOST_SESSIONS - 1 :]:
                await end_sessions(connection, now, account=row.account, only=old.id)
            await insert_session(connection, row)
            await update_account(connection, row.account, used_at=now)
        await self._directory.read()
        log.info("signed_in", account=row.account, session=row.id, address=browser.address)
        return self._tickets(row)

    async def renew(self, refresh: str) -> Tickets:
        """Return new tickets for a refresh token. One that was used before ends its session: one of those who
        showed it has stolen it. Raises Unauthorized ("signed_out"), UsedTwice.
        """
        claims = self._roster.signer.read(refresh, "refresh")
        if claims is None:  # by a key that is newer than what was read here, perhaps
            await self._directory.ask()
            claims = self._roster.signer.read(refresh, "refresh")
        row = None if claims is None else await self._renewed(claims)
        if row is None:
            raise Unauthorized(_SIGNED_OUT, code="signed_out")
        if self._roster.account(row.account) is None:
            await self._directory.read()
        return self._tickets(row)

    async def _renewed(self, claims: Claims) -> SessionRow | None:
        now = wall_clock()
        async with self._database.write() as connection:
            row = await find_session(connection, claims.session)
            if row is None or row.ended_at is not None or row.expires_at <= now:
                return None
            account = await find_account(connection, id_=row.account)
            if account is None or account.disabled_at is not None:
                return None
            expires_at = Ticks(now + _lasting(is_remembered=row.is_remembered))
            if claims.generation == row.generation:
                await renew_session(connection, row.id, row.generation + 1, now, expires_at)
                await update_account(connection, row.account, used_at=now)
                return await find_session(connection, row.id)
            if claims.generation == row.generation - 1 and now <= row.used_at + OVERLAP:
                return row
            await end_sessions(connection, now, account=row.account, only=row.id)
        log.warning("refresh_token_used_twice", account=row.account, session=row.id)
        await self._directory.read()
        raise UsedTwice(row)

    async def listed(self, account: AccountId) -> list[SessionRow]:
        """Return where an account is signed in, the last used first."""
        async with self._database.read() as connection:
            return await load_sessions(connection, account, wall_clock())

    async def end(self, account: AccountId, session: str) -> None:
        """End a session of an account. Raises Unknown ("unknown_session")."""
        async with self._database.write() as connection:
            ended = await end_sessions(connection, wall_clock(), account=account, only=session)
        await self._directory.read()
        if not ended:
            raise Unknown("There is no such session.", code="unknown_session")
        log.info("signed_out", account=account, session=session)

    async def end_all(self, account: AccountId, *, but: str | None = None) -> int:
        """End all sessions of an account, `but` one; return how many there were."""
        async with self._database.write() as connection:
            ended = await end_sessions(connection, wall_clock(), account=account, but=but)
        await self._directory.read()
        log.info("signed_out_everywhere", account=account, sessions=ended)
        return ended

    async def leave(self, refresh: str, access: str) -> Claims | None:
        """End the session that these are of, if there is one; return which that is."""
        signer = self._roster.signer
        claims = signer.read(refresh, "refresh") or signer.read(access, "access")
        if claims is None:
            return None
        async with self._database.write() as connection:
            await end_sessions(connection, wall_clock(), account=claims.account, only=claims.session)
        await self._directory.read()
        log.info("signed_out", account=claims.account, session=claims.session)
        return claims

    async def _is_second_factor(self, account: AccountRow, code: str) -> bool:
        """Return whether a code is right, and use it up."""
        async with self._database.write() as connection:
            fresh = await find_account(connection, id_=account.id)
            if fresh is None or fresh.totp_secret is None:
                return False
            step = second_factor.step_of(code, fresh.totp_secret, wall_clock())
            if step is None:
                return await spend_code(connection, account.id, digest(second_factor.plain(code)))
            if fresh.totp_step is not None and step <= fresh.totp_step:
                return False
            await update_account(connection, account.id, totp_step=step)
            return True

    def _tickets(self, row: SessionRow) -> Tickets:
        now = wall_clock()
        expires_at = Ticks(now + ACCESS_LASTS)
        lasting = _lasting(is_remembered=row.is_remembered)
        return Tickets(
            account=row.account,
            session=row.id,
            access=self._sign("access", expires_at, row),
            refresh=self._sign("refresh", Ticks(now + lasting), row),
            expires_at=expires_at,
            lasting=lasting if row.is_remembered else None,
            known_as=self._sign("device", Ticks(now + DEVICE_LASTS), row),
        )

    def _sign(self, use: Use, expires_at: Ticks, row: SessionRow) -> str:
        return self._roster.signer.sign(Claims(use, row.account, expires_at, row.id, row.generation))


def _whose(known: Claims | None) -> Whose:
    return "stranger" if known is None else "known browser"


def _wrong_sign_in() -> Unauthorized:
    return Unauthorized("The name or the password is wrong.", code="wrong_sign_in")


def _lasting(*, is_remembered: bool) -> Ticks:
    return REMEMBERED_LASTS if is_remembered else UNREMEMBERED_LASTS
