"""How many people watch: distinct recent pollers of media playlists, an estimate.

A player asks for its playlist about once in a target duration. Who asks is remembered as a hash of address
and user agent until the end of a count, three target durations or more, with a salt that is then thrown
away; neither address nor user agent is kept. Two players of one kind behind one address count as one, and a
cache in front of the server hides those that it answers.

A player's requests may reach several processes. So all of them count from one same instant to the next, with
a salt that they share until then, and tell each other whom they have seen. A process without others does
nothing of this.
"""

import asyncio
import json
import secrets
import time
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain

from starlette.types import Scope

from insta_stream.delivery.http import header
from insta_stream.ids import ChannelSlug
from insta_stream.proxies import DIRECT, Proxies
from insta_stream.storage.bulletin import Bulletin
from insta_stream.turns import in_turns

MAX_COUNTED = 50_000
"""Viewers of one broadcast that a process tells apart; more count as so many."""

SHORTEST_COUNT_SECONDS = 10.0
TARGETS_PER_COUNT = 3

TELL_SECONDS = 1.0
"""So long after the end of a count every process has told whom it has seen, or is left out."""

DOCUMENT = "viewers"
SALT = "salt"

_MEDIA_PARTS = 4
"""Of /stream/{channel}/{broadcast}, before the name of a media playlist."""

_MARK = 8
_AT_ONCE = 4096


@dataclass(slots=True)
class Count:
    """One count. number: of it, since the machine was started.

    shared: the salt of all processes, None for one that is alone; salt: of this one. counts: viewers by
    channel; seen: hashes of them by broadcast; marks: hashes that all processes have in common, by channel.
    """

    number: int
    shared: bytes | None = None
    salt: int = field(default_factory=lambda: secrets.randbits(64))
    counts: defaultdict[ChannelSlug, int] = field(default_factory=lambda: defaultdict(int))
    seen: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    marks: defaultdict[ChannelSlug, "array[int]"] = field(
        default_factory=lambda: defaultdict(lambda: array("Q"))
    )


class Viewers:
    """Counts viewers. counts: those of the last count that has ended, by channel; without zeros.

    proxies: those in front of the server. target_seconds: of the channels. bulletin: None without others.
    """

    def __init__(
        self, *, target_seconds: int, proxies: Proxies = DIRECT, bulletin: Bulletin | None = None
    ) -> None:
        self.counts: Mapping[ChannelSlug, int] = {}
        self._count_seconds = max(SHORTEST_COUNT_SECONDS, TARGETS_PER_COUNT * target_seconds)
        self._proxies = proxies
        self._bulletin = bulletin
        self._count = Count(self._number())
        self._forgotten: dict[str, set[int]] = {}

    def saw(self, scope: Scope) -> None:
        """Take note of a request for a playlist that was answered."""
        if self._forgotten:  # piece by piece, since nobody is answered while thousands of sets vanish
            self._forgotten.popitem()
        path: str = scope["path"]
        folder = path[: path.rindex("/")]
        count = self._count
        seen = count.seen[folder]
        before = len(seen)
        if before < MAX_COUNTED:
            client, agent = self._proxies.client(scope), header(scope, b"user-agent")
            # Python's own hash is keyed with a secret of the process, and takes a tenth of another's time.
            seen.add(hash((count.salt, client, agent)))
            if len(seen) > before:
                _add(count, folder, client, agent)

    async def watch(self) -> None:
        """Count, for ever."""
        while True:
            await asyncio.sleep(self._seconds_left())
            if self._number() != self._count.number:
                await self.turn()

    async def turn(self) -> None:
        """End the count, and begin the next one."""
        begun = await asyncio.to_thread(self._begun)
        ended, self._count = self._count, begun
        self._forgotten = ended.seen
        if ended.shared is None or self._bulletin is None:
            self.counts = ended.counts
            return
        await asyncio.to_thread(_tell, ended, self._bulletin)
        await asyncio.sleep(TELL_SECONDS)
        self.counts = await asyncio.to_thread(_merged, ended, self._bulletin)

    def _begun(self) -> Count:
        """Return the present count."""
        if self._bulletin is None:
            return Count(self._number())
        if self._bulletin.is_alone():
            self._bulletin.post(DOCUMENT, b"")
            return Count(self._number())
        return Count(*self._bulletin.secret(SALT, self._number))

    def _number(self) -> int:
        return int(time.monotonic() // self._count_seconds)

    def _seconds_left(self) -> float:
        return (self._count.number + 1) * self._count_seconds - time.monotonic()


def _add(count: Count, folder: str, client: str, agent: bytes) -> None:
    """Count a viewer who is new, unless it has asked for the multivariant playlist only."""
    parts = folder.split("/")
    if len(parts) != _MEDIA_PARTS:
        return
    slug = ChannelSlug(parts[2])
    count.counts[slug] += 1
    if count.shared is not None:
        who = f"{folder} {client} ".encode() + agent
        mark = blake2b(who, digest_size=_MARK, key=count.shared).digest()
        count.marks[slug].append(int.from_bytes(mark))


def _tell(ended: Count, bulletin: Bulletin) -> None:
    bulletin.post(DOCUMENT, _written(ended))


def _merged(ended: Count, bulletin: Bulletin) -> Mapping[ChannelSlug, int]:
    told = (_read(body, ended.number) for body in bulletin.others(DOCUMENT))
    return _counted(chain(ended.marks.items(), *told))


def _counted(marks: Iterable[tuple[ChannelSlug, "array[int]"]]) -> Mapping[ChannelSlug, int]:
    """Return how many there are on each channel; whom several processes have seen counts once."""
    seen: defaultdict[ChannelSlug, set[int]] = defaultdict(set)
    for slug, piece in in_turns(_pieces(marks)):
        seen[slug].update(piece)
    return {slug: len(seen.pop(slug)) for slug in in_turns(list(seen))}


def _pieces(
    marks: Iterable[tuple[ChannelSlug, "array[int]"]],
) -> Iterator[tuple[ChannelSlug, "array[int]"]]:
    for slug, of_channel in marks:
        for first in range(0, len(of_channel), _AT_ONCE):
            yield slug, of_channel[first : first + _AT_ONCE]


def _written(count: Count) -> bytes:
    """Return whom this process has seen: the number of the count and how many each channel has, then them."""
    lengths = {slug: len(marks) for slug, marks in count.marks.items()}
    head = json.dumps([count.number, lengths]).encode()
    return b"\n".join((head, b"".join(marks.tobytes() for marks in count.marks.values())))


def _read(body: bytes, number: int) -> Iterator[tuple[ChannelSlug, "array[int]"]]:
    """Yield whom another process has seen, where it tells of the count with this number."""
    head, _, rest = body.partition(b"\n")
    told, lengths = json.loads(head or b"[-1, {}]")
    if told != number:
        return
    first = 0
    for slug, length in lengths.items():
        end = first + length * _MARK
        yield ChannelSlug(slug), array("Q", rest[first:end])
        first = end
