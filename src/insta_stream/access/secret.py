"""Secrets that are shown once: of what is stored, nothing opens anything."""

import base64
import hmac
import secrets
from hashlib import sha256

_BYTES = 32


def new_secret(prefix: str) -> str:
    """Return a new secret of 256 random bits: so its hash needs neither salt nor effort.

    prefix: how it begins, for people, and for programs that look for secrets in what is published.
    """
    return f"{prefix}{secrets.token_urlsafe(_BYTES)}"


def derived_secret(prefix: str, key: str, purpose: str) -> str:
    """Return the secret of a purpose that whoever has a key comes to again, and nobody else."""
    derived = hmac.digest(key.encode(), purpose.encode(), "sha256")
    return f"{prefix}{base64.urlsafe_b64encode(derived).decode().rstrip('=')}"


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    return sha256(secret.encode(errors="replace")).hexdigest()
