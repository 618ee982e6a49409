"""Background tasks: what the server does by itself for as long as it runs.

Each is a duty with a name. When one dies, the log and Health say so, and it is begun again after a pause: a
mistake in one of them ends neither the server nor, unnoticed, the work that the duty was for.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0

RECOVERY_SECONDS = 60.0
"""A duty that has lived so long since its last death is well again, and the next pause is the first."""


class Duty:
    """One background task, from its begin on. name: a noun phrase that people read in Health."""

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[None]],
        owner: "Duties",
        *,
        is_finite: bool,
    ) -> None:
        self.name = name
        self._work = work
        self._owner = owner
        self._is_finite = is_finite
        self._pause_seconds = 0.0
        self._is_resting = False
        self._begun_at = owner.now()
        self.task = asyncio.create_task(self._go_on(), name=name)

    @property
    def is_ailing(self) -> bool:
        """Whether it rests after a death, or has not recovered from one yet."""
        has_died = self._pause_seconds > 0
        return has_died and (self._is_resting or not self._has_recovered())

    def cancel(self) -> None:
        """End it soon. Not again while it winds up: it would no longer wait for what it ends."""
        if not self.task.cancelling():
            self.task.cancel()

    async def _go_on(self) -> None:
        while not await self._live():
            await self._rest()

    async def _live(self) -> bool:
        """Work, and return whether it is over; it is not after a death."""
        try:
            await self._work()
        except asyncio.CancelledError as error:
            if self.task.cancelling():
                raise
            self._die(error)  # of something that it waited for, and that others cancelled
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            self._die(error)
        else:
            if self._is_finite:
                return True
            if not self.task.cancelling():
                self._die(RuntimeError("It returned, and should go on for ever."))
        return self.task.cancelling() > 0

    def _die(self, error: BaseException) -> None:
        grown = 0.0 if self._has_recovered() else 2 * self._pause_seconds
        self._pause_seconds = min(max(FIRST_PAUSE_SECONDS, grown), LONGEST_PAUSE_SECONDS)
        reason = f"{self.name} ({type(error).__name__})"
        pause = self._pause_seconds
        log.error("duty_died", duty=self.name, reason=reason, pause_seconds=pause, exc_info=error)
        self._owner.died(self.name)

    async def _rest(self) -> None:
        self._is_resting = True
        await self._owner.sleep(self._pause_seconds)
        self._is_resting = False
        self._begun_at = self._owner.now()

    def _has_recovered(self) -> bool:
        return self._owner.now() - self._begun_at >= RECOVERY_SECONDS


class Duties:
    """The owner of background tasks.

    died: is called with the name of each duty that dies. now: seconds of a clock that never goes back; sleep:
    waits for so many of them.
    """

    def __init__(
        self,
        died: Callable[[str], None] = lambda _: None,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.died = died
        self.now = now
        self.sleep = sleep
        self._duties: dict[Duty, None] = {}  # in the order of their begin

    def begin(self, name: str, work: Callable[[], Awaitable[None]], *, is_finite: bool = False) -> Duty:
        """Do some work from now on; call this in the event loop.

        work: is called again after each death; to return is one, too. is_finite: it may return, and then is
        over. Several duties may have the same name.
        """
        duty = Duty(name, work, self, is_finite=is_finite)
        self._duties[duty] = None
        duty.task.add_done_callback(lambda _: self._duties.pop(duty, None))
        return duty

    def ailing(self) -> tuple[str, ...]:
        """Return the names of the duties that have died and have not recovered yet, each once."""
        return tuple(dict.fromkeys(duty.name for duty in self._duties if duty.is_ailing))

    async def stop(self) -> None:
        """End all duties, the last one first: it may rely on those before it, so they end after it has.

        Whoever is cancelled while waiting for this does not wait longer; the duties are cancelled all the
        same.
        """
        try:
            while self._duties:
                duty, _ = self._duties.popitem()
                duty.cancel()
                await asyncio.wait([duty.task])
        finally:
            for duty in self._duties:
                duty.cancel()
