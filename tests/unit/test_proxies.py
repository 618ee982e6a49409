"""Whom a request comes from, and that nobody else can say so."""

import pytest

from insta_stream.proxies import _KEPT, DIRECT, Proxies, customer_named, parse_network

NGINX, CDN = "127.0.0.1", "203.0.113.7"
CHAIN = Proxies(map(parse_network, ("127.0.0.0/8", "203.0.113.0/24", "2001:db8:cd::/48")))
ONE_HOP = Proxies(trusts_peer=True)
FORGED = "6.6.6.6"


def scope(peer: str | None, *lines: str) -> dict[str, object]:
    """Return a request with these lines of X-Forwarded-For, among other headers."""
    said = [(b"x-forwarded-for", line.encode()) for line in lines]
    client = None if peer is None else (peer, 5000)
    return {"client": client, "headers": [(b"host", b"tv"), *said, (b"forwarded", b"for=6.6.6.6")]}


def test_without_proxies_whoever_connects_is_the_client() -> None:
    assert DIRECT.client(scope("10.0.0.1", FORGED)) == "10.0.0.1"
    assert DIRECT.client(scope(None)) == ""


@pytest.mark.parametrize(
    "lines",
    [
        (f"10.0.0.1, {CDN}",),
        ("10.0.0.1", CDN),  # HAProxy adds a line
        (f"10.0.0.1,{CDN}",),
        (f"{FORGED}, 10.0.0.1, {CDN}",),
        (FORGED, f"10.0.0.1, {CDN}"),
        (f"{FORGED}, {CDN}, 10.0.0.1", CDN),
        (f"{CDN}, {NGINX}, 10.0.0.1, {CDN}",),  # who names our own proxies in front
        (f"{FORGED}, " * 1000 + f"10.0.0.1, {CDN}",),
        (f"10.0.0.1:50123, {CDN}:443",),
        (f"::ffff:10.0.0.1, ::ffff:{CDN}",),
        ("10.0.0.1, 2001:db8:cd::1",),
        ("10.0.0.1, [2001:db8:cd:0:0::1]:443",),
    ],
)
def test_behind_several_the_client_is_the_nearest_address_that_is_none_of_theirs(
    lines: tuple[str, ...],
) -> None:
    assert CHAIN.client(scope(NGINX, *lines)) == "10.0.0.1"
    assert CHAIN.client(scope(f"::ffff:{NGINX}", *lines)) == "10.0.0.1"


def test_who_comes_past_a_proxy_is_the_client_whatever_they_write() -> None:
    assert CHAIN.client(scope("10.0.0.1", f"{FORGED}, {CDN}")) == "10.0.0.1"  # past both
    assert CHAIN.client(scope(NGINX, f"{FORGED}, 10.0.0.1")) == "10.0.0.1"  # past the CDN


def test_one_that_is_trusted_wherever_it_is_vouches_for_one_address() -> None:
    assert ONE_HOP.client(scope("172.17.0.1", f"{FORGED}, 10.0.0.1")) == "10.0.0.1"
    assert ONE_HOP.client(scope("172.17.0.1", f"{FORGED}, {CDN}")) == CDN
    both = Proxies([parse_network(CDN)], trusts_peer=True)
    assert both.client(scope("172.17.0.1", f"{FORGED}, 10.0.0.1, {CDN}")) == "10.0.0.1"


@pytest.mark.parametrize("lines", [(), ("",), ("10.0.0.1,",), (", ",)])
def test_a_proxy_that_says_nothing_is_the_client(lines: tuple[str, ...]) -> None:
    assert CHAIN.client(scope(NGINX, *lines)) == NGINX
    assert ONE_HOP.client(scope(NGINX, *lines)) == NGINX


@pytest.mark.parametrize("said", ["unknown", "_hidden", "10.0.0.256", "10.0.0.0/24", "\xff"])
def test_what_is_no_address_vouches_for_nothing(said: str) -> None:
    assert CHAIN.client(scope(NGINX, f"{FORGED}, {said}, {CDN}")).encode("latin-1") == said.encode()
    assert len(CHAIN.client(scope(NGINX, "x" * 5000))) == 64


def test_addresses_have_one_form_and_a_network_of_ipv6_is_one_customers() -> None:
    told = [f"2001:DB8::{number:x}" for number in range(3)] + ["[2001:db8:0:0::9]:443"]
    found = [CHAIN.client(scope(NGINX, each)) for each in told]
    assert found == ["2001:db8::", "2001:db8::1", "2001:db8::2", "2001:db8::9"]
    assert {CHAIN.customer(scope(NGINX, each)) for each in told} == {"2001:db8::/64"}
    assert CHAIN.customer(scope(NGINX, "2001:db8:0:1::1")) == "2001:db8:0:1::/64"
    assert DIRECT.customer(scope("fe80::1%eth0")) == "fe80::/64"
    assert DIRECT.customer(scope("::ffff:10.0.0.1")) == "10.0.0.1"
    assert DIRECT.customer(scope("nobody")) == "nobody"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7/32", "203.0.113.7"),
        ("2001:DB8::7", "2001:db8::/64"),
        ("2001:db8::/64", "2001:db8::/64"),
        ("2001:DB8:0:0::/64", "2001:db8::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
    ],
)
def test_an_address_may_be_written_as_it_is_counted(written: str, meant: str) -> None:
    assert customer_named(written) == meant


@pytest.mark.parametrize(
    "text",
    ["203.0.113.0/24", "2001:db8::/48", "2001:db8::1/128", "::ffff:10.0.0.1/64", "10.0.0.1/", "here", ""],
)
def test_what_is_not_one_customer_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        customer_named(text)


def test_what_is_remembered_is_bounded() -> None:
    proxies = Proxies(trusts_peer=True)
    for number in range(_KEPT + 10):
        proxies.client(scope(NGINX, f"10.1.{number // 256}.{number % 256}"))
        proxies.client(scope(NGINX, f"{FORGED}, " * 100 + f"10.1.{number // 256}.{number % 256}"))
    assert proxies._remembered.cache_info().currsize == _KEPT


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "nginx", "", "10.0.0.0/33"])
def test_what_is_no_network_or_all_of_them_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_network(text)
