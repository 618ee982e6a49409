"""API tokens: made, shown once, revoked."""

import structlog

from insta_stream.access.directory import Directory
from insta_stream.access.issued import PREFIX, Issued
from insta_stream.access.presence import require_account, require_channels
from insta_stream.access.principal import Principal
from insta_stream.access.secret import digest, new_secret
from insta_stream.access.wall import wall_clock
from insta_stream.db.engine import Database
from insta_stream.db.tokens import TokenRow, count_tokens, delete_token, insert_token
from insta_stream.errors import Unknown, WrongState
from insta_stream.ids import AccountId, new_id
from insta_stream.ticks import Ticks

log = structlog.get_logger()

MOST = 1000


class Tokens:
    """Makes and revokes tokens, and has the directory read what was done."""

    def __init__(self, database: Database, directory: Directory, issued: Issued) -> None:
        self._database = database
        self._directory = directory
        self._issued = issued

    def all(self) -> tuple[TokenRow, ...]:
        """Return every token, newest first, also those that have ended."""
        return self._issued.rows()

    def find(self, id_: str) -> TokenRow | None:
        """Return a token, None where there is none of this id."""
        return self._issued.find(id_)

    async def issue(
        self,
        name: str,
        principal: Principal,
        lasting: Ticks | None = None,
        owner: AccountId | None = None,
    ) -> tuple[TokenRow, str]:
        """Make a token that may do what `principal` may; return it, and its secret, which is not kept.

        lasting: after which time it ends, None for never. owner: with whom it goes, and with what they may;
        None for nobody. Raises WrongState ("too_many_api_tokens"), Unknown ("unknown_channel"), and
        Unauthorized where the owner has just been removed.
        """
        now, secret = wall_clock(), new_secret(PREFIX)
        row = TokenRow(
            id=new_id(),
            name=name,
            digest=digest(secret),
            permissions=frozenset(each.value for each in principal.permissions),
            channels=principal.channels,
            created_at=now,
            expires_at=None if lasting is None else Ticks(now + lasting),
            account=owner,
        )
        async with self._database.write() as connection:
            if await count_tokens(connection) >= MOST:
                raise WrongState(
                    f"There are {MOST} API tokens already: revoke some.", code="too_many_api_tokens"
                )
            await require_channels(connection, row.channels or ())
            if owner is not None:
                await require_account(connection, owner)
            await insert_token(connection, row)
        await self._directory.read()
        log.info("api_token_made", id=row.id, name=name)
        return row, secret

    async def revoke(self, id_: str) -> None:
        """Let a token open nothing any more. Raises Unknown ("unknown_api_token")."""
        async with self._database.write() as connection:
            found = await delete_token(connection, id_)
        await self._directory.read()
        if not found:
            raise Unknown("There is no such API token.", code="unknown_api_token")
        log.info("api_token_revoked", id=id_)
