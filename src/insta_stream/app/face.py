"""What viewers get, and whoever uses the API behind it."""

from dataclasses import dataclass

from starlette.types import ASGIApp

from insta_stream.api.callers import Access
from insta_stream.app import choices
from insta_stream.app.ground import Ground
from insta_stream.app.house import House
from insta_stream.db.latest import Know
from insta_stream.delivery.audit import Audit
from insta_stream.delivery.dispatch import Dispatch, Ready
from insta_stream.delivery.gate import Gate
from insta_stream.delivery.media import Media
from insta_stream.delivery.paced import Paced
from insta_stream.delivery.patrol import Patrol
from insta_stream.delivery.playlists import Playlists
from insta_stream.delivery.preview import Previews
from insta_stream.delivery.programmes import Programmes
from insta_stream.delivery.reach import Reach
from insta_stream.delivery.viewers import Viewers
from insta_stream.settings import Settings


@dataclass(frozen=True, slots=True)
class Face:
    """ready: answers every request. viewers: counts them. audit, patrol: check what they are shown."""

    ready: Ready
    viewers: Viewers
    audit: Audit
    patrol: Patrol


def make_face(
    settings: Settings,
    ground: Ground,
    house: House,
    access: Access,
    api: ASGIApp,
    *,
    know: Know,
) -> Face:
    """Return what answers. access: who may ask for what; api: answers what is not of the hot path. know: what
    others have changed.
    """
    clock, channels, library, metrics = ground.clock, house.channels.shown, house.library, ground.metrics
    audit = Audit(metrics)
    viewers = Viewers(
        target_seconds=settings.segment_seconds,
        proxies=choices.proxies(settings),
        bulletin=ground.bulletin,
    )
    playlists = Playlists(channels, clock, metrics, audit, viewers)
    dispatch = Dispatch(
        gate=_gate(ground, house, access),
        playlists=playlists,
        programmes=Programmes(channels, library, clock),
        media=Media(ground.folder.stream, metrics),
        previews=Previews(library),
        api=api,
        know=know,
    )
    return Face(
        ready=paced(dispatch, settings),
        viewers=viewers,
        audit=audit,
        patrol=Patrol(channels, playlists, clock, audit, metrics, lambda: ground.lead.is_held),
    )


def _gate(ground: Ground, house: House, access: Access) -> Gate:
    """Return what lets viewers in; it follows the channels."""
    channels = house.channels.shown
    gate = Gate(channels, Reach(channels, house.library, ground.clock), access)
    channels.watch(gate.look_at)
    return gate


def paced(dispatch: Dispatch, settings: Settings) -> Ready:
    """Return what answers, with a limit for each address in front where one is set."""
    per_minute = settings.viewer_requests_per_minute
    if not per_minute:
        return dispatch
    return Paced(dispatch, per_minute, choices.proxies(settings), choices.debts(settings)("viewers"))
