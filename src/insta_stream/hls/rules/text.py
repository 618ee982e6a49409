"""Rules about the text of a playlist."""

import re
from collections.abc import Iterator

from insta_stream.hls.parse import PlaylistSyntaxError, parse
from insta_stream.hls.rules.rule import Violation, error, warning

SYNTAX = error(
    "SYNTAX",
    "A playlist is UTF-8 without byte order mark; header tags appear once, before the segments.",
    "RFC 8216 sections 4, 4.3.3.2, 4.3.3.3",
)
PDT_FORMAT = warning(
    "PDT-FORMAT",
    "Dates have milliseconds and a time zone (ours is Z).",
    "RFC 8216 section 4.3.2.6",
)
RULES = (SYNTAX, PDT_FORMAT)

_DATE = re.compile(r"^#EXT-X-PROGRAM-DATE-TIME:(.*?)\r?$", re.MULTILINE)
_WELL_FORMED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}(Z|[+-]\d\d:?\d\d)")


def check_text(body: bytes) -> Iterator[Violation]:
    """Check a playlist as it came."""
    try:
        text = body.decode()
        parse(text)
    except (UnicodeDecodeError, PlaylistSyntaxError) as wrong:
        yield SYNTAX.broken(str(wrong))
        return
    for date in _DATE.findall(text):
        if not _WELL_FORMED.fullmatch(date):
            yield PDT_FORMAT.broken(f"the date {date!r} lacks milliseconds or a time zone")
            return
