"""How large a file may be, and how much disk space uploads may still take."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from insta_stream.errors import DiskFull, TooLarge
from insta_stream.ids import VideoId
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks, seconds

DAY = seconds(86_400)


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """max_bytes: of one file. min_free_bytes: of disk space that uploads must leave. expiry: how long an
    upload of which nothing comes is kept. quota_bytes: what one person's videos may take, 0 for any number,
    unless they have a quota of their own. uploads_each: one person's, at the same time.
    """

    max_bytes: int
    min_free_bytes: int
    expiry: Ticks = DAY
    quota_bytes: int = 0
    uploads_each: int = 1000

    def check_size(self, size_bytes: int) -> None:
        """Raise TooLarge for a file of this size."""
        if size_bytes > self.max_bytes:
            raise TooLarge(f"The file is too large: this server accepts up to {_size(self.max_bytes)}.")


LEAST_PROMISE_BYTES = 256 << 20
"""What an upload is promised that has only announced its size; one that sends is promised what it sent."""

PROMISE_SECONDS = 600.0
"""How long a promise holds after the last byte that came."""


@dataclass(frozen=True, slots=True)
class _Promise:
    """left: announced and not there. size_bytes: of it, what is kept free. earned: of that, as much as came;
    the rest is for a word. until: on the monotonic clock.
    """

    left: int
    size_bytes: int
    earned: int
    until: float


class Room:
    """Promises disk space to uploads before their bytes come, so that those who send do not run out of it.

    A word alone takes no more from the others than a little, for a while: a client that announces 50 GiB and
    sends nothing must not have all others refused for as long as its upload is kept. Nor must a thousand such
    clients: what is promised for words takes half of the room at most, where that is more than one promise.
    """

    def __init__(
        self, folder: DataFolder, min_free_bytes: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._now = now
        self._promised: dict[VideoId, _Promise] = {}

    @property
    def promised_bytes(self) -> int:
        """What uploads under way are promised."""
        return sum(each.size_bytes for each in self._valid())

    def check(self, size_bytes: int) -> None:
        """Raise DiskFull when writing this much, promised or not, would leave too little."""
        if self._folder.free_bytes() - size_bytes < self._min_free_bytes:
            raise DiskFull("There is not enough free disk space for this file.")

    def check_besides(self, size_bytes: int) -> None:
        """Raise DiskFull when there is no room for a file of this size besides what is kept for others."""
        valid = self._valid()
        earned = sum(each.earned for each in valid)
        for_words = sum(each.size_bytes - each.earned for each in valid)
        left = max(0, self._folder.free_bytes() - self._min_free_bytes - earned)
        self.check(earned + min(for_words, max(LEAST_PROMISE_BYTES, left // 2)) + size_bytes)

    def _valid(self) -> list[_Promise]:
        now = self._now()
        return [each for each in tuple(self._promised.values()) if now < each.until]

    def owe(self, id_: VideoId, left: int, received: int = 0) -> None:
        """Promise room to an upload of which so much is missing (0 when it is over) and so much is there."""
        if left <= 0:
            self._promised.pop(id_, None)
            return
        before = self._promised.get(id_)
        if before is None or left != before.left:
            size_bytes = min(left, max(LEAST_PROMISE_BYTES, received))
            earned = min(left, received)
            self._promised[id_] = _Promise(left, size_bytes, earned, self._now() + PROMISE_SECONDS)


def _size(size_bytes: int) -> str:
    value, unit = float(size_bytes), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:  # noqa: PLR2004 - what the units mean
            break
        value, unit = value / 1024, larger
    return f"{value:.4g} {unit}"
