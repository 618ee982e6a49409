"""How much memory a child may take: what the machine, or the container or service that we are, can give."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

GIB = 1 << 30

LEAST_BYTES = 2 * GIB
"""Of address space. FFmpeg reserves 1.4 GiB to make five rungs with two cores, of which it uses a third."""

_GROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
"""Where Linux has its control groups, and in which of them we are."""


def affordable(wanted_bytes: int) -> int:
    """Return what a child may reserve that would like so much.

    A child that meets this limit ends with an error of its own. One that meets the machine's is killed by it,
    or somebody else is: the server.
    """
    return min(wanted_bytes, max(LEAST_BYTES, 3 * _machine_bytes() // 4))


@cache
def _machine_bytes() -> int:
    machine_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return smallest(machine_bytes, _GROUPS, _MEMBERSHIP.read_text(encoding="utf-8"))
    except OSError:
        return machine_bytes


def smallest(machine_bytes: int, groups: Path, membership: str) -> int:
    """Return what the machine has, or less where a control group says so: ours, or one around it.

    A container sees its own group as the top of all, a service sees itself within those of the machine.
    """
    return min([machine_bytes, *(limit for file in _limits(groups, membership) if (limit := _read(file)))])


def _limits(groups: Path, membership: str) -> Iterator[Path]:
    """Yield the files that may limit us: of version 2 of control groups, and of version 1."""
    for line in membership.splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            top, name = groups, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        ours = top / path.strip("/")
        yield from (group / name for group in (ours, *ours.parents) if group.is_relative_to(top))


def _read(file: Path) -> int | None:
    """Return a limit in bytes, None where there is none."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None  # or "max"
