"""How the commands speak: results to standard output, everything else to standard error."""

import os
import sys
from datetime import timedelta

from rich.console import Console
from rich.text import Text

from insta_stream.library.names import is_visible

# Names of videos and channels go through here: square brackets and colons in them are no mark-up.
# Tables keep to a terminal's width, or COLUMNS; a program that reads them gets them whole.
_WIDTH = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 1000
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False, width=_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def complain(message: str) -> None:
    """Say what went wrong."""
    for line in message.splitlines():
        err.print(Text.assemble(("error: ", "bold red"), printable(line)))


def printable(line: str) -> str:
    """Return a line in which what steers a terminal can be seen, and does nothing."""
    return "".join(letter if is_visible(letter) else "\ufffd" for letter in line)


def length(seconds: float) -> str:
    """Return a length as people write it: 1:02:03, 2:05."""
    text = str(timedelta(seconds=round(seconds)))
    return text.removeprefix("0:").removeprefix("0") if text.startswith("0:0") else text.removeprefix("0:")
