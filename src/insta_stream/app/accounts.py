"""Who may do what, and what was done."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from insta_stream.access.audit_log import AuditLog
from insta_stream.access.credentials import Credentials
from insta_stream.access.directory import Directory
from insta_stream.access.passwords import Passwords
from insta_stream.access.people import People
from insta_stream.access.playback import PlaybackLinks
from insta_stream.access.roster import Roster
from insta_stream.access.sessions import Sessions
from insta_stream.access.tokens import Tokens
from insta_stream.addresses import address, address_for_others
from insta_stream.app.ground import Ground
from insta_stream.duties import Duties
from insta_stream.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Accounts:
    """People, API tokens and links, and the activity log."""

    directory: Directory
    audit_log: AuditLog
    people: People
    credentials: Credentials
    sessions: Sessions
    tokens: Tokens
    links: PlaybackLinks

    def begin(self, duties: Duties) -> None:
        """Follow what others change in the database, and keep the activity log, until `duties` stop."""
        self.directory.begin(duties)
        duties.begin("activity log", self.audit_log.watch)


async def open_accounts(
    settings: Settings, ground: Ground, roster: Roster, stack: AsyncExitStack
) -> Accounts:
    """Return the accounts, as long as `stack` is open. roster: shows from then on what the database says."""
    database = ground.database
    directory = Directory(database, roster)
    await directory.start()
    audit_log = AuditLog(database)
    await audit_log.keep(settings.audit_days)
    stack.push_async_callback(audit_log.flush)
    people, passwords = People(database, directory, roster), Passwords()
    stack.callback(passwords.close)
    return Accounts(
        directory=directory,
        audit_log=audit_log,
        people=people,
        credentials=Credentials(database, directory, passwords),
        sessions=Sessions(database, directory, roster, passwords),
        tokens=Tokens(database, directory, roster.issued),
        links=PlaybackLinks(database, directory, roster.passes),
    )


async def invite_first_admin(people: People, settings: Settings) -> None:
    """Say in the log how the first admin of a server gets in, as long as there is none."""
    if invitation := await people.set_up():
        log.warning(
            "set_up",
            address=f"{address_for_others(settings) or address(settings)}{invitation.path}",
            remedy="Open this within an hour to choose the first admin's password. It works once, the "
            "next start shows another one.",
        )
