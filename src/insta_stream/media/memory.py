"""How much memory a child may take: what the machine, or the container that we are in, can give."""

import os
from functools import cache
from pathlib import Path

GIB = 1 << 30

LEAST_BYTES = 2 * GIB
"""Of address space. FFmpeg reserves 1.4 GiB to make five rungs with two cores, of which it uses a third."""

_GROUP = Path("/sys/fs/cgroup")
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
"""Where Linux says what a container may take: with version 2 of its control groups, and with version 1."""


def affordable(wanted_bytes: int) -> int:
    """Return what a child may reserve that would like so much.

    A child that meets this limit ends with an error of its own. One that meets the machine's is killed by it,
    or somebody else is: the server.
    """
    return min(wanted_bytes, max(LEAST_BYTES, 3 * _machine_bytes() // 4))


@cache
def _machine_bytes() -> int:
    return smallest(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), _GROUP)


def smallest(machine_bytes: int, group: Path) -> int:
    """Return what the machine has, or less where a control group says so."""
    found = [machine_bytes]
    for name in _LIMITS:
        try:
            text = (group / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal():  # or "max"
            found.append(int(text))
    return min(found)
