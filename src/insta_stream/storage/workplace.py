"""Where this process puts what is not finished, and nobody removes it as long as the process lives."""

import shutil
from pathlib import Path

from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import FileLock, lock


class Workplace:
    """The folder of this process, beside those of the others: `DataFolder.work`."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._lock: FileLock | None = None

    def take(self) -> None:
        """Make the folder and hold it; remove what processes that have ended left behind."""
        own = self._folder.work
        own.parent.mkdir(mode=0o700, exist_ok=True)
        while not self._is_held(own):
            pass  # who tidies up at this moment has removed it
        for path in own.parent.iterdir():
            if path != own:
                _remove_unheld(path)

    def give_up(self) -> None:
        """Remove the folder, where this one holds it, and let go of it."""
        if self._lock is not None:
            _remove(self._folder.work)
            self._lock.release()
            self._lock = None

    def _is_held(self, own: Path) -> bool:
        """Return whether this process holds its folder; it is empty, unless another library of it has it."""
        own.mkdir(mode=0o700, exist_ok=True)
        try:
            self._lock = lock(own)
        except FileNotFoundError:
            return False
        if self._lock is not None:
            for path in own.iterdir():
                _remove(path)
        return True


def _remove_unheld(path: Path) -> None:
    try:
        held = lock(path)
    except FileNotFoundError:
        return
    if held is not None:
        _remove(path)
        held.release()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
