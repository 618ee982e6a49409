"""The application: what answers, from its start to its end."""

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from pathlib import Path

import structlog
from anyio.to_thread import current_default_thread_limiter
from starlette.types import Receive, Scope, Send

from insta_stream.access.roster import Roster
from insta_stream.api import application
from insta_stream.api.events.follow import follow
from insta_stream.api.events.hub import Hub
from insta_stream.api.scrapes import Scrapes
from insta_stream.api.services import Services
from insta_stream.app import choices
from insta_stream.app.accounts import Accounts, invite_first_admin, open_accounts
from insta_stream.app.backstage import begin_work
from insta_stream.app.checkup import make_health
from insta_stream.app.exchange import exchange
from insta_stream.app.face import Face, make_face
from insta_stream.app.gauges import add_gauges
from insta_stream.app.ground import Ground, lay_ground
from insta_stream.app.house import House, open_house
from insta_stream.app.life import cannot_start, life
from insta_stream.db.audit import EntryRow
from insta_stream.db.latest import Latest
from insta_stream.delivery.dispatch import Ready
from insta_stream.delivery.http import Reply
from insta_stream.delivery.server import Https
from insta_stream.delivery.tls import Certificate
from insta_stream.errors import BadSettings
from insta_stream.garbage import Garbage
from insta_stream.health.health import Health
from insta_stream.library.library import Library
from insta_stream.settings import Settings

log = structlog.get_logger()

WEB = Path(__file__).parents[1] / "web" / "static"
"""Where the build puts the web UI."""

VIEWING_THREADS = 3
"""In which answers of the API are made, all together. They share the interpreter with the event loop, which
waits for its turn among as many as are busy; more of them get no more done.
"""


class Server:
    """The application: the hot path in front, the API behind it.

    works: it also does what goes on by itself. is_first: no other process of this server has answered yet.
    Raises CannotStart where it has a certificate that cannot be used; the log has the reason.
    """

    def __init__(self, settings: Settings, *, works: bool = True, is_first: bool = True) -> None:
        self._settings = settings
        self._works, self._is_first = works, is_first
        self._routes = application.routes(WEB, settings.public_url)
        self._roster = Roster()
        self._access = choices.access(settings, self._roster)
        self._api = application.guarded(self._routes, self._access, self._record, self._know)
        self.scrapes = Scrapes(self._routes, choices.scraped_hosts(settings))
        self.https = _https(settings)
        self._ready: Ready  # as long as it lives
        self._events: Hub
        self._library: Library
        self._latest: Latest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._ready(scope, receive, send)

    def at_once(self, scope: Scope) -> Reply | None:
        """Return the reply to a request, where it is ready; None where the request is to be asked."""
        return self._ready.at_once(scope)

    async def _record(self, entry: EntryRow) -> None:
        services: Services = self._routes.state.services
        await services.audit_log.record(entry)

    async def dismiss(self) -> None:
        """Say good-bye to those who listen for events: they are to ask another process."""
        await self._events.stop()

    async def _know(self) -> None:
        await self._latest.know()

    async def part(self) -> None:
        """Say good-bye to those who listen for events or are sending a file: nobody waits for them."""
        await asyncio.gather(self._events.stop(), self._library.reception.part())

    def life(self) -> AbstractAsyncContextManager[None]:
        """Start everything, let the server answer, and stop everything.

        Raises CannotStart; the log has the reason.
        """
        return life(self._start)

    async def _start(self, stack: AsyncExitStack) -> None:
        """Make everything, from the ground up, and only then let it work; `stack` ends it."""
        settings = self._settings
        ground = await lay_ground(settings, stack)
        accounts = await open_accounts(settings, ground, self._roster, stack)
        if self._is_first and settings.is_shut:
            await invite_first_admin(accounts.people, settings)
        house = await open_house(settings, ground, stack)
        self._latest = Latest(ground.database, house.channels.shown.catch_up, accounts.directory.catch_up)
        face = make_face(settings, ground, house, self._access, self._api, know=self._know)
        certificate = None if self.https is None else self.https.certificate
        health = make_health(
            settings, ground, accounts, house, face, certificate=certificate, works=self._works
        )
        add_gauges(ground, house, face, health)
        services = _services(settings, ground, accounts, house, health)
        stack.push_async_callback(ground.duties.stop)
        ground.duties.begin("succession", ground.lead.take, is_finite=True)
        events = follow(services, ground.duties)
        stack.push_async_callback(events.stop)
        await health.begin()
        self._answer(services, events, face)
        self._begin(ground, accounts, house)
        _look_after(ground, face, health, certificate)
        await health.first_look()
        log.info("serving", channels=len(house.channels.shown.all()), videos=len(house.library.videos()))

    def _answer(self, services: Services, events: Hub, face: Face) -> None:
        """Answer requests from now on."""
        current_default_thread_limiter().total_tokens = VIEWING_THREADS
        self._routes.state.services, self._routes.state.events = services, events
        self._events, self._library = events, services.library
        self._ready = face.ready

    def _begin(self, ground: Ground, accounts: Accounts, house: House) -> None:
        """Let all that was made work, until the ground's duties stop."""
        house.channels.shown.tell(accounts.directory.hear)
        accounts.begin(ground.duties)
        house.begin(ground.duties)
        if self._works:
            begin_work(self._settings, ground, house)


def _look_after(ground: Ground, face: Face, health: Health, certificate: Certificate | None) -> None:
    """Let the server look after itself, until the ground's duties stop."""
    duties = ground.duties
    duties.begin("exchange with other processes", partial(exchange, [ground.metrics.post, health.meet]))
    duties.begin("counting of viewers", face.viewers.watch)
    duties.begin("self-audit", face.patrol.walk)
    duties.begin("health checks", health.watch)
    if certificate is not None:
        duties.begin("reading of the certificate", certificate.watch)
    garbage = Garbage()
    garbage.set_aside()
    duties.begin("memory clean-up", garbage.collect)


def _https(settings: Settings) -> Https | None:
    """Return how the server speaks HTTPS; None where it does not. Raises CannotStart."""
    try:
        return choices.https(settings)
    except BadSettings as error:
        raise cannot_start(error) from error


def _services(
    settings: Settings, ground: Ground, accounts: Accounts, house: House, health: Health
) -> Services:
    return Services(
        clock=ground.clock,
        library=house.library,
        channels=house.channels.shown,
        registry=house.channels.registry,
        playlists=house.playlists,
        streams=house.streams,
        janitor=house.janitor,
        reserve=house.reserve,
        metrics=ground.metrics,
        folder=ground.folder,
        public_url=settings.public_url,
        health=health,
        ffmpeg=ground.ffmpeg,
        tokens=accounts.tokens,
        people=accounts.people,
        credentials=accounts.credentials,
        sessions=accounts.sessions,
        provider=choices.provider(settings),
        links=accounts.links,
        audit_log=accounts.audit_log,
    )
