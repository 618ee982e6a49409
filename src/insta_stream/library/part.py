"""Files of uploads, as a thread writes them.

They are opened for each piece, so that nothing can write to one that was removed. Who writes one holds its
lock, over all processes; uploads that nobody is sending hold no open file.
"""

import errno
import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from insta_stream.errors import Damaged, DiskFull, NotReady
from insta_stream.library import writeback
from insta_stream.storage.lock import create

log = structlog.get_logger()

ALGORITHMS = ("sha1", "sha256", "md5")
"""Of checksums; tus wants the first one at least."""

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must hash to. algorithm: one of ALGORITHMS."""

    algorithm: str
    digest: bytes


@contextmanager
def refusals() -> Iterator[None]:
    """Translate what the system says of a file that cannot be written: DiskFull or NotReady."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull("There is not enough free disk space for this file.") from error
        log.warning("upload_not_written", reason=str(error))
        raise NotReady(f"The file cannot be stored here ({error.strerror}).") from error


class Appended:
    """Writes to the end of a part. received: the size of the part."""

    def __init__(self, part: Path, offset: int) -> None:
        self.received = offset
        self._part = part

    def write(self, data: bytes | bytearray) -> None:
        """Write the next bytes; where that fails in the middle, `received` tells the truth."""
        with _opened(self._part) as file:
            rest = memoryview(data)
            while rest:
                before = self.received
                written = os.pwrite(file, rest, before)
                self.received += written
                rest = rest[written:]
                with self._taken_back(file, before):
                    writeback.hand_over(file, before, self.received)

    def settle(self, *, is_last: bool) -> None:
        """End a body that came whole. is_last: it completes the part, which must outlive a power failure."""
        if is_last:
            with _opened(self._part) as file, self._taken_back(file, self.received):
                os.fsync(file)

    def break_off(self, *, is_last: bool) -> None:
        """End a body that broke off; what came of it stays."""
        self.settle(is_last=is_last)

    def drop(self) -> None:
        """Remove what is not part of the part; call it at the end, however that came."""

    @contextmanager
    def _taken_back(self, file: int, size_bytes: int) -> Iterator[None]:
        """Where the disk refuses some of so many bytes, take back all that may be among them: no later sync
        would tell of them.
        """
        try:
            yield
        except OSError:
            self.received = writeback.kept(size_bytes)
            os.ftruncate(file, self.received)
            raise


class Verified(Appended):
    """Writes beside the part, and adds to it only what has the right checksum: the size of the part is the
    offset, so no byte may be in it that was not checked, whenever the server is killed.
    """

    def __init__(self, part: Path, offset: int, unchecked: Path, checksum: Checksum) -> None:
        super().__init__(part, offset)
        self._unchecked = unchecked
        self._begins_part = offset == 0
        self._beside = 0
        self._hash = hashlib.new(checksum.algorithm, usedforsecurity=False)
        self._wanted = checksum.digest
        with refusals():
            self._lock = create(unchecked)  # it may become the part, which is then held, too

    def write(self, data: bytes | bytearray) -> None:
        """Write the next bytes, which do not count yet."""
        self._hash.update(data)
        with self._unchecked.open("ab", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                before, written = self._beside, file.write(rest)
                rest, self._beside = rest[written:], before + written
                if self._begins_part:  # else they are copied, and handed over then
                    writeback.hand_over(file.fileno(), before, self._beside)

    def settle(self, *, is_last: bool) -> None:
        """Add the bytes to the part. Raises Damaged, and they are gone."""
        if not hmac.compare_digest(self._hash.digest(), self._wanted):
            raise Damaged("The checksum does not match: send these bytes again.")
        if self._begins_part:
            self.received = self._beside
            self._unchecked.replace(self._part)
        else:
            self._append_checked()
        super().settle(is_last=is_last)

    def break_off(self, *, is_last: bool) -> None:
        """Keep nothing: nobody will know whether these bytes are right."""

    def drop(self) -> None:
        """Remove what was not added to the part."""
        self._unchecked.unlink(missing_ok=True)
        self._lock.release()

    def _append_checked(self) -> None:
        with self._unchecked.open("rb", buffering=0) as file:
            while piece := file.read(_PIECE_BYTES):
                super().write(piece)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        yield file
    finally:
        os.close(file)
