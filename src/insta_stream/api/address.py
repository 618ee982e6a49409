"""Where requests come from."""

import ipaddress
import re

from starlette.types import Scope

_IPV6_PREFIX = 64
_LONGEST = 64

_WITH_PORT = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?").fullmatch


def client_address(scope: Scope, *, trusts_forwarded: bool) -> str:
    """Return where a request comes from; of IPv6 the network, all of which is one customer's.

    trusts_forwarded: a proxy says in X-Forwarded-For who asks.
    """
    client: tuple[str, int] | None = scope.get("client")
    address = client[0] if client else ""
    if trusts_forwarded:
        address = _forwarded(scope) or address
    try:
        return seen_as(address)
    except ValueError:
        return address[:_LONGEST]


def seen_as(address: str) -> str:
    """Return what an address is known by here; of IPv6 the network. Raises ValueError for what is none."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:  # of a socket that takes both kinds
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))


def _forwarded(scope: Scope) -> str:
    """Return whom our proxy has named, "" for nobody.

    What it wrote is the last of all: before it stands what whoever asked has sent, in the same line or in
    lines of its own. Some proxies write the port, too.
    """
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    last = lines[-1].rpartition(b",")[2].decode("latin-1").strip() if lines else ""
    found = _WITH_PORT(last)
    return (found[1] or found[2]) if found else last
