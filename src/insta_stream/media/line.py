"""One rendition under way: from FFmpeg's work folder, past the verifier, to its published place."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from insta_stream.errors import PackagingFailed
from insta_stream.hls import mpegts
from insta_stream.hls.mpegts import SegmentFacts
from insta_stream.hls.opening import pictures_first
from insta_stream.media.ladder import RUNGS, Rung
from insta_stream.media.model import Plan, RenditionPlan
from insta_stream.media.verify import PACKET_PTS, SegmentMismatch, Verifier

BATCH = 16
"""Segments published at once: a copy finishes hundreds in a second, and the first ones can air."""


def published(package: Path, rendition: str) -> int:
    """Return how many segments of a rendition are published, counted from 0 without a hole."""
    try:
        names = {file.name for file in (package / rendition).iterdir()}
    except FileNotFoundError:
        return 0
    return next(number for number in range(len(names) + 1) if f"{number}.ts" not in names)


@dataclass(slots=True)
class Line:
    """One rendition under way, from FFmpeg's work folder to its published place.

    count: segments that are published. last: what the last of them holds. next: segment to expect from
    FFmpeg, less than `count` where a copy begins anew. turns: for each PID, how far the counters of this
    span are moved so that they go on from the last published segment.
    """

    rendition: RenditionPlan
    rung: Rung
    verifier: Verifier
    made: Path
    shelf: Path
    count: int
    last: SegmentFacts | None
    next: int = 0
    turns: dict[int, int] = field(default_factory=dict)

    @classmethod
    def at(cls, plan: Plan, rendition: RenditionPlan, package: Path, folder: Path) -> "Line":
        """Take up a rendition of `package` where it stands; FFmpeg will write below `folder`."""
        made, shelf = folder / rendition.name, package / rendition.name
        made.mkdir()
        shelf.mkdir(parents=True, exist_ok=True)
        count = published(package, rendition.name)
        last = _published_facts(shelf / f"{count - 1}.ts") if count else None
        rung = RUNGS[rendition.name]
        return cls(rendition, rung, Verifier(plan, rendition, rung), made, shelf, count, last)

    @property
    def name(self) -> str:
        return self.rendition.name

    @property
    def packet(self) -> int:
        """Number of the packet of sound that comes next."""
        if self.last is None:
            return 0
        assert self.last.audio is not None
        assert self.last.audio.end_pts is not None
        begin, end = self.verifier.due(0), self.verifier.due(self.count)
        heard = end - begin + mpegts.distance(self.last.audio.end_pts, end)
        return round(heard / PACKET_PTS) + 1

    def publish(self, stop: int, *, is_over: bool) -> bool:
        """Publish what is finished, up to segment `stop` and BATCH at once; say whether there may be more.

        The newest segment is left alone until FFmpeg has begun the next or is over: what FFmpeg finishes when
        it is stopped, or when the source has ended too early, looks finished and is too short.
        """
        for _ in range(BATCH):
            if not (self.next < stop and self._is_finished(self.next, is_over=is_over)):
                return False
            if self.next < self.count:
                self._compare_next()
            else:
                self._publish_next()
            self.next += 1
        return True

    def _is_finished(self, number: int, *, is_over: bool) -> bool:
        following = self.made / f"{number + 1}.ts"
        return (self.made / f"{number}.ts").exists() and (
            is_over or following.exists() or following.with_suffix(".ts.tmp").exists()
        )

    def _publish_next(self) -> None:
        made, shelved = self.made / f"{self.count}.ts", self.shelf / f"{self.count}.ts"
        as_made = made.read_bytes()
        data = pictures_first(self._going_on(as_made))
        self.last = self.verifier.check(self.count, data, self.last)
        if data != as_made:
            made.write_bytes(data)
        _sync(made)
        os.link(made, shelved)  # unlike a rename, it never replaces what is published
        made.unlink()
        _sync(self.shelf)
        self.count += 1

    def _going_on(self, data: bytes) -> bytes:
        if self.last is None or self.rendition.kind == "copy":
            return data
        if not self.turns and self.count > 0:
            self.turns = _turns(self.last, data)
        return renumbered(data, self.turns) if any(self.turns.values()) else data

    def _compare_next(self) -> None:
        """A copy begins anew: what is published must come out the same.

        Before pictures were put first, copies were published as FFmpeg had made them; they stay so.
        """
        made = self.made / f"{self.next}.ts"
        if pictures_first(made.read_bytes()) != pictures_first((self.shelf / made.name).read_bytes()):
            raise SegmentMismatch(self.name, self.next, "it differs from what was published before")
        made.unlink()


def _published_facts(segment: Path) -> SegmentFacts:
    try:
        return mpegts.read(segment.read_bytes())
    except mpegts.SegmentError as broken:
        name = f"Segment {segment.stem} of {segment.parent.name}"
        raise PackagingFailed(f"{name} was damaged after it was published: {broken}.") from broken


def _turns(last: SegmentFacts, data: bytes) -> dict[int, int]:
    ended = {pid.pid: pid.last_cc for pid in last.pids}
    return {pid.pid: (ended.get(pid.pid, 15) + 1 - pid.first_cc) % 16 for pid in mpegts.read(data).pids}


def renumbered(data: bytes, turns: dict[int, int]) -> bytes:
    """Return a segment whose continuity counters are moved on, for each PID by turns[pid] (modulo 16)."""
    moved = bytearray(data)
    for at in range(0, len(data), mpegts.PACKET):
        turn = turns.get((data[at + 1] & 0x1F) << 8 | data[at + 2], 0)
        control = data[at + 3]
        moved[at + 3] = control & 0xF0 | (control + turn) & 0x0F
    return bytes(moved)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
