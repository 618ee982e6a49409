"""API tokens: made, shown once, revoked. Other processes on the same database see it within seconds."""

import asyncio

import structlog

from insta_stream.access.issued import Issued, digest, new_secret, wall_clock
from insta_stream.access.principal import Principal
from insta_stream.db.engine import Database
from insta_stream.db.tokens import TokenRow, count_tokens, delete_token, insert_token, load_tokens, note_use
from insta_stream.errors import InstaStreamError, Unknown, WrongState
from insta_stream.ids import new_id
from insta_stream.ticks import Ticks

log = structlog.get_logger()

LOOK_SECONDS = 3.0
"""How often the tokens are read again, and how long one that was revoked elsewhere still opens something."""

NOTE_SECONDS = 60.0
"""How often it is written down which were used."""

MOST = 1000


class Tokens:
    """Keeps `issued` as the database says."""

    def __init__(self, database: Database, issued: Issued) -> None:
        self._database = database
        self._issued = issued
        # What was read before something was revoked must not take the place of what was read after.
        self._one_reader = asyncio.Lock()

    async def start(self) -> None:
        """Read what there is."""
        await self._read()

    def all(self) -> tuple[TokenRow, ...]:
        """Return every token, newest first, also those that have ended."""
        return self._issued.rows()

    async def issue(
        self, name: str, principal: Principal, lasting: Ticks | None = None
    ) -> tuple[TokenRow, str]:
        """Make a token that may do what `principal` may; return it, and its secret, which is not kept.

        lasting: after which time it ends, None for never. Raises WrongState ("too_many_api_tokens").
        """
        now, secret = wall_clock(), new_secret()
        row = TokenRow(
            id=new_id(),
            name=name,
            digest=digest(secret),
            permissions=frozenset(each.value for each in principal.permissions),
            channels=principal.channels,
            created_at=now,
            expires_at=None if lasting is None else Ticks(now + lasting),
        )
        async with self._database.write() as connection:
            if await count_tokens(connection) >= MOST:
                raise WrongState(
                    f"There are {MOST} API tokens already: revoke some.", code="too_many_api_tokens"
                )
            await insert_token(connection, row)
        await self._read()
        log.info("api_token_made", id=row.id, name=name)
        return row, secret

    async def revoke(self, id_: str) -> None:
        """Let a token open nothing any more. Raises Unknown ("unknown_api_token")."""
        async with self._database.write() as connection:
            found = await delete_token(connection, id_)
        await self._read()
        if not found:
            raise Unknown("There is no such API token.", code="unknown_api_token")
        log.info("api_token_revoked", id=id_)

    async def watch(self) -> None:
        """Read the tokens again and again, and write down which were used, for ever."""
        loop = asyncio.get_running_loop()
        note_at = loop.time() + NOTE_SECONDS
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if loop.time() >= note_at:
                    note_at = loop.time() + NOTE_SECONDS
                    await self._note()
                await self._read()
            except InstaStreamError as error:
                log.warning("api_tokens_not_read", reason=error.message)
            except Exception:
                log.exception("api_tokens_not_read")

    async def _read(self) -> None:
        async with self._one_reader, self._database.read() as connection:
            self._issued.replace(await load_tokens(connection, _say_broken))

    async def _note(self) -> None:
        if used := self._issued.take_used():
            async with self._database.write() as connection:
                await note_use(connection, used)


def _say_broken(id_: str, error: Exception) -> None:
    log.error("row_broken", table="api_token", id=id_, reason=str(error))
