"""A multipart form, taken apart as it comes (RFC 7578, RFC 2046 section 5.1).

What a stranger sends is looked at once, from its beginning to its end: the time it takes grows with its
length, and the memory with nothing. What comes before the first part and after the last one means nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote

from insta_stream.errors import BadRequest

MAX_PARTS = 100
MAX_HEAD_BYTES = 8 * 1024
"""Of all parts together."""

MAX_BOUNDARY_CHARACTERS = 70
"""RFC 2046 section 5.1.1."""

_MAX_CONTENT_TYPE = 1024
_MAX_PADDING = 128
"""Spaces that may follow a boundary in its line."""

_PARAMETER = re.compile(r'\s*;\s*([^\s;="]+)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|(?!")([^\s;"]*))', re.DOTALL).match
_ESCAPED = re.compile(r'\\(["\\])')
_ENCODINGS = frozenset({"utf-8", "iso-8859-1"})
_LINE_END = b"\r\n"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One field of a form. filename: None where it is no file."""

    name: str
    filename: str | None


class Form:
    """Takes a form apart. Raises BadRequest where it is none."""

    def __init__(self, content_type: str) -> None:
        boundary = _boundary(content_type)
        # Searched for in one go: a body that is full of its beginnings must not be looked at one by one.
        line = rb"\r\n--%b(?:(--)|[ \t]{0,%d}\r\n)" % (re.escape(boundary), _MAX_PADDING)
        self._border = re.compile(line).search
        self._held_bytes = len(boundary) + _MAX_PADDING + len("\r\n--\r\n")
        self._buffer = _LINE_END  # the first boundary may be at the very beginning
        self._part: Part | None = None
        self._is_in_head = self._is_over = False
        self._parts = self._head_bytes = self._skipped = 0

    def feed(self, data: bytes) -> Iterator[tuple[Part, bytes, bool]]:
        """Yield what came of each part, and whether that was the last of it. Raises BadRequest."""
        if self._is_over:
            return
        self._buffer += data
        while (found := self._next()) is not None:
            yield found

    def _next(self) -> tuple[Part, bytes, bool] | None:
        """Return the next piece of a part, None where more must come first, or nothing follows."""
        while not self._is_over and (not self._is_in_head or self._take_head()):
            border = self._border(self._buffer)
            if border is None:
                return self._take_all_but_the_end()
            part, content = self._part, self._buffer[self._skipped : border.start()]
            self._is_over = border[1] is not None
            self._is_in_head = not self._is_over
            # The end of the border's line stays: a head without lines is that and an empty line.
            self._part, self._buffer = None, self._buffer[border.end() - len(_LINE_END) :]
            if part is not None:
                return part, content, True
        return None

    def _take_all_but_the_end(self) -> tuple[Part, bytes, bool] | None:
        """Return what is no part of a border, whatever follows."""
        count = len(self._buffer) - self._held_bytes
        if count <= self._skipped:
            return None
        content, self._buffer = self._buffer[self._skipped : count], self._buffer[count:]
        self._skipped = 0
        return (self._part, content, False) if self._part is not None else None

    def _take_head(self) -> bool:
        """Read a part's head; return whether it has come to its end."""
        left = MAX_HEAD_BYTES - self._head_bytes
        end = self._buffer.find(2 * _LINE_END, 0, left + 2 * len(_LINE_END))
        if end < 0 and len(self._buffer) > left:
            raise _bad(f"The names in the form take more than {MAX_HEAD_BYTES} bytes.")
        if end < 0:
            return False
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise _bad(f"The form has more than {MAX_PARTS} fields.")
        self._head_bytes += end
        self._part = _part(self._buffer[len(_LINE_END) : end])
        # The end of the empty line stays, and is skipped: a part without content has the next border there.
        self._buffer, self._skipped = self._buffer[end + len(_LINE_END) :], len(_LINE_END)
        self._is_in_head = False
        return True


def parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """Return the first word of a header, and what follows it: `form-data; name="video"`.

    The first of two parameters of the same name counts. What cannot be read, and all after it, is left out.
    """
    first, _, _ = value.partition(";")
    found: dict[str, str] = {}
    place = len(first)
    while match := _PARAMETER(value, place):
        name, quoted, plain = match.groups()
        found.setdefault(name.lower(), plain if quoted is None else _ESCAPED.sub(r"\1", quoted))
        place = match.end()
    return first.strip().lower(), MappingProxyType(found)


def _boundary(content_type: str) -> bytes:
    kind, said = parameters(content_type[:_MAX_CONTENT_TYPE])
    boundary = said.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise _bad("Send the file as multipart/form-data, in the field `video`.")
    if len(boundary) > MAX_BOUNDARY_CHARACTERS:
        raise _bad(f"The boundary in Content-Type has more than {MAX_BOUNDARY_CHARACTERS} characters.")
    return boundary.encode("latin-1", errors="replace")


def _part(head: bytes) -> Part:
    """Return the part that a head announces; one that says nothing has no name."""
    try:
        lines = head.decode().split("\r\n")
    except UnicodeDecodeError as error:
        raise _bad("The names in the form are not in UTF-8.") from error
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            _, said = parameters(value)
            return Part(said.get("name", ""), _extended(said.get("filename*")) or said.get("filename"))
    return Part("", None)


def _extended(value: str | None) -> str | None:
    """Return a name as RFC 5987 writes it, `UTF-8''na%C3%AFve.mp4`; None where it is not written so."""
    encoding, _, rest = (value or "").partition("'")
    _, separator, name = rest.partition("'")
    return unquote(name, encoding) if separator and encoding.lower() in _ENCODINGS else None


def _bad(message: str) -> BadRequest:
    return BadRequest(message, code="bad_form")
