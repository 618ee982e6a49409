"""A worker: the process that answers as the environment describes, or works without answering, with our logs.

On Linux it is forked and has everything loaded already; where it is a new process, as on macOS, it has not.
"""

import signal
import sys
from collections.abc import Callable

from insta_stream import configuration, logs
from insta_stream.app.backstage import Backstage
from insta_stream.app.life import CannotStart
from insta_stream.app.server import Server
from insta_stream.cli.hand import SIGNALS, tell_supervisor
from insta_stream.cli.ports import Ports
from insta_stream.cli.pulse import Pulse
from insta_stream.delivery import server
from insta_stream.settings import Settings

MAX_DIGITS = 640
"""Of whole numbers in what strangers send, the least that Python can be told: the time that it takes to read
one grows with the square of its length.
"""

SWITCH_SECONDS = 0.001
"""For so long a thread that computes keeps the interpreter while the event loop wants it; Python's own choice
is five times as long.
"""


def work(ports: Ports | None, connections: int, pulse: Pulse, is_first: bool) -> None:
    """Do what the supervisor has hired for, see `hand.hired`, until told to stop.

    Raises SystemExit where this cannot start; the log has the reason.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a terminal sends it to all: the supervisor sees to it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    sys.set_int_max_str_digits(MAX_DIGITS)
    sys.setswitchinterval(SWITCH_SECONDS)
    chosen = configuration.load()
    logs.configure(chosen.log_format, chosen.log_level)

    def beat() -> None:
        was_there = pulse.has_begun
        pulse.beat()
        if not was_there:
            tell_supervisor()

    try:
        if ports is None:
            Backstage(chosen).run(beat)
        else:
            _serve(chosen, ports, connections, beat, is_first=is_first)
    except CannotStart as error:
        raise SystemExit(1) from error


def _serve(
    chosen: Settings, ports: Ports, connections: int, beat: Callable[[], None], *, is_first: bool
) -> None:
    service = Server(chosen, works=chosen.work, is_first=is_first)
    aside = None if ports.metrics is None else server.Aside(service.scrapes, ports.metrics)
    server.run(service, ports.public, connections, beat, https=service.https, aside=aside)
