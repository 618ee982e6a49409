"""Origins of web pages, as browsers write them in the header Origin (RFC 6454 section 6.2)."""

import ipaddress
import re
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_is_host = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+").fullmatch


def origin_of(address: str) -> str:
    """Return the origin of a web address, without the port that its scheme has anyway.

    Names with letters beyond ASCII become what browsers send for them, and addresses of IPv6 their shortest
    form. Raises ValueError where `address` has no scheme and host.
    """
    parts = urlsplit(address.strip())
    host, port = (parts.hostname or "").encode("idna").decode().lower(), parts.port
    if not parts.scheme or not _is_host(host):
        raise ValueError("it has no scheme and host")
    name = f"[{ipaddress.ip_address(host)}]" if ":" in host else host
    is_default = port is None or port == _DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{name}" if is_default else f"{parts.scheme}://{name}:{port}"


def plain_origin(text: str) -> str:
    """Return an origin that somebody has written, as browsers write it; a slash at its end does not matter.

    Raises ValueError for what is more or less than an origin: browsers would never send it.
    """
    parts = urlsplit(text.strip())
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("it is more than an origin")
    return origin_of(text)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
