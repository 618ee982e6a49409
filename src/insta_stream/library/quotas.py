"""How much of the disk each person may take: refused is what would be too much, before a byte is read."""

from collections.abc import Mapping

from pydantic import ByteSize
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.engine import Database
from insta_stream.db.usage import Usage, count_uploads, load_quota, load_usage
from insta_stream.errors import QuotaReached, TooMany
from insta_stream.ids import AccountId, VideoId
from insta_stream.library.room import UploadLimits
from insta_stream.library.whole import whole


class Quotas:
    """Holds uploads against the quotas of those who send them. What is nobody's has none.

    A video counts until it is gone for good, with all that was made of it; an upload counts as it was
    announced. What has its row in the database is counted there, in the transaction that adds the next one,
    so that no two at once are both the last that fits. Forms have no row before they are videos: what they
    claim is here.
    """

    def __init__(self, database: Database, limits: UploadLimits) -> None:
        self._database = database
        self._limits = limits
        self._claims: dict[VideoId, tuple[AccountId, int]] = {}

    @property
    def default_bytes(self) -> int:
        """The quota of those who have no own; 0 for none."""
        return self._limits.quota_bytes

    def effective(self, own: int | None) -> int | None:
        """Return how many bytes somebody's may take, None for any number. own: their own quota, if any."""
        return (self.default_bytes if own is None else own) or None

    async def usage(self, only: AccountId | None = None) -> Mapping[AccountId, Usage]:
        """Return what each takes who has anything, or one of them."""
        async with self._database.read() as connection:
            found = await load_usage(connection, only, self._claims)
        for owner, size_bytes in tuple(self._claims.values()):
            if only in {None, owner}:
                found.setdefault(owner, Usage()).uploads += size_bytes
        return found

    async def require(
        self, connection: AsyncConnection, owner: AccountId | None, size_bytes: int, of: VideoId | None = None
    ) -> None:
        """Raise QuotaReached, or TooMany ("too_many_uploads"), where somebody may not send so much more.

        connection: of the transaction that notes that it comes. of: the form whose claim this replaces.
        """
        if owner is None:
            return
        claims = {
            id_: claimed for id_, (whose, claimed) in self._claims.items() if whose == owner and id_ != of
        }
        if len(claims) + await count_uploads(connection, owner) >= self._limits.uploads_each:
            raise TooMany(
                f"You already have {self._limits.uploads_each:,} uploads in progress: finish or remove some "
                "first.",
                code="too_many_uploads",
            )
        most = self.effective(await load_quota(connection, owner))
        if most is None:
            return
        found = (await load_usage(connection, owner, claims)).get(owner, Usage())
        taken = found.bytes + sum(claims.values())
        if taken + size_bytes > most:
            raise _full(taken, most, size_bytes)

    @whole
    async def claim(self, id_: VideoId, owner: AccountId | None, size_bytes: int) -> None:
        """Let a form claim so much in all, until this is given back. Raises what `require` raises."""
        if owner is not None:
            async with self._database.write() as connection:
                await self.require(connection, owner, size_bytes, of=id_)
                self._claims[id_] = owner, size_bytes

    def give_back(self, id_: VideoId) -> None:
        """Let a form claim nothing any more."""
        self._claims.pop(id_, None)


def _full(taken: int, most: int, size_bytes: int) -> QuotaReached:
    in_use, all_of_it, needed = map(_text, (taken, most, size_bytes))
    return QuotaReached(
        f"Your storage is full: {in_use} of {all_of_it} are in use, and this file needs {needed}. Delete "
        "videos, which count until they have left the bin, or ask an admin for more space."
    )


def _text(size_bytes: int) -> str:
    """Return a size as the pages show it."""
    return ByteSize(size_bytes).human_readable(decimal=True, separator=" ")
