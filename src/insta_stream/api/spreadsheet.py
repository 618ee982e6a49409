"""The guide, the as-run log and the audit log as CSV, for spreadsheets.

CSV: RFC 4180, in UTF-8 with a byte order mark, without which Excel takes it for another encoding. A name that
a spreadsheet would calculate gets an apostrophe in front, since names come from whoever uploads
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice

from insta_stream.api.channel_schemas import Airing
from insta_stream.api.wire import iso

COLUMNS = ("channel", "starts_at", "ends_at", "seconds", "name", "notes", "from_second", "video", "entry")
ROWS_AT_ONCE = 500

_CALCULATED = ("=", "+", "-", "@", "\t", "\r")


def airings_csv(channel: str, airings: Iterable[Airing]) -> Iterator[str]:
    """Yield the table in pieces: a month of short videos is long. channel: its slug, in every row."""
    yield "\ufeff" + as_csv([COLUMNS])
    rest = iter(airings)
    while rows := [_row(channel, airing) for airing in islice(rest, ROWS_AT_ONCE)]:
        yield as_csv(rows)


def _row(channel: str, airing: Airing) -> tuple[object, ...]:
    ends_at = airing.ends_at
    return (
        channel,
        iso(airing.starts_at),
        iso(ends_at) if ends_at else "",
        round((ends_at - airing.starts_at).total_seconds(), 3) if ends_at else "",
        plain(airing.name),
        _notes(airing),
        airing.first_offset,
        airing.id or "",
        airing.entry or "",
    )


def _notes(airing: Airing) -> str:
    notes = {"slate": airing.is_slate, "partial": airing.is_partial, "back-filled": airing.is_backfilled}
    return " ".join(note for note, holds in notes.items() if holds)


def plain(name: str) -> str:
    """Return what a spreadsheet takes for a text."""
    return f"'{name}" if name.startswith(_CALCULATED) else name


def as_csv(rows: Iterable[Iterable[object]]) -> str:
    """Return rows of a table."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
