"""Where a server is found: by this machine, and by others."""

import socket

from insta_stream.origins import is_loopback
from insta_stream.settings import Settings

_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - named here, not listened on
_ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses of nobody (RFC 5737, RFC 3849)."""


def address(settings: Settings) -> str:
    """Return the server's address as this machine sees it, without a slash at its end."""
    return _at(_here(settings.host), settings)


def metrics_address(settings: Settings) -> str | None:
    """Return where this machine finds the metrics on their own port; None where they have none."""
    if settings.metrics_port is None:
        return None
    return f"{_url('http', _here(settings.metrics_host), settings.metrics_port)}/metrics"


def address_for_others(settings: Settings) -> str | None:
    """Return the address under which others reach a server; None where they do not, or nobody knows."""
    if settings.public_url:
        return settings.public_url
    if settings.host.strip("[]") not in _EVERYWHERE:
        return None
    found = _own_address()
    return None if found is None else _at(found, settings)


def _here(host: str) -> str:
    """Return the address by which this machine reaches what listens on `host`."""
    plain = host.strip("[]")
    return "127.0.0.1" if plain in _EVERYWHERE else plain


def _at(host: str, settings: Settings) -> str:
    return _url("http" if settings.tls_certificate is None else "https", host, settings.port)


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _own_address() -> str | None:
    """Return the address with which this machine would speak to others; nothing is sent to find it."""
    for family, nobody in _ELSEWHERE.items():
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((nobody, 9))
                host: str = probe.getsockname()[0]
        except OSError:
            continue
        if not is_loopback(host):
            return host
    return None
