"""How many processor cores this process may use: those it may run on, or what its group is given."""

import math
import os
from pathlib import Path

from insta_stream.setting.kinds import AUTO, MAX_COUNT

_ROOT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def counted(text: str) -> int:
    """Return a count as the settings write it, as a number."""
    return min(cores(), MAX_COUNT) if text == AUTO else int(text)


def cores(root: Path = _ROOT, own: Path = _OWN) -> int:
    """Return how many cores this process may use, one at least. root, own: where the system says so."""
    has_affinity = hasattr(os, "sched_getaffinity")
    allowed = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return max(1, min([allowed, *_shares(root, own)]))


def _shares(root: Path, own: Path) -> list[int]:
    """Return the limits of this process's groups (cgroup v2), in whole cores."""
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    names = [line.removeprefix("0::/") for line in lines if line.startswith("0::/")]
    groups = [group for name in names for group in (root / name, *(root / name).parents)]
    found = (_share(group / "cpu.max") for group in groups if group.is_relative_to(root))
    return [share for share in found if share is not None]


def _share(file: Path) -> int | None:
    """Return the limit of one group, None where it has none."""
    try:
        quota, period = file.read_text(encoding="ascii").split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # "max" is no limit
        return None
