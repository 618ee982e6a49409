"""Which names a channel may have in URLs."""

import re

from insta_stream.errors import BadRequest
from insta_stream.ids import ChannelSlug

MAIN = ChannelSlug("main")
"""The channel that the routes without a channel's name speak of; it always exists."""

RESERVED = frozenset(
    {"api", "assets", "current", "embed", "guide", "health", "live", "media", "metrics", "new", "static"}
    | {"stream", "studio", "watch"}
)

_SHAPE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def parse_slug(text: str) -> ChannelSlug:
    """Return `text` as a slug. Raises BadRequest that says what a slug looks like."""
    if not _SHAPE.fullmatch(text):
        raise BadRequest(
            "A channel's `slug` has at most 63 lower-case letters, digits and hyphens, and starts and "
            "ends with a letter or digit.",
            code="bad_slug",
        )
    if text in RESERVED:
        raise BadRequest(f"The `slug` “{text}” is reserved; choose another one.", code="reserved_slug")
    return ChannelSlug(text)
