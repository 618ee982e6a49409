"""Long replies, sent while they are made: nobody holds the whole, and no thread is kept for long."""

from collections.abc import Iterable, Iterator

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
