"""Tells how far the packages are that this process makes: once a second, since people look and wait."""

import asyncio
from collections.abc import Sequence

import structlog

from insta_stream.db import headway as rows
from insta_stream.db.engine import Database
from insta_stream.db.headway import HeadwayRow
from insta_stream.db.news import tell_headway
from insta_stream.db.videos import PackageRow
from insta_stream.errors import InstaStreamError
from insta_stream.ids import PackageId
from insta_stream.library.headway import percent
from insta_stream.library.video import Progress
from insta_stream.ticks import Ticks

log = structlog.get_logger()

TELL_SECONDS = 1.0


class Telling:
    """What is told of packages. One of which nothing is told is as its row says: it waits, or is done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._progress: dict[PackageId, Progress] = {}
        self._airable_at: dict[PackageId, Ticks] = {}
        self._told: Sequence[HeadwayRow] | None = None

    async def tell(self) -> None:
        """Write down what has changed, for ever. At first that is whatever a process before left behind."""
        while True:
            present = self._rows()
            if present != self._told:
                try:
                    await self._write(present)
                except InstaStreamError as error:  # a full disk, a busy database: the next time will do
                    log.debug("headway_not_told", reason=error.message)
            await asyncio.sleep(TELL_SECONDS)

    def draws(self, package: PackageRow) -> None:
        """Show that the pictures of a package are being made."""
        self._progress[package.id] = Progress("pictures", percent(package))

    def encodes(self, id_: PackageId, progress: Progress) -> None:
        """Show how far FFmpeg is with a package."""
        self._progress[id_] = progress

    def will_air(self, id_: PackageId, at: Ticks) -> None:
        """Show when a package is expected to be ready to air."""
        self._airable_at[id_] = at

    def can_air(self, id_: PackageId) -> None:
        """Expect nothing more of a package that is ready to air."""
        self._airable_at.pop(id_, None)

    def waits(self, id_: PackageId) -> None:
        """Show that a package waits for its turn."""
        self._progress.pop(id_, None)

    def ends(self, id_: PackageId) -> None:
        """Tell nothing of a package any more."""
        self._progress.pop(id_, None)
        self._airable_at.pop(id_, None)

    def _rows(self) -> Sequence[HeadwayRow]:
        return tuple(
            HeadwayRow(
                *(id_, each.step, each.percent, each.fps, each.speed, each.eta_seconds),
                airable_at=self._airable_at.get(id_),
            )
            for id_, each in self._progress.items()
        )

    async def _write(self, present: Sequence[HeadwayRow]) -> None:
        async with self._database.write() as connection:
            await rows.put(connection, present)
            await tell_headway(connection)
        self._told = present
