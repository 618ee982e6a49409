"""Where requests come from, also behind proxies: whatever a client writes about itself counts for nothing."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_HEADER = b"x-forwarded-for"
_IPV6_PREFIX = 64
_LONGEST = 64
"""What is kept of an address that is none; some proxies write `unknown`."""

_KEPT = 4096
_LONGEST_KEPT = 256
"""Answers that are remembered, and the longest header of one: a player asks every few seconds."""

_with_port = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?").fullmatch


def parse_network(text: str) -> Network:
    """Return the network, or the single address, that somebody has written.

    Raises ValueError, also for all addresses there are: then each client could choose its own.
    """
    network = ipaddress.ip_network(text)
    if network.prefixlen == 0:
        raise ValueError("it is every address")
    return network


def seen_as(address: str) -> str:
    """Return what an address is counted as: of IPv6 the network, all of which is one customer's.

    Raises ValueError for what is none.
    """
    found = _plain(ipaddress.ip_address(address))
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(found), _IPV6_PREFIX), strict=False))
    return str(found)


def customer_named(text: str) -> str:
    """Return what an address is counted as, also where somebody writes it in that form. Raises ValueError."""
    found = seen_as(text.partition("/")[0])
    if "/" in text and ipaddress.ip_network(text, strict=False) != ipaddress.ip_network(found):
        raise ValueError("a network of another size")
    return found


class Proxies:
    """Knows which proxies are ours, and so what is true in X-Forwarded-For.

    A proxy adds at its end whom it was asked by. So it is read from there: an address that is one of our
    proxies' vouches for the one before it, and the first other one is the client. What stands before that was
    sent by the client, and says nothing.

    networks: addresses of our proxies. trusts_peer: whoever connects is one of them.
    """

    def __init__(self, networks: Iterable[Network] = (), *, trusts_peer: bool = False) -> None:
        self._networks = tuple(networks)
        self._trusts_peer = trusts_peer
        self._remembered = lru_cache(_KEPT)(self._read)

    def client(self, scope: Mapping[str, Any]) -> str:
        """Return whom a request comes from, "" where that is not known."""
        client: tuple[str, int] | None = scope.get("client")
        peer = client[0] if client else ""
        if not self._trusts_peer and not self._networks:
            return peer[:_LONGEST]
        said = b",".join([value for name, value in scope["headers"] if name == _HEADER])
        return self._read(peer, said) if len(said) > _LONGEST_KEPT else self._remembered(peer, said)

    def customer(self, scope: Mapping[str, Any]) -> str:
        """Return what a request is counted for, as `seen_as` says."""
        return _customer(self.client(scope))

    def _read(self, peer: str, said: bytes) -> str:
        address = _parsed(peer)
        is_ours = self._trusts_peer or self._has(address)
        while is_ours and said:
            said, _, last = said.rpartition(b",")
            text = last.decode("latin-1").strip()
            if not text:
                break
            found = _with_port(text)  # some proxies write the port, too
            address = _parsed((found[1] or found[2]) if found else text)
            is_ours = self._has(address)
        return str(address)

    def _has(self, address: _Address | str) -> bool:
        return not isinstance(address, str) and any(address in network for network in self._networks)


def _parsed(text: str) -> _Address | str:
    """Return an address; of what is none, its beginning."""
    try:
        return _plain(ipaddress.ip_address(text))
    except ValueError:
        return text[:_LONGEST]


def _plain(address: _Address) -> _Address:
    """Return an address of IPv4 as one, also where a socket for both kinds has it."""
    is_mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped
    return is_mapped or address


@lru_cache(_KEPT)
def _customer(address: str) -> str:
    try:
        return seen_as(address)
    except ValueError:
        return address


DIRECT = Proxies()
"""There are none: whoever connects is the client."""
