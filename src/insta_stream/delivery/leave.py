"""How a server is told to leave its clients to another one that answers on the same port.

It takes no new clients, answers those it has once more and says that the connection ends (RFC 9112 section
9.6), so no request is lost. It ends when everybody has gone.
"""

import signal

LET_GO = signal.SIGUSR2
"""What it is told with: no terminal and no service manager sends this."""

LEAVES_WITHIN_SECONDS = 600.0
"""An upload or a download may take so long to end; then the server stops as after SIGTERM."""
