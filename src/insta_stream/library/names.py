"""Names of videos: any text a stranger sends, made fit to be shown. They never reach a path."""

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

MAX_LENGTH = 255

NAMELESS = "video"


_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's categories of control characters, formatting (such as text from right to left), halves of
characters, and separators of lines and paragraphs."""


def visible(text: str) -> str:
    """Return `text` without what is invisible or steers a terminal."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in _UNSEEN)


def display_name(text: str) -> str:
    """Return the last part of a file's name, as far as it is visible."""
    return title(PurePosixPath(PureWindowsPath(visible(text)).name).name)


def title(text: str) -> str:
    """Return a name that a person gave, as far as it is visible; slashes are part of it."""
    return visible(text).strip()[:MAX_LENGTH].strip() or NAMELESS
