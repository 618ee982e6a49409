"""Secrets that are shown once: of what is stored, nothing opens anything."""

import secrets
from hashlib import sha256

_BYTES = 32


def new_secret(prefix: str) -> str:
    """Return a new secret of 256 random bits: so its hash needs neither salt nor effort.

    prefix: how it begins, for people, and for programs that look for secrets in what is published.
    """
    return f"{prefix}{secrets.token_urlsafe(_BYTES)}"


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    return sha256(secret.encode(errors="replace")).hexdigest()
