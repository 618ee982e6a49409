"""Long replies, sent while they are made: nobody holds the whole, and no thread is kept for long."""

import json
from collections.abc import Iterable, Iterator, Mapping

from starlette.responses import Response, StreamingResponse

from insta_stream.turns import in_turns

CHUNK = 32 * 1024


def in_chunks(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the same text in chunks of CHUNK characters and more: each costs the event loop a round.

    In turns, by a thread: what makes the pieces goes through all channels.
    """
    chunk: list[str] = []
    length = 0
    for piece in in_turns(pieces):
        chunk.append(piece)
        length += len(piece)
        if length >= CHUNK:
            yield "".join(chunk)
            chunk, length = [], 0
    if chunk:
        yield "".join(chunk)


def as_list(name: str, members: Iterable[str], fields: Mapping[str, str]) -> Response:
    """Return a reply that succeeds, whose data are these fields and a list. members, fields: as JSON."""
    return StreamingResponse(in_chunks(_listed(name, members, fields)), media_type="application/json")


def _listed(name: str, members: Iterable[str], fields: Mapping[str, str]) -> Iterator[str]:
    yield '{"success":true,"message":"","data":{'
    for key, text in fields.items():
        yield f"{json.dumps(key)}:{text},"
    yield f"{json.dumps(name)}:["
    for number, text in enumerate(members):
        yield f",{text}" if number else text
    yield "]}}"
