"""The right to write a package: of one attempt at a time, whichever process makes it.

A process may be stopped for minutes and then go on, when another one has long begun anew, or somebody has
cancelled: what it writes then would undo that. So each attempt has a token that stands in the package's row,
and writes only as long as it stands there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from insta_stream.db.videos import PackageRow
from insta_stream.ids import PackageId
from insta_stream.library.catalogue import Catalogue, Superseded
from insta_stream.media.model import Inspection, Plan
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import FileLock, lock

_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a package. All that is written raises Superseded once there is another one."""

    catalogue: Catalogue
    id: PackageId
    token: str

    @property
    def package(self) -> PackageRow:
        """The package as it is now."""
        return self.catalogue.package(self.id)

    @property
    def is_over(self) -> bool:
        """Another attempt, or another package, has taken its place, as far as this process knows, or the
        video is deleted.
        """
        package, catalogue = self.package, self.catalogue
        is_newest = catalogue.has(package.video) and catalogue.newest(package.video).id == self.id
        return package.writer != self.token or not is_newest

    async def save(self, package: PackageRow) -> None:
        """Write what has changed of the package."""
        await self.catalogue.save(package, self.token)

    async def inspected(self, package: PackageRow, inspection: Inspection, plan: Plan) -> None:
        """Write the package anew, as a new inspection says; nothing of it has been made."""
        await self.catalogue.reinspect(package, inspection, plan, self.token)

    async def conclude(self, decide: Callable[[PackageRow], PackageRow]) -> None:
        """Write what becomes of the package, of which nothing more is made."""
        await self.catalogue.conclude(self.id, decide, self.token)

    async def take_over(self) -> None:
        """Let the package take the place of its video's current one."""
        await self.catalogue.make_current(self.id, self.token)


async def begin_attempt(catalogue: Catalogue, id_: PackageId) -> Attempt:
    """Return an attempt, which takes the place of any other. Raises Unknown."""
    return Attempt(catalogue, id_, await catalogue.claim(id_))


@asynccontextmanager
async def held(attempt: Attempt, folder: DataFolder) -> AsyncIterator[None]:
    """Hold the folder of an attempt's package for the block: nobody else writes to it, or removes it.

    Who has it yet has been superseded, and is ending. Raises Superseded where this one is, meanwhile.
    """
    path = folder.package(attempt.id)
    while (lock_ := _made_and_locked(path)) is None:
        if attempt.is_over:
            raise Superseded
        await asyncio.sleep(_LOOK_SECONDS)
    try:
        yield
    finally:
        with suppress(OSError):
            path.rmdir()  # it stays where anything is in it
        lock_.release()


def _made_and_locked(path: Path) -> FileLock | None:
    path.mkdir(exist_ok=True)
    with suppress(FileNotFoundError):  # who has just let go of it has removed it
        return lock(path)
    return None
