"""Everything an operator can choose, in one frozen value, each choice with its sentence of help.

A setting is found, in this order, in a flag, in the environment as `INSTA_STREAM_<NAME>`, in the file named
by `--config`, under the name that the application before this one gave it (`PORT`, `UPLOAD_DIR`, ...), and
last in its default. `docs/reference/settings.md` is generated from this module.
"""

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import ByteSize, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from insta_stream.origins import is_loopback
from insta_stream.setting import file, rules
from insta_stream.setting.kinds import (
    AUTO,
    MIN_TOKEN_LENGTH,
    Count,
    Issuer,
    Networks,
    Origins,
    Token,
    WebAddress,
    Words,
    as_text,
    setting,
)
from insta_stream.setting.names import PREFIX


class Settings(BaseSettings):
    """Every choice, validated. `configuration.load` builds it; hand it down in parts."""

    model_config = SettingsConfigDict(
        frozen=True, env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", hide_input_in_errors=True
    )

    config: Path | None = setting(
        None,
        "The settings file: TOML (`port = 3000`), or, if its name ends in `.env`, lines like "
        "`INSTA_STREAM_PORT=3000`.",
        file.REMEDY,
    )
    host: str = setting(
        "127.0.0.1",
        "The address to listen on. On one that other machines can reach (not `127.0.0.1`, `::1` or "
        "`localhost`), everyone needs to sign in, or a `token`.",
        "Give an address of this machine: 127.0.0.1 for itself only, 0.0.0.0 for all.",
        min_length=1,
    )
    port: int = setting(
        3000, "The port to listen on.", "Give a whole number from 1 to 65535.", ge=1, le=65535
    )
    metrics_port: int | None = setting(
        None,
        "A second port, on which `/metrics` and `/health` are answered to anyone who reaches it, without a "
        "token and in plain HTTP. If not set, there is none; `/metrics` on `port` asks for the permission "
        "`server:read` either way.",
        "Give a whole number from 1 to 65535, and not that of port.",
        ge=1,
        le=65535,
    )
    metrics_host: str = setting(
        "127.0.0.1",
        "The address to listen on with `metrics_port`.",
        "Give an address of this machine: 127.0.0.1 for itself only, 0.0.0.0 for all.",
        min_length=1,
    )
    data: Path = setting(
        Path("data"),
        "The data folder, for database, originals and encoded video. It must be on a local disk.",
        "Give the path of a folder that this user may write to.",
    )
    upload_dir: Path | None = setting(
        None,
        "The folder for originals. If not set, the one used at the last start; at the first start, "
        "`uploads` in the data folder.",
        "Give the path of a folder that this user may write to.",
    )
    stream_dir: Path | None = setting(
        None,
        "The folder for encoded video. If not set, the one used at the last start; at the first start, "
        "`stream` in the data folder.",
        "Give the path of a folder that this user may write to.",
    )
    demo: bool = setting(
        False,
        "If the library is empty, make three short clips, add them to the playlist and go on air.",
        "Give true or false.",
    )
    token: Token = setting(
        None,
        f"The secret that the API requires (`Authorization: Bearer ...`), at least {MIN_TOKEN_LENGTH} "
        "characters. Playlists and segments stay public.",
        f"Give at least {MIN_TOKEN_LENGTH} ASCII letters, digits or symbols, without spaces: for instance "
        "the output of `python3 -c 'import secrets; print(secrets.token_urlsafe())'`.",
    )
    token_file: Path | None = setting(
        None,
        "A file that contains the token, used if `token` is not set. If the file does not exist, the "
        "server creates it with a new token.",
        "Give the path of a file that this user can read or create.",
    )
    allow_remote_without_token: bool = setting(
        False,
        "On a `host` that others can reach, do not ask anyone to sign in, as long as there is neither a "
        "`token` nor an admin. Anyone who reaches it can change everything.",
        "Give true or false.",
    )
    allowed_hosts: Words = setting(
        (),
        "Host names under which browsers may use a server without a `token`, in addition to this "
        "machine's addresses, separated by commas; `*` means any. With a token, the server answers to "
        "every name.",
        "Give names like tv.example.org, separated by commas.",
    )
    allowed_origins: Origins = setting(
        (),
        "Origins of other web pages that may use the API from a browser, separated by commas. Their "
        "scripts can do anything that the API can. If a `token` is set, they need it too.",
        "Give origins like https://tv.example.org, separated by commas: no `*`, no `null`, no path.",
    )
    public_url: WebAddress = setting(
        None,
        "The URL at which viewers reach this server, if it is behind a proxy. Copied links and embed codes "
        "start with it. It may end with a path that the proxy adds.",
        "Give a URL like https://tv.example.org or https://example.org/tv, without a name and password.",
    )
    trusted_proxies: Networks = setting(
        (),
        "The addresses or networks of the proxies in front of this server, separated by commas. What they "
        "write into the header `X-Forwarded-For` tells viewers apart, and clients that try wrong tokens, "
        "also behind several, such as a CDN and nginx. What clients write there counts for nothing.",
        "Give addresses and networks like 127.0.0.1 or 10.1.2.0/24, separated by commas. If you do not know "
        "the address of your proxy, set trust_forwarded instead.",
    )
    trust_forwarded: bool = setting(
        False,
        "Whatever connects to this server is a proxy, as if its address were in `trusted_proxies`. Only set "
        "this behind a proxy that writes `X-Forwarded-For`, and where nobody can connect past it.",
        "Give true or false.",
    )
    oidc_issuer: Issuer = setting(
        None,
        "The address of an OpenID Connect service that people can sign in with. Also needs `oidc_client_id`, "
        "`public_url` and who is what: `oidc_admins`, `oidc_operators` or `oidc_viewers`. Register there the "
        "address `/api/session/sso/callback` behind `public_url`.",
        "Give an address like https://id.example.org/realms/tv, as the service itself writes it.",
    )
    oidc_client_id: str | None = setting(
        None, "What this server is called at that service.", "Give the client id that the service shows."
    )
    oidc_client_secret: SecretStr | None = setting(
        None,
        "The secret that the service gave this server, if any.",
        "Give the client secret, or nothing.",
    )
    oidc_title: str = setting(
        "single sign-on",
        "The name of the service on the sign-in page.",
        "Give a short name.",
        max_length=60,
    )
    oidc_groups_claim: str = setting(
        "groups",
        "The claim with the groups of a person.",
        "Give the name of a claim.",
        min_length=1,
    )
    oidc_admins: Words = setting(
        (),
        "Groups of the service whose people are admins here, separated by commas.",
        "Give names of groups, separated by commas.",
    )
    oidc_operators: Words = setting(
        (),
        "Groups whose people are operators here; `*` means everyone who has an account at the service.",
        "Give names of groups, separated by commas.",
    )
    oidc_viewers: Words = setting(
        (),
        "Groups whose people are viewers here; `*` means everyone who has an account at the service.",
        "Give names of groups, separated by commas.",
    )
    tls_certificate: Path | None = setting(
        None,
        "The certificate (PEM, with its chain) with which the server itself speaks HTTPS, and then no HTTP. "
        "A new one is taken without a restart.",
        "Give the path of a PEM file that this user can read, and its key as tls_key.",
    )
    tls_key: Path | None = setting(
        None,
        "The private key of `tls_certificate` (PEM, without a passphrase).",
        "Give the path of a PEM file that this user can read.",
    )
    hsts_seconds: int = setting(
        0,
        "For how many seconds browsers may reach this server's host name over HTTPS only, on every port "
        "(`Strict-Transport-Security`); 0 leaves it open. Needs `tls_certificate`: behind a proxy, the proxy "
        "sends this.",
        "Give a whole number of seconds from 0 to 63072000 (two years).",
        ge=0,
        le=63_072_000,
    )
    rungs: Words = setting(
        ("1080p", "720p", "480p", "360p", "240p"),
        "The qualities of a new channel, separated by commas.",
        "Give one or more of 1080p, 720p, 480p, 360p and 240p, separated by commas.",
        min_length=1,
    )
    segment_seconds: int = setting(
        2,
        "The length of a segment in seconds. The first start with a data folder fixes it, because the "
        "target duration of a channel never changes.",
        "Give a whole number from 2 to 10.",
        ge=2,
        le=10,
    )
    window_seconds: int = setting(
        3600,
        "The rewind limit of a new channel: how far back viewers can go, in seconds. At least six segments.",
        "Give a whole number of seconds, at least six times `segment_seconds`, at most 86400.",
        ge=rules.MIN_WINDOW_SEGMENTS * 2,
        le=86_400,
    )
    horizon_ms: int = setting(
        1000,
        "The on-air horizon: how many milliseconds of the timeline are fixed, and so how soon an edit "
        "can take effect.",
        "Give a whole number from 100 to 30000.",
        ge=100,
        le=30_000,
    )
    max_upload_bytes: ByteSize = setting(
        ByteSize(50 * 1024**3),
        "The largest accepted upload: a number of bytes, or text like `500MiB` or `20GB`.",
        "Give a number of bytes, or text like 500MiB or 20GB.",
        ge=1,
    )
    min_free_bytes: ByteSize = setting(
        ByteSize(1024**3),
        "Refuse uploads that would leave less free disk space than this.",
        "Give a number of bytes, or text like 500MiB or 20GB.",
        ge=0,
    )
    quota_bytes: ByteSize = setting(
        ByteSize(0),
        "How much disk space the videos of one person may take, with everything that is encoded from them; "
        "`0` means any amount. *People* in the Studio can set another limit for each person. Deleted videos "
        "count until they have left the bin.",
        "Give a number of bytes, or text like 500MiB or 20GB.",
        ge=0,
    )
    quota_uploads: int = setting(
        1000,
        "How many uploads of one person may be in progress at the same time.",
        "Give a whole number from 1 to 10000.",
        ge=1,
        le=10_000,
    )
    api_requests_per_minute: int = setting(
        6000,
        "How many requests to the API one person, one API token, or one address without either may make in a "
        "minute; `0` means any number. The server's own token, uploads in progress, pages, playlists and "
        "segments are not counted.",
        "Give a whole number from 0 to 1000000.",
        ge=0,
        le=1_000_000,
    )
    viewer_requests_per_minute: int = setting(
        0,
        "How many playlists, segments and pictures one address may request in a minute; `0` means any "
        "number. A player needs about 60. Many viewers can share one address: at home, in offices, on mobile "
        "networks.",
        "Give a whole number from 0 to 10000000.",
        ge=0,
        le=10_000_000,
    )
    upload_expiry_hours: int = setting(
        24,
        "How many hours an unfinished upload is kept after its last byte arrived.",
        "Give a whole number of hours from 1 to 8760.",
        ge=1,
        le=8760,
    )
    keep_deleted_seconds: int = setting(
        86_400,
        "How long a deleted video can be restored, in seconds. If less than `min_free_bytes` is free, "
        "deleted videos are removed earlier, the oldest first.",
        "Give a whole number of seconds from 0 to 31536000 (a year).",
        ge=0,
        le=31_536_000,
    )
    keep_originals: Literal["keep", "drop"] = setting(
        "keep",
        "`drop` removes the uploaded file of a video once all its qualities are encoded. This saves disk "
        "space, but the video can then neither be encoded again (other qualities, lost segments) nor "
        "downloaded.",
        "Give keep or drop.",
    )
    audit_days: int = setting(
        400,
        "For how many days the activity log keeps its entries; 0 keeps them for ever. Older ones are deleted "
        "a day's worth an hour, so a clock that is wrong for a moment deletes little.",
        "Give a whole number of days from 0 to 36500.",
        ge=0,
        le=36_500,
    )
    ffmpeg: Path | None = setting(
        None,
        "The FFmpeg to use instead of the one installed with Insta-Stream.",
        "Give the path of an ffmpeg program, version 5.1 or later.",
    )
    jobs: int = setting(
        1, "How many videos are encoded at the same time.", "Give a whole number from 1 to 64.", ge=1, le=64
    )
    workers: Count = setting(
        AUTO,
        "How many processes answer, from 1 to 64; `auto` means one per processor core that they may use.",
        "Give auto, or a whole number from 1 to 64.",
    )
    work: bool = setting(
        True,
        "Also encode videos and tidy up. If not set, `insta-stream work` has to run beside the server.",
        "Give true or false.",
    )
    log_format: Literal["auto", "pretty", "json"] = setting(
        "auto",
        "`pretty` for people, `json` for programs; `auto` means pretty on a terminal.",
        "Give auto, pretty or json.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "The least important messages to log.", "Give debug, info, warning or error."
    )

    @property
    def is_local(self) -> bool:
        """Only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def is_shut(self) -> bool:
        """Others can reach the server, and nothing here says that they may do everything."""
        is_said = self.token is not None or self.allow_remote_without_token
        return not (self.is_local or is_said)

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        rules.window_holds_enough(self.window_seconds, self.segment_seconds)
        rules.certificate_has_its_key(self.tls_certificate, self.tls_key)
        if self.oidc_issuer is not None:
            rules.service_is_known(self.oidc_client_id, self.public_url)
            rules.somebody_may_sign_in(self.oidc_admins, self.oidc_operators, self.oidc_viewers)
        rules.ports_differ(self.port, self.metrics_port)
        rules.hsts_has_https(self.hsts_seconds, self.tls_certificate)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the names are pydantic-settings' own
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, the strongest first."""
        path = init_settings().get("config") or os.environ.get(f"{PREFIX}CONFIG")
        said, old_in_file = file.read(Path(path)) if path else ({}, {})
        old = file.from_old_names(os.environ)
        weaker = (InitSettingsSource(settings_cls, values) for values in (said, old, old_in_file))
        return init_settings, env_settings, *weaker

    def to_environment(self) -> dict[str, str]:
        """Return the environment from which `load()` in another process makes the same settings."""
        values = {name: as_text(getattr(self, name)) for name in type(self).model_fields}
        values["config"] = ""  # what the file said is in the others
        return {f"{PREFIX}{name.upper()}": value for name, value in values.items()}
