"""Where settings come from, which source wins, and what a wrong one is answered with."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from insta_stream.configuration import load, remedy_of
from insta_stream.errors import BadSettings
from insta_stream.media.ladder import LADDER
from insta_stream.origins import is_loopback
from insta_stream.setting.names import OLD_NAMES, PREFIX, names_of
from insta_stream.settings import Settings

TOKEN = "a-token-of-enough-length"


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*OLD_NAMES, *(n for n in os.environ if n.startswith(PREFIX))]:
        monkeypatch.delenv(name, raising=False)


def test_defaults_need_nothing() -> None:
    settings = load()
    assert (settings.host, settings.port, settings.data) == ("127.0.0.1", 3000, Path("data"))
    assert (settings.upload_dir, settings.stream_dir) == (None, None)
    assert settings.rungs == tuple(rung.name for rung in LADDER)


def test_the_strongest_source_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("port = 4000\njobs = 3\n")
    monkeypatch.setenv("PORT", "5000")
    assert load().port == 5000
    assert load({"config": file}).port == 4000
    monkeypatch.setenv("INSTA_STREAM_PORT", "6000")
    assert load({"config": file}).port == 6000
    assert load({"config": file, "port": 7000}).port == 7000
    assert load({"config": file, "port": None}).jobs == 3


def test_the_file_may_be_named_in_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('allowed_hosts = ["tv.example.org"]\nmax_upload_bytes = "2GB"\n')
    monkeypatch.setenv("INSTA_STREAM_CONFIG", str(file))
    assert load().allowed_hosts == ("tv.example.org",)
    assert load().max_upload_bytes == 2_000_000_000


def test_an_env_file_may_use_new_and_old_names(tmp_path: Path) -> None:
    file = tmp_path / "old.env"
    file.write_text(
        "PORT=4000\nHLS_SEGMENT_DURATION=6\nMAX_UPLOAD_SIZE=500\nUPLOAD_DIR=./up\nINSTA_STREAM_PORT=5000\n"
    )
    settings = load({"config": file})
    assert (settings.port, settings.segment_seconds, settings.upload_dir) == (5000, 6, Path("up"))
    assert settings.max_upload_bytes == 500 * 1024 * 1024


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTA_STREAM_RUNGS", "720p, 360p")
    assert load().rungs == ("720p", "360p")


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTA_STREAM_PORT", "")
    monkeypatch.setenv("PORT", "")
    assert load().port == 3000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "0"),
        ("port", "http"),
        ("segment_seconds", "1"),
        ("segment_seconds", "11"),
        ("window_seconds", "5"),
        ("jobs", "0"),
        ("log_format", "xml"),
        ("max_upload_bytes", "much"),
        ("public_url", "tv.example.org"),
        ("public_url", "https://name:password@tv.example.org"),
        ("trusted_proxies", "nginx"),
        ("trusted_proxies", "10.1.2.3/8"),
        ("trusted_proxies", "0.0.0.0/0"),
        ("rungs", " , "),
        ("demo", "perhaps"),
    ],
)
def test_a_wrong_value_is_answered_with_its_names_and_the_remedy(name: str, value: str) -> None:
    with pytest.raises(BadSettings) as caught:
        load({name: value})
    assert all(known in caught.value.message for known in names_of(name))
    assert caught.value.message.endswith(remedy_of(name))
    assert "\n" not in caught.value.message


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(BadSettings) as caught:
        load({"port": "x", "jobs": "y"})
    assert len(caught.value.message.splitlines()) == 2


def test_an_unknown_setting_in_a_file_is_answered_with_a_guess(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("prot = 3\n")
    with pytest.raises(BadSettings, match=r"no setting called prot\. Did you mean port"):
        load({"config": file})


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), ("port = ", "not valid TOML")])
def test_a_file_that_cannot_be_used_is_named(content: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadSettings, match=said) as caught:
        load({"config": file})
    assert str(file) in caught.value.message


def test_a_window_holds_six_segments() -> None:
    assert load({"segment_seconds": 10, "window_seconds": 60}).window_seconds == 60
    with pytest.raises(BadSettings, match="at least 60"):
        load({"segment_seconds": 10, "window_seconds": 59})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tls_certificate": "a.pem"}, r"set tls_key \(--tls-key, INSTA_STREAM_TLS_KEY\)"),
        ({"tls_key": "a.key"}, r"set tls_certificate \(--tls-certificate, "),
        ({"hsts_seconds": 600}, "hsts_seconds needs tls_certificate and tls_key"),
    ],
)
def test_what_https_needs_belongs_together(given: dict[str, object], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        load(given)
    whole = {"tls_certificate": "a.pem", "tls_key": "a.key", "hsts_seconds": 600}
    assert load(whole).hsts_seconds == 600


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_a_loopback_host_needs_no_token(host: str) -> None:
    assert is_loopback(host)
    assert load({"host": host}).token is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "tv.example.org"])
def test_others_reach_a_host_that_is_no_loopback(host: str) -> None:
    assert not is_loopback(host)
    assert not load({"host": host}).is_local


@pytest.mark.parametrize(
    "token",
    [
        "abc-xyz",
        "long enough but with spaces",
        "lang-genug-für-alle",
        "long-enough-\x00",
        "long-enough-\u200d-it-is",
    ],
)
def test_a_bad_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(BadSettings) as caught:
        load({"token": token})
    assert token not in caught.value.message
    assert token not in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Studio.example/", "https://studio.example"),
        ("https://studio.example:443", "https://studio.example"),
        ("http://studio.example:80", "http://studio.example"),
        ("http://studio.example:443", "http://studio.example:443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[2001:DB8:0:0:0:0:0:1]", "http://[2001:db8::1]"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("capacitor://localhost", "capacitor://localhost"),
    ],
)
def test_origins_are_kept_as_browsers_write_them(given: str, kept: str) -> None:
    assert load({"allowed_origins": [given]}).allowed_origins == (kept,)


@pytest.mark.parametrize(
    "origin",
    [
        *("*", "null", "studio.example", "//studio.example", "https://", "https://*.example"),
        *("https://studio.example/tv", "https://studio.example/?a", "https://a:b@studio.example"),
        *(
            "https://studio.example:99999",
            "https://studio.example:x",
            "https://[::1",
            "file:///tmp/page.html",
        ),
        *("https://studio example", "https://.example..", "https://" + "x" * 70 + ".example"),
    ],
)
def test_what_no_browser_sends_as_an_origin_is_refused(origin: str) -> None:
    with pytest.raises(BadSettings, match=r"--allowed-origins.*Give origins like"):
        load({"allowed_origins": [origin]})


def test_a_public_address_has_a_port_that_there_is() -> None:
    with pytest.raises(BadSettings, match="public_url"):
        load({"public_url": "https://tv.example:99999"})


def test_another_process_gets_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f'token = "{TOKEN}"\nrungs = ["720p"]\nwindow_seconds = 600\n')
    settings = load(
        {"config": file, "data": tmp_path, "allowed_origins": ["https://a.example", "https://b.example"]}
    )
    for name, value in settings.to_environment().items():
        monkeypatch.setenv(name, value)
    assert load() == settings.model_copy(update={"config": None})
    assert load().token == SecretStr(TOKEN)


def test_every_setting_has_help_and_a_remedy() -> None:
    for name, field in Settings.model_fields.items():
        assert (field.description or "").endswith("."), name
        assert remedy_of(name).endswith((".", "`.")), name


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"oidc_client_id": None}, r"needs oidc_client_id \(--oidc-client-id, "),
        ({"public_url": None}, r"needs public_url \(--public-url, "),
        ({"oidc_admins": ()}, "set oidc_admins, oidc_operators or oidc_viewers"),
        ({"oidc_issuer": "http://id.example"}, "https"),
        ({"oidc_issuer": "id.example"}, "oidc_issuer"),
    ],
)
def test_what_another_service_needs_is_asked_for(given: dict[str, object], said: str) -> None:
    whole = {
        "oidc_issuer": "https://id.example/tv",
        "oidc_client_id": "tv",
        "oidc_client_secret": TOKEN,
        "public_url": "https://tv.example",
        "oidc_admins": "admins, boss",
    }
    assert load(whole).oidc_admins == ("admins", "boss")
    with pytest.raises(BadSettings, match=said) as caught:
        load({**whole, **given})
    assert TOKEN not in caught.value.message


def test_the_metrics_port_is_another() -> None:
    assert load({"metrics_port": "9464"}).metrics_port == 9464
    with pytest.raises(BadSettings, match=r"metrics_port \(--metrics-port, .* are both 3000"):
        load({"metrics_port": "3000"})


def test_all_cores_are_used_unless_somebody_says_otherwise() -> None:
    assert load().workers == "auto"


@pytest.mark.parametrize("count", ["auto", "1", "64", 3])
def test_workers_are_counted_or_left_to_the_machine(count: object) -> None:
    assert load({"workers": count}).workers == str(count)


@pytest.mark.parametrize("count", ["0", "65", "-1", "two", "1.5", "²"])
def test_there_is_no_other_number_of_workers(count: str) -> None:
    with pytest.raises(BadSettings, match="1 to 64"):
        load({"workers": count})
