"""Who may watch a channel, and where a request says who asks."""

from starlette.types import Scope

from insta_stream.access.passes import Viewer
from insta_stream.access.permission import Permission
from insta_stream.channels.channel import Channel, Playback
from insta_stream.ticks import TICKS_PER_SECOND

VIEWER = "insta_stream.viewer"
"""Where in a request's scope it is said who watches; nothing where the address has no pass."""

FULL_PATH = "insta_stream.full_path"
"""Where in a request's scope the path is as it was asked, with its pass."""


def viewer_of(scope: Scope) -> Viewer | None:
    """Return who asks with a pass in the address; None where there is none, or none that is good."""
    viewer: Viewer | None = scope.get(VIEWER)
    return viewer


def may_watch(viewer: Viewer | None, channel: Channel) -> bool:
    """Tell whether somebody may watch a channel. viewer: None for anybody."""
    if channel.playback is Playback.PUBLIC:
        return True
    if viewer is None or not viewer.principal.may(Permission.CHANNEL_VIEW, channel.slug):
        return False
    if channel.playback is Playback.SIGNED_IN:
        return viewer.signs_in
    # A link says the second in which it was made; it is not for another channel of the same name.
    return viewer.since is None or viewer.since + TICKS_PER_SECOND > channel.created_at
