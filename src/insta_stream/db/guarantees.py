"""What must never be, whoever writes: the database refuses it by a name, and here is what that means.

Two processes that met, or a mistake in the program: in either case nothing was written, and whoever asked may
try again.
"""

import re

MET = "Another change of the same was made at that moment, so this one was not. Try again."

GUARANTEES = {
    "run_first_msn_once": "A media sequence number of a channel means one segment.",
    "channel_revision_rises": "The number of a channel's last edit never falls.",
    "news_revision_rises": "The number of edits never falls.",
    "news_library_rises": "The number of changes of the library never falls.",
    "program_package_is_there": "What a new run names was not deleted a moment before.",
    "news_uploads_rises": "The number of changes of uploads never falls.",
    "package_current_once": "A video has one package that airs.",
    "video_released_after_it_was_deleted": "A video is deleted before its files may go.",
}
"""What each named constraint, index or trigger keeps true."""

RACES = frozenset({"program_package_is_there"})
"""What two processes that meet can run into; all else is a mistake in the program."""

_OF_COLUMNS = {"package.video": "package_current_once"}
"""SQLite names an index by its columns, unless it is one of expressions."""

_violation = re.compile(
    r"UNIQUE constraint failed: index '(?P<index>\w+)'"
    r"|UNIQUE constraint failed: (?P<columns>.+)"
    r"|CHECK constraint failed: (?P<check>\w+)"
    r"|(?P<trigger>\w+)"
).fullmatch


def violated(message: str) -> str:
    """Return the name of the guarantee that SQLite says was violated; "" where it is none of these."""
    found = _violation(message)
    if found is None:
        return ""
    columns = found["columns"]
    name = _OF_COLUMNS.get(columns, "") if columns else found["index"] or found["check"] or found["trigger"]
    return name if name in GUARANTEES else ""
