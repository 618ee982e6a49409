"""Whether a file that came in is one that is there already: told to people, who may want it twice.

Nothing keeps a digest of the originals: that would cost a second reading of each large file, to tell
something of a few. Only files of the same size are compared, which are nearly always the same, and of large
ones only pieces, spread over the whole.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

PIECE_BYTES = 1024 * 1024
MOST_PIECES = 64
"""Files of up to so many are compared whole."""

MOST_FILES = 100
"""A disk may have thousands of files of one size, such as the parts that cameras write."""

_Key = TypeVar("_Key")


def twin(path: Path, others: Iterable[tuple[_Key, Path]]) -> _Key | None:
    """Return the key of the first of the `others`, all of its size, that has the same content; None for none.

    Reads files, for as long as a second; what cannot be read is no twin.
    """
    return next((key for key, other in islice(others, MOST_FILES) if _are_same(path, other)), None)


def _are_same(one: Path, other: Path) -> bool:
    try:
        with one.open("rb", buffering=0) as a, other.open("rb", buffering=0) as b:
            return all(_piece(a, place) == _piece(b, place) for place in _places(one.stat().st_size))
    except OSError:
        return False


def _places(size: int) -> Iterable[int]:
    """Yield where the pieces begin: one after the other, or spread from the beginning to the end."""
    count = min(MOST_PIECES, -(-size // PIECE_BYTES))
    last = max(0, size - PIECE_BYTES)
    return (last * number // max(1, count - 1) for number in range(count))


def _piece(file: BinaryIO, place: int) -> bytes:
    file.seek(place)
    return file.read(PIECE_BYTES)
