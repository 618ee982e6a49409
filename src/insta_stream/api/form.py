"""A multipart form, taken apart as it comes (RFC 7578), by the library `multipart`.

What is ours is what it leaves to its users: bounds for all parts together, sentences for people, and the
names that .NET and some libraries write as RFC 5987 has it. What comes before the first part and after the
last one means nothing. Time grows with the length of what comes, memory with nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from multipart import MultipartError, ParserLimitReached, PushMultipartParser, parse_options_header

from insta_stream.errors import BadRequest

MAX_PARTS = 100
MAX_HEAD_BYTES = 8 * 1024
"""Of all parts together."""

MAX_HEADERS = 8
"""Of one part: two or three are sent (RFC 7578 section 4.8)."""

MAX_BOUNDARY_CHARACTERS = 70
"""RFC 2046 section 5.1.1."""

_MAX_CONTENT_TYPE = 1024

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL).sub
"""One that does not end goes to the end: or each quote in it would be looked at as a beginning."""

_EXTENDED = re.compile(r";\s*filename\*\s*=\s*(utf-8|iso-8859-1)'[^';]*'([^;\s]*)", re.IGNORECASE).search
"""RFC 5987: `UTF-8''na%C3%AFve.mp4`."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One field of a form. filename: None where it is no file."""

    name: str
    filename: str | None


class Form:
    """Takes a form apart. Raises BadRequest where it is none."""

    def __init__(self, content_type: str) -> None:
        try:
            self._parser = PushMultipartParser(
                _boundary(content_type),
                header_charset="latin-1",  # a character for each byte; see `_text`
                max_header_size=MAX_HEAD_BYTES,
                max_header_count=MAX_HEADERS,
                max_segment_count=MAX_PARTS,
            )
        except MultipartError as error:
            raise _bad(f"The boundary in Content-Type cannot be read: {error.args[0]}.") from error
        self._part: Part | None = None
        self._head_bytes = 0

    def feed(self, data: bytes) -> Iterator[tuple[Part, bytes, bool]]:
        """Yield what came of each part, and whether that was the last of it. Raises BadRequest."""
        if not data:
            return  # to the parser that would be the end of the form
        try:
            for event in self._parser.parse(data):
                if event is None or isinstance(event, bytes):
                    assert self._part is not None, "the parser tells a part before what is in it"
                    yield self._part, event or b"", event is None
                else:
                    self._part = self._begun(event)
        except ParserLimitReached as error:
            raise _bad(
                f"The form has more than {MAX_PARTS} fields, more than {MAX_HEADERS} headers in one of "
                f"them, or names of more than {MAX_HEAD_BYTES} bytes."
            ) from error
        except MultipartError as error:
            raise _bad(f"The form cannot be read: {error.args[0]}.") from error

    def _begun(self, segment: Any) -> Part:
        """Return the part that begins. segment: a MultipartSegment."""
        self._head_bytes += sum(len(name) + len(value) for name, value in segment.headerlist)
        if self._head_bytes > MAX_HEAD_BYTES:
            raise _bad(f"The names in the form take more than {MAX_HEAD_BYTES} bytes.")
        said = _text(dict(segment.headerlist)["Content-Disposition"])
        if extended := _EXTENDED(_QUOTED('""', said)):
            return Part(_text(segment.name), unquote(extended[2], extended[1]))
        return Part(_text(segment.name), None if segment.filename is None else _text(segment.filename))


def _text(name: str) -> str:
    """Return a name that was sent in UTF-8, as browsers do, or in what else there is: curl on Windows."""
    try:
        return name.encode("latin-1").decode()
    except UnicodeError:
        return name


def _boundary(content_type: str) -> str:
    kind, said = parse_options_header(content_type[:_MAX_CONTENT_TYPE])
    boundary: str = said.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise _bad("Send the file as multipart/form-data, in the field `video`.")
    if len(boundary) > MAX_BOUNDARY_CHARACTERS:
        raise _bad(f"The boundary in Content-Type has more than {MAX_BOUNDARY_CHARACTERS} characters.")
    return boundary


def _bad(message: str) -> BadRequest:
    return BadRequest(message, code="bad_form")
