"""How large a file may be, and how much disk space uploads may still take."""

from dataclasses import dataclass

from insta_stream.errors import DiskFull, TooLarge
from insta_stream.ids import VideoId
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks, seconds

DAY = seconds(86_400)


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """max_bytes: of one file. min_free_bytes: of disk space that uploads must leave. expiry: how long an
    upload of which nothing comes is kept.
    """

    max_bytes: int
    min_free_bytes: int
    expiry: Ticks = DAY

    def check_size(self, size_bytes: int) -> None:
        """Raise TooLarge for a file of this size."""
        if size_bytes > self.max_bytes:
            raise TooLarge(f"The file is too large: this server accepts up to {_size(self.max_bytes)}.")


class Room:
    """Promises disk space to uploads before their bytes come: ten large files cannot be begun on a disk that
    holds two.
    """

    def __init__(self, folder: DataFolder, min_free_bytes: int) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._promised: dict[VideoId, int] = {}

    @property
    def promised_bytes(self) -> int:
        """What uploads under way have announced and not sent yet."""
        return sum(self._promised.values())

    def check(self, size_bytes: int) -> None:
        """Raise DiskFull when writing this much, promised or not, would leave too little."""
        if self._folder.free_bytes() - size_bytes < self._min_free_bytes:
            raise DiskFull("There is not enough free disk space for this file.")

    def check_besides(self, size_bytes: int) -> None:
        """Raise DiskFull when there is no room for a file of this size besides all that was promised."""
        self.check(self.promised_bytes + size_bytes)

    def owe(self, id_: VideoId, size_bytes: int) -> None:
        """Promise an upload so much more than it has; 0 when it is over."""
        if size_bytes > 0:
            self._promised[id_] = size_bytes
        else:
            self._promised.pop(id_, None)


def _size(size_bytes: int) -> str:
    value, unit = float(size_bytes), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:  # noqa: PLR2004 - what the units mean
            break
        value, unit = value / 1024, larger
    return f"{value:.4g} {unit}"
