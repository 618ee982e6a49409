"""One worker as its supervisor sees it: a process with a pulse."""

import gc
import multiprocessing
import os
import signal
import sys
import time
from importlib import import_module
from multiprocessing.process import BaseProcess

from insta_stream.cli.ports import Ports
from insta_stream.cli.pulse import Pulse
from insta_stream.delivery.leave import LEAVES_WITHIN_SECONDS, LET_GO

SOON_SECONDS = 1
"""A worker that ended sooner than this after its start did not live long."""

STOP_SECONDS = 10
"""How long a worker may take to end after SIGTERM before it is killed."""

START_SECONDS = 600
"""How long the start of a worker may take that is to replace another one."""

SIGNALS = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGCHLD,
    signal.SIGALRM,
    signal.SIGUSR1,
)
"""What a supervisor waits for, blocked in workers as they begin. SIGUSR1: a worker says that it answers."""

if sys.platform == "linux":
    _CONTEXT = multiprocessing.get_context("fork")
else:
    _CONTEXT = multiprocessing.get_context("spawn")
"""Forked workers share what their supervisor has loaded; elsewhere, forking is not safe."""

_WORKER = "insta_stream.cli.worker"


class Hand:
    """A worker. Each of the times is one of `time.monotonic`."""

    def __init__(self, process: BaseProcess, pulse: Pulse) -> None:
        """Take a process that was just started."""
        self._process = process
        self._pulse = pulse
        self._started_at = time.monotonic()
        self._ends_by: float | None = None

    @property
    def is_alive(self) -> bool:
        """It has not ended."""
        return self._process.is_alive()

    @property
    def answers(self) -> bool:
        """It has begun to answer."""
        return self._pulse.has_begun

    @property
    def status(self) -> int:
        """How it ended: its exit status, less than 0 for a signal."""
        return self._process.exitcode or 0

    @property
    def is_new(self) -> bool:
        """It was started a moment ago."""
        return time.monotonic() - self._started_at < SOON_SECONDS

    @property
    def is_late(self) -> bool:
        """It should answer by now."""
        return not self.answers and time.monotonic() - self._started_at > START_SECONDS

    @property
    def is_overdue(self) -> bool:
        """It was told to end, and should have."""
        return self._ends_by is not None and time.monotonic() > self._ends_by

    def looks_stuck(self) -> bool:
        """Look, once every LOOK_SECONDS; return whether it lives and does not move."""
        return self.is_alive and self._pulse.is_missing(self._process.pid)

    def let_go(self) -> None:
        """Tell it to finish what it has, and take no more."""
        self._tell(LET_GO, LEAVES_WITHIN_SECONDS + STOP_SECONDS)

    def stop(self) -> None:
        """Tell it to end now."""
        self._tell(signal.SIGTERM, STOP_SECONDS)

    def kill(self) -> None:
        """End it."""
        self._process.kill()

    def _tell(self, number: int, seconds: float) -> None:
        self._ends_by = time.monotonic() + seconds
        if self.is_alive and self._process.pid is not None:
            os.kill(self._process.pid, number)


def load_worker() -> None:
    """Load here what workers are forked with: each answers without loading it, and they share it.

    What is loaded is set aside from the garbage collector, whose marks would unshare it.
    """
    if sys.platform == "linux":
        import_module(_WORKER)
        gc.collect()
        gc.freeze()


def hired(ports: Ports | None, connections: int, *, is_first: bool) -> Hand:
    """Return a worker that was just started. ports: None for one that answers nobody. connections: how many
    clients it may have. is_first: no other has answered yet. Raises OSError where there is no room for it.
    """
    # Loaded here, not above: half a second that no other command should pay.
    work, pulse = import_module(_WORKER).work, Pulse()
    process = _CONTEXT.Process(target=work, args=(ports, connections, pulse, is_first))
    process.start()
    return Hand(process, pulse)


def tell_supervisor() -> None:
    """Say in a worker that it answers."""
    if (supervisor := multiprocessing.parent_process()) is not None and supervisor.pid == os.getppid():
        os.kill(supervisor.pid, signal.SIGUSR1)
