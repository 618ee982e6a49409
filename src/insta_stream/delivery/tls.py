"""The certificate with which the server itself speaks HTTPS, read anew when its files change.

A pair is loaded aside and shown to new clients only where it can be used: a file that is half written, or a
key of another certificate, leaves the pair before it in place. Those who are connected notice nothing.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from insta_stream.errors import BadSettings
from insta_stream.health.check import Finding

log = structlog.get_logger()

LOOK_SECONDS = 10.0
"""How soon files that changed are noticed."""

EXPIRES_SOON = timedelta(days=14)
"""Whoever renews certificates by a program does it a month before their end: here it has failed."""

_NO_RENEWAL = "Renew the certificate: the server takes the new files by itself."


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with its key. expires: None where clients refuse it already; fault: then, why."""

    context: ssl.SSLContext
    expires: datetime | None
    fault: str = ""


class Certificate:
    """A certificate and its key in two files of PEM. Raises BadSettings where they cannot be used."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._content = self._read()
        self._pair = _load(*self._files)
        self._refusal = ""
        # Clients' handshakes begin with this context, and go on with the one of the pair of the day.
        self.context = self._pair.context
        self.context.sni_callback = self._choose

    @property
    def pair(self) -> Pair:
        """What new clients are shown."""
        return self._pair

    @property
    def refusal(self) -> str:
        """Why the files as they are now cannot be used; "" where they are in use."""
        return self._refusal

    async def watch(self) -> None:
        """Read the files when they have changed, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await asyncio.to_thread(self.reload)

    def reload(self) -> None:
        """Take the files where they changed; keep what there is where they do not fit.

        What they say is compared, not their dates: they may be links, or renamed into place.
        """
        try:
            content = self._read()
            if content == self._content:
                return
            # Before they are loaded: what is written meanwhile is found at the next look.
            self._content = content
            pair = _load(*self._files)
        except BadSettings as error:
            if error.message != self._refusal:
                log.warning("certificate_refused", reason=error.message)
            self._refusal = error.message
        else:
            self._pair, self._refusal = pair, ""
            log.info("certificate_loaded", expires=pair.expires and pair.expires.isoformat())

    def _choose(self, handshake: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        del name, context
        handshake.context = self._pair.context

    def _read(self) -> tuple[bytes, ...]:
        try:
            return tuple(file.read_bytes() for file in self._files)
        except OSError as error:
            raise BadSettings(
                f"The file {error.filename} cannot be read ({error.strerror}). Let the user of the server "
                "read the certificate (tls_certificate) and its key (tls_key)."
            ) from error


async def valid_certificate(
    certificate: Certificate, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Finding:
    """See that browsers accept the certificate, and will for a while; they judge by the real time."""
    pair = certificate.pair
    if pair.expires is None:
        return Finding("degraded", f"Browsers refuse the certificate ({pair.fault}).", _NO_RENEWAL)
    day = f"{pair.expires:%Y-%m-%d}"
    if pair.expires <= now():
        return Finding("degraded", f"The certificate expired on {day}: browsers refuse it.", _NO_RENEWAL)
    if certificate.refusal:
        return Finding(
            "degraded",
            f"The certificate's files changed and cannot be used; the one before them, valid until {day}, "
            f"is still in use. {certificate.refusal}",
            "Put both files right: the server then takes them by itself. Until then, do not restart it.",
        )
    if pair.expires - now() < EXPIRES_SOON:
        return Finding("degraded", f"The certificate expires on {day}.", _NO_RENEWAL)
    return Finding("ok", f"Valid until {day}.")


def _load(certificate: Path, key: Path) -> Pair:
    """Return a pair that clients can be shown. Raises BadSettings."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, _no_passphrase)
        return Pair(context, _expiry(context, certificate))
    except ssl.SSLCertVerificationError as error:
        return Pair(context, None, error.verify_message)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise BadSettings(
            f"{certificate} and {key} are no certificate with its key ({_reason(error)}). Give a "
            "certificate in PEM (with its chain) as tls_certificate, and its key, without a passphrase, as "
            "tls_key."
        ) from error


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return reason.replace("_", " ").lower() if isinstance(reason, str) else str(error)


def _no_passphrase() -> str:
    """Be asked in the terminal's place, where nobody may sit."""
    raise ValueError("the key has a passphrase")


def _expiry(server: ssl.SSLContext, certificate: Path) -> datetime:
    """Return when a certificate expires, as a client that trusts it learns in a handshake.

    Raises ssl.SSLCertVerificationError where such a client refuses it.
    """
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    trusting.load_verify_locations(certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, other, client, other, client):  # TLS 1.2 goes once more to and fro than 1.3
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    shown = client.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
