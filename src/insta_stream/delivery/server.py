"""The HTTP server: uvicorn with our connections, from the application's start to its end."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, cast

import uvicorn
import uvloop

from insta_stream.delivery.connection import IDLE_SECONDS, Application, Connection
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

_TICKS_PER_SECOND = 10
"""As uvicorn counts."""

_LOOK_FOR_IDLE_TICKS = 5 * _TICKS_PER_SECOND


class Service(Application, Protocol):
    """An application with a life of its own."""

    def life(self) -> AbstractAsyncContextManager[None]:
        """Return what is entered before the first request and left after the last one."""

    async def part(self) -> None:
        """Say good-bye to those for whom the server would wait; it is about to end."""


@dataclass(frozen=True, slots=True)
class Https:
    """How to speak it. hsts_seconds: for so long browsers are told to use nothing else; 0: they are not."""

    certificate: Certificate
    hsts_seconds: int = 0


def run(
    service: Service,
    listener: socket.socket,
    limit: int,
    beat: Callable[[], None] = lambda: None,
    https: Https | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. listener: bound; others may hold it too. limit: of connections. beat: is
    called once a second, as long as the event loop turns. https: None for plain HTTP.
    """
    uvloop.run(_serve(service, listener, limit, beat, https))


async def _serve(
    service: Service, listener: socket.socket, limit: int, beat: Callable[[], None], https: Https | None
) -> None:
    config = uvicorn.Config(
        service,
        # uvicorn calls it with names, as it would call a class.
        http=cast("type[asyncio.Protocol]", partial(Connection, service, limit)),
        ws=WebSocket,
        ws_max_size=MAX_EVENT_BYTES,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        headers=_headers(https),
        timeout_keep_alive=int(IDLE_SECONDS),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config, service.part, beat, https.certificate if https else None)
    with server.capture_signals():
        async with service.life():
            await server.serve([listener])


def _headers(https: Https | None) -> list[tuple[str, str]]:
    """Return what every reply has besides its own headers and the date."""
    if https is None or not https.hsts_seconds:
        return []
    return [("strict-transport-security", f"max-age={https.hsts_seconds}")]


class _Server(uvicorn.Server):
    """Also says good-bye, hangs up on idle clients, and ends well when a signal told it to."""

    def __init__(
        self,
        config: uvicorn.Config,
        part: Callable[[], Awaitable[None]],
        beat: Callable[[], None],
        certificate: Certificate | None,
    ) -> None:
        super().__init__(config)
        self._certificate = certificate
        self._beat = beat
        self._part = part
        self._loop = asyncio.get_running_loop()
        self._is_told = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; uvicorn has no word for how long a handshake may take."""

        def connection() -> asyncio.Protocol:
            return self.config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn's
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )

        secure: dict[str, Any] = {}
        if self._certificate is not None:
            secure = {
                "ssl": self._certificate.context,
                "ssl_handshake_timeout": HANDSHAKE_SECONDS,
                "ssl_shutdown_timeout": FAREWELL_SECONDS,
            }
        self.servers = [
            await self._loop.create_server(connection, sock=each, backlog=self.config.backlog, **secure)
            for each in sockets or ()
        ]
        self.started = True

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
        if counter % _LOOK_FOR_IDLE_TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.hang_up_if_idle(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._part()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals from now on; uvicorn would raise them once more at the end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        if self._certificate is not None:
            signal.signal(signal.SIGHUP, self._handle_reload)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        yield

    def _handle_reload(self, sig: int, frame: Any) -> None:
        del sig, frame
        assert self._certificate is not None
        self._loop.call_soon_threadsafe(self._certificate.ask)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """End soon, however often one asks: who is in a hurry kills the process."""
        del sig, frame
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._is_told.set)
