"""One pipeline for every log line: columns for people, JSON lines for machines, secrets out of both.

Our own code logs with structlog, a constant event name and identifiers:
`log.info("video_packaged", video_id=...)`. What libraries say through the standard
library's `logging` goes the same way.
"""

import logging.config
import re
import sys
import warnings
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Format = Literal["auto", "pretty", "json"]
Level = Literal["debug", "info", "warning", "error"]

_SECRET_NAME = re.compile(r"token|password|passphrase|secret|authorization|cookie|api_?key", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"""(\b(?:bearer|basic)\s+|\b(?:token|password|secret|signature)=)[^\s"'&,;]+""", re.IGNORECASE
)
_SECRET_PATH = re.compile(r"(/tv/)[\w-]{24}(?![\w-])")
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MASK = "***"


def configure(log_format: Format, level: Level, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error), from `level` upwards."""
    logging.config.dictConfig(dict_config(log_format, level, stream))
    warnings.simplefilter("default")
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def dict_config(log_format: Format, level: Level, stream: TextIO | None = None) -> dict[str, Any]:
    """Return the same for `logging.config.dictConfig`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": "insta_stream.logs.formatter", "is_pretty": is_pretty(log_format, stream)}
        },
        "handlers": {
            "stream": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": stream or "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["stream"], "level": level.upper()},
        "loggers": {
            "insta_stream": {"level": level.upper()},
            # What strangers send that is no HTTP is no news.
            "uvicorn.error": {"level": "ERROR"},
            # Chatty about every request and every wait of the event loop, at levels meant for us.
            "httpx": {"level": "WARNING"},
            "asyncio": {"level": "WARNING"},
            "alembic": {"level": "WARNING"},
        },
    }


def is_pretty(log_format: Format, stream: TextIO | None = None) -> bool:
    """Return whether the lines are for people."""
    return log_format == "pretty" or (log_format == "auto" and (stream or sys.stderr).isatty())


def formatter(*, is_pretty: bool) -> logging.Formatter:
    """Return what turns an event, ours or a library's, into one line."""
    steps: list[Processor] = [structlog.processors.JSONRenderer(default=str)]
    if is_pretty:
        traceback = structlog.dev.plain_traceback
        console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=traceback)
        steps = [tamed, console]
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    end: list[Processor] = [meta, structlog.processors.format_exc_info, redact, *steps]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_shared(), processors=end)


def tamed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Escape what would steer a terminal: words in it may be a stranger's. JSON does so by itself."""
    return {name: _tame(value) if isinstance(value, str) else value for name, value in event.items()}


def _tame(text: str) -> str:
    return _STEERING.sub(lambda found: ascii(found[0])[1:-1], text)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask values whose name says that they are secret, and secrets inside other texts."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name):
        return _MASK if value else value
    if isinstance(value, str):
        return _SECRET_PATH.sub(rf"\g<1>{_MASK}", _SECRET_TEXT.sub(rf"\g<1>{_MASK}", value))
    if isinstance(value, dict):
        return {key: _masked(str(key), inner) for key, inner in value.items()}
    return value


def _shared() -> list[Processor]:
    """Return the steps that every event goes through, whoever logged it."""
    return [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
