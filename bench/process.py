"""Processes under measurement: their processor time and memory, and on which core they run (Linux)."""

import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shutil import which

from insta_stream.errors import NotReady

SERVER_CORE, CLIENT_CORE = 0, 1
CORES = {SERVER_CORE, CLIENT_CORE}

_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM, _OTHERS_USER, _OTHERS_SYSTEM = 11, 12, 13, 14
"""Fields of /proc/PID/stat behind the name; "others" are children that have ended."""


def need(*programs: str) -> None:
    """Raise NotReady, with the remedy, when one of these programs is missing."""
    missing = [name for name in programs if which(name) is None]
    if missing:
        names = " ".join(missing)
        raise NotReady(
            f"This part needs {names}: install it with `apt install {names}`, or leave the part out."
        )


def need_cores() -> None:
    """Raise NotReady where server and client cannot have a core each."""
    if not os.sched_getaffinity(0) >= CORES:
        raise NotReady("This part needs two cores, one for the server and one for its clients.")


def on_core(core: int) -> AbstractContextManager[None]:
    """Let what is started meanwhile run on one core only."""
    return on_cores({core})


@contextmanager
def on_cores(cores: AbstractSet[int]) -> Iterator[None]:
    """Let what is started meanwhile run on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def family(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        pass
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process and its family have used, children that ended included."""
    used = 0
    for each in family(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        used += sum(int(fields[place]) for place in (_USER, _SYSTEM, _OTHERS_USER, _OTHERS_SYSTEM))
    return used / _TICKS


def memory_mib(pid: int) -> float:
    """Return the memory that a process and its family share out among them (PSS)."""
    total = 0
    for each in family(pid):
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += next(int(row.split()[1]) for row in text.splitlines() if row.startswith("Pss:"))
    return total / 1024
