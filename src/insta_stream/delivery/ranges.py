"""Byte ranges of one file (RFC 9110 section 14)."""

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(rb"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*").fullmatch


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """Number of bytes."""
        return self.stop - self.start


class Unsatisfiable(Exception):
    """The range lies outside the file: status 416."""


def parse_range(value: bytes, size: int) -> ByteRange | None:
    """Return the range asked for, or None when the whole file is the right answer.

    Malformed values, other units and several ranges at once are answered with the whole file, as the
    standard allows. Raises Unsatisfiable when the range has no byte in a file of `size` bytes.
    """
    found = _ONE_RANGE(value)
    if found is None or found[1] == found[2] == b"":
        return None
    if found[1] == b"":
        return _suffix(int(found[2]), size)
    start = int(found[1])
    stop = int(found[2]) + 1 if found[2] else size
    if stop <= start and found[2]:
        return None
    if start >= size:
        raise Unsatisfiable
    return ByteRange(start, min(stop, size))


def _suffix(length: int, size: int) -> ByteRange:
    if length == 0 or size == 0:
        raise Unsatisfiable
    return ByteRange(max(0, size - length), size)
