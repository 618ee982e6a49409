"""How much of the disk each person may take: refused is what would be too much, before a byte is read."""

from collections.abc import Iterable, Mapping

from pydantic import ByteSize
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.engine import Database
from insta_stream.db.forms import FormRow, delete_forms, load_forms, put_form
from insta_stream.db.usage import Usage, count_uploads, load_quota, load_usage
from insta_stream.errors import QuotaReached, TooMany
from insta_stream.ids import AccountId, VideoId
from insta_stream.library.room import UploadLimits
from insta_stream.library.whole import whole
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import is_held


class Quotas:
    """Holds uploads against the quotas of those who send them. What is nobody's has none.

    A video counts until it is gone for good, with all that was made of it; an upload counts as it was
    announced. All have rows in the database and are counted there, in the transaction that adds the next one,
    so that no two at once, in whichever processes, are both the last that fits. A form counts as long as the
    process lives that holds its file.
    """

    def __init__(self, database: Database, limits: UploadLimits, folder: DataFolder) -> None:
        self._database = database
        self._limits = limits
        self._folder = folder
        self._own: set[VideoId] = set()

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
            found = await load_usage(connection, only)
            claims, _ = self._parted(await load_forms(connection, only))
        for claim in claims:
            found.setdefault(claim.owner, Usage()).uploads += claim.size_bytes
        return found

    async def require(
        self, connection: AsyncConnection, owner: AccountId | None, size_bytes: int, of: VideoId | None = None
    ) -> None:
        """Raise QuotaReached, or TooMany ("too_many_uploads"), where somebody may not send so much more.

        connection: of the transaction that notes that it comes. of: the form whose claim this replaces.
        """
        if owner is None:
            return
        claims, over = self._parted(await load_forms(connection, owner))
        await delete_forms(connection, [each.id for each in over])
        others = [each for each in claims if each.id != of]
        if len(others) + await count_uploads(connection, owner) >= self._limits.uploads_each:
            raise TooMany(
                f"You already have {self._limits.uploads_each:,} uploads in progress: finish or remove some "
                "first.",
                code="too_many_uploads",
            )
        most = self.effective(await load_quota(connection, owner))
        if most is None:
            return
        found = (await load_usage(connection, owner)).get(owner, Usage())
        taken = found.bytes + sum(each.size_bytes for each in others)
        if taken + size_bytes > most:
            raise _full(taken, most, size_bytes)

    @whole
    async def claim(self, id_: VideoId, owner: AccountId | None, size_bytes: int) -> None:
        """Let a form, whose file is held, claim so much in all until this is given back.

        Raises what `require` raises.
        """
        if owner is not None:
            async with self._database.write() as connection:
                await self.require(connection, owner, size_bytes, of=id_)
                await put_form(connection, FormRow(id_, owner, size_bytes))
            self._own.add(id_)

    def give_back(self, id_: VideoId) -> None:
        """Let a form of this process claim nothing any more."""
        self._own.discard(id_)

    def _parted(self, forms: Iterable[FormRow]) -> tuple[list[FormRow], list[FormRow]]:
        """Return the forms that come in, and those that do not any more."""
        claims: list[FormRow] = []
        over: list[FormRow] = []
        for each in forms:
            comes = each.id in self._own or is_held(self._folder.part(each.id))
            (claims if comes else over).append(each)
        return claims, over


def _full(taken: int, most: int, size_bytes: int) -> QuotaReached:
    in_use, all_of_it, needed = map(_text, (taken, most, size_bytes))
    return QuotaReached(
        f"Your storage is full: {in_use} of {all_of_it} are in use, and this file needs {needed}. Delete "
        "videos, which count until they have left the bin, or ask an admin for more space."
    )


def _text(size_bytes: int) -> str:
    """Return a size as the pages show it."""
    return ByteSize(size_bytes).human_readable(decimal=True, separator=" ")
