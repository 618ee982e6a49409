"""Who runs, and on whose behalf; Linux only, from /proc."""

import os
import signal
from contextlib import suppress
from pathlib import Path

STATE, PARENT, USER_TIME = 0, 1, 11
"""Places in /proc/PID/stat after the name of the program (proc_pid_stat(5)); the times are user, system, and
those of children that were waited for."""

ENDED = ["", "0", *["0"] * 13]


def is_running(pid: int) -> bool:
    """Say whether a process is there and not merely waiting to be reaped."""
    return _state(pid) not in {"", "Z", "X"}


def command_line(pid: int) -> bytes:
    """Return the arguments of a process, each ended by a zero; b"" when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def about(pid: int) -> bytes:
    """Return the arguments of a process, and behind them the folder that it works in."""
    try:
        return command_line(pid) + os.fsencode(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return command_line(pid)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that run."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:
        return []
    found: list[int] = []
    for task in tasks:
        try:
            found += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return [each for each in found if is_running(each)]


def family(pid: int) -> set[int]:
    """Return a process and all that stem from it."""
    return {pid}.union(*(family(child) for child in children(pid)))


def stems_from(pid: int, ancestor: int) -> bool:
    """Say whether a process belongs to another's family. Asked of one at a time, it is right also while
    processes start and end, when a list of the whole family is old at once.
    """
    while pid not in {0, ancestor}:
        pid = _parent(pid)
    return pid == ancestor


def processor_seconds(pid: int) -> float:
    """Return how much processor time a process has used, and those of its children that it has waited for."""
    used = _fields(pid)[USER_TIME : USER_TIME + 4]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def naming(words: Path | str) -> list[int]:
    """Return the running processes whose arguments, or the folder they work in, contain these words."""
    wanted = os.fsencode(words)
    everybody = (int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit())
    return [pid for pid in everybody if wanted in about(pid) and is_running(pid)]


def kill(pid: int) -> bool:
    """Kill a process; say False where it had ended by itself meanwhile."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def end(pid: int) -> None:
    """Kill a process and all that stem from it, and wait for it if it is a child of ours."""
    for each in family(pid):
        kill(each)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _state(pid: int) -> str:
    return _fields(pid)[STATE]


def _parent(pid: int) -> int:
    return int(_fields(pid)[PARENT])


def _fields(pid: int) -> list[str]:
    """Return what /proc/PID/stat says after the name of the program; of a process that has ended, nothing."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return ENDED
