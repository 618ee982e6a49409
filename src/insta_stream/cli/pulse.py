"""A worker's pulse: its event loop beats once a second, and the supervisor looks whether it does.

A worker that is stopped, or whose loop is stuck, lives and answers nothing: only its pulse tells.
"""

import multiprocessing
from ctypes import c_ulonglong
from pathlib import Path

LOOK_SECONDS = 1

SILENT_LOOKS = 20
"""So many looks in a row without a beat, and a worker counts as stuck.

Players go on for about as long with what they have loaded. A loop that is merely busy, on a machine with ten
times the work it can do, is late by a second or two. Looks are counted, and not time: while the machine
sleeps, or the supervisor is stopped as well, nobody looks.
"""


class Pulse:
    """Shared by a worker, who beats, and its supervisor, who looks. It is watched from its first beat on."""

    def __init__(self) -> None:
        self._beats = multiprocessing.RawValue(c_ulonglong, 0)
        self._seen = 0
        self._silent_looks = 0

    def beat(self) -> None:
        """Say that the loop turns, once every second."""
        self._beats.value += 1

    @property
    def has_begun(self) -> bool:
        """The worker has answered its first second: it listens."""
        return self._beats.value > 0

    def is_missing(self, pid: int | None) -> bool:
        """Look, once every LOOK_SECONDS; return whether the worker, the process `pid`, is stuck."""
        beats = self._beats.value
        if beats != self._seen or beats == 0 or _is_debugged(pid):
            self._seen, self._silent_looks = beats, 0
        else:
            self._silent_looks += 1
        return self._silent_looks >= SILENT_LOOKS


def _is_debugged(pid: int | None) -> bool:
    """Return whether a debugger holds a process (Linux); False where nobody can tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    tracer = next((line.split()[1] for line in lines if line.startswith("TracerPid:")), "0")
    return tracer != "0"
