"""The second factor: codes of an app (TOTP, RFC 6238), and recovery codes for the day that it is lost."""

import base64
import hmac
import secrets

import pyotp

from insta_stream.ticks import TICKS_PER_SECOND, Ticks

ISSUER = "Insta-Stream"
RECOVERY_CODES = 10

_STEP_SECONDS = 30
_CLOCKS_DIFFER = (0, -1, 1)
"""Steps that the clock of somebody's telephone may be off."""

_RECOVERY_BYTES = 10
_GROUP = 4


def new_secret() -> str:
    """Return a secret for an app."""
    return pyotp.random_base32()


def uri(secret: str, name: str) -> str:
    """Return what an app reads, from a picture mostly."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(code: str, secret: str, now: Ticks) -> int | None:
    """Return of which step a code is; None where it is wrong. Each step may open something once."""
    present = now // (_STEP_SECONDS * TICKS_PER_SECOND)
    shown = plain(code).encode(errors="replace")
    for step in (present + offset for offset in _CLOCKS_DIFFER):
        if hmac.compare_digest(_code(secret, step), shown):
            return step
    return None


def _code(secret: str, step: int) -> bytes:
    """Return the code of a step; nothing that can be shown where the secret is damaged."""
    try:
        return pyotp.TOTP(secret).generate_otp(step).encode()
    except ValueError:
        return b"-"


def new_recovery_codes() -> list[str]:
    """Return codes of 80 random bits, each of which opens something once."""
    return [_grouped(secrets.token_bytes(_RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def plain(code: str) -> str:
    """Return a code as it is compared: as it was typed, but for its looks."""
    return "".join(code.split()).replace("-", "").lower()


def _grouped(value: bytes) -> str:
    text = base64.b32encode(value).decode().lower()
    return "-".join(text[i : i + _GROUP] for i in range(0, len(text), _GROUP))
