"""Addresses of the channel list and the guide that need no token: they have a secret of their own in them.

Television software may be able to show neither a header nor a password; Jellyfin drops the one that stands in
an address. The secret comes from the token, so it goes with it, or from a key of the installation where there
is none, which can be replaced; it opens these two documents only.
"""

import hmac
import re
from base64 import urlsafe_b64encode

_PURPOSE = b"insta-stream: /tv/ channels.m3u guide.xml"
_BYTES = 18

_named = re.compile(r"/tv/([^/]+)/(?:channels\.m3u|guide\.xml)").fullmatch


class TvLinks:
    """Knows the folder of both addresses. source: of the secret, None where everybody may read all."""

    def __init__(self, source: str | None) -> None:
        self._secret = None if source is None else _secret(source)

    @property
    def folder(self) -> str:
        """What stands before `/channels.m3u` and `/guide.xml`; "" where they need no secret."""
        return "" if self._secret is None else f"/tv/{self._secret}"

    @staticmethod
    def names(path: str) -> bool:
        """Return whether a path is such an address, with any secret."""
        return _named(path) is not None

    def admits(self, path: str) -> bool:
        """Return whether a path is one of the two addresses, with the right secret."""
        shown = _named(path)
        if shown is None or self._secret is None:
            return False
        return hmac.compare_digest(shown[1].encode(errors="replace"), self._secret.encode())


def _secret(source: str) -> str:
    digest = hmac.digest(source.encode(), _PURPOSE, "sha256")
    return urlsafe_b64encode(digest[:_BYTES]).decode()
