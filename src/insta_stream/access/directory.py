"""Keeps the roster as the database says, in every process on it: what one changes, the news tells the others
within a fifth of a second.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from math import inf

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.access.passes import SESSION_MATTERS, new_playback_key
from insta_stream.access.roster import Roster, Seen
from insta_stream.access.signer import warm
from insta_stream.access.wall import wall_clock
from insta_stream.db import installation
from insta_stream.db.accounts import load_accounts
from insta_stream.db.engine import Database
from insta_stream.db.news import Heard, asked, told_of_accounts
from insta_stream.db.playback import (
    insert_playback_key,
    load_ended_links,
    load_playback_keys,
)
from insta_stream.db.sessions import (
    KeyRow,
    Purpose,
    delete_keys,
    insert_key,
    load_ended,
    load_keys,
)
from insta_stream.db.tokens import load_tokens, note_use
from insta_stream.duties import Duties
from insta_stream.errors import InstaStreamError
from insta_stream.ids import new_id
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds

log = structlog.get_logger()

LOOK_SECONDS = 0.2
"""How often the news is asked for, and how long what was revoked elsewhere still opens something."""

READ_SECONDS = 60.0
"""How often all is read again whatever the news: what is over by the clock, and when somebody was last here,
is told by nobody.
"""

RETRY_SECONDS = 3.0
"""How long nothing is written after the database has refused it."""

NOTE_SECONDS = 60.0
"""How often it is written down which tokens were used."""

_KEY_LASTS = seconds(30 * 86_400)
"""After so long there is a new one; the one before stays valid as long again, and so do refresh tokens."""

_KEYS_AT_ONCE = 2
_CLOCK_SLEWS_SECONDS = 1.0


class Directory:
    """Reads and tidies."""

    def __init__(self, database: Database, roster: Roster) -> None:
        self._database = database
        self._roster = roster
        # What was read before something was revoked must not take the place of what was read after.
        self._one_reader = asyncio.Lock()
        self._told: int | None = None
        self._read_at = 0.0
        self._set_forward = 0.0
        self._is_away = False
        self._heard_at = -inf
        self._note_at = 0.0

    async def start(self) -> None:
        """Read what there is, and see that there are keys."""
        await see_to_keys(self._database)
        await self.read()
        if self._roster.has_accounts:
            await warm()

    async def read(self) -> None:
        """Let the roster be as the database is now."""
        now = wall_clock()
        since = Ticks(now - SESSION_MATTERS)
        broken: list[str] = []

        def note_broken(id_: str, error: Exception) -> None:
            say_broken("account")(id_, error)
            broken.append(id_)

        async with self._one_reader, self._database.read() as connection:
            told = await told_of_accounts(connection)
            self._roster.replace(
                Seen(
                    tokens=await load_tokens(connection, say_broken("api_token")),
                    accounts=await load_accounts(connection, note_broken),
                    keys=await load_keys(connection, say_broken("signing_key")),
                    ended=await load_ended(connection, since),
                    playback_keys=await load_playback_keys(connection, say_broken("playback_key")),
                    ended_links=await load_ended_links(connection, now),
                    installation=await installation.key(connection),
                    has_broken=bool(broken),
                )
            )
            self._told, self._read_at, self._set_forward = told, time.monotonic(), _set_forward()

    async def ask(self) -> None:
        """Know what others have changed; where that cannot be read, say so once."""
        try:
            news = await asked(self._database)
            await (self.read() if self._is_stale() else self.catch_up(news))
        except InstaStreamError as error:
            if not self._is_away:
                log.warning("access_not_read", reason=error.message)
            self._is_away = True
        else:
            self._is_away = False

    async def hear(self, news: Heard) -> None:
        """Know what others have changed, as news has it that was just asked for. Raises nothing: what goes
        wrong does so when it is asked for again, too, and is told there.
        """
        with suppress(Exception):
            await self.catch_up(news)
            self._heard_at, self._is_away = time.monotonic(), False

    async def catch_up(self, news: Heard) -> None:
        """Know what others have changed, as the news has it. Raises NotReady, DiskFull."""
        if news.accounts != self._told:
            await self.read()

    async def _follow(self) -> None:
        """Ask, unless somebody else has just told the news: that takes a tenth of an idle process's work."""
        if self._is_stale() or time.monotonic() - self._heard_at >= 2 * LOOK_SECONDS:
            await self.ask()

    def _is_stale(self) -> bool:
        """Return whether all is to be read again whatever the news: it is long ago, or by another clock."""
        is_long_ago = time.monotonic() - self._read_at >= READ_SECONDS
        return is_long_ago or abs(_set_forward() - self._set_forward) > _CLOCK_SLEWS_SECONDS

    def begin(self, duties: Duties) -> None:
        """Follow the news, and write down which tokens were used, until `duties` stop."""
        self._note_at = asyncio.get_running_loop().time() + NOTE_SECONDS
        # Who wants to write may have to wait; meanwhile others take away what is to open nothing any more.
        duties.begin("news of accounts", partial(_repeat, self._follow))
        duties.begin("upkeep of accounts", partial(_repeat, self._write))

    async def _write(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._note_at:
            self._note_at = now + NOTE_SECONDS
            await self._note()
        if self._roster.lacks_keys:
            await see_to_keys(self._database)
            await self.read()

    async def _note(self) -> None:
        if used := self._roster.issued.take_used():
            async with self._database.write() as connection:
                await note_use(connection, used)


async def see_to_keys(database: Database) -> None:
    """See that there are keys, none of them too old. Raises NotReady, DiskFull."""
    now = wall_clock()
    async with database.write() as connection:
        keys = await load_keys(connection, say_broken("signing_key"))
        signing = [key for key in keys if key.purpose == "session"]
        if not signing or signing[0].created_at <= now - _KEY_LASTS:
            await insert_key(connection, new_key("session", now))
            await delete_keys(connection, [key.id for key in signing[_KEYS_AT_ONCE - 1 :]])
        if not any(key.purpose == "tv" for key in keys):
            await insert_key(connection, new_key("tv", now))
        await see_to_own_key(connection, now)


async def see_to_own_key(connection: AsyncConnection, now: Ticks) -> None:
    """Add a key for this server's links, where there is none that can be read."""
    keys = await load_playback_keys(connection, say_broken("playback_key"))
    if not any(key.is_own for key in keys):
        await insert_playback_key(connection, new_playback_key(now))


async def _repeat(do: Callable[[], Awaitable[None]]) -> None:
    """Do something again and again, for ever; what the database refuses is tried again."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await do()
        except InstaStreamError as error:
            log.warning("access_not_kept", reason=error.message)
            await asyncio.sleep(RETRY_SECONDS)


def _set_forward() -> float:
    """Return how far the machine's clock is ahead of one that nobody sets, in seconds."""
    return wall_clock() / TICKS_PER_SECOND - time.monotonic()


def new_key(purpose: Purpose, now: Ticks) -> KeyRow:
    """Return a new key of this installation."""
    return KeyRow(new_id(), purpose, secrets.token_hex(32), now)


def say_broken(table: str) -> Callable[[str, Exception], None]:
    """Return what tells the log of a row of a table that cannot be read."""

    def say(id_: str, error: Exception) -> None:
        log.error("row_broken", table=table, id=id_, reason=str(error))

    return say
