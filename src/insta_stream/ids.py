"""The names of things: one type for each, so that a type checker tells them apart."""

import re
import secrets
from typing import NewType

VideoId = NewType("VideoId", str)
"""A video: 32 hexadecimal digits, given by us; never a name a stranger chose."""

PackageId = NewType("PackageId", str)
"""One immutable package of a video; `repackage` makes another. 32 hexadecimal digits."""

EntryId = NewType("EntryId", str)
"""A video's place in a playlist (a video may be in a playlist twice). 32 hexadecimal digits."""

BroadcastId = NewType("BroadcastId", str)
"""From a start to the next stop; part of the media playlists' URLs. 12 hexadecimal digits."""

ChannelSlug = NewType("ChannelSlug", str)
"""A channel's name in URLs: lower-case letters, digits and hyphens; fixed at creation."""

AccountId = NewType("AccountId", str)
"""Somebody who can sign in: 32 hexadecimal digits, which stay when the name changes."""

SLATE_ENTRY = EntryId("slate")
"""What stands for the entry in a slot of the slate, which is no item of the playlist."""


def new_id() -> str:
    """Return 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


is_id = re.compile(r"[0-9a-f]{32}").fullmatch
"""Whether a text is what `new_id` returns."""


def new_broadcast_id() -> BroadcastId:
    """Return 48 random bits: enough to be unique among one channel's broadcasts, short in a URL."""
    return BroadcastId(secrets.token_hex(6))
