"""Addresses that work without the token, for a while and for one purpose: a link shows no header."""

import hmac
import time
from hashlib import sha256
from urllib.parse import parse_qs, urlencode

LIFETIME_SECONDS = 300

_LONGEST_QUERY = 200


class Links:
    """Signs paths. key: secret; links of a server with another key do not work here."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, source: str) -> "Links":
        """Return the links of a server. source: of their key, a secret; as long as it stays, they work."""
        return cls(sha256(b"links:" + source.encode()).digest())

    def sign(self, path: str) -> tuple[str, int]:
        """Return the address for a path, and until when it works, in seconds since 1970."""
        expires = int(time.time()) + LIFETIME_SECONDS
        query = urlencode({"expires": expires, "signature": self._signature(path, str(expires))})
        return f"{path}?{query}", expires

    def admit(self, path: str, query: bytes) -> bool:
        """Tell whether a query shows a signature of this path that has not expired."""
        if not query or len(query) > _LONGEST_QUERY:
            return False
        shown = parse_qs(query.decode("latin-1"))
        expires, signature = (shown.get(name, [""])[0] for name in ("expires", "signature"))
        if not (expires.isascii() and expires.isdigit()) or int(expires) < time.time():
            return False
        return hmac.compare_digest(signature.encode(), self._signature(path, expires).encode())

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._key, f"{path}\n{expires}".encode(), sha256).hexdigest()
