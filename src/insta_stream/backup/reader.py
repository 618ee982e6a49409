"""Reading a file once: what is read is hashed, and told to who shows progress."""

from collections.abc import Callable
from hashlib import sha256
from typing import BinaryIO

CHUNK_BYTES = 1 << 20

Tell = Callable[[int], None]
"""Is told how many bytes more are done."""


class Reader:
    """A file that is read from its beginning to its end."""

    def __init__(self, file: BinaryIO, tell: Tell) -> None:
        self._file = file
        self._tell = tell
        self._digest = sha256()
        self.size_bytes = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self._file.read(size)
        self._digest.update(data)
        self.size_bytes += len(data)
        self._tell(len(data))
        return data

    def drain(self) -> str:
        """Read what is left, and return the checksum of all: SHA-256, hexadecimal."""
        while self.read(CHUNK_BYTES):
            pass
        return self._digest.hexdigest()
