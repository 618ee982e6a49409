"""Who asks, as far as it matters: what they may do."""

from dataclasses import dataclass

from insta_stream.access.permission import OF_A_CHANNEL, Permission
from insta_stream.errors import Forbidden
from insta_stream.ids import AccountId, ChannelSlug


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody with permissions.

    channels: for which those of a channel hold; None for all of them. account: whose these are, where they
    are a person's. session: of a browser that has signed in. token: the id of the
    API token that was shown.
    """

    permissions: frozenset[Permission]
    channels: frozenset[ChannelSlug] | None = frozenset()
    account: AccountId | None = None
    session: str | None = None
    token: str | None = None

    def may(self, permission: Permission, channel: ChannelSlug | None = None) -> bool:
        """Tell whether this is allowed. channel: on which one; None where it need not be a certain one."""
        if permission not in self.permissions:
            return False
        if permission not in OF_A_CHANNEL or self.channels is None:
            return True
        return bool(self.channels) if channel is None else channel in self.channels

    def covers(self, other: "Principal") -> bool:
        """Tell whether whatever the other may do is allowed here, too."""
        if not other.permissions <= self.permissions:
            return False
        return self.channels is None or (other.channels is not None and other.channels <= self.channels)

    def within(self, other: "Principal") -> "Principal":
        """Return who may do what both may, by this one's token."""
        if self.channels is None or other.channels is None:
            channels = other.channels if self.channels is None else self.channels
        else:
            channels = self.channels & other.channels
        return Principal(self.permissions & other.permissions, channels, token=self.token)

    def require(self, permission: Permission, channel: ChannelSlug | None = None) -> None:
        """Raise Forbidden where this is not allowed."""
        if not self.may(permission, channel):
            is_of_one = channel is not None and permission in OF_A_CHANNEL
            where = f" for the channel {channel}" if is_of_one else ""
            raise Forbidden(f"This needs the permission `{permission}`{where}, which you do not have.")


NOBODY = Principal(frozenset())
"""Who has shown nothing."""

OWNER = Principal(frozenset(Permission), channels=None)
"""Who may do everything: whoever shows the server's token, or anybody where there is none."""
