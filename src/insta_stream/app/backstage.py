"""What one process does for all, as soon as no other one does: beside answering, or without."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from functools import partial

import structlog
import uvloop

from insta_stream.access.upkeep import Upkeep
from insta_stream.app.checkup import make_backstage_health
from insta_stream.app.demo import put_on_demo
from insta_stream.app.exchange import exchange
from insta_stream.app.ground import Ground, lay_ground
from insta_stream.app.house import House, open_house
from insta_stream.app.life import life
from insta_stream.delivery.leave import LET_GO
from insta_stream.settings import Settings

log = structlog.get_logger()

_ENDS = (signal.SIGINT, signal.SIGTERM, LET_GO)


def begin_work(settings: Settings, ground: Ground, house: House) -> None:
    """Let the house work, until the ground's duties stop."""

    async def work() -> None:
        await house.work(ground.duties, ground.metrics)
        Upkeep(ground.database).begin(ground.duties)
        if settings.demo:
            ground.duties.begin("demo", partial(put_on_demo, ground, house), is_finite=True)

    ground.duties.begin("work", work, is_finite=True)


class Backstage:
    """A process that answers nobody: the videos and the channels of a data folder, and what keeps them in
    order.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, beat: Callable[[], None]) -> None:
        """Work until told to end. beat: called once a second, as long as the event loop turns.

        Raises CannotStart; the log has the reason.
        """
        uvloop.run(self._work(beat))

    async def _work(self, beat: Callable[[], None]) -> None:
        is_told = asyncio.Event()
        for number in _ENDS:
            asyncio.get_running_loop().add_signal_handler(number, is_told.set)
        async with life(self._start):
            while not is_told.is_set():
                beat()
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await is_told.wait()

    async def _start(self, stack: AsyncExitStack) -> None:
        ground = await lay_ground(self._settings, stack)
        house = await open_house(self._settings, ground, stack)
        stack.push_async_callback(ground.duties.stop)
        health = make_backstage_health(self._settings, ground, house)
        await health.begin()
        house.begin(ground.duties)
        begin_work(self._settings, ground, house)
        parts = [ground.metrics.post, health.meet]
        ground.duties.begin("exchange with other processes", partial(exchange, parts))
        ground.duties.begin("health checks", health.watch)
        log.info("standing_by", channels=len(house.channels.shown.all()), videos=len(house.library.videos()))
