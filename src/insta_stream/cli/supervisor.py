"""Keeps the server's workers running, which answer. This process holds the ports, and answers nothing.

A worker that has ended is started again for as long as nobody stops the server: to be off air is worse
for those who watch than anything that ended it. One that is stuck is killed first. Clients that come
meanwhile are answered by the others, or wait in the port's queue. Only where no worker could ever answer is
none started again: it says why, once, and the command fails.
"""

import os
import signal
from collections.abc import Callable

from insta_stream.cli.crew import Crew
from insta_stream.cli.hand import SIGNALS, load_worker
from insta_stream.cli.manager import tell_manager
from insta_stream.cli.pulse import LOOK_SECONDS


class Supervisor:
    """Keeps a crew at work until it is told to stop, by SIGINT or SIGTERM; SIGHUP renews it.

    on_ready: called once, when the first worker answers.
    """

    def __init__(self, crew: Crew, on_ready: Callable[[], None] = lambda: None) -> None:
        self._crew = crew
        self._on_ready = on_ready
        self._is_ready = False
        # A terminal that closes says so with the same signal. Whoever ignores it (nohup) outlives it.
        self._ends_with_terminal = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and has_terminal()

    def run(self) -> None:
        """Return when SIGINT or SIGTERM has ended the workers. Raises SystemExit where none can start."""
        signal.signal(signal.SIGCHLD, lambda *_: None)  # what is ignored cannot be waited for everywhere
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        load_worker()
        self._crew.begin()
        signal.alarm(LOOK_SECONDS)
        while not self._crew.is_over:
            self.react(signal.sigwait(SIGNALS))

    def react(self, number: int) -> None:
        """Do what a signal asks for. Raises SystemExit where no worker could start."""
        match number:
            case signal.SIGHUP if not self._has_lost_terminal():
                self._crew.renew()
            case signal.SIGINT | signal.SIGTERM | signal.SIGHUP:
                tell_manager("STOPPING=1")
                self._crew.stop()
            case signal.SIGALRM:
                self._crew.look()
                signal.alarm(LOOK_SECONDS)
            case _:
                self._crew.see()
        if self._crew.has_answered and not self._is_ready:
            self._is_ready = True
            tell_manager("READY=1")
            self._on_ready()

    def _has_lost_terminal(self) -> bool:
        return self._ends_with_terminal and not has_terminal()


def has_terminal() -> bool:
    """Return whether this process was started in a terminal that is still there."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
