"""A flag for every setting, made from the settings themselves, so that the two cannot differ."""

import inspect
from collections.abc import Callable, Collection
from typing import Annotated, Any

import typer
from pydantic import ByteSize
from pydantic.fields import FieldInfo

from insta_stream.configuration import load
from insta_stream.setting.names import names_of
from insta_stream.settings import Settings

_GROUPS = {
    "Access": (
        "host",
        "port",
        "metrics_port",
        "metrics_host",
        "token",
        "token_file",
        "allow_remote_without_token",
        "allowed_hosts",
        "allowed_origins",
        "public_url",
        "trusted_proxies",
        "trust_forwarded",
        "tls_certificate",
        "tls_key",
        "hsts_seconds",
    ),
    "Signing in with another service": (
        "oidc_issuer",
        "oidc_client_id",
        "oidc_client_secret",
        "oidc_title",
        "oidc_groups_claim",
        "oidc_admins",
        "oidc_operators",
        "oidc_viewers",
    ),
    "Processes": ("workers", "work"),
    "Files and folders": ("config", "data", "upload_dir", "stream_dir", "ffmpeg"),
    "Channels": ("demo", "rungs", "segment_seconds", "window_seconds", "horizon_ms"),
    "Limits": (
        "max_upload_bytes",
        "min_free_bytes",
        "quota_bytes",
        "quota_uploads",
        "api_requests_per_minute",
        "viewer_requests_per_minute",
        "upload_expiry_hours",
        "jobs",
    ),
    "Retention": ("keep_deleted_seconds", "keep_originals", "audit_days"),
    "Logs": ("log_format", "log_level"),
}


def takes_settings(command: Callable[[Settings], None], without: Collection[str] = ()) -> Callable[..., None]:
    """Return `command` as one that typer gives a flag per setting, and that gets the loaded settings.

    without: groups of flags that it does not need.
    """

    def run(**flags: Any) -> None:
        command(load(flags))

    parameters = [
        _parameter(name, group) for group, names in _GROUPS.items() if group not in without for name in names
    ]
    run.__doc__ = command.__doc__
    run.__name__ = command.__name__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def _parameter(name: str, group: str) -> inspect.Parameter:
    field = Settings.model_fields[name]
    flag = names_of(name)[0]
    is_switch = field.annotation is bool
    default = "" if is_switch else default_of(field)
    option = typer.Option(
        f"{flag}/--no-{name.replace('_', '-')}" if is_switch else flag,
        help=" ".join([field.description or "", default and f"(default: {default})"]),
        metavar=None if is_switch else "VALUE",
        rich_help_panel=group,
    )
    kind: Any = Annotated[bool | None if is_switch else str | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def default_of(field: FieldInfo) -> str:
    """Return a setting's default as one would write it, "" where there is none."""
    match field.default:
        case None | ():
            return ""
        case bool():
            return str(field.default).lower()
        case tuple():
            return ",".join(field.default)
        case ByteSize():
            return field.default.human_readable(separator=" ") if field.default else "0"
        case _:
            return str(field.default)
