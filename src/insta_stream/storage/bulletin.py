"""What the processes of this machine on one data folder tell each other: small documents, by name.

Each process has a seat, a folder that is locked as long as it lives:

    {seat}/{name}    a document: checksum, length, and what it says
    {name}           a secret that all of them share for a while, and its number

A document is written in place, so it needs no room on a disk that is full; one that is half written does not
fit its checksum, and is read again. Nor does one from before the machine was started. What a process has
posted counts no more once it has ended, but for what is to outlive it: that goes on with the next one on its
seat.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from threading import Lock
from zlib import crc32

import structlog

from insta_stream.storage.lock import FileLock, lock, takes
from insta_stream.storage.offset import boot

log = structlog.get_logger()

_HEAD = 8
_FIELD = 4
_NUMBER = 8
_SECRET = 16
_TRIES = 5
_BETWEEN_TRIES_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class Posted:
    """What a process has posted. lives: it does; else this is what outlives it, or did not yet go."""

    body: bytes
    lives: bool


class Bulletin:
    """The seat of one process. Any thread may use it."""

    def __init__(self, root: Path, outlives: Collection[str] = ()) -> None:
        """Take a seat. root: the folder of all seats. outlives: names of documents that outlive a process.

        Where the disk refuses even that, the process goes on, and says nothing to others.
        """
        self._root = root
        self._outlives = outlives
        self._posting = Lock()
        self._posted: dict[str, bytes] = {}
        self._is_heard = True
        self._seat = root
        self._held: FileLock | None = None
        try:
            self._take()
        except OSError as error:
            self._refused(error)

    def _take(self) -> None:
        self._root.mkdir(mode=0o700, exist_ok=True)
        for number in count():
            self._seat = self._root / f"{number}"
            self._seat.mkdir(mode=0o700, exist_ok=True)
            self._held = lock(self._seat)  # who looks whether it is held may be in the way: then, the next
            if self._held is not None:
                break
        _clear(self._seat, self._outlives)
        for seat in self._others():
            if held := lock(seat):
                _clear(seat, self._outlives)
                held.release()

    def post(self, name: str, body: bytes) -> None:
        """Tell the others; what was posted under this name before is over."""
        with self._posting:
            if self._held is None or self._posted.get(name) == body:
                return
            try:
                _write(self._seat / name, body)
            except OSError as error:
                self._refused(error)
            else:
                self._posted[name], self._is_heard = body, True

    def inherited(self, name: str) -> bytes | None:
        """Return what outlived the process that had this seat before; ask before the first post."""
        return None if self._held is None else _read(self._seat / name)

    def every(self, name: str) -> list[Posted]:
        """Return what all others have posted under a name, by seat."""
        found = ((_is_held(seat), _read(seat / name)) for seat in self._others())
        return [Posted(body, lives=lives) for lives, body in found if body is not None]

    def others(self, name: str) -> list[bytes]:
        """Return what the others that live have posted under a name, by seat."""
        return [posted.body for posted in self.every(name) if posted.lives]

    def is_alone(self) -> bool:
        """Return whether no other process has a seat."""
        return not any(map(_is_held, self._others()))

    def secret(self, name: str, number: Callable[[], int]) -> tuple[int, bytes]:
        """Return a number, and a secret that all who get the same one share; the secret before it is gone.

        number: tells the present one, which rises; nobody else is given a secret meanwhile. Where the disk
        refuses, nobody shares it.
        """
        try:
            return _secret(self._root / name, number)
        except OSError as error:
            self._refused(error)
            return number(), secrets.token_bytes(_SECRET)

    def give_up(self) -> None:
        """Leave the seat, with what outlives the process."""
        with self._posting:
            if self._held is not None:
                with suppress(OSError):  # the next one on it does so, too
                    _clear(self._seat, self._outlives)
                self._held.release()
                self._held = None

    def _others(self) -> list[Path]:
        try:
            seats = [path for path in self._root.iterdir() if path.name.isdigit() and path != self._seat]
        except OSError:
            return []
        return sorted(seats, key=lambda path: int(path.name))

    def _refused(self, error: OSError) -> None:
        if self._is_heard:
            log.warning("bulletin_not_posted", reason=str(error))
        self._is_heard = False


def _clear(seat: Path, outlives: Collection[str]) -> None:
    for path in seat.iterdir():
        if path.name not in outlives:
            path.unlink()


def _write(path: Path, body: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(file, os.pwrite(file, _checksum(body) + len(body).to_bytes(_FIELD) + body, 0))
    finally:
        os.close(file)


def _read(path: Path) -> bytes | None:
    """Return a document; None where there is none that fits its checksum."""
    for _ in range(_TRIES):
        try:
            data = path.read_bytes()
        except OSError:
            return None
        body = data[_HEAD:][: int.from_bytes(data[_FIELD:_HEAD])]
        if data[:_FIELD] == _checksum(body):
            return body
        time.sleep(_BETWEEN_TRIES_SECONDS)
    return None


def _secret(path: Path, number: Callable[[], int]) -> tuple[int, bytes]:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        present = number()
        key = present.to_bytes(_NUMBER)
        kept = os.pread(file, _NUMBER + _SECRET, 0)
        if len(kept) < _NUMBER + _SECRET or not kept.startswith(key):
            kept = key + secrets.token_bytes(_SECRET)
            os.pwrite(file, kept, 0)
        return present, kept[_NUMBER:]
    finally:
        os.close(file)


def _checksum(body: bytes) -> bytes:
    return crc32(body, _begin()).to_bytes(_FIELD)


@cache
def _begin() -> int:
    return boot() & 0xFFFFFFFF


def _is_held(seat: Path) -> bool:
    try:
        file = os.open(seat, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not takes(file, fcntl.LOCK_SH)  # a share, so that two who look do not see each other
    finally:
        os.close(file)
