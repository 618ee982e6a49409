"""Rows of the keys that sign addresses for viewers, and of the links that were made with ours."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.checked import checked
from insta_stream.db.schema import METADATA
from insta_stream.ids import AccountId, ChannelSlug
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

playback_key = Table(
    "playback_key",
    METADATA,
    Column("id", String(8), primary_key=True),
    Column("is_own", Boolean, nullable=False),
    Column("label", String(255), nullable=False),
    Column("channel", ForeignKey("channel.slug", ondelete="CASCADE")),
    Column("secret", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

playback_link = Table(
    "playback_link",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("key", ForeignKey("playback_key.id", ondelete="CASCADE"), nullable=False),
    Column("channel", ForeignKey("channel.slug", ondelete="CASCADE"), nullable=False),
    Column("label", String(255), nullable=False),
    Column("site", String(255)),
    Column("address", String(64)),
    Column("account", ForeignKey("account.id", ondelete="SET NULL")),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("ended_at", BigInteger),
    Index("playback_link_channel_index", "channel", "created_at"),
    Index("playback_link_ended_index", "ended_at"),
)


@dataclass(frozen=True, slots=True)
class PlaybackKeyRow:
    """A secret that signs addresses for viewers.

    is_own: this server signs with it; others are given to whoever makes links of their own. channel: for
    which one, None for all. secret: 64 hexadecimal digits, of which the text is the key.
    """

    id: str
    is_own: bool
    label: str
    channel: ChannelSlug | None
    secret: str = field(repr=False)
    created_at: Ticks


@dataclass(frozen=True, slots=True)
class LinkRow:
    """An address that lets whoever has it watch a channel.

    site: the origin of the pages that may show it, None for any. address: from where alone it works, None for
    anywhere. account: whoever made it. expires_at: None for not before somebody ends it.
    """

    id: str
    key: str
    channel: ChannelSlug
    label: str
    site: str | None
    address: str | None
    account: AccountId | None
    created_at: Ticks
    expires_at: Ticks | None = None
    ended_at: Ticks | None = None


async def load_playback_keys(
    connection: AsyncConnection, on_broken: Callable[[str, Exception], None]
) -> list[PlaybackKeyRow]:
    """Return every key, newest first. on_broken: is told of one that cannot be read, by its id."""
    newest_first = playback_key.c.created_at.desc(), playback_key.c.id
    keys = []
    for row in (await connection.execute(select(playback_key).order_by(*newest_first))).mappings():
        try:
            keys.append(PlaybackKeyRow(**checked(playback_key, row)))
        except ValueError as error:
            on_broken(row["id"], error)
    return keys


async def insert_playback_key(connection: AsyncConnection, row: PlaybackKeyRow) -> None:
    """Add a key. Its channel has to be there."""
    await connection.execute(insert(playback_key).values(asdict(row)))


async def has_playback_key(connection: AsyncConnection, id_: str) -> bool:
    """Tell whether a key is there."""
    return await connection.scalar(select(playback_key.c.id).where(playback_key.c.id == id_)) is not None


async def count_playback_keys(connection: AsyncConnection) -> int:
    """Return how many there are."""
    return await connection.scalar(select(func.count()).select_from(playback_key)) or 0


async def delete_playback_key(connection: AsyncConnection, id_: str) -> bool:
    """Forget a key, and the links that were made with it; return whether there was one."""
    return (await connection.execute(delete(playback_key).where(playback_key.c.id == id_))).rowcount > 0


async def insert_link(connection: AsyncConnection, row: LinkRow) -> None:
    """Add a link. Its channel and key have to be there."""
    await connection.execute(insert(playback_link).values(asdict(row)))


async def load_links(
    connection: AsyncConnection,
    channel: ChannelSlug,
    now: Ticks,
    most: int,
    on_broken: Callable[[str, Exception], None],
) -> list[LinkRow]:
    """Return the links of a channel that have not ended, newest first, `most` of them. on_broken: is told of
    one that cannot be read, by its id.
    """
    lives = _lives(now) & (playback_link.c.channel == channel)
    newest = playback_link.c.created_at.desc(), playback_link.c.id
    rows = await connection.execute(select(playback_link).where(lives).order_by(*newest).limit(most))
    links = []
    for row in rows.mappings():
        try:
            links.append(LinkRow(**checked(playback_link, row)))
        except ValueError as error:
            on_broken(row["id"], error)
    return links


async def count_links(connection: AsyncConnection, channel: ChannelSlug, now: Ticks) -> int:
    """Return how many links of a channel have not ended."""
    return await _count(connection, _lives(now) & (playback_link.c.channel == channel))


async def count_ended_links(connection: AsyncConnection, now: Ticks) -> int:
    """Return how many links somebody has ended that would work otherwise."""
    return await _count(connection, _is_ended(now))


async def load_ended_links(connection: AsyncConnection, now: Ticks) -> frozenset[str]:
    """Return the links that somebody has ended, as long as they would work otherwise."""
    ended = select(playback_link.c.id).where(_is_ended(now))
    return frozenset((await connection.scalars(ended)).all())


async def end_links(
    connection: AsyncConnection, now: Ticks, *, channel: ChannelSlug, only: str | None = None
) -> int:
    """End links of a channel: `only` this one, or all; return how many."""
    of_it = _lives(now) & (playback_link.c.channel == channel)
    if only is not None:
        of_it &= playback_link.c.id == only
    return (await connection.execute(update(playback_link).where(of_it).values(ended_at=now))).rowcount


async def prune_links(connection: AsyncConnection, before: Ticks) -> None:
    """Forget links whose time was up before then: those of a day, the first in which there are any.

    A clock that is years ahead for a moment would have all forgotten at once, also that some were ended, and
    those would open again.
    """
    first = await connection.scalar(select(func.min(playback_link.c.expires_at)))
    if isinstance(first, int):  # what is damaged is no number
        until = min(before, first + 86_400 * TICKS_PER_SECOND)
        await connection.execute(delete(playback_link).where(playback_link.c.expires_at < until))


async def _count(connection: AsyncConnection, which: ColumnElement[bool]) -> int:
    return await connection.scalar(select(func.count()).select_from(playback_link).where(which)) or 0


def _lives(now: Ticks) -> ColumnElement[bool]:
    return playback_link.c.ended_at.is_(None) & _is_in_time(now)


def _is_ended(now: Ticks) -> ColumnElement[bool]:
    return playback_link.c.ended_at.is_not(None) & _is_in_time(now)


def _is_in_time(now: Ticks) -> ColumnElement[bool]:
    return or_(playback_link.c.expires_at.is_(None), playback_link.c.expires_at > now)
