"""Makes renditions: runs FFmpeg, verifies each finished segment against the plan, and publishes it.

What is published stays: a job goes on behind the last good segment of each rendition, whatever became of
the attempt before it. A segment appears at {package}/{rendition}/{n}.ts whole, synced and verified, or not at
all.

How a source that is shorter than inspected is noticed: the last frame is held for a bounded time only
(`command.held_frames`), so FFmpeg ends with fewer frames than planned.
"""

import asyncio
import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Protocol

from insta_stream.errors import DiskFull, PackagingFailed
from insta_stream.media import command
from insta_stream.media.command import Output, Source, Span
from insta_stream.media.feed import Programs
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.line import Line
from insta_stream.media.model import Plan, RenditionPlan
from insta_stream.media.process import Limits, ProcessFailed
from insta_stream.media.verify import SegmentMismatch
from insta_stream.ticks import to_seconds

POLL_SECONDS = 0.05
"""How often finished segments are looked for: FFmpeg says nothing when it finishes one."""

_MIB = 1 << 20


class SourceShorter(PackagingFailed):
    """The file is shorter than its inspection said.

    frames: how many there are for certain; the segments before them are published or can be made.
    """

    code = "source_shorter"

    def __init__(self, frames: int, planned: int) -> None:
        self.frames = frames
        super().__init__(f"The file has {frames} frames, not {planned}: its end is damaged or missing.")


@dataclass(frozen=True, slots=True)
class PackageJob:
    """Renditions to make in one go, from where they stand up to the border before segment `stop`.

    renditions: their names; a copied rendition is made in a job of its own. package: the package's folder.
    work: a folder on the same file system, for unfinished segments. stop: None for all; a copy is always
    whole. threads: of each decoder and encoder; 0 lets FFmpeg choose.
    """

    source: Source
    plan: Plan
    renditions: tuple[str, ...]
    package: Path
    work: Path
    stop: int | None = None
    threads: int = 0
    nice: int = 10
    stall_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class EncodingProgress:
    """frames of total are done; fps and speed (times real time) as FFmpeg measures them; eta in seconds."""

    frames: int
    total: int
    fps: float
    speed: float
    eta_seconds: float | None

    @property
    def percent(self) -> float:
        """How much is done, 0 to 100."""
        return 100 * self.frames / self.total


class Listener(Protocol):
    """Is told how a job goes, in the event loop."""

    def on_published(self, rendition: str, count: int) -> None:
        """Segments 0..count-1 of a rendition are published."""

    def on_progress(self, progress: EncodingProgress) -> None:
        """Some frames are done."""


async def package(ffmpeg: FFmpeg, job: PackageJob, listener: Listener) -> None:
    """Make the job's renditions. Cancelling stops FFmpeg; what is published stays.

    Raises PackagingFailed (SourceShorter, SegmentMismatch and ProcessFailed tell more) or DiskFull.
    """
    with _no_room_is_disk_full(), attempt(job.work) as folder:
        lines = [Line.at(job.plan, rendition, job.package, folder) for rendition in _renditions(job)]
        for line in lines:
            if line.count:
                listener.on_published(line.name, line.count)
        if lines[0].rendition.kind == "copy":
            await _copy(ffmpeg, job, lines[0], folder, listener)
        else:
            await _encode(ffmpeg, job, lines, folder, listener)


@contextmanager
def attempt(work: Path) -> Iterator[Path]:
    """Give a new folder for unfinished segments, and remove it with all that is left in it."""
    folder = work / f"attempt-{secrets.token_hex(8)}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _no_room_is_disk_full() -> Iterator[None]:
    try:
        yield
    except ProcessFailed as failed:
        if os.strerror(errno.ENOSPC) in failed.stderr:
            raise DiskFull from failed
        raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull from error
        raise


def _renditions(job: PackageJob) -> Sequence[RenditionPlan]:
    chosen = [rendition for rendition in job.plan.renditions if rendition.name in job.renditions]
    if len(chosen) != len(job.renditions) or not chosen:
        raise ValueError(f"{job.renditions} are not all in the plan")
    if len(chosen) > 1 and any(rendition.kind == "copy" for rendition in chosen):
        raise ValueError("a copied rendition is made in a job of its own")
    return chosen


async def _encode(
    ffmpeg: FFmpeg, job: PackageJob, lines: Sequence[Line], folder: Path, listener: Listener
) -> None:
    stop = job.plan.table.count if job.stop is None else job.stop
    is_careful = False
    while behind := [line for line in lines if line.count < stop]:
        span, group = _next_stretch(job.plan, behind, stop, is_careful=is_careful)
        outputs = [Output(line.rung, line.packet) for line in group]
        arguments = command.encode(
            ffmpeg.path,
            job.source,
            job.plan,
            span,
            outputs,
            threads=job.threads,
            can_tone_map=ffmpeg.can_tone_map,
        )
        feeder = command.feed(ffmpeg.path, job.source, job.plan, span, outputs)
        programs = Programs(arguments, feeder, folder / command.PIPE)
        try:
            await _make(job, programs, span, group, listener)
        except SegmentMismatch:
            if is_careful:
                raise
            is_careful = True
            for line in group:
                _empty(line.made)


def _next_stretch(
    plan: Plan, behind: Sequence[Line], stop: int, *, is_careful: bool
) -> tuple[Span, Sequence[Line]]:
    """Return the span that the renditions furthest behind need before another can join them."""
    first = min(line.count for line in behind)
    group = [line for line in behind if line.count == first]
    others = [line.count for line in behind if line.count > first]
    end = min([stop, *others])
    if is_careful or not command.is_even(plan, first, end):
        end = min(end, first + command.MAX_TIMED_SEGMENTS)
    return Span(first, end, is_careful), group


def _empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


async def _copy(ffmpeg: FFmpeg, job: PackageJob, line: Line, folder: Path, listener: Listener) -> None:
    """Copy from the beginning, which is quick; what is published already is compared and kept."""
    stop = job.plan.table.count
    if line.count == stop:
        return
    copies_audio = line.rendition.copies_audio
    # Sound that is encoded is so in the same way in every attempt, as it has to come out the same.
    span = Span(0, stop, is_careful=not copies_audio)
    arguments = command.copy(ffmpeg.path, job.source, job.plan, span, line.rung, copies_audio=copies_audio)
    feeder = command.feed(ffmpeg.path, job.source, job.plan, span, [Output(line.rung)])
    await _make(job, Programs(arguments, feeder, folder / command.PIPE), span, [line], listener)


async def _make(
    job: PackageJob, programs: Programs, span: Span, lines: Sequence[Line], listener: Listener
) -> None:
    """Run FFmpeg over one span and publish what it finishes, as it finishes it."""
    meter = _Meter(job.plan, span, listener)
    for line in lines:
        line.next, line.turns = span.first, {}
    running = asyncio.create_task(programs.run(limits=_limits(job, lines), on_line=meter.on_line))
    try:
        while not running.done():
            await asyncio.wait({running}, timeout=POLL_SECONDS)
            await _publish(lines, span.stop, listener, is_over=False)
    finally:
        running.cancel()
        await asyncio.wait({running})
    failure = running.exception()
    try:
        await _publish(lines, span.stop, listener, is_over=True)
    except SegmentMismatch as mismatch:
        if failure:
            raise failure from mismatch
        if meter.frames < meter.planned:
            raise SourceShorter(_certain(job, span, meter, lines), meter.planned) from mismatch
        raise
    if failure:
        raise failure
    if any(line.count < span.stop for line in lines):
        raise SourceShorter(_certain(job, span, meter, lines), job.plan.borders[-1])


def _certain(job: PackageJob, span: Span, meter: "_Meter", lines: Sequence[Line]) -> int:
    """Return how many frames the source has for certain: without those that only repeat the last one."""
    whole = job.plan.borders[min(line.count for line in lines)]
    if lines[0].rendition.kind == "copy":
        return whole
    held = command.held_frames(job.source.inspection, job.plan)
    return max(whole, job.plan.borders[span.first] + meter.frames - held)


async def _publish(lines: Sequence[Line], stop: int, listener: Listener, *, is_over: bool) -> None:
    may_be_more = True
    while may_be_more:
        before = [line.count for line in lines]
        try:
            may_be_more = await asyncio.to_thread(_publish_some, lines, stop, is_over=is_over)
        finally:
            for line, count in zip(lines, before, strict=True):
                if line.count > count:
                    listener.on_published(line.name, line.count)


def _publish_some(lines: Sequence[Line], stop: int, *, is_over: bool) -> bool:
    """Publish a batch of each rendition; say whether there may be more."""
    may_be_more = [line.publish(stop, is_over=is_over) for line in lines]
    return any(may_be_more)


def _limits(job: PackageJob, lines: Sequence[Line]) -> Limits:
    longest = to_seconds(max(job.plan.table))
    peak_bytes = max(line.rung.peak_bps for line in lines) / 8 * longest
    return Limits(
        wall_seconds=600 + 60 * to_seconds(job.plan.table.length),
        stall_seconds=job.stall_seconds,
        file_bytes=4 * ceil(peak_bytes) + 4 * _MIB,
        cpu_seconds=ceil(3600 + 600 * to_seconds(job.plan.table.length)),
        nice=job.nice,
    )


@dataclass(slots=True)
class _Meter:
    """Reads FFmpeg's progress: blocks of key=value lines."""

    plan: Plan
    span: Span
    listener: Listener
    frames: int = 0
    fps: float = 0.0
    speed: float = 0.0

    @property
    def planned(self) -> int:
        return self.plan.borders[self.span.stop] - self.plan.borders[self.span.first]

    def on_line(self, line: str) -> bool:
        """Take in a line; return whether it shows progress.

        Before the first frame any line does: a source with one key frame is decoded from its beginning.
        """
        key, _, value = line.partition("=")
        value = value.strip()
        is_new = False
        if key == "frame" and value.isdigit():
            is_new = int(value) > self.frames or self.frames == 0
            self.frames = int(value)
        elif key == "fps":
            self.fps = _number(value)
        elif key == "speed":
            self.speed = _number(value.removesuffix("x"))
        elif key == "progress":
            self.listener.on_progress(self._progress())
        return is_new

    def _progress(self) -> EncodingProgress:
        done = min(self.frames, self.planned)
        left = self.planned - done
        return EncodingProgress(
            frames=self.plan.borders[self.span.first] + done,
            total=self.plan.borders[-1],
            fps=self.fps,
            speed=self.speed,
            eta_seconds=left / self.fps if self.fps > 0 else None,
        )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # FFmpeg prints N/A until it knows
        return 0.0
