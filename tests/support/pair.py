"""Two whole applications on one data folder, as two workers of a server are: a client may reach either."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from tests.support.seeds import plant

from insta_stream.app.server import Server
from insta_stream.settings import Settings

RUNGS = "240p"


@asynccontextmanager
async def worker(data: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of one application; several may use the folder."""
    chosen = {"data": data, "rungs": RUNGS, "min_free_bytes": 0, **settings}
    server = Server(Settings(**chosen))
    async with (
        server.life(),
        httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://localhost") as client,
    ):
        yield client


@asynccontextmanager
async def pair(data: Path, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Give clients of two applications, which hear of each other only when they are asked something."""
    plant(data, RUNGS)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(worker(data, **settings)) for _ in range(2)]
        yield clients[0], clients[1]
