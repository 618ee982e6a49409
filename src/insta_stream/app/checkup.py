"""The server's health: which parts are looked at, and how."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from insta_stream.app.accounts import Accounts
from insta_stream.app.face import Face
from insta_stream.app.ground import Ground
from insta_stream.app.house import House
from insta_stream.delivery.audit import kept_promises
from insta_stream.delivery.tls import Certificate, valid_certificate
from insta_stream.health import checks
from insta_stream.health.background import BackgroundWatch
from insta_stream.health.check import Probe
from insta_stream.health.health import Audience, Edges, Health
from insta_stream.ids import ChannelSlug
from insta_stream.settings import Settings


class _Nobody:
    """Whoever watches a process that answers nobody."""

    counts: Mapping[ChannelSlug, int] = MappingProxyType({})
    lags: Mapping[ChannelSlug, float] = MappingProxyType({})


def make_health(
    settings: Settings,
    ground: Ground,
    accounts: Accounts,
    house: House,
    face: Face,
    *,
    certificate: Certificate | None,
    works: bool,
) -> Health:
    """Return the health of all that was made. certificate: None where the server has none. works: it takes
    the role `work` as soon as that is free.
    """
    clock = ground.clock
    probes: dict[str, Probe] = {
        **_probes(settings, ground, house),
        "audit": partial(checks.audit, accounts.audit_log),
        "playlists": partial(kept_promises, face.audit, clock),
    }
    if certificate is not None:
        probes["certificate"] = partial(valid_certificate, certificate)
    if not works:
        probes["background work"] = BackgroundWatch(house.role).look
    return _health(ground, house, probes, face.viewers, face.patrol, leads=lambda: ground.lead.is_held)


def make_backstage_health(settings: Settings, ground: Ground, house: House) -> Health:
    """Return the health of a process that answers nobody: others tell of it."""
    nobody = _Nobody()
    return _health(ground, house, _probes(settings, ground, house), nobody, nobody, leads=lambda: False)


def _health(
    ground: Ground,
    house: House,
    probes: Mapping[str, Probe],
    audience: Audience,
    edges: Edges,
    *,
    leads: Callable[[], bool],
) -> Health:
    return Health(
        clock=ground.clock,
        library=house.library,
        channels=house.channels.shown,
        folder=ground.folder,
        troubles=ground.troubles,
        audience=audience,
        edges=edges,
        probes=probes,
        bulletin=ground.bulletin,
        leads=leads,
    )


def _probes(settings: Settings, ground: Ground, house: House) -> Mapping[str, Probe]:
    """Return how to look at each part that every process has."""
    clock, troubles, library, channels = ground.clock, ground.troubles, house.library, house.channels.shown
    return {
        "database": partial(checks.database, ground.database, channels),
        "disk": partial(checks.disk, ground.folder, settings.min_free_bytes),
        "ffmpeg": partial(checks.ffmpeg, ground.ffmpeg),
        "slate": partial(checks.slate, library, channels, troubles, clock, clock.now()),
        "channels": partial(checks.stored_channels, channels),
        "standby": house.standby.look,
        "clock": partial(checks.clock, clock),
        "packaging": partial(checks.packaging, troubles, clock, house.workshop.packager.waits),
        "duties": partial(checks.duties, ground.duties),
    }
