"""What the settings choose, as the parts of the server take it. Nothing here has a life of its own."""

import socket
from functools import partial

from insta_stream.access.oidc import Provider, ProviderSettings
from insta_stream.access.role import Role
from insta_stream.access.roster import Roster
from insta_stream.api.callers import Access
from insta_stream.api.sso import CALLBACK
from insta_stream.channels.defaults import Defaults
from insta_stream.delivery.server import Https
from insta_stream.delivery.tls import Certificate
from insta_stream.library.library import Profile, UploadLimits
from insta_stream.media.ladder import LADDER, Rung
from insta_stream.origins import is_loopback
from insta_stream.pace import MakeDebts
from insta_stream.proxies import Proxies, parse_network
from insta_stream.retention.policy import Rules
from insta_stream.settings import Settings
from insta_stream.storage.debts import SharedDebts
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import TICKS_PER_MILLISECOND, TICKS_PER_SECOND, Ticks, seconds


def access(settings: Settings, roster: Roster) -> Access:
    """Return who may ask for what. roster: whom the database knows."""
    token = settings.token.get_secret_value() if settings.token else None
    return Access(
        hosts=_hosts(settings),
        origins=settings.allowed_origins,
        public_url=settings.public_url,
        token=token,
        proxies=proxies(settings),
        requests_per_minute=settings.api_requests_per_minute,
        debts=debts(settings),
        roster=roster,
        is_shut=settings.is_shut,
        single_sign_on=None if settings.oidc_issuer is None else settings.oidc_title,
    )


def debts(settings: Settings) -> MakeDebts:
    """Return what all processes on a data folder know of those who ask."""
    return partial(SharedDebts, DataFolder.under(settings.data).debts)


def _hosts(settings: Settings) -> tuple[str, ...]:
    name = socket.gethostname().lower()
    return (*settings.allowed_hosts, settings.host, name, f"{name}.local")


def scraped_hosts(settings: Settings) -> tuple[str, ...]:
    """Return what the port of the metrics may be called. Any page could point a name of its own at one that
    only this machine is to reach; one that others reach is called as they like.
    """
    return _hosts(settings) if is_loopback(settings.metrics_host) else ("*",)


def proxies(settings: Settings) -> Proxies:
    """Return the proxies whose word on clients is taken."""
    return Proxies(map(parse_network, settings.trusted_proxies), trusts_peer=settings.trust_forwarded)


def provider(settings: Settings) -> Provider | None:
    """Return the service that people can sign in with, None where there is none."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret
    return Provider(
        ProviderSettings(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret="" if secret is None else secret.get_secret_value(),
            redirect_uri=f"{settings.public_url}{CALLBACK}",
            groups_claim=settings.oidc_groups_claim,
            groups={
                Role.ADMIN: settings.oidc_admins,
                Role.OPERATOR: settings.oidc_operators,
                Role.VIEWER: settings.oidc_viewers,
            },
        )
    )


def https(settings: Settings) -> Https | None:
    """Return how the server speaks HTTPS; None where it does not. Raises BadSettings."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    return Https(Certificate(settings.tls_certificate, settings.tls_key), settings.hsts_seconds)


def profile(settings: Settings) -> Profile:
    """Return how videos are packaged."""
    return Profile(
        ladder=_ladder(settings),
        segment_seconds=settings.segment_seconds,
        jobs=settings.jobs,
        min_free_bytes=settings.min_free_bytes,
    )


def limits(settings: Settings) -> UploadLimits:
    """Return what uploads may take."""
    return UploadLimits(
        max_bytes=settings.max_upload_bytes,
        min_free_bytes=settings.min_free_bytes,
        expiry=seconds(settings.upload_expiry_hours * 3600),
        quota_bytes=settings.quota_bytes,
        uploads_each=settings.quota_uploads,
    )


def rules(settings: Settings) -> Rules:
    """Return what is kept for how long."""
    return Rules(
        keep_deleted=Ticks(settings.keep_deleted_seconds * TICKS_PER_SECOND),
        keep_originals=settings.keep_originals,
    )


def defaults(settings: Settings) -> Defaults:
    """Return what a new channel is given."""
    return Defaults(
        rungs=_ladder(settings),
        window_seconds=settings.window_seconds,
        target_seconds=settings.segment_seconds,
        horizon=Ticks(settings.horizon_ms * TICKS_PER_MILLISECOND),
    )


def _ladder(settings: Settings) -> tuple[Rung, ...]:
    """Return the chosen rungs, best first in whatever order they were named."""
    return tuple(rung for rung in LADDER if rung.name in settings.rungs)
