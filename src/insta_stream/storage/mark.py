"""How far the clock has got: kept in a file, so that no restart begins earlier than what players saw."""

import os
from pathlib import Path

import structlog

from insta_stream.errors import NotReady

log = structlog.get_logger()

_DIGITS = 20


def read(path: Path) -> int:
    """Return what a file keeps, as `Mark.read`, and make none where there is none. Raises NotReady."""
    try:
        return _parsed(path.read_bytes()[:_DIGITS])
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise NotReady(f"{path} cannot be read ({error.strerror}).") from error


def set_back(path: Path, instant_ns: int) -> None:
    """Let a file keep an earlier instant; a power failure does not undo it. Raises NotReady.

    Nobody may have it open as a `Mark`.
    """
    try:
        with path.open("wb") as file:
            file.write(_written(instant_ns))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise NotReady(f"{path} cannot be written ({error.strerror}).") from error


class Mark:
    """The instant, in nanoseconds since the Unix epoch, that the server's clock has not passed.

    It outlives the process, however that ends. After a power failure it may be as old as what the system had
    not yet written, usually half a minute: a machine takes longer than that to come back.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._is_kept = True

    def read(self) -> int:
        """Return what was last kept; 0 where nothing was, or where it is damaged."""
        return _parsed(os.pread(self._file, _DIGITS, 0))

    def keep(self, instant_ns: int) -> None:
        """Keep an instant. Where the disk refuses, say so once and go on: a stream needs no mark to run."""
        try:
            os.pwrite(self._file, _written(instant_ns), 0)
        except OSError as error:
            if self._is_kept:
                log.warning("clock_not_kept", reason=str(error))
            self._is_kept = False
        else:
            self._is_kept = True

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _written(instant_ns: int) -> bytes:
    return b"%0*d" % (_DIGITS, instant_ns)


def _parsed(text: bytes) -> int:
    return int(text) if len(text) == _DIGITS and text.isdigit() else 0
