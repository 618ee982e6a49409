"""How far each package is, and when its video can air: told by what makes it, else by its row."""

from insta_stream.db.videos import PackageRow
from insta_stream.ids import PackageId
from insta_stream.library import forecast
from insta_stream.library.video import Progress
from insta_stream.ticks import Ticks

WAITING = Progress("waiting")
DONE = Progress(percent=100.0)


class Headway:
    """How far packages are. Those that are being made are shown from `waits` on, until it `ends`."""

    def __init__(self) -> None:
        self._progress: dict[PackageId, Progress] = {}
        self._airable_at: dict[PackageId, Ticks] = {}

    def progress(self, package: PackageRow) -> Progress:
        """Return how far a package is."""
        known = self._progress.get(package.id)
        return known or _at_rest(package)

    def airable_at(self, id_: PackageId) -> Ticks | None:
        """Return when a package is expected to be ready to air, where that can be told."""
        return self._airable_at.get(id_)

    def waits(self, package: PackageRow) -> None:
        """Show that a package waits for its turn."""
        self._progress[package.id] = Progress("waiting", _percent(package))

    def draws(self, package: PackageRow) -> None:
        """Show that the pictures of a package are being made."""
        self._progress[package.id] = Progress("pictures", _percent(package))

    def encodes(self, id_: PackageId, progress: Progress) -> None:
        """Show how far FFmpeg is with a package."""
        self._progress[id_] = progress

    def will_air(self, id_: PackageId, at: Ticks) -> None:
        """Show when a package is expected to be ready to air."""
        self._airable_at[id_] = at

    def can_air(self, id_: PackageId) -> None:
        """Expect nothing more of a package that is ready to air."""
        self._airable_at.pop(id_, None)

    def ends(self, id_: PackageId) -> None:
        """Show what the row of a package says: nothing is being made of it."""
        self._progress.pop(id_, None)
        self._airable_at.pop(id_, None)


def _at_rest(package: PackageRow) -> Progress:
    """Return how far a package is of which nothing is being made."""
    match package.state:
        case "packaging":
            return WAITING
        case "failed":
            return Progress(percent=_percent(package))
        case _:
            return DONE


def _percent(package: PackageRow) -> float:
    return round(100 * forecast.share_done(package), 1)
