"""Tells the service manager that started us how the server is, where there is one (sd_notify of systemd)."""

import os
import socket
from contextlib import suppress

_SECONDS = 1.0
"""How long the manager may take to listen: nobody's picture waits for it."""


def tell_manager(state: str) -> None:
    """Send a state such as `READY=1`. Where no manager listens, nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(_SECONDS)
        sender.sendto(state.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
