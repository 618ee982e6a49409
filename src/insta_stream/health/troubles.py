"""Recent problems: the warnings and errors of the log, with what to do about them.

What arises anywhere is logged anyway; here the last of it is kept for people who do not read logs. The same
trouble with the same subject is one entry with a count.
"""

import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from insta_stream import logs
from insta_stream.health.remedies import ADVICE, UNKNOWN
from insta_stream.ticks import Ticks

KEPT = 100
LONGEST_TEXT = 500

_SUBJECTS = ("video", "channel", "check", "package", "upload", "duty", "path")
"""Fields of an event that say what it is about, the most telling first."""
_is_code = re.compile(r"[a-z0-9_]+").fullmatch
_REASONS = ("reason", "error")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong, perhaps more than once.

    first_at, at: when it first and last did. level: "warning" or "error". subject: a video's id, a channel's
    slug or the like; about: which of these, "video", "channel", ...; both are "" where there is none.
    """

    code: str
    level: str
    message: str
    remedy: str
    subject: str
    about: str
    first_at: Ticks
    at: Ticks
    count: int = 1


class Troubles(logging.Handler):
    """Keeps the last troubles. now: the clock."""

    def __init__(self, now: Callable[[], Ticks]) -> None:
        super().__init__(logging.WARNING)
        self._now = now
        self._kept: OrderedDict[tuple[str, str], Trouble] = OrderedDict()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line of the log; called by `logging`, which holds the handler's lock."""
        event = record.msg if isinstance(record.msg, dict) else {"event": record.getMessage()}
        trouble = _trouble(logs.redact(None, "", event), record.levelname.lower(), self._now())
        key = trouble.code, trouble.subject
        if known := self._kept.pop(key, None):
            trouble = replace(trouble, first_at=known.first_at, count=known.count + 1)
        self._kept[key] = trouble
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def recent(self) -> tuple[Trouble, ...]:
        """Return what is kept, the newest first."""
        self.acquire()
        try:
            return tuple(reversed(self._kept.values()))
        finally:
            self.release()


def _trouble(event: Mapping[str, Any], level: str, now: Ticks) -> Trouble:
    code = str(event["event"])
    advice = ADVICE.get(code, UNKNOWN)
    reason = next((str(event[name]) for name in _REASONS if event.get(name)), _said(code))
    about = next((name for name in _SUBJECTS if event.get(name)), "")
    return Trouble(
        code=code if _is_code(code) else "library",
        level=level,
        message=advice.meaning.replace("{reason}", reason)[:LONGEST_TEXT],
        remedy=str(event.get("remedy") or advice.remedy),
        subject=str(event.get(about, ""))[:LONGEST_TEXT],
        about=about,
        first_at=now,
        at=now,
    )


def _said(event: str) -> str:
    """Return an event's name as words; a library's is a sentence already."""
    return f"{event.replace('_', ' ').capitalize()}." if _is_code(event) else event
