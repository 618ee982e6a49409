"""Uploads that this user has begun, so that the same command goes on with them after it was stopped.

A file in the user's cache folder for each. It is this side that remembers, and not the server that is asked:
only here is it known that the file is still the same (path, size and time of the last change), and nobody
else's upload of the same name can be meant.
"""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


def cache_folder() -> Path:
    """Return where uploads are remembered (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "insta-stream" / "uploads"  # noqa: PTH117


def fingerprint(file: Path, *what: str) -> str:
    """Return what is the same as long as `file` was not changed. what: server, channel, name."""
    facts = file.stat()
    parts = (*what, str(file.resolve()), str(facts.st_size), str(facts.st_mtime_ns))
    return sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class Memory:
    """The addresses of uploads, by fingerprint, in a folder."""

    folder: Path

    def recall(self, key: str) -> str | None:
        """Return the address of an upload that was begun, None where there is none."""
        try:
            return (self.folder / key).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return None

    def keep(self, key: str, address: str) -> None:
        """Remember an upload. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / key).write_text(address, encoding="ascii")

    def forget(self, key: str) -> None:
        """Forget an upload that is over."""
        (self.folder / key).unlink(missing_ok=True)
