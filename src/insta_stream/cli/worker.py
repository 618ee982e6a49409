"""The process that answers: the server that the environment describes, with our logs.

On Linux it is forked and has everything loaded already; where it is a new process, as on macOS, it has not.
"""

import signal
import sys

from insta_stream import configuration, logs
from insta_stream.app.server import CannotStart, Server
from insta_stream.cli.ports import Ports
from insta_stream.cli.pulse import Pulse
from insta_stream.cli.supervisor import SIGNALS, tell_supervisor
from insta_stream.delivery import server

MAX_DIGITS = 640
"""Of whole numbers in what strangers send, the least that Python can be told: the time that it takes to read
one grows with the square of its length.
"""

SWITCH_SECONDS = 0.001
"""For so long a thread that computes keeps the interpreter while the event loop wants it; Python's own choice
is five times as long.
"""


def work(ports: Ports, connections: int, pulse: Pulse) -> None:
    """Serve until told to stop. Raises SystemExit where the server cannot start; the log has the reason."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    sys.set_int_max_str_digits(MAX_DIGITS)
    sys.setswitchinterval(SWITCH_SECONDS)
    chosen = configuration.load()
    logs.configure(chosen.log_format, chosen.log_level)
    try:
        service = Server(chosen, tell_supervisor)
        aside = None if ports.metrics is None else server.Aside(service.scrapes, ports.metrics)
        server.run(service, ports.public, connections, pulse.beat, https=service.https, aside=aside)
    except CannotStart as error:
        raise SystemExit(1) from error
