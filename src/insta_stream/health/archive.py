"""The file that keeps the history of a data folder, so that a restart does not end it."""

from collections.abc import Iterable
from pathlib import Path
from threading import Lock

import structlog

from insta_stream.health.history import History, packed
from insta_stream.ticks import Ticks

log = structlog.get_logger()


class Archive:
    """One file. It is replaced as a whole, so that a process killed meanwhile leaves the one before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_kept = True
        self._writing = Lock()
        self._known: tuple[int, int] | None = None

    def recall(self, history: History, now: Ticks) -> None:
        """Let a history go on with what was kept, if there is something new. Say so where it is damaged."""
        try:
            if (known := self._version()) != self._known:
                self._known = known
                history.load(self._path.read_bytes(), now)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("history_lost", reason=str(error))

    def keep(self, pieces: Iterable[bytes]) -> None:
        """Keep what `History.dump` gave; any thread may. Where the disk refuses, say so once and go on."""
        new = self._path.with_name(f"{self._path.name}.new")
        with self._writing:
            try:
                new.write_bytes(packed(pieces))
                new.replace(self._path)
                self._known = self._version()
            except OSError as error:
                if self._is_kept:
                    log.warning("history_not_kept", reason=str(error))
                self._is_kept = False
            else:
                self._is_kept = True

    def _version(self) -> tuple[int, int]:
        """Return what is another one when somebody has replaced the file."""
        status = self._path.stat()
        return status.st_ino, status.st_mtime_ns
