"""The server: the only place that picks adapters and wires them together.

Everything with a life of its own is made at start-up, in the event loop, and ended in the opposite order.
"""

import asyncio
import ctypes
import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import structlog
from anyio.to_thread import current_default_thread_limiter
from starlette.types import Receive, Scope, Send

from insta_stream.access.audit_log import AuditLog
from insta_stream.access.credentials import Credentials
from insta_stream.access.directory import Directory
from insta_stream.access.oidc import Provider, ProviderSettings
from insta_stream.access.passwords import Passwords
from insta_stream.access.people import People
from insta_stream.access.playback import PlaybackLinks
from insta_stream.access.role import Role
from insta_stream.access.roster import Roster
from insta_stream.access.sessions import Sessions
from insta_stream.access.tokens import Tokens
from insta_stream.addresses import address, address_for_others
from insta_stream.api import application
from insta_stream.api.callers import Access
from insta_stream.api.events.follow import follow
from insta_stream.api.patience import patiently
from insta_stream.api.scrapes import Scrapes
from insta_stream.api.services import Services
from insta_stream.api.sso import CALLBACK
from insta_stream.channels.arrivals import see_in
from insta_stream.channels.channels import Channels
from insta_stream.channels.channels import opened as open_channels
from insta_stream.channels.defaults import Defaults
from insta_stream.channels.janitor import Janitor
from insta_stream.channels.playlist import PlaylistManager
from insta_stream.channels.shown import Shown
from insta_stream.channels.slug import MAIN
from insta_stream.channels.stream import StreamManager
from insta_stream.clock import FAR_SECONDS, Clock, span
from insta_stream.db import instants, restored
from insta_stream.db.audit import EntryRow
from insta_stream.db.engine import Database
from insta_stream.db.installation import opened
from insta_stream.delivery.audit import Audit, kept_promises
from insta_stream.delivery.dispatch import Dispatch, Ready
from insta_stream.delivery.gate import Gate
from insta_stream.delivery.http import Reply
from insta_stream.delivery.media import Media
from insta_stream.delivery.paced import Paced
from insta_stream.delivery.patrol import Patrol
from insta_stream.delivery.playlists import Playlists
from insta_stream.delivery.preview import Previews
from insta_stream.delivery.programmes import Programmes
from insta_stream.delivery.reach import Reach
from insta_stream.delivery.server import Https
from insta_stream.delivery.tls import Certificate, valid_certificate
from insta_stream.delivery.viewers import Viewers
from insta_stream.errors import BadSettings, InstaStreamError
from insta_stream.garbage import Garbage
from insta_stream.health import checks
from insta_stream.health.health import Health
from insta_stream.health.remedies import ADVICE
from insta_stream.health.standby import StandbyWatch
from insta_stream.health.troubles import Troubles
from insta_stream.library.library import Library, Profile, UploadLimits
from insta_stream.library.retention import Rules
from insta_stream.media.demo import make_demo
from insta_stream.media.ffmpeg import FFmpeg, locate
from insta_stream.media.ladder import LADDER, Rung
from insta_stream.metrics import Metrics
from insta_stream.proxies import Proxies, parse_network
from insta_stream.settings import Settings, is_loopback
from insta_stream.storage.fence import Fence
from insta_stream.storage.folder import DataFolder, FolderLock
from insta_stream.storage.installation import located
from insta_stream.storage.mark import Mark
from insta_stream.storage.reserve import Reserve
from insta_stream.ticks import TICKS_PER_MILLISECOND, TICKS_PER_SECOND, Ticks, seconds, to_nanoseconds

log = structlog.get_logger()

WEB = Path(__file__).parent / "web" / "static"
"""Where the build puts the web UI."""

PR_SET_PDEATHSIG = 1

VIEWING_THREADS = 3
"""In which answers of the API are made, all together. They share the interpreter with the event loop, which
waits for its turn among as many as are busy; more of them get no more done.
"""

DISK_USE = {
    "originals": "Uploaded files of videos.",
    "packages": "Packaged video.",
    "deleted": "Files of deleted videos.",
    "database": "The database.",
    "uploads": "Files that are being uploaded.",
    "min_free": "Space that uploads must leave free.",
}
"""Gauges, by the names that they have in DiskUse."""


class Server:
    """The application: the hot path in front, the API behind it. on_served: called when it can answer.

    Raises CannotStart where it has a certificate that cannot be used; the log has the reason.
    """

    def __init__(self, settings: Settings, on_served: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._on_served = on_served
        self._routes = application.routes(WEB, settings.public_url)
        self._roster = Roster()
        self._access = _access(settings, self._roster)
        self._api = application.guarded(self._routes, self._access, self._record)
        self.scrapes = Scrapes(self._routes, _scraped_hosts(settings))
        self.https = _https(settings)
        self._dispatch: Ready  # as long as it lives
        self._goodbyes: list[Callable[[], Awaitable[None]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._dispatch(scope, receive, send)

    def at_once(self, scope: Scope) -> Reply | None:
        """Return the reply to a request, where it is ready; None where the request is to be asked."""
        return self._dispatch.at_once(scope)

    async def _record(self, entry: EntryRow) -> None:
        services: Services = self._routes.state.services
        await services.audit_log.record(entry)

    async def part(self) -> None:
        """Say good-bye to those who listen for events or are sending a file: nobody waits for them."""
        await asyncio.gather(*(goodbye() for goodbye in self._goodbyes))

    @asynccontextmanager
    async def life(self) -> AsyncIterator[None]:
        """Start everything, let the server answer, and stop everything.

        Raises CannotStart; the log has the reason.
        """
        end_with_supervisor()
        settings = self._settings
        async with AsyncExitStack() as stack:
            services = await _started(settings, self._roster, stack)
            self._routes.state.services = services
            self._routes.state.events = events = follow(services)
            stack.push_async_callback(events.stop)
            self._goodbyes = [events.stop, services.library.reception.stop]
            playlists = _watched(services, settings, stack)
            if self.https is not None:
                certificate = self.https.certificate
                services.health.add({"certificate": partial(valid_certificate, certificate)})
                watch = asyncio.create_task(certificate.watch(), name="certificate")
                stack.push_async_callback(_give_up, watch)
            programmes = Programmes(services.channels, services.library, services.clock)
            media = Media(services.folder.stream, services.metrics)
            previews = Previews(services.library)
            gate = self._gate(services)
            dispatch = Dispatch(gate, playlists, programmes, media, previews, self._api)
            self._dispatch = _paced(dispatch, settings)
            current_default_thread_limiter().total_tokens = VIEWING_THREADS
            garbage = Garbage()
            garbage.set_aside()
            stack.push_async_callback(_give_up, asyncio.create_task(garbage.collect(), name="garbage"))
            log.info("serving", channels=len(services.channels.all()), videos=len(services.library.videos()))
            self._on_served()
            yield
        log.info("stopped")

    def _gate(self, services: Services) -> Gate:
        """Return what lets viewers in; it follows the channels."""
        reach = Reach(services.channels, services.library, services.clock)
        gate = Gate(services.channels, reach, self._access)
        services.channels.watch(gate.look_at)
        return gate


def end_with_supervisor() -> None:
    """End when the supervising process ends, however it ends; Linux only.

    Without this, a supervisor that is killed leaves a worker that keeps the port and answers beside the next
    server's.
    """
    if sys.platform != "linux" or (supervisor := multiprocessing.parent_process()) is None:
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != supervisor.pid:  # it ended before the setting took hold
        os.kill(os.getpid(), signal.SIGTERM)


class CannotStart(Exception):
    """The server cannot start; the reason has been logged."""


async def _started(settings: Settings, roster: Roster, stack: AsyncExitStack) -> Services:
    """Return the running services; `stack` stops them. Where they cannot run, one sentence says why."""
    try:
        return await _services(settings, roster, stack)
    except Exception as error:
        raise _cannot_start(error) from error


def _cannot_start(error: Exception) -> CannotStart:
    is_foreseen = isinstance(error, InstaStreamError)
    log.critical("cannot_start", reason=str(error) if is_foreseen else f"{type(error).__name__}: {error}")
    log.debug("cannot_start", exc_info=error)
    return CannotStart()


async def _services(settings: Settings, roster: Roster, stack: AsyncExitStack) -> Services:
    """Return the running services; `stack` stops them. Raises what says why they cannot run."""
    folder = located(settings.data, settings.upload_dir, settings.stream_dir)
    await asyncio.to_thread(folder.create)
    lock = FolderLock(folder)
    lock.take()
    stack.callback(lock.release)
    ffmpeg = await locate(settings.ffmpeg)
    database = await opened(folder, settings.segment_seconds)
    stack.push_async_callback(database.close)
    directory = Directory(database, roster)
    await directory.start()
    stack.push_async_callback(_give_up, asyncio.create_task(directory.watch(), name="directory"))
    audit_log = await _audit_log(database, settings, stack)
    people, passwords = People(database, directory, roster), Passwords()
    stack.callback(passwords.close)
    if settings.is_shut:
        await _invite_first_admin(people, settings)
    clock, metrics = _clock(folder, await _last_edit(database), stack), Metrics()
    troubles = _noted(clock, stack)
    library = Library(
        database, folder, clock, ffmpeg, _profile(settings), _limits(settings), _rules(settings)
    )
    await library.start()
    stack.push_async_callback(library.stop)
    parts = await _channels(database, library, clock, settings, stack)
    channels = parts.shown
    reserve = Reserve(folder.reserve)
    await reserve.keep()
    janitor = Janitor(parts.history, library.keeper, clock, reserve)
    stack.push_async_callback(_give_up, asyncio.create_task(janitor.work()))
    playlists = PlaylistManager(channels, parts.editor, library, clock)
    streams = StreamManager(channels, parts.editor, playlists, clock, reserve)
    _watch(metrics, clock, channels, library, folder)
    standby = StandbyWatch(channels, library, clock)
    metrics.watch(
        "channels_on_standby", "Channels that have shown only their slate for a minute.", standby.count
    )
    health = Health(clock, library, channels, folder, troubles)
    health.add(
        {
            "database": partial(checks.database, database, channels),
            "disk": partial(checks.disk, folder, settings.min_free_bytes),
            "ffmpeg": partial(checks.ffmpeg, ffmpeg),
            "slate": partial(checks.slate, library, channels, troubles, clock, clock.now()),
            "channels": partial(checks.stored_channels, channels),
            "standby": standby.look,
            "clock": partial(checks.clock, clock),
            "audit": partial(checks.audit, audit_log),
            "packaging": partial(checks.packaging, troubles, clock, library.waits),
        }
    )
    arrivals = asyncio.create_task(see_in(library.reception, playlists, metrics), name="arrivals")
    stack.push_async_callback(_give_up, arrivals)
    services = Services(
        clock=clock,
        library=library,
        channels=channels,
        registry=parts.registry,
        playlists=playlists,
        streams=streams,
        janitor=janitor,
        reserve=reserve,
        metrics=metrics,
        folder=folder,
        public_url=settings.public_url,
        health=health,
        ffmpeg=ffmpeg,
        tokens=Tokens(database, directory, roster.issued),
        people=people,
        credentials=Credentials(database, directory, passwords),
        sessions=Sessions(database, directory, roster, passwords),
        provider=_provider(settings),
        links=PlaybackLinks(database, directory, roster.passes),
        audit_log=audit_log,
    )
    if settings.demo and not library.videos():
        demo = asyncio.create_task(_put_on_demo(services, ffmpeg, folder.work))
        stack.push_async_callback(_give_up, demo)
    return services


async def _channels(
    database: Database, library: Library, clock: Clock, settings: Settings, stack: AsyncExitStack
) -> Channels:
    """Return the channels, which go on by themselves as long as `stack` is open."""
    fence = Fence(DataFolder.under(settings.data).fence)
    stack.callback(fence.give_up)
    channels = await open_channels(database, fence, library, clock, _defaults(settings))
    for duty in (channels.shown.follow(), channels.follower.follow()):
        stack.push_async_callback(_give_up, asyncio.create_task(duty))
    return channels


async def _audit_log(database: Database, settings: Settings, stack: AsyncExitStack) -> AuditLog:
    """Return the audit log; what it has counted when `stack` is closed, it writes down."""
    audit_log = AuditLog(database)
    await audit_log.keep(settings.audit_days)
    stack.push_async_callback(audit_log.flush)
    stack.push_async_callback(_give_up, asyncio.create_task(audit_log.watch(), name="audit log"))
    return audit_log


def _noted(clock: Clock, stack: AsyncExitStack) -> Troubles:
    """Return the troubles that are logged from now on, as long as `stack` is open."""
    troubles = Troubles(clock.now)
    logging.getLogger().addHandler(troubles)
    stack.callback(logging.getLogger().removeHandler, troubles)
    return troubles


def _watched(services: Services, settings: Settings, stack: AsyncExitStack) -> Playlists:
    """Return the playlists; they are audited, and the server's health watched, as long as `stack` is open."""
    clock, channels, metrics, health = services.clock, services.channels, services.metrics, services.health
    audit = Audit(metrics)
    viewers = Viewers(target_seconds=settings.segment_seconds, proxies=_proxies(settings))
    playlists = Playlists(channels, clock, metrics, audit, viewers)
    patrol = Patrol(channels, playlists, clock, audit, metrics)
    health.listen(viewers, patrol)
    health.add({"playlists": partial(kept_promises, audit, clock)})
    metrics.watch("viewers", "Players that requested a playlist recently.", health.viewers)
    metrics.watch(
        "playlist_breaches", "Channels on which a promise is broken now.", lambda: len(audit.broken())
    )
    metrics.watch("audit_round_seconds", "How long the last walk took.", lambda: patrol.round_seconds)
    for duty in (patrol.walk(), health.watch()):
        stack.push_async_callback(_give_up, asyncio.create_task(duty))
    return playlists


async def _last_edit(database: Database) -> Ticks:
    """Return when the last edit of a channel that goes on was: nothing of it shows before that."""
    async with database.read() as connection:
        begins_anew = await restored.taken_at(connection) is not None
        return Ticks(0) if begins_anew else await instants.committed(connection)


def _clock(folder: DataFolder, last_edit: Ticks, stack: AsyncExitStack) -> Clock:
    """Return a clock that begins no earlier than the one before it ended."""
    mark = Mark(folder.clock)
    stack.callback(mark.close)
    not_before_ns = max(mark.read(), to_nanoseconds(last_edit))
    clock = Clock(not_before_ns=not_before_ns, reserve=mark.keep)
    behind = -clock.drift_seconds()
    if behind > FAR_SECONDS:
        log.warning("clock_far_ahead", reason=span(behind), remedy=ADVICE["clock_far_ahead"].remedy)
    elif behind > 1:
        log.warning(
            "wall_clock_set_back", seconds=round(behind, 3), remedy="The stream continues where it was."
        )
    return clock


async def _invite_first_admin(people: People, settings: Settings) -> None:
    """Say in the log how the first admin of a server gets in, as long as there is none."""
    if invitation := await people.set_up():
        log.warning(
            "set_up",
            address=f"{address_for_others(settings) or address(settings)}{invitation.path}",
            remedy="Open this within an hour to choose the first admin's password. It works once, the "
            "next start shows another one.",
        )


def _access(settings: Settings, roster: Roster) -> Access:
    token = settings.token.get_secret_value() if settings.token else None
    return Access(
        hosts=_hosts(settings),
        origins=settings.allowed_origins,
        public_url=settings.public_url,
        token=token,
        proxies=_proxies(settings),
        requests_per_minute=settings.api_requests_per_minute,
        roster=roster,
        is_shut=settings.is_shut,
        single_sign_on=None if settings.oidc_issuer is None else settings.oidc_title,
    )


def _hosts(settings: Settings) -> tuple[str, ...]:
    name = socket.gethostname().lower()
    return (*settings.allowed_hosts, settings.host, name, f"{name}.local")


def _scraped_hosts(settings: Settings) -> tuple[str, ...]:
    """Return what the port of the metrics may be called. Any page could point a name of its own at one that
    only this machine is to reach; one that others reach is called as they like.
    """
    return _hosts(settings) if is_loopback(settings.metrics_host) else ("*",)


def _proxies(settings: Settings) -> Proxies:
    return Proxies(map(parse_network, settings.trusted_proxies), trusts_peer=settings.trust_forwarded)


def _paced(dispatch: Dispatch, settings: Settings) -> Ready:
    per_minute = settings.viewer_requests_per_minute
    return Paced(dispatch, per_minute, _proxies(settings)) if per_minute else dispatch


def _provider(settings: Settings) -> Provider | None:
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


def _https(settings: Settings) -> Https | None:
    """Return how the server speaks HTTPS; None where it does not. Raises CannotStart."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    try:
        return Https(Certificate(settings.tls_certificate, settings.tls_key), settings.hsts_seconds)
    except BadSettings as error:
        raise _cannot_start(error) from error


def _ladder(settings: Settings) -> tuple[Rung, ...]:
    """Return the chosen rungs, best first in whatever order they were named."""
    return tuple(rung for rung in LADDER if rung.name in settings.rungs)


def _profile(settings: Settings) -> Profile:
    return Profile(
        ladder=_ladder(settings),
        segment_seconds=settings.segment_seconds,
        jobs=settings.jobs,
        min_free_bytes=settings.min_free_bytes,
    )


def _limits(settings: Settings) -> UploadLimits:
    return UploadLimits(
        max_bytes=settings.max_upload_bytes,
        min_free_bytes=settings.min_free_bytes,
        expiry=seconds(settings.upload_expiry_hours * 3600),
        quota_bytes=settings.quota_bytes,
        uploads_each=settings.quota_uploads,
    )


def _rules(settings: Settings) -> Rules:
    return Rules(
        keep_deleted=Ticks(settings.keep_deleted_seconds * TICKS_PER_SECOND),
        keep_originals=settings.keep_originals,
    )


def _defaults(settings: Settings) -> Defaults:
    return Defaults(
        rungs=_ladder(settings),
        window_seconds=settings.window_seconds,
        target_seconds=settings.segment_seconds,
        horizon=Ticks(settings.horizon_ms * TICKS_PER_MILLISECOND),
    )


def _watch(metrics: Metrics, clock: Clock, channels: Shown, library: Library, folder: DataFolder) -> None:
    """Add the gauges that are read off the services at every scrape."""

    def count_on_air() -> int:
        return sum(channel.timeline.state != "off" for channel in channels.all())

    def count_packaging() -> int:
        return sum(video.state == "packaging" for video in library.videos())

    metrics.watch("channels", "Channels.", lambda: len(channels.all()))
    metrics.watch("channels_on_air", "Channels on air, including paused ones.", count_on_air)
    metrics.watch(
        "channels_behind_seconds",
        "How long ago this process last knew that it shows channels as they are.",
        channels.seconds_behind,
    )
    metrics.watch("videos", "Videos.", lambda: len(library.videos()))
    metrics.watch("packaging_jobs", "Videos being encoded or queued.", count_packaging)
    metrics.watch(
        "clock_drift_seconds", "How far the machine's clock is ahead of the server's.", clock.drift_seconds
    )
    metrics.watch("disk_free_bytes", "Space left for uploads.", folder.free_bytes)
    for name, text in DISK_USE.items():
        metrics.watch(f"disk_{name}_bytes", text, partial(_part_of_disk, library, name))


def _part_of_disk(library: Library, name: str) -> int:
    size: int = getattr(library.disk_use(), name)
    return size


async def _put_on_demo(services: Services, ffmpeg: FFmpeg, work: Path) -> None:
    """Make the demo clips, put them into the main playlist, and go on the air with the first one.

    work: where files are made; a server that is killed meanwhile leaves them there, and the next one tidies
    up.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="demo-", dir=work) as folder:
            async for title, path in make_demo(ffmpeg, Path(folder)):
                video = await services.library.adopt(path, title)
                await patiently(partial(services.playlists.add, MAIN, [video.id]))
                if services.streams.status(MAIN).state == "off":
                    await patiently(partial(services.streams.start, MAIN))
    except InstaStreamError as error:
        log.warning("demo_failed", reason=error.message)
    else:
        log.info("demo_on_air")


async def _give_up(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
