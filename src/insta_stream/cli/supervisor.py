"""Keeps the server's worker running: the process that answers. This one holds the ports, and answers nothing.

A worker that has ended is started again for as long as nobody stops the server: to be off air is worse
for those who watch than anything that ended it. One that is stuck is killed first. Clients that come
meanwhile wait in the port's queue. Only where no worker could ever answer is none started again: it says why,
once, and the command fails.
"""

import gc
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from importlib import import_module
from multiprocessing.process import BaseProcess

import structlog

from insta_stream.cli.manager import tell_manager
from insta_stream.cli.ports import Ports
from insta_stream.cli.pulse import LOOK_SECONDS, SILENT_LOOKS, Pulse

log = structlog.get_logger()

STOP_SECONDS = 10
"""How long the worker may take to end after SIGTERM before it is killed."""

PAUSE_SECONDS = 1
"""A worker that ended sooner than this after its start is followed by the next one after as long a pause."""

CONNECTIONS = 16_384
"""How many clients may be connected at once, where the system allows that many open files.

Players keep their connections: this bounds the viewers that come without a proxy in between. A client that is
slow to read costs some 30 KB.
"""

FILES_PER_CONNECTION = 3
"""The connection, a file, and the connection again while the file is sent."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM, signal.SIGUSR1)
"""What a supervisor waits for, blocked in workers as they begin. SIGUSR1: a worker says that it answers."""

_WORKER = "insta_stream.cli.worker"

_OWN_FILES = 256
"""Open files that are no connections: the database, the lock, pipes of children."""


class Supervisor:
    """Runs workers, one at a time, that answer on `ports`, until it is told to stop.

    on_ready: called once, when the first of them answers. passes_hangups: workers take SIGHUP, as an order to
    read their certificate anew; otherwise it ends the server, as it ends other programs.
    """

    def __init__(
        self,
        ports: Ports,
        on_ready: Callable[[], None] = lambda: None,
        *,
        passes_hangups: bool = False,
    ) -> None:
        self._ports = ports
        self._on_ready = on_ready
        self._signals = (*SIGNALS, signal.SIGHUP) if passes_hangups else SIGNALS
        self._connections = _allow_connections()
        self._has_served = False
        self._is_stopping = False
        self._is_start_due = False
        self._started_at = 0.0
        self._pulse: Pulse
        self._worker: BaseProcess

    def run(self) -> None:
        """Return when SIGINT or SIGTERM has ended the worker. Raises SystemExit where none can start."""
        signal.signal(signal.SIGCHLD, lambda *_: None)  # what is ignored cannot be waited for everywhere
        signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        if multiprocessing.get_start_method() == "fork":
            _load_worker()
        self._start()
        signal.alarm(LOOK_SECONDS)
        while self._goes_on(signal.sigwait(self._signals)):
            pass

    def _goes_on(self, number: int) -> bool:
        """React to a signal; return whether there is something to wait for."""
        match number:
            case signal.SIGUSR1 if not self._has_served:
                tell_manager("READY=1")
                self._has_served = True
                self._on_ready()
            case signal.SIGHUP if self._worker.is_alive() and self._worker.pid is not None:
                os.kill(self._worker.pid, signal.SIGHUP)  # it waits there until the worker takes it
            case signal.SIGINT | signal.SIGTERM:
                self._stop()
            case signal.SIGALRM if self._is_stopping:
                log.warning("worker_killed", reason=f"It did not end within {STOP_SECONDS} s.")
                self._worker.kill()
            case signal.SIGALRM:
                self._look()
                signal.alarm(LOOK_SECONDS)
            case signal.SIGCHLD if not self._worker.is_alive() and not self._is_stopping:
                self._start_again()
        return not self._is_stopping or self._worker.is_alive()

    def _start(self) -> None:
        # Loaded here, not above: half a second that no other command should pay.
        work = import_module(_WORKER).work
        self._pulse, self._is_start_due = Pulse(), False
        arguments = (self._ports, self._connections, self._pulse)
        self._worker = multiprocessing.Process(target=work, args=arguments)
        self._started_at = time.monotonic()
        self._worker.start()

    def _start_again(self) -> None:
        """Start the next worker, at once unless the last one did not live long.

        One that ended by itself before it ever answered has said why. One that was killed has not, and the
        next one may fare better.
        """
        if not self._has_served and (self._worker.exitcode or 0) >= 0:
            raise SystemExit(1)
        log.warning("worker_ended", status=self._worker.exitcode, remedy="The server restarts it.")
        if time.monotonic() - self._started_at > PAUSE_SECONDS:
            self._try_to_start()
        else:
            self._start_later()

    def _start_later(self) -> None:
        self._is_start_due = True
        signal.alarm(PAUSE_SECONDS)

    def _look(self) -> None:
        """Start the worker that is due, and kill one that is stuck: the next one follows at once."""
        if self._is_start_due:
            self._try_to_start()
        elif self._worker.is_alive() and self._pulse.is_missing(self._worker.pid):
            reason = f"No sign of life for {SILENT_LOOKS * LOOK_SECONDS} s."
            log.error("worker_stuck", reason=reason, remedy="The server kills it and starts another one.")
            self._worker.kill()

    def _try_to_start(self) -> None:
        """Start a worker; where the machine has no room for one, try again after a pause."""
        try:
            self._start()
        except OSError as error:
            log.warning("worker_not_started", reason=str(error), remedy="The server tries again.")
            self._start_later()

    def _stop(self) -> None:
        """Tell the worker to end, if there is one; whoever asks twice is in a hurry."""
        was_stopping, self._is_stopping = self._is_stopping, True
        tell_manager("STOPPING=1")
        if not self._worker.is_alive():
            return
        if was_stopping:
            self._worker.kill()
        else:
            self._worker.terminate()
            signal.alarm(0)
            if signal.SIGALRM in signal.sigpending():
                signal.sigwait([signal.SIGALRM])  # it was for a look, and would now mean that time is over
            signal.alarm(STOP_SECONDS)


def _load_worker() -> None:
    """Load here what workers are forked with: the next one answers without loading it, and they share it.

    What is loaded is set aside from the garbage collector, whose marks would unshare it.
    """
    import_module(_WORKER)
    gc.collect()
    gc.freeze()


def tell_supervisor() -> None:
    """Say in a worker that it answers."""
    if (supervisor := multiprocessing.parent_process()) is not None and supervisor.pid == os.getppid():
        os.kill(supervisor.pid, signal.SIGUSR1)


def _allow_connections() -> int:
    """Open as many files as the system lets us; return for how many connections these are enough."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_PER_CONNECTION * CONNECTIONS + _OWN_FILES
    files = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(1, (files - _OWN_FILES) // FILES_PER_CONNECTION)
