"""The ports that a server has to itself. The supervisor holds them; its workers answer there."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import NamedTuple

from insta_stream.configuration import remedy_of
from insta_stream.errors import BadSettings
from insta_stream.setting.names import names_of
from insta_stream.settings import Settings


class Ports(NamedTuple):
    """Sockets that listen. metrics: None where the metrics have no port of their own."""

    public: socket.socket
    metrics: socket.socket | None = None


@contextmanager
def take_ports(settings: Settings) -> Iterator[Ports]:
    """Give the ports that the settings name, to itself, and let go of them. Raises BadSettings."""
    with take_port(settings) as public, take_metrics_port(settings) or nullcontext() as metrics:
        yield Ports(public, metrics)


def take_port(settings: Settings) -> socket.socket:
    """Return a socket on the port for everybody. Raises BadSettings."""
    return _take(_Place("host", settings.host, "port", settings.port))


def take_metrics_port(settings: Settings) -> socket.socket | None:
    """Return a socket on the metrics' own port, None where they have none. Raises BadSettings."""
    if settings.metrics_port is None:
        return None
    return _take(_Place("metrics_host", settings.metrics_host, "metrics_port", settings.metrics_port))


class _Place(NamedTuple):
    """Where to listen, with the settings that say so."""

    host_name: str
    host: str
    port_name: str
    port: int


def _take(place: _Place) -> socket.socket:
    listener = None
    try:
        found = socket.getaddrinfo(place.host.strip("[]"), place.port, type=socket.SOCK_STREAM)
        family, kind, *_, address = found[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()  # before that, others could bind it too
    except OSError as error:
        if listener is not None:
            listener.close()
        raise BadSettings(_sentence(place, error)) from error
    return listener


def _sentence(place: _Place, error: OSError) -> str:
    flag = names_of(place.port_name)[0]
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {place.port} is in use by another server or program: stop it, or choose another port "
                f"with {flag}."
            )
        case errno.EACCES:
            return f"This user may not listen on port {place.port}: choose one above 1023 with {flag}."
        case _:
            return f"Cannot listen on {place.host} ({error.strerror}). {remedy_of(place.host_name)}"
