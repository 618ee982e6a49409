"""The server's health: which parts are looked at, and how."""

from collections.abc import Mapping
from functools import partial

from insta_stream.app.accounts import Accounts
from insta_stream.app.face import Face
from insta_stream.app.ground import Ground
from insta_stream.app.house import House
from insta_stream.delivery.audit import kept_promises
from insta_stream.delivery.tls import Certificate, valid_certificate
from insta_stream.health import checks
from insta_stream.health.check import Probe
from insta_stream.health.health import Health
from insta_stream.settings import Settings


def make_health(
    settings: Settings,
    ground: Ground,
    accounts: Accounts,
    house: House,
    face: Face,
    *,
    certificate: Certificate | None,
) -> Health:
    """Return the health of all that was made. certificate: None where the server has none."""
    return Health(
        clock=ground.clock,
        library=house.library,
        channels=house.channels.shown,
        folder=ground.folder,
        troubles=ground.troubles,
        audience=face.viewers,
        edges=face.patrol,
        probes={
            **_probes(settings, ground, accounts, house, face),
            **({"certificate": partial(valid_certificate, certificate)} if certificate else {}),
        },
        bulletin=ground.bulletin,
        leads=lambda: ground.lead.is_held,
    )


def _probes(
    settings: Settings, ground: Ground, accounts: Accounts, house: House, face: Face
) -> Mapping[str, Probe]:
    """Return how to look at each part, in the order in which people are shown them."""
    clock, troubles, library, channels = ground.clock, ground.troubles, house.library, house.channels.shown
    return {
        "database": partial(checks.database, ground.database, channels),
        "disk": partial(checks.disk, ground.folder, settings.min_free_bytes),
        "ffmpeg": partial(checks.ffmpeg, ground.ffmpeg),
        "slate": partial(checks.slate, library, channels, troubles, clock, clock.now()),
        "channels": partial(checks.stored_channels, channels),
        "standby": house.standby.look,
        "clock": partial(checks.clock, clock),
        "audit": partial(checks.audit, accounts.audit_log),
        "background work": partial(checks.work, house.role),
        "packaging": partial(checks.packaging, troubles, clock, house.workshop.packager.waits),
        "duties": partial(checks.duties, ground.duties),
        "playlists": partial(kept_promises, face.audit, clock),
    }
