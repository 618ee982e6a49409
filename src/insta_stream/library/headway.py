"""How far each package is, and when its video can air: as who makes it last told, else as its row says."""

from functools import lru_cache
from typing import cast

from insta_stream.db import headway as rows
from insta_stream.db.engine import Database
from insta_stream.db.headway import HeadwayRow
from insta_stream.db.news import Heard
from insta_stream.db.videos import PackageRow
from insta_stream.ids import PackageId
from insta_stream.library import forecast
from insta_stream.library.video import Progress, Step
from insta_stream.ticks import Ticks

DONE = Progress(percent=100.0)


class Headway:
    """How far packages are, whichever process makes them. Values that have not changed are the same."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._revision = 0
        self._rows: dict[PackageId, HeadwayRow] = {}
        self._progress: dict[PackageId, Progress] = {}

    async def catch_up(self, news: Heard) -> None:
        """Know what has been told since. Raises NotReady, DiskFull."""
        if news.headway == self._revision:
            return
        async with self._database.read() as connection:
            found = await rows.load(connection)
        self._revision = news.headway
        new = {row.package: row for row in found if self._rows.get(row.package) != row}
        self._rows = {row.package: new.get(row.package, row) for row in found}
        kept = {id_: each for id_, each in self._progress.items() if id_ in self._rows}
        self._progress = kept | {id_: _progress(row) for id_, row in new.items()}

    def progress(self, package: PackageRow) -> Progress:
        """Return how far a package is."""
        match package.state:
            case "packaging":
                return self._progress.get(package.id) or _waiting(percent(package))
            case "failed":
                return _failed(percent(package))
            case _:
                return DONE

    def airable_at(self, id_: PackageId) -> Ticks | None:
        """Return when a package is expected to be ready to air, where that can be told."""
        row = self._rows.get(id_)
        return None if row is None else row.airable_at


def percent(package: PackageRow) -> float:
    """Return how much of a package is there."""
    return round(100 * forecast.share_done(package), 1)


def _progress(row: HeadwayRow) -> Progress:
    return Progress(cast(Step, row.step), row.percent, row.fps, row.speed, row.eta_seconds)


@lru_cache(1001)
def _waiting(percent: float) -> Progress:
    return Progress("waiting", percent)


@lru_cache(1001)
def _failed(percent: float) -> Progress:
    return Progress(percent=percent)
