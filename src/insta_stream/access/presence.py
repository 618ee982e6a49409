"""What a new row is about has to be there when it is written: whoever asked for it was told so before, and
somebody else may have deleted it since. Call these in the transaction that writes the row.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.accounts import account
from insta_stream.db.channels import channel
from insta_stream.errors import Unauthorized, Unknown
from insta_stream.ids import AccountId, ChannelSlug


async def require_channels(connection: AsyncConnection, slugs: Iterable[ChannelSlug]) -> None:
    """Raise Unknown ("unknown_channel") where one of these channels is not there (any more)."""
    wanted = frozenset(slugs)
    there = (await connection.scalars(select(channel.c.slug).where(channel.c.slug.in_(wanted)))).all()
    if missing := sorted(wanted.difference(there)):
        names = ", ".join(f"“{slug}”" for slug in missing)
        raise Unknown(f"There is no channel {names}.", code="unknown_channel")


async def require_account(connection: AsyncConnection, id_: AccountId) -> None:
    """Raise Unauthorized ("signed_out") where the account of whoever asks is not there (any more)."""
    if await connection.scalar(select(account.c.id).where(account.c.id == id_)) is None:
        raise Unauthorized("Your account has changed. Sign in again.", code="signed_out")
