"""What there is to be allowed. Every route, topic and upload names the one permission that it needs,
or says that it is open to all.
"""

from enum import StrEnum


class Permission(StrEnum):
    """A thing that somebody may do, by the name that clients know it by."""

    CHANNEL_VIEW = "channel:view"
    """See that a channel is there, what airs, what aired and what will."""

    CHANNEL_READ = "channel:read"
    """See its playlist, its settings and how many watch."""

    CHANNEL_AIR = "channel:air"
    """Change its playlist, and start, stop, pause, resume and skip."""

    CHANNEL_SETTINGS = "channel:settings"
    """Change its title, qualities, rewind limit and standby picture."""

    CHANNELS_MANAGE = "channels:manage"
    """Create and delete channels."""

    LIBRARY_READ = "library:read"
    """See all videos, and download what was uploaded."""

    LIBRARY_UPLOAD = "library:upload"
    """Upload videos."""

    LIBRARY_EDIT = "library:edit"
    """Rename, delete, restore and encode videos again, whoever's they are."""

    HEALTH_READ = "health:read"
    """See how the server is, and what uses its disk."""

    SERVER_READ = "server:read"
    """See what it is made of, its metrics and the addresses for TV apps."""

    TOKENS_MANAGE = "tokens:manage"
    """See, make and revoke API tokens, of which none may do more than who makes it."""

    PEOPLE_MANAGE = "people:manage"
    """See, add, change and remove the people who can sign in."""

    ACCOUNT_OWN = "account:own"
    """See and change one's own account: title, password, second factor, sessions."""

    RETENTION_MANAGE = "retention:manage"
    """Delete what is due now, and empty the bin."""

    AUDIT_READ = "audit:read"
    """See who changed what, when and from where."""


OF_A_CHANNEL = frozenset(
    {
        Permission.CHANNEL_VIEW,
        Permission.CHANNEL_READ,
        Permission.CHANNEL_AIR,
        Permission.CHANNEL_SETTINGS,
    }
)
"""Those that are had for some channels, and not for others."""
