"""Logging that a test may change as it likes."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def kept_logging() -> Iterator[None]:
    """Bring logging back to what it was at the end of the block."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with warnings.catch_warnings():
            yield
    finally:
        logging.captureWarnings(capture=False)
        log_plainly()
        root.handlers[:] = handlers
        root.setLevel(level)


def log_plainly() -> None:
    """Let what is logged in this process have plain tracebacks, as a server's.

    Those that structlog shows unless it is told otherwise have the values of all variables, and each takes a
    third of a second.
    """
    structlog.reset_defaults()
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])
