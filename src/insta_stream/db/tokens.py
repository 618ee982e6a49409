"""Rows of API tokens. What is stored of a token does not open anything: it is a hash."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.checked import checked, is_instant
from insta_stream.db.document import Document
from insta_stream.db.schema import METADATA
from insta_stream.ids import AccountId, ChannelSlug
from insta_stream.ticks import Ticks

api_token = Table(
    "api_token",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("permissions", Document, nullable=False),
    Column("every_channel", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("used_at", BigInteger),
    Column("account", ForeignKey("account.id", ondelete="CASCADE")),
)

api_token_channel = Table(
    "api_token_channel",
    METADATA,
    Column("token", ForeignKey("api_token.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", ForeignKey("channel.slug", ondelete="CASCADE"), primary_key=True),
)
"""For which channels a token's permissions hold. A channel that is deleted takes its rows along: another of
the same name is no channel of the token's.
"""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token.

    digest: SHA-256 of it, as hexadecimal digits. channels: None for all of them. account: whose it is, None
    where it was made with the server's own token.
    """

    id: str
    name: str
    digest: str
    permissions: frozenset[str]
    channels: frozenset[ChannelSlug] | None
    created_at: Ticks
    expires_at: Ticks | None = None
    used_at: Ticks | None = None
    account: AccountId | None = None


async def load_tokens(
    connection: AsyncConnection, on_broken: Callable[[str, Exception], None]
) -> list[TokenRow]:
    """Return every token, newest first. on_broken: is told of one that cannot be read, by its id."""
    channels: dict[str, set[ChannelSlug]] = defaultdict(set)
    for token, channel in await connection.execute(select(api_token_channel)):
        channels[token].add(ChannelSlug(channel))
    tokens = []
    order = api_token.c.created_at.desc(), api_token.c.id
    for row in (await connection.execute(select(api_token).order_by(*order))).mappings():
        try:
            read = checked(api_token, row)
            granted = None if read.pop("every_channel") else frozenset(channels[row["id"]])
            permissions = frozenset(map(str, read.pop("permissions")))
            tokens.append(TokenRow(**read, permissions=permissions, channels=granted))
        except (TypeError, ValueError) as error:
            on_broken(row["id"], error)
    return tokens


async def insert_token(connection: AsyncConnection, row: TokenRow) -> None:
    """Add a token. Its channels have to be there."""
    values = {
        "id": row.id,
        "name": row.name,
        "digest": row.digest,
        "permissions": sorted(row.permissions),
        "every_channel": row.channels is None,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "account": row.account,
    }
    await connection.execute(insert(api_token).values(values))
    if row.channels:
        granted = [{"token": row.id, "channel": channel} for channel in sorted(row.channels)]
        await connection.execute(insert(api_token_channel), granted)


async def count_tokens(connection: AsyncConnection) -> int:
    """Return how many there are."""
    return await connection.scalar(select(func.count()).select_from(api_token)) or 0


async def delete_token(connection: AsyncConnection, id_: str) -> bool:
    """Forget a token; return whether there was one."""
    return (await connection.execute(delete(api_token).where(api_token.c.id == id_))).rowcount > 0


async def note_use(connection: AsyncConnection, used: Mapping[str, Ticks]) -> None:
    """Write down when tokens were last used; another process may have written of a later use."""
    for id_, at in used.items():
        is_later = ~is_instant(api_token.c.used_at) | (api_token.c.used_at < at)
        await connection.execute(update(api_token).where(api_token.c.id == id_, is_later).values(used_at=at))
