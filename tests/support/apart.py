"""Commands that become another one, after they have changed what it finds. Linux only."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

_BECOME = "import ctypes, os, sys; [ctypes.CDLL(None).prctl(24, each, 0, 0, 0) for each in (1, 2)];"
_BECOME += "os.execvp(sys.argv[1], sys.argv[1:])"

BOUND_BY_PERMISSIONS = (sys.executable, "-c", _BECOME)
"""Permissions of files hold for the command, even for root: PR_CAPBSET_DROP of what overrides them."""


@cache
def may_mount() -> bool:
    """Say whether this machine lets us give a process mounts of its own."""
    return shutil.which("unshare") is not None and _succeeds(
        *_unshared(), "mount", "-t", "tmpfs", "none", "/mnt"
    )


def on_small_disk(data: Path, megabytes: int, content: Path) -> tuple[str, ...]:
    """Give the command a file system of its own at `data`, this large, with a copy of `content`."""
    script = f'mount -t tmpfs -o size={megabytes}m tmpfs "$0" && cp -a "$1/." "$0" && shift && exec "$@"'
    return (*_unshared(), "sh", "-c", script, str(data), str(content))


def _unshared() -> tuple[str, ...]:
    """Return the command for mounts of one's own: as root, else as root of a user namespace."""
    plain = ("unshare", "--mount")
    return plain if _succeeds(*plain, "true") else ("unshare", "--mount", "--map-root-user")


@cache
def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
