"""The data folder: where everything is, how much room there is, and who owns it.

    DATA/insta-stream.db            the database
    DATA/lock                       held by the one server that answers for the folder
    DATA/lock.work                  held by the one server that works on it without answering
    DATA/fence                      held while an edit of a channel is being stored
    DATA/work                       held by the one process that packages and tidies up
    DATA/installation.json          the mark of the installation, see `storage.installation`
    DATA/reserve                    room that is kept for when the disk is full
    DATA/clock                      how far the server's clock has got
    DATA/offset                     what its processes share of it, as long as one of them runs
    DATA/debts                      who asks how often, as its processes know it together
    DATA/history                    the numbers of the last day, for the plots of the Health page
    DATA/bulletin/{seat}/{name}     what a process tells the others of this machine, see `storage.bulletin`
    DATA/lead                       held by the one of them that does what is to be done once
    DATA/uploads/{video}            originals, named by our ids, without extension
    DATA/uploads/{video}.part       an upload that is coming in; of a resumable one, the size is the offset
    DATA/uploads/{video}.{n}.check  a piece of one, until its checksum is known to be right; n: any id
    DATA/stream/{package}/...       packages: {rendition}/{n}.ts, poster.jpg, strip.jpg
    DATA/stream/.work/{process}/    attempts of jobs

uploads and stream have locks and a mark, too: they may be elsewhere. Parts, pieces and folders of processes
are locked (`storage.lock`) by whoever works on them; what nobody holds is tidied up at every start.

No name that a stranger chose reaches a path: ids are checked to be 32 hexadecimal digits.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Literal

from insta_stream.errors import NotReady, WrongState
from insta_stream.ids import PackageId, VideoId, is_id, new_id
from insta_stream.storage.lock import lock

_is_rendition = re.compile(r"[a-z0-9]{1,16}").fullmatch

PART = ".part"
CHECK = ".check"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths of the data folder. uploads, stream: may be elsewhere, but on local disks."""

    root: Path
    uploads: Path
    stream: Path

    @classmethod
    def under(cls, root: Path) -> "DataFolder":
        """Return the data folder at `root`, with everything inside it."""
        return cls(root, root / "uploads", root / "stream")

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "insta-stream.db"

    @property
    def fence(self) -> Path:
        """The file that is locked while an edit is being stored."""
        return self.root / "fence"

    @property
    def role(self) -> Path:
        """The file that is locked by whoever has the role `work`."""
        return self.root / "work"

    @property
    def clock(self) -> Path:
        """The file that keeps how far the server's clock has got."""
        return self.root / "clock"

    @property
    def offset(self) -> Path:
        """The file that the clocks of all processes share."""
        return self.root / "offset"

    @property
    def debts(self) -> Path:
        """The file in which all processes count who asks how often (`SharedDebts`)."""
        return self.root / "debts"

    @property
    def history(self) -> Path:
        """The file that keeps the numbers of the last day."""
        return self.root / "history"

    @property
    def bulletin(self) -> Path:
        """The folder in which the processes of this machine tell each other things."""
        return self.root / "bulletin"

    @property
    def lead(self) -> Path:
        """The file that the process holds which leads the others."""
        return self.root / "lead"

    @property
    def reserve(self) -> Path:
        """The file that keeps room for when the disk is full."""
        return self.root / "reserve"

    @property
    def work(self) -> Path:
        """Where jobs of this process write what is not finished (`Workplace`). On the file system of
        `stream`, so that files can be moved.
        """
        return self.stream / ".work" / f"{os.getpid()}"

    def create(self) -> None:
        """Make the folders that are missing, readable by their owner only."""
        for folder in (self.root, self.uploads, self.stream):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def original(self, video: VideoId) -> Path:
        """Return where the uploaded file of a video is."""
        return self.uploads / _checked(video)

    def part(self, video: VideoId) -> Path:
        """Return where an upload is written while it comes in."""
        return self.uploads / (_checked(video) + PART)

    def unchecked(self, video: VideoId) -> Path:
        """Return where one piece of an upload is written until its checksum is known to be right."""
        return self.uploads / f"{_checked(video)}.{new_id()}{CHECK}"

    def remove_unchecked(self) -> None:
        """Remove pieces that nobody writes: their checksums will never be known."""
        for path in self.uploads.glob(f"*{CHECK}"):
            with suppress(FileNotFoundError):
                if held := lock(path):
                    path.unlink()
                    held.release()

    def parts(self) -> Iterable[VideoId]:
        """Return the uploads that are coming in, or were when the server ended."""
        found = (path.name.removesuffix(PART) for path in self.uploads.glob(f"*{PART}"))
        return [VideoId(name) for name in found if is_id(name)]

    def originals(self) -> frozenset[VideoId]:
        """Return the videos whose uploaded files are there."""
        return frozenset(VideoId(path.name) for path in self.uploads.iterdir() if is_id(path.name))

    def packages(self) -> frozenset[PackageId]:
        """Return the packages that have a folder."""
        return frozenset(PackageId(path.name) for path in self.stream.iterdir() if is_id(path.name))

    def package(self, package: PackageId) -> Path:
        """Return the folder of a package."""
        return self.stream / _checked(package)

    def rendition(self, package: PackageId, rendition: str) -> Path:
        """Return the folder of one rendition's segments."""
        if not _is_rendition(rendition):
            raise ValueError(f"not the name of a rendition: {rendition!r}")
        return self.package(package) / rendition

    def published(self, package: PackageId, rendition: str, count: int) -> list[int]:
        """Return the sizes in bytes of those of segments 0 to count - 1 that are there without a gap."""
        sizes = _sizes(self.rendition(package, rendition))
        found = (sizes.get(f"{number}.ts", 0) for number in range(count))
        # A power failure may leave the name of a file without its bytes.
        return list(takewhile(bool, found))

    def segment_sizes(self, package: PackageId, rendition: str, numbers: Iterable[int]) -> list[int]:
        """Return the sizes in bytes of these segments."""
        folder = self.rendition(package, rendition)
        return [(folder / f"{number}.ts").stat().st_size for number in numbers]

    def remove_segments(self, package: PackageId, rendition: str, *, first: int) -> None:
        """Remove segment `first` and those after it."""
        for path in self.rendition(package, rendition).glob("*.ts"):
            if path.stem.isdecimal() and int(path.stem) >= first:
                path.unlink()

    def remove_original(self, video: VideoId) -> None:
        """Remove the uploaded file of a video, whether it came in completely or not."""
        self.original(video).unlink(missing_ok=True)
        self.part(video).unlink(missing_ok=True)

    def remove_package(self, package: PackageId) -> None:
        """Remove the files of a package."""
        folder = self.package(package)
        if folder.exists():
            shutil.rmtree(folder)

    def database_bytes(self) -> int:
        """Return the size of the database and its journal."""
        files = (self.database.with_name(f"{self.database.name}{end}") for end in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def free_bytes(self) -> int:
        """Return the room that is left for uploads. Raises NotReady where their folder is gone."""
        try:
            return shutil.disk_usage(self.uploads).free
        except OSError as error:
            raise NotReady(f"The folder for uploads cannot be reached ({error.strerror}).") from error


def _sizes(folder: Path) -> dict[str, int]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat().st_size for entry in entries}
    except FileNotFoundError:
        return {}


def _checked(id_: str) -> str:
    if not is_id(id_):
        raise ValueError(f"not an id: {id_!r}")
    return id_


Seat = Literal["serve", "work"]
"""What a server does with a data folder: `serve` answers, `work` works beside one that answers."""

_LOCKS: dict[Seat, str] = {"serve": "lock", "work": "lock.work"}


class FolderLock:
    """Makes a server the only one that has these seats on a data folder, until it ends or lets go. Who has
    them all has the folder to itself.

    Uploads and packages may be elsewhere, where another data folder's server could find them: each folder has
    locks of its own. The operating system holds them and drops them when the process and all that it has
    forked have died, however they die.
    """

    def __init__(self, folder: DataFolder, *seats: Seat) -> None:
        """Name the seats; none means all."""
        self._folder = folder
        self._names = [_LOCKS[seat] for seat in seats or _LOCKS]
        self._files: list[int] = []

    def take(self) -> None:
        """Take the lock. Raises WrongState ("data_in_use") when another server has it."""
        try:
            for name in self._names:
                self._files.append(_locked(self._folder.root, name))
                for path in (self._folder.uploads, self._folder.stream):
                    if path.is_dir():
                        self._files.append(_locked(path, name))
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let another server have the folder, once all that was forked has ended."""
        while self._files:
            os.close(self._files.pop())


def _locked(folder: Path, name: str) -> int:
    """Return an open lock of a folder. Raises WrongState ("data_in_use")."""
    file = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(file, 32, 0).decode(errors="replace").strip()
        os.close(file)
        raise WrongState(
            f"Another Insta-Stream (process {owner}) is using the folder {folder}. Stop it first, or give "
            "this one a folder of its own.",
            code="data_in_use",
        ) from None
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
    return file
