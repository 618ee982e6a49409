"""The life of a process: everything is made, it does what it is for, and everything ends in reverse."""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from insta_stream.errors import InstaStreamError

log = structlog.get_logger()

PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """The process cannot start; the reason has been logged."""


@asynccontextmanager
async def life(start: Callable[[AsyncExitStack], Awaitable[None]]) -> AsyncIterator[None]:
    """Start, let the process do what it is for, and end what `start` has left to its stack.

    Raises CannotStart; the log has the reason.
    """
    end_with_supervisor()
    async with AsyncExitStack() as stack:
        try:
            await start(stack)
        except Exception as error:
            raise cannot_start(error) from error
        yield
    log.info("stopped")


def cannot_start(error: Exception) -> CannotStart:
    """Return what to raise where a start has failed, and say why in the log."""
    is_foreseen = isinstance(error, InstaStreamError)
    log.critical("cannot_start", reason=str(error) if is_foreseen else f"{type(error).__name__}: {error}")
    log.debug("cannot_start", exc_info=error)
    return CannotStart()


def end_with_supervisor() -> None:
    """End when the supervising process ends, however it ends; Linux only.

    Without this, a supervisor that is killed leaves workers that keep the port and answer beside the next
    server's.
    """
    if sys.platform != "linux" or (supervisor := multiprocessing.parent_process()) is None:
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != supervisor.pid:  # it ended before the setting took hold
        os.kill(os.getpid(), signal.SIGTERM)
