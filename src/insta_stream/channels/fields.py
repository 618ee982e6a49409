"""What a channel's settings may be.

All functions raise BadRequest, which names the field in its message and has a code for each.
"""

from collections.abc import Sequence

from insta_stream.errors import BadRequest
from insta_stream.library.names import MAX_LENGTH, visible
from insta_stream.media.ladder import RUNGS, Rung

MAX_WINDOW_SECONDS = 24 * 3600


def parse_title(text: str) -> str:
    """Return a title with its white space made single, without what is invisible or steers a terminal."""
    title = visible(" ".join(text.split())).strip()
    if not title or len(title) > MAX_LENGTH:
        raise BadRequest(f"A channel's `title` must have 1 to {MAX_LENGTH} characters.", code="bad_title")
    return title


def parse_rungs(names: Sequence[str]) -> tuple[Rung, ...]:
    """Return the rungs of these names, best first."""
    unknown = [name for name in names if name not in RUNGS]
    if unknown or not names:
        raise BadRequest(f"`rungs` must name one or more of {', '.join(RUNGS)}.", code="bad_rungs")
    return tuple(rung for rung in RUNGS.values() if rung.name in names)


def parse_window(seconds: int) -> int:
    """Return a length of the window in seconds."""
    if not 1 <= seconds <= MAX_WINDOW_SECONDS:
        raise BadRequest(
            f"`windowSeconds` must be between 1 and {MAX_WINDOW_SECONDS} (24 hours).", code="bad_window"
        )
    return seconds
