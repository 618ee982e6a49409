"""Where the terminal sends a person when the server is ready."""

import pytest

from insta_stream import addresses as module
from insta_stream.addresses import address, address_for_others
from insta_stream.cli.welcome import welcome
from insta_stream.settings import Settings

TOKEN = "a-token-of-enough-length"


def settings(**values: object) -> Settings:
    return Settings.model_validate(values)


def rows(text: str) -> dict[str, str]:
    """Return what the lines name."""
    split = (line.strip().split("  ", 1) for line in text.splitlines() if line.startswith("  "))
    return {name: place.strip() for name, place in split}


def test_the_pages_are_named_and_nothing_that_need_not_be() -> None:
    told = welcome(settings(port=8080), None, is_first=False)
    assert told.strip().startswith("Insta-Stream is ready.")
    places = rows(told)
    assert places["Watch"] == "http://127.0.0.1:8080/"
    assert places["Studio"] == "http://127.0.0.1:8080/studio"
    assert "For others" not in places
    assert "token" not in told
    assert "First start" not in told


def test_a_token_is_asked_for_and_never_shown() -> None:
    told = welcome(settings(token=TOKEN), "http://192.0.2.7:3000", is_first=True)
    assert "INSTA_STREAM_TOKEN" in told
    assert TOKEN not in told
    assert rows(told)["For others"] == "http://192.0.2.7:3000/"
    kept = welcome(settings(token=TOKEN, token_file="/srv/token"), None, is_first=False)
    assert "it is in the file /srv/token" in kept
    assert "the standby picture is being made" in told


def test_who_opens_a_server_to_others_is_told_where_the_first_admin_gets_in() -> None:
    assert "`set_up`" in welcome(settings(host="0.0.0.0"), None, is_first=False)
    for chosen in ({"token": TOKEN}, {"allow_remote_without_token": True}):
        assert "`set_up`" not in welcome(settings(host="0.0.0.0", **chosen), None, is_first=False)
    assert "`set_up`" not in welcome(settings(), None, is_first=False)


def test_a_first_start_says_what_is_being_made() -> None:
    assert "the standby picture and the demo are being made" in welcome(
        settings(demo=True), None, is_first=True
    )


@pytest.mark.parametrize(
    ("host", "here", "others"),
    [
        ("127.0.0.1", "http://127.0.0.1:3000", None),
        ("::1", "http://[::1]:3000", None),
        ("0.0.0.0", "http://127.0.0.1:3000", "http://192.0.2.9:3000"),
        ("::", "http://127.0.0.1:3000", "http://192.0.2.9:3000"),
        ("[::1]", "http://[::1]:3000", None),
        ("192.0.2.9", "http://192.0.2.9:3000", None),
    ],
)
def test_addresses_are_those_that_work(
    host: str, here: str, others: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_own_address", lambda: "192.0.2.9")
    chosen = settings(host=host, allow_remote_without_token=True)
    assert (address(chosen), address_for_others(chosen)) == (here, others)


def test_a_public_address_is_the_one_for_others() -> None:
    assert address_for_others(settings(public_url="https://tv.example.org/")) == "https://tv.example.org"


def test_a_server_with_a_certificate_is_found_by_https() -> None:
    secure = settings(tls_certificate="a.pem", tls_key="a.key", host="::1", port=8443)
    assert address(secure) == "https://[::1]:8443"


@pytest.mark.parametrize(
    ("host", "told"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("0.0.0.0", "127.0.0.1")]
)
def test_a_port_for_metrics_is_named(host: str, told: str) -> None:
    chosen = settings(metrics_port=9464, metrics_host=host)
    assert rows(welcome(chosen, None, is_first=False))["Metrics"] == f"http://{told}:9464/metrics"
    assert "Metrics" not in rows(welcome(settings(), None, is_first=False))
