"""What must hold between settings. Each rule raises ValueError, with a sentence that mends it."""

from pathlib import Path

from insta_stream.setting.names import PREFIX, names_of

MIN_WINDOW_SEGMENTS = 6
"""A window may run one segment short while it moves, and three target durations must remain listed
(RFC 8216 section 6.2.2); four would do, six leave a viewer room to pause or fall behind."""


def window_holds_enough(window_seconds: int, segment_seconds: int) -> None:
    """Check that a window holds MIN_WINDOW_SEGMENTS."""
    least = MIN_WINDOW_SEGMENTS * segment_seconds
    if window_seconds < least:
        raise ValueError(
            f"window_seconds (--window-seconds, {PREFIX}WINDOW_SECONDS) is {window_seconds}, too "
            f"little for segments of {segment_seconds} s: make it at least {least}, or make "
            "segment_seconds smaller."
        )


def certificate_has_its_key(certificate: Path | None, key: Path | None) -> None:
    """Check that there are both, or neither."""
    if (certificate is None) != (key is None):
        lacking = "tls_key" if key is None else "tls_certificate"
        raise ValueError(f"A certificate and its key belong together: set {_named(lacking)}, too.")


def service_is_known(client_id: str | None, public_url: str | None) -> None:
    """Check that there is all that another service needs to let people sign in."""
    for name, value in (("oidc_client_id", client_id), ("public_url", public_url)):
        if value is None:
            raise ValueError(f"oidc_issuer needs {_named(name)}, too.")


def somebody_may_sign_in(*groups: tuple[str, ...]) -> None:
    """Check that another service lets somebody in."""
    if not any(groups):
        raise ValueError(
            "oidc_issuer needs to know who may sign in: set oidc_admins, oidc_operators or oidc_viewers "
            "to groups of that service."
        )


def ports_differ(port: int, metrics_port: int | None) -> None:
    """Check that one port is not listened on twice."""
    if metrics_port == port:
        raise ValueError(
            f"{_named('metrics_port')} and port are both {port}: the server needs two. Choose another "
            "metrics_port."
        )


def hsts_has_https(hsts_seconds: int, certificate: Path | None) -> None:
    """Check that HTTPS is promised only by a server that speaks it."""
    if hsts_seconds and certificate is None:
        raise ValueError(
            "hsts_seconds needs tls_certificate and tls_key: without them, this server speaks plain "
            "HTTP. Behind a proxy, let the proxy send Strict-Transport-Security."
        )


def _named(name: str) -> str:
    return f"{name} ({', '.join(names_of(name))})"
