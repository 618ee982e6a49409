"""What people are here for: a role is a name for permissions."""

from collections.abc import Mapping
from enum import StrEnum

from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.ids import AccountId, ChannelSlug


class Role(StrEnum):
    """A role, by the name that clients know it by."""

    VIEWER = "viewer"
    """Sees channels, and what airs on them."""

    OPERATOR = "operator"
    """Runs channels: all, or some."""

    ADMIN = "admin"
    """May do everything, on all channels."""


_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.CHANNEL_VIEW, Permission.ACCOUNT_OWN}),
    Role.OPERATOR: frozenset(
        {
            Permission.CHANNEL_VIEW,
            Permission.CHANNEL_READ,
            Permission.CHANNEL_AIR,
            Permission.CHANNEL_SETTINGS,
            Permission.LIBRARY_READ,
            Permission.LIBRARY_UPLOAD,
            Permission.HEALTH_READ,
            Permission.SERVER_READ,
            Permission.ACCOUNT_OWN,
        }
    ),
    Role.ADMIN: frozenset(Permission),
}

_WITH_EVERY_CHANNEL: Mapping[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset({Permission.LIBRARY_EDIT}),
}
"""What is allowed besides to those whom no channel is kept from: the library is everybody's."""


def principal_of(role: str, channels: frozenset[ChannelSlug] | None, account: AccountId) -> Principal:
    """Return what somebody may do. channels: which theirs are, None for all. A role that this version does
    not know is for nothing.
    """
    try:
        known = Role(role)
    except ValueError:
        return Principal(frozenset(), account=account)
    if known is Role.ADMIN:
        channels = None
    more = _WITH_EVERY_CHANNEL.get(known, frozenset()) if channels is None else frozenset()
    return Principal(_PERMISSIONS[known] | more, channels, account)
