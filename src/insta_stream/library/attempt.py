"""The right to write a package: of one attempt at a time, whichever process makes it.

A process may be stopped for minutes and then go on, when another one has long begun anew, or somebody has
cancelled: what it writes then would undo that. So each attempt has a token that stands in the package's row,
and writes only as long as it stands there.
"""

import asyncio
from dataclasses import dataclass, field

from insta_stream.db.videos import PackageRow
from insta_stream.ids import PackageId
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.lane import Place
from insta_stream.library.video import Step


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
        """Another attempt has taken its place, as far as this process knows, or the video is deleted."""
        package = self.package
        return package.writer != self.token or not self.catalogue.has(package.video)

    async def save(self, package: PackageRow) -> None:
        """Write what has changed of the package."""
        await self.catalogue.save(package, self.token)

    async def take_over(self) -> None:
        """Let the package take the place of its video's current one."""
        await self.catalogue.make_current(self.id, self.token)


@dataclass(slots=True)
class Work:
    """What is going on with one package in this process. speeds: of the runs of FFmpeg at this moment, by
    step, 0 at first.

    writing: held from reading the package's row to writing it, because two steps may publish at once. place:
    in the urgent lane, while it has one.
    """

    attempt: Attempt
    speeds: dict[Step, float] = field(default_factory=dict)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_drawing: bool = False
    place: Place | None = None

    @property
    def speed(self) -> float:
        """The speed that the package can be counted on to grow with."""
        return min(self.speeds.values(), default=0.0)


async def begin_attempt(catalogue: Catalogue, id_: PackageId) -> Attempt:
    """Return an attempt, which takes the place of any other. Raises Unknown."""
    return Attempt(catalogue, id_, await catalogue.claim(id_))
