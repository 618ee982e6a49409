"""The HTTP server: uvicorn with our connections, from the application's start to its end."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, cast

import uvicorn
import uvloop
from uvicorn.server import ServerState

from insta_stream.delivery.connection import IDLE_SECONDS, Application, Connection
from insta_stream.delivery.leave import LEAVES_WITHIN_SECONDS, LET_GO
from insta_stream.delivery.tls import Certificate
from insta_stream.delivery.websocket import WebSocket

GRACE_SECONDS = 5
"""How long replies may take to end after the server was told to; then they are cut off."""

MAX_EVENT_BYTES = 64 * 1024
"""The longest WebSocket frame that is read; what a client may say in it is stricter."""

HANDSHAKE_SECONDS = 10.0
"""A client may take so long to agree on TLS; then it is hung up on, as one that sends nothing."""

FAREWELL_SECONDS = 1.0
"""A client may take so long to say good-bye in TLS; most have left."""

ASIDE_CONNECTIONS = 64
"""How many clients may be connected to a second port; they do not count among those of the first."""

_HSTS = b"strict-transport-security"

_TICKS_PER_SECOND = 10
"""As uvicorn counts."""

_LOOK_FOR_IDLE_TICKS = 5 * _TICKS_PER_SECOND


class Service(Application, Protocol):
    """An application with a life of its own."""

    def life(self) -> AbstractAsyncContextManager[None]:
        """Return what is entered before the first request and left after the last one."""

    async def dismiss(self) -> None:
        """Send those away who only listen: another server is there for them."""

    async def part(self) -> None:
        """Say good-bye to those for whom the server would wait; it is about to end."""


@dataclass(frozen=True, slots=True)
class Https:
    """How to speak it. hsts_seconds: for so long browsers are told to use nothing else; 0: they are not."""

    certificate: Certificate
    hsts_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Aside:
    """A second port, where something else answers, in plain HTTP. listener: bound."""

    application: Application
    listener: socket.socket


def run(
    service: Service,
    listener: socket.socket,
    limit: int,
    beat: Callable[[], None] = lambda: None,
    *,
    https: Https | None = None,
    aside: Aside | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, or until all clients have gone after LET_GO.

    listener: bound; others may hold it too. limit: of connections. beat: is called once a second, as long as
    the event loop turns. https: None for plain HTTP.
    """
    config = _config(service, limit, ws=WebSocket, headers=_headers(https))
    sockets = [listener, aside.listener] if aside else [listener]

    async def serve() -> None:
        certificate = https.certificate if https else None
        server = _Server(config, service, beat, certificate, aside)
        with server.capture_signals():
            async with service.life():
                await server.serve(sockets)

    uvloop.run(serve())


def _config(application: Application, limit: int, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        # uvicorn calls it with names, as it would call a class.
        http=cast("type[asyncio.Protocol]", partial(Connection, application, limit)),
        ws_max_size=MAX_EVENT_BYTES,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=int(IDLE_SECONDS),
        timeout_graceful_shutdown=GRACE_SECONDS,
        **more,
    )


def _headers(https: Https | None) -> list[tuple[str, str]]:
    """Return what every reply has besides its own headers and the date."""
    if https is None or not https.hsts_seconds:
        return []
    return [(_HSTS.decode(), f"max-age={https.hsts_seconds}")]


class _Server(uvicorn.Server):
    """Also says good-bye, hangs up on idle clients, and ends well when a signal told it to."""

    def __init__(
        self,
        config: uvicorn.Config,
        service: Service,
        beat: Callable[[], None],
        certificate: Certificate | None,
        aside: Aside | None,
    ) -> None:
        super().__init__(config)
        self._certificate = certificate
        self._aside = aside
        self._aside_state = ServerState()
        self._aside_state.tasks = self.server_state.tasks  # whose end is waited for
        self._beat = beat
        self._service = service
        self._leaves_by: float | None = None
        self._farewell: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._is_told = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; uvicorn has no word for how long a handshake may take, or for another port."""
        secure: dict[str, Any] = {}
        if self._certificate is not None:
            secure = {
                "ssl": self._certificate.context,
                "ssl_handshake_timeout": HANDSHAKE_SECONDS,
                "ssl_shutdown_timeout": FAREWELL_SECONDS,
            }
        assert sockets
        self.servers = [await self._listen(sockets[0], self.config, self.server_state, **secure)]
        if self._aside is not None:
            config = _config(self._aside.application, ASIDE_CONNECTIONS, ws="none")
            config.load()
            self.servers.append(await self._listen(self._aside.listener, config, self._aside_state))
        self.started = True

    async def _listen(
        self, listener: socket.socket, config: uvicorn.Config, state: ServerState, **secure: Any
    ) -> asyncio.Server:
        def connection() -> asyncio.Protocol:
            return config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn's
                config=config, server_state=state, app_state=self.lifespan.state
            )

        return await self._loop.create_server(connection, sock=listener, backlog=config.backlog, **secure)

    async def main_loop(self) -> None:
        """Tick once a second, and end at once when told to; uvicorn's own loop wakes up ten times."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += _TICKS_PER_SECOND
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._is_told.wait()

    async def on_tick(self, counter: int) -> bool:
        self._beat()
        now = self._loop.time()
        if counter % _LOOK_FOR_IDLE_TICKS == 0:
            for connection in self._connections():
                connection.hang_up_if_idle(now)
        if self._leaves_by is not None:
            self._see_clients_off(now, self._leaves_by)
        is_over = await super().on_tick(counter)
        # Over plain HTTP nothing may be said of HTTPS (RFC 6797 section 7.2).
        headers = self.server_state.default_headers
        self._aside_state.default_headers = [each for each in headers if each[0] != _HSTS]
        return is_over

    def _connections(self) -> Iterator[Connection]:
        """Yield the clients that speak HTTP."""
        for connection in (*self.server_state.connections, *self._aside_state.connections):
            if isinstance(connection, Connection):
                yield connection

    def _let_go(self) -> None:
        """Take no more clients, and see off those who are there, once a second."""
        if self._leaves_by is None:
            self._leaves_by = self._loop.time() + LEAVES_WITHIN_SECONDS
            for server in self.servers:
                server.close()
            self._farewell = self._loop.create_task(self._service.dismiss())
            self._see_clients_off(self._loop.time(), self._leaves_by)

    def _see_clients_off(self, now: float, leaves_by: float) -> None:
        for connection in self._connections():
            connection.close_after_reply()
        has_clients = self.server_state.connections or self._aside_state.connections
        if now > leaves_by or not has_clients:
            self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._service.part()
        for connection in tuple(self._aside_state.connections):
            connection.shutdown()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals from now on; uvicorn would raise them once more at the end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        signal.signal(LET_GO, lambda *_: self._loop.call_soon_threadsafe(self._let_go))
        yield

    def handle_exit(self, sig: int, frame: Any) -> None:
        """End soon, however often one asks: who is in a hurry kills the process."""
        del sig, frame
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._is_told.set)
