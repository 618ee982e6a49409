"""How much of the disk each person may take: refused is what would be too much, before a byte is read."""

from collections.abc import Mapping

from pydantic import ByteSize
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.engine import Database
from insta_stream.db.usage import Usage, count_uploads, load_quota, load_usage
from insta_stream.errors import QuotaReached, TooMany
from insta_stream.ids import AccountId
from insta_stream.library.room import UploadLimits


class Quotas:
    """Holds uploads against the quotas of those who send them. What is nobody's has none.

    A video counts until it is gone for good, with all that was made of it; an upload counts as it was
    announced. All have rows in the database and are counted there, in the transaction that adds the next one,
    so that no two at once, in whichever processes, are both the last that fits.
    """

    def __init__(self, database: Database, limits: UploadLimits) -> None:
        self._database = database
        self._limits = limits

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
            return await load_usage(connection, only)

    async def require_place(self, connection: AsyncConnection, owner: AccountId | None) -> None:
        """Raise TooMany ("too_many_uploads") where somebody may begin no more uploads.

        connection: of the transaction that adds the next one.
        """
        if owner is not None and await count_uploads(connection, owner) >= self._limits.uploads_each:
            raise TooMany(
                f"You already have {self._limits.uploads_each:,} uploads in progress: finish or remove some "
                "first.",
                code="too_many_uploads",
            )

    async def require(
        self, connection: AsyncConnection, owner: AccountId | None, size_bytes: int, counted: int = 0
    ) -> None:
        """Raise QuotaReached where somebody may not send so large a file.

        connection: of the transaction that notes that it comes. counted: what is noted of it already.
        """
        if owner is None:
            return
        most = self.effective(await load_quota(connection, owner))
        if most is None:
            return
        taken = (await load_usage(connection, owner)).get(owner, Usage()).bytes - counted
        if taken + size_bytes > most:
            raise _full(taken, most, size_bytes)


def _full(taken: int, most: int, size_bytes: int) -> QuotaReached:
    in_use, all_of_it, needed = map(_text, (taken, most, size_bytes))
    return QuotaReached(
        f"Your storage is full: {in_use} of {all_of_it} are in use, and this file needs {needed}. Delete "
        "videos, which count until they have left the bin, or ask an admin for more space."
    )


def _text(size_bytes: int) -> str:
    """Return a size as the pages show it."""
    return ByteSize(size_bytes).human_readable(decimal=True, separator=" ")
