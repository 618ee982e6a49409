"""What all processes of a machine know of those who ask: up to when each has spent what it may (`pace`).

A file of fixed size, in places for eight who come to the same one; whoever owes for the shortest time gives
way. It is read and written with plain calls, a few bytes at a time: they fail where the disk does, while
memory that is a file ends the process. Two processes that write at once may lose one request of many, or take
one for another's: nobody waits for that.
"""

import os
import struct
from hashlib import blake2b
from pathlib import Path

from insta_stream.errors import NotReady
from insta_stream.pace import OwnDebts
from insta_stream.storage.lock import opened

PLACES = 8192
SEATS = 8
"""In each place: so 65,536 are known together."""

_SEAT = struct.Struct("=Qd")
_PLACE = struct.Struct("=" + "Qd" * SEATS)
_NOBODY = bytes(_PLACE.size)


class SharedDebts:
    """Those of one purpose. The clock of all is one that only rises, and the same for every process. The file
    is opened when it is first asked for, and as long as this process lives.
    """

    def __init__(self, path: Path, purpose: str) -> None:
        self._path = path
        self._purpose = purpose.encode()
        self._file: int | None = None
        self._unwritten = OwnDebts()

    def until(self, who: str) -> float:
        """Return up to when somebody has spent, 0.0 where nothing is known."""
        key, place = self._key(who)
        names, ends = self._read(place)
        known = ends[names.index(key)] if key in names else 0.0
        return max(known, self._unwritten.until(who)) if self._unwritten else known

    def note(self, who: str, until: float) -> None:
        """Let somebody have spent up to then; what cannot be written, this process knows alone."""
        key, place = self._key(who)
        names, ends = self._read(place)
        seat = names.index(key) if key in names else ends.index(min(ends))
        try:
            os.pwrite(self._open(), _SEAT.pack(key, until), place + seat * _SEAT.size)
        except (OSError, NotReady):
            self._unwritten.note(who, until)

    def _key(self, who: str) -> tuple[int, int]:
        """Return by which number somebody is known, and where in the file. 0 is nobody's."""
        digest = blake2b(who.encode(errors="replace"), digest_size=8, person=self._purpose).digest()
        key = int.from_bytes(digest) or 1
        return key, key % PLACES * _PLACE.size

    def _read(self, place: int) -> tuple[tuple[int, ...], tuple[float, ...]]:
        try:
            found = os.pread(self._open(), _PLACE.size, place)
        except (OSError, NotReady):
            found = _NOBODY
        values = _PLACE.unpack(found.ljust(_PLACE.size, b"\0"))
        return values[::2], values[1::2]

    def _open(self) -> int:
        if self._file is None:
            self._file = opened(self._path)
        return self._file
