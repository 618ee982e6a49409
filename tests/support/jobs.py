"""Packaging without a library: a file, a job, one who listens, and what is in the package."""

import array
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.builds import BUNDLED, SYSTEM
from tests.support.inspection import inspect

from insta_stream.hls import mpegts
from insta_stream.hls.mpegts import SegmentFacts
from insta_stream.media.command import Source
from insta_stream.media.encoding import EncodingProgress, PackageJob
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.ladder import RUNGS, Rung
from insta_stream.media.line import published
from insta_stream.media.plan import plan

LOW = (RUNGS["360p"], RUNGS["240p"])


@dataclass
class Diary:
    """A listener that remembers, and does something at a count."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    progress: list[EncodingProgress] = field(default_factory=list)
    at: tuple[int, Callable[[], None]] | None = None

    def on_published(self, rendition: str, count: int) -> None:
        self.counts.setdefault(rendition, []).append(count)
        if self.at and count >= self.at[0]:
            act, self.at = self.at[1], None
            act()

    def on_progress(self, progress: EncodingProgress) -> None:
        self.progress.append(progress)


def make(path: Path, ffmpeg: FFmpeg, *options: str) -> Path:
    subprocess.run([ffmpeg.path, "-v", "error", "-y", *options, path], check=True, stdin=subprocess.DEVNULL)
    return path


async def a_job(
    source: Path, folder: Path, rungs: tuple[Rung, ...] = LOW, kind: str = "encode", segment_seconds: int = 2
) -> PackageJob:
    inspection = await inspect(source)
    planned = plan(inspection, rungs, segment_seconds)
    names = tuple(rendition.name for rendition in planned.renditions if rendition.kind == kind)
    return PackageJob(
        Source(source, inspection), planned, names, folder / "package", folder / "work", threads=2
    )


def joined(job: PackageJob, rendition: str) -> bytes:
    return b"".join((job.package / rendition / f"{n}.ts").read_bytes() for n in range(job.plan.table.count))


def facts_of(job: PackageJob, rendition: str) -> list[SegmentFacts]:
    count = job.plan.table.count
    assert published(job.package, rendition) == count
    assert len(list((job.package / rendition).iterdir())) == count
    return [mpegts.read((job.package / rendition / f"{n}.ts").read_bytes()) for n in range(count)]


def decode(stream: bytes, *options: str) -> bytes:
    """Decode with the system's FFmpeg if there is one, the stricter about damage; any remark is a failure."""
    program = [
        str(SYSTEM or BUNDLED),
        "-v",
        "warning",
        "-f",
        "mpegts",
        "-i",
        "-",
        "-fps_mode",
        "passthrough",
        *options,
        "-",
    ]
    done = subprocess.run(program, input=stream, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout


def frames_of(stream: bytes) -> int:
    """Count the pictures that a decoder gives."""
    return (
        len(decode(stream, "-map", "0:v", "-vf", "scale=32:32", "-pix_fmt", "gray", "-f", "rawvideo")) // 1024
    )


def samples_of(stream: bytes) -> "array.array[int]":
    """Return the sound as 48 kHz mono."""
    return array.array("h", decode(stream, "-map", "0:a", "-ac", "1", "-f", "s16le"))
