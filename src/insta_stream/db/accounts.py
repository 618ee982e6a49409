"""Rows of accounts, of the channels that they are for, of their recovery codes and invitations.

Nothing that is stored opens anything by itself but the secret of a second factor, which has to be known.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.checked import checked
from insta_stream.db.schema import METADATA
from insta_stream.ids import AccountId, ChannelSlug
from insta_stream.ticks import Ticks

account = Table(
    "account",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(63), nullable=False, unique=True),
    Column("title", String(255), nullable=False),
    Column("role", String(16), nullable=False),
    Column("every_channel", Boolean, nullable=False),
    Column("password", Text),
    Column("subject", String(512), unique=True),
    Column("totp_secret", String(64)),
    Column("totp_pending", String(64)),
    Column("totp_step", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("disabled_at", BigInteger),
    Column("quota_bytes", BigInteger),
)

account_channel = Table(
    "account_channel",
    METADATA,
    Column("account", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", ForeignKey("channel.slug", ondelete="CASCADE"), primary_key=True),
)
"""Which channels an account is for. A channel that is deleted takes its rows along."""

recovery_code = Table(
    "recovery_code",
    METADATA,
    Column("account", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(64), primary_key=True),
)

invitation = Table(
    "invitation",
    METADATA,
    Column("account", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("expires_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """Somebody who can sign in.

    name: what is typed to sign in. title: what others read, "" for the name. channels: None for all of them.
    password: its hash, None until one was chosen. subject: what another service calls them with which they
    sign in, None for none. totp_secret: of the second factor that is asked for. totp_pending: of one that has
    not been shown to work yet. totp_step: the last of whose codes was accepted. invited_until: when the
    newest link to choose a password ends. quota_bytes: what their videos may take, 0 for any number; None for
    what the settings say.
    """

    id: AccountId
    name: str
    title: str
    role: str
    channels: frozenset[ChannelSlug] | None
    created_at: Ticks
    password: str | None = field(default=None, repr=False)
    subject: str | None = None
    totp_secret: str | None = field(default=None, repr=False)
    totp_pending: str | None = field(default=None, repr=False)
    totp_step: int | None = None
    used_at: Ticks | None = None
    disabled_at: Ticks | None = None
    invited_until: Ticks | None = None
    quota_bytes: int | None = None


_EVERY = select(account, invitation.c.expires_at.label("invited_until")).join_from(
    account, invitation, isouter=True
)


async def load_accounts(
    connection: AsyncConnection, on_broken: Callable[[str, Exception], None]
) -> list[AccountRow]:
    """Return every account, by name. on_broken: is told of one that cannot be read, by its id."""
    channels: dict[str, set[ChannelSlug]] = defaultdict(set)
    for id_, channel in await connection.execute(select(account_channel)):
        channels[id_].add(ChannelSlug(channel))
    accounts = []
    for row in (await connection.execute(_EVERY.order_by(account.c.name))).mappings():
        try:
            accounts.append(_account_row(row, channels[row["id"]]))
        except (TypeError, ValueError) as error:
            on_broken(row["id"], error)
    return accounts


async def find_account(
    connection: AsyncConnection, *, id_: str = "", name: str = "", subject: str = ""
) -> AccountRow | None:
    """Return the account of this id, name or subject. Raises ValueError where it cannot be read."""
    if id_:
        wanted = account.c.id == id_
    else:
        wanted = account.c.subject == subject if subject else account.c.name == name
    row = (await connection.execute(_EVERY.where(wanted))).mappings().first()
    if row is None:
        return None
    of_it = select(account_channel.c.channel).where(account_channel.c.account == row["id"])
    return _account_row(row, map(ChannelSlug, (await connection.scalars(of_it)).all()))


async def is_still(connection: AsyncConnection, known: AccountRow) -> bool:
    """Return whether an account can be signed in to, and its password is the one that it had."""
    found = await find_account(connection, id_=known.id)
    return found is not None and found.disabled_at is None and found.password == known.password


def _account_row(row: Mapping[Any, Any], channels: Iterable[ChannelSlug]) -> AccountRow:
    read = checked(account, row)
    granted = None if read.pop("every_channel") else frozenset(channels)
    return AccountRow(**read, channels=granted)


async def insert_account(connection: AsyncConnection, row: AccountRow) -> None:
    """Add an account without a way to sign in. Its channels have to be there, and its name must be free."""
    values = {
        "id": row.id,
        "name": row.name,
        "title": row.title,
        "role": row.role,
        "every_channel": row.channels is None,
        "created_at": row.created_at,
        "subject": row.subject,
        "quota_bytes": row.quota_bytes,
    }
    await connection.execute(insert(account).values(values))
    await _grant(connection, row.id, row.channels)


async def count_accounts(connection: AsyncConnection) -> int:
    """Return how many there are."""
    return await connection.scalar(select(func.count()).select_from(account)) or 0


async def update_account(connection: AsyncConnection, id_: AccountId, **values: Any) -> None:
    """Change columns of an account."""
    await connection.execute(update(account).where(account.c.id == id_).values(values))


async def update_channels(
    connection: AsyncConnection, id_: AccountId, channels: frozenset[ChannelSlug] | None
) -> None:
    """Say for which channels an account is, None for all. They have to be there."""
    await update_account(connection, id_, every_channel=channels is None)
    await connection.execute(delete(account_channel).where(account_channel.c.account == id_))
    await _grant(connection, id_, channels)


async def _grant(
    connection: AsyncConnection, id_: AccountId, channels: frozenset[ChannelSlug] | None
) -> None:
    if channels:
        granted = [{"account": id_, "channel": channel} for channel in sorted(channels)]
        await connection.execute(insert(account_channel), granted)


async def delete_account(connection: AsyncConnection, id_: AccountId) -> None:
    """Remove an account, with all that is its own."""
    await connection.execute(delete(account).where(account.c.id == id_))


async def replace_codes(connection: AsyncConnection, id_: AccountId, digests: Iterable[str]) -> None:
    """Let these be the recovery codes of an account, and no others."""
    await connection.execute(delete(recovery_code).where(recovery_code.c.account == id_))
    if rows := [{"account": id_, "digest": digest} for digest in digests]:
        await connection.execute(insert(recovery_code), rows)


async def spend_code(connection: AsyncConnection, id_: AccountId, digest: str) -> bool:
    """Take a recovery code away; return whether it was there."""
    found = (recovery_code.c.account == id_) & (recovery_code.c.digest == digest)
    return (await connection.execute(delete(recovery_code).where(found))).rowcount > 0


async def invite(connection: AsyncConnection, id_: AccountId, digest: str, expires_at: Ticks) -> None:
    """Let this invitation be the one of an account."""
    await uninvite(connection, id_)
    values = {"account": id_, "digest": digest, "expires_at": expires_at}
    await connection.execute(insert(invitation).values(values))


async def uninvite(connection: AsyncConnection, id_: AccountId) -> None:
    """Take the invitation of an account away, if there is one."""
    await connection.execute(delete(invitation).where(invitation.c.account == id_))


async def find_invited(connection: AsyncConnection, digest: str, now: Ticks) -> AccountRow | None:
    """Return whom an invitation is for; None where there is none, or it has ended."""
    found = (invitation.c.digest == digest) & (invitation.c.expires_at > now)
    id_ = await connection.scalar(select(invitation.c.account).where(found))
    return None if id_ is None else await find_account(connection, id_=id_)
