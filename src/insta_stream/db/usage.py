"""How much of the disk is whose, counted by the database: in the transaction in which it matters."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.accounts import account
from insta_stream.db.uploads import upload
from insta_stream.db.videos import package, rendition, video
from insta_stream.ids import AccountId

_UNDER_WAY = (upload.c.error == "") & ~exists().where(video.c.id == upload.c.id)
"""Neither refused nor a video already."""


@dataclass(slots=True)
class Usage:
    """What belongs to one account, in bytes. videos: their files and what was made of them, also of those in
    the bin. uploads: of those under way, as they were announced.
    """

    videos: int = 0
    uploads: int = 0

    @property
    def bytes(self) -> int:
        """All of it."""
        return self.videos + self.uploads


async def load_usage(connection: AsyncConnection, only: AccountId | None = None) -> dict[AccountId, Usage]:
    """Return what belongs to each account that has anything, or to one only."""
    originals = select(video.c.owner, func.sum(video.c.size_bytes)).where(
        _of(video.c.owner, only), video.c.has_original
    )
    packages = (
        select(video.c.owner, func.sum(rendition.c.size_bytes))
        .select_from(video)
        .join(package, package.c.video == video.c.id)
        .join(rendition, rendition.c.package == package.c.id)
        .where(_of(video.c.owner, only))
    )
    coming = select(upload.c.owner, func.sum(upload.c.size_bytes)).where(
        _of(upload.c.owner, only), _UNDER_WAY
    )
    found: dict[AccountId, Usage] = {}
    for query in (originals.group_by(video.c.owner), packages.group_by(video.c.owner)):
        for owner, size_bytes in await connection.execute(query):
            found.setdefault(owner, Usage()).videos += size_bytes
    for owner, size_bytes in await connection.execute(coming.group_by(upload.c.owner)):
        found.setdefault(owner, Usage()).uploads += size_bytes
    return found


async def count_uploads(connection: AsyncConnection, owner: AccountId) -> int:
    """Return how many uploads of an account are under way."""
    query = select(func.count()).select_from(upload).where(upload.c.owner == owner, _UNDER_WAY)
    return await connection.scalar(query) or 0


async def load_quota(connection: AsyncConnection, id_: AccountId) -> int | None:
    """Return the quota of an account, in bytes: 0 for none; None where it has no own, or is gone."""
    return await connection.scalar(select(account.c.quota_bytes).where(account.c.id == id_))


def _of(owner: ColumnElement[str], only: AccountId | None) -> ColumnElement[bool]:
    return owner.is_not(None) if only is None else owner == only
